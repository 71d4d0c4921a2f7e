package token

import (
	"fmt"
	"math"
)

// Convert is the zero Book's Convert: it knows the published ratios only.
func Convert(tokens int64, from, to string, class Class) Estimate {
	return Book{}.Convert(tokens, from, to, class)
}

// Convert recounts a text that is not at hand: tokens counted by family from, restated for family to. It is tokens ×
// factor(to) ÷ factor(from) for the class of content, and the two relative errors add in quadrature. Between the two
// Claude tokenizers the published ratio is used, which is narrower. The same family, or another name of the same
// vocabulary, converts exactly: ratio 1, error 0. A family that is not known counts as "other", the widest.
//
// Fitted factors stand in for published ones on either side. Where only one side has them, the ratio that is known more
// narrowly holds: a published ratio of the two Claude tokenizers may be narrower than a fitted factor over a published one.
//
// An error that tokens already carries is the caller's to add.
func (b Book) Convert(tokens int64, from, to string, class Class) Estimate {
	return b.Conversion(from, to, class).Of(tokens)
}

// Conversion is one pair of families and a class of content, for restating many counts.
type Conversion struct {
	by     factor
	exact  bool
	method string
}

// Conversion prepares what Convert does with any count of family from.
func (b Book) Conversion(from, to string, class Class) Conversion {
	x, y := familyOf(from), familyOf(to)
	if from == to || x.exact && y.exact && x.base == y.base {
		return Conversion{exact: true, method: methodExact}
	}
	by, origin := b.ratio(x, y, class)
	return Conversion{by: by, method: fmt.Sprintf("%s → %s × %.2f (%s)", from, to, by.ratio, origin)}
}

// Of restates one count.
func (c Conversion) Of(tokens int64) Estimate {
	if c.exact {
		return Estimate{Tokens: tokens, Method: c.method}
	}
	return Estimate{Tokens: int64(math.Round(float64(tokens) * c.by.ratio)), RelativeError: c.by.width, Method: c.method}
}

// ratio is tokens of b per token of a, by class.
func ratio(a, b family) factors {
	switch {
	case a.name == "claude-3" && b.name == "claude-4.7":
		return claude47over3
	case a.name == "claude-4.7" && b.name == "claude-3":
		return same.over(claude47over3)
	}
	return b.factors.over(a.factors)
}

// worse names the weaker of the two families' grounds. An exact family has none: its factor only restates counts.
func worse(a, b family) string {
	for _, origin := range []string{assumed, derived} {
		if a.origin == origin || b.origin == origin {
			return origin
		}
	}
	return published
}

func familyOf(name string) family {
	if c, ok := counters[name]; ok {
		return c.family
	}
	return counters["other"].family
}
