package engine

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// truth is whether a value counts as true.
func (j *jinja) truth(_ place, v any) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case *list:
		return j.js || len(v.items) > 0
	case *dict:
		return j.js || len(v.keys) > 0
	}
	return true
}

func asInt(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

func asFloat(v any) (float64, bool) {
	if f, ok := v.(float64); ok {
		return f, true
	}
	n, ok := asInt(v)
	return float64(n), ok
}

// kind names the type of a value as Python does.
func (j *jinja) kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case undefined:
		return "an undefined value"
	case bool:
		return "a bool"
	case int64:
		return "an int"
	case float64:
		return "a float"
	case string:
		return "a str"
	case *list:
		if v.tuple {
			return "a tuple"
		}
		return "a list"
	case *dict:
		return "a dict"
	}
	return "an object"
}

// iterate gives the items of a value: keys of a mapping, code points of a text.
func (j *jinja) iterate(at place, v any) []any {
	switch v := v.(type) {
	case *list:
		j.step(at, len(v.items))
		return slices.Clone(v.items)
	case *dict:
		j.step(at, len(v.keys))
		return slices.Clone(v.keys)
	case *namespace:
		return slices.Clone(v.keys)
	case string:
		j.step(at, len(v))
		var out []any
		for _, r := range v {
			out = append(out, string(r))
		}
		return out
	case undefined:
		return nil
	case nil:
		if j.js {
			return nil
		}
	}
	j.fail(at, "%s has no items", j.kind(v))
	return nil
}

// equal compares as Python does: numbers by value, lists and mappings by what they hold.
func (j *jinja) equal(at place, a, b any) bool {
	j.step(at, 1)
	j.enter(at)
	defer j.leave()
	if x, ok := asFloat(a); ok {
		y, ok := asFloat(b)
		return ok && x == y
	}
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		j.text(at, len(a))
		return ok && a == b
	case undefined:
		return isUndefined(b) || j.js && b == nil
	case *list:
		b, ok := b.(*list)
		if !ok || len(a.items) != len(b.items) || a.tuple != b.tuple {
			return false
		}
		for i := range a.items {
			if !j.equal(at, a.items[i], b.items[i]) {
				return false
			}
		}
		return true
	case *dict:
		b, ok := b.(*dict)
		if !ok || len(a.keys) != len(b.keys) {
			return false
		}
		for _, k := range a.keys {
			if v, ok := b.get(k); !ok || !j.equal(at, a.values[k], v) {
				return false
			}
		}
		return true
	}
	return a == b
}

// order is -1, 0 or 1.
func (j *jinja) order(at place, a, b any) int {
	j.step(at, 1)
	j.enter(at)
	defer j.leave()
	j.missing(at, a, b)
	if x, ok := asFloat(a); ok {
		if y, ok := asFloat(b); ok {
			return cmp.Compare(x, y)
		}
	}
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			j.text(at, min(len(x), len(y)))
			return strings.Compare(x, y)
		}
	}
	if x, ok := a.(*list); ok {
		if y, ok := b.(*list); ok {
			for i := range min(len(x.items), len(y.items)) {
				if !j.equal(at, x.items[i], y.items[i]) {
					return j.order(at, x.items[i], y.items[i])
				}
			}
			return cmp.Compare(len(x.items), len(y.items))
		}
	}
	j.fail(at, "%s cannot be ordered against %s", j.kind(a), j.kind(b))
	return 0
}

func (j *jinja) contains(at place, in, v any) bool {
	switch in := in.(type) {
	case string:
		s, ok := v.(string)
		if !ok {
			j.missing(at, v)
			j.fail(at, "only a str can be in a str, not %s", j.kind(v))
		}
		j.text(at, len(in))
		return strings.Contains(in, s)
	case *dict:
		_, ok := in.get(v)
		return ok
	}
	return slices.ContainsFunc(j.iterate(at, in), func(x any) bool { return j.equal(at, x, v) })
}

