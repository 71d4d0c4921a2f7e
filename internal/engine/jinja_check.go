package engine

import (
	"strings"
	"unicode"
)

// testFunc is a test: "x is name(args)".
type testFunc func(c *invocation, v any) bool

func tests() map[string]testFunc {
	return map[string]testFunc{
		"defined":     func(_ *invocation, v any) bool { return !isUndefined(v) },
		"undefined":   func(_ *invocation, v any) bool { return isUndefined(v) },
		"none":        func(_ *invocation, v any) bool { return v == nil },
		"boolean":     func(_ *invocation, v any) bool { _, ok := v.(bool); return ok },
		"true":        func(_ *invocation, v any) bool { return v == true },
		"false":       func(_ *invocation, v any) bool { return v == false },
		"integer":     func(_ *invocation, v any) bool { _, ok := v.(int64); return ok },
		"float":       func(_ *invocation, v any) bool { _, ok := v.(float64); return ok },
		"number":      func(_ *invocation, v any) bool { _, ok := asFloat(v); return ok },
		"string":      func(_ *invocation, v any) bool { _, ok := v.(string); return ok },
		"mapping":     func(_ *invocation, v any) bool { _, ok := v.(*dict); return ok },
		"sequence":    isSequence,
		"iterable":    isSequence,
		"callable":    isCallable,
		"escaped":     func(*invocation, any) bool { return false },
		"lower":       func(c *invocation, v any) bool { s := c.j.str(c.at, v); return s == strings.ToLower(s) && cased(s) },
		"upper":       func(c *invocation, v any) bool { s := c.j.str(c.at, v); return s == strings.ToUpper(s) && cased(s) },
		"even":        func(c *invocation, v any) bool { return remainder(c, v, 2) == 0 },
		"odd":         func(c *invocation, v any) bool { return remainder(c, v, 2) == 1 },
		"divisibleby": func(c *invocation, v any) bool { return remainder(c, v, int64(c.number(0, "num", 1))) == 0 },
		"in":          func(c *invocation, v any) bool { return c.j.contains(c.at, c.arg(0, "seq", nil), v) },
		"sameas":      func(c *invocation, v any) bool { return v == c.arg(0, "other", notGiven{}) },
		"filter":      func(c *invocation, v any) bool { s, ok := v.(string); return ok && c.j.words.filters[s] != nil },
		"eq":          holds("=="), "equalto": holds("=="), "==": holds("=="),
		"ne": holds("!="), "!=": holds("!="),
		"lt": holds("<"), "lessthan": holds("<"), "<": holds("<"),
		"le": holds("<="), "<=": holds("<="),
		"gt": holds(">"), "greaterthan": holds(">"), ">": holds(">"),
		"ge": holds(">="), ">=": holds(">="),
	}
}

func holds(op string) testFunc {
	return func(c *invocation, v any) bool { return c.j.holds(c.at, op, v, c.arg(0, "other", nil)) }
}

func isSequence(_ *invocation, v any) bool {
	switch v.(type) {
	case string, *list, *dict, undefined:
		return true
	}
	return false
}

func isCallable(_ *invocation, v any) bool {
	switch v.(type) {
	case *function, *macro:
		return true
	}
	return false
}

func cased(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

func remainder(c *invocation, v any, by int64) any {
	n, ok := asInt(v)
	if !ok {
		c.j.missing(c.at, v)
		c.j.fail(c.at, "expected an int, found %s", c.j.kind(v))
	}
	return int(c.j.integers(c.at, "%", n, by).(int64))
}