// attribute gives x.name: a method first, then a key.
func (j *jinja) attribute(at place, of any, name string) any {
	switch v := of.(type) {
	case undefined:
		if j.lenient() {
			return undefined{v.name + "." + name}
		}
		j.failHint(at, "give it among the variables", "%q is undefined", v.name)
	case *looping:
		if a, ok := v.attribute(name); ok {
			return a
		}
	case *dict:
		if f := j.method(of, name); f != nil && !j.js {
			return f
		}
		if a, ok := v.get(name); ok {
			return a
		}
	case *namespace:
		if a, ok := v.get(name); ok {
			return a
		}
	case *macro:
		if name == "name" {
			return v.name
		}
	case *counter:
		return v.attribute(name)
	case *list:
		if name == "length" && j.js {
			return int64(len(v.items))
		}
	case string:
		if name == "length" && j.js {
			return int64(utf8.RuneCountInString(v))
		}
	case nil:
		if j.js {
			return undefined{name}
		}
	}
	if f := j.method(of, name); f != nil {
		return f
	}
	return undefined{name}
}

// item gives x[key].
func (j *jinja) item(at place, of, key any) any {
	if n, ok := asInt(key); ok {
		switch v := of.(type) {
		case *list:
			if i := fromEnd(n, len(v.items)); i >= 0 {
				return v.items[i]
			}
			return undefined{j.str(at, key)}
		case string:
			j.text(at, len(v))
			r := []rune(v)
			if i := fromEnd(n, len(r)); i >= 0 {
				return string(r[i])
			}
			return undefined{j.str(at, key)}
		}
	}
	switch v := of.(type) {
	case *dict:
		if a, ok := v.get(key); ok {
			return a
		}
	case *namespace:
		if a, ok := v.get(key); ok {
			return a
		}
	}
	if s, ok := key.(string); ok {
		return j.attribute(at, of, s)
	}
	if u, ok := of.(undefined); ok && !j.lenient() {
		j.missing(at, u)
	}
	return undefined{j.str(at, key)}
}

// fromEnd is an index that may count from the end; -1 where there is none.
func fromEnd(n int64, length int) int {
	if n < 0 {
		n += int64(length)
	}
	if n < 0 || n >= int64(length) {
		return -1
	}
	return int(n)
}

// slice gives x[a:b:c].
func (j *jinja) slice(at place, n slice, sc *scope) any {
	of := j.eval(n.of, sc)
	all := j.iterate(at, of)
	bound := func(e expr) (int64, bool) {
		if e.node == nil {
			return 0, false
		}
		v := j.eval(e, sc)
		i, ok := asInt(v)
		if !ok && v != nil {
			j.fail(e.at, "expected a number, found %s", j.kind(v))
		}
		return i, ok
	}
	by, ok := bound(n.by)
	if !ok {
		by = 1
	}
	if by == 0 {
		j.fail(at, "a slice cannot step by 0")
	}
	from, hasFrom := bound(n.from)
	to, hasTo := bound(n.to)
	picked := stride(all, from, hasFrom, to, hasTo, by)
	if _, ok := of.(string); ok {
		var b strings.Builder
		for _, r := range picked {
			b.WriteString(r.(string))
		}
		return b.String()
	}
	l, _ := of.(*list)
	return &list{picked, l != nil && l.tuple}
}

// stride picks items as Python's slices do.
func stride(all []any, from int64, hasFrom bool, to int64, hasTo bool, by int64) []any {
	n := int64(len(all))
	low, high := int64(0), n
	if by < 0 {
		low, high = -1, n-1
	}
	clip := func(i int64, has bool, otherwise int64) int64 {
		if !has {
			return otherwise
		}
		if i < 0 {
			i += n
		}
		return min(max(i, low), high)
	}
	var out []any
	if by > 0 {
		for i := clip(from, hasFrom, low); i < clip(to, hasTo, high); i += min(by, n+1) {
			out = append(out, all[i])
		}
		return out
	}
	for i := clip(from, hasFrom, high); i > clip(to, hasTo, low); i += max(by, -n-1) {
		out = append(out, all[i])
	}
	return out
}
