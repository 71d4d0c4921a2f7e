package report

import "math"

// WithText adds what more text of the same calls costs; either may be nil, for nothing.
func (c *Carry) WithText(o *Carry) *Carry {
	if c == nil || o == nil {
		return either(c, o)
	}
	out := *c
	out.Tokens, out.Cost, out.Saved = c.Tokens+o.Tokens, c.Cost.Add(o.Cost), c.Saved.Add(o.Saved)
	out.CacheRead = weighed(c.CacheRead, c.Tokens, o.CacheRead, o.Tokens)
	return &out
}

// WithCalls adds what the same text costs in other calls; either may be nil, for none.
func (c *Carry) WithCalls(o *Carry) *Carry {
	if c == nil || o == nil {
		return either(c, o)
	}
	out := c.WithText(o)
	out.Calls, out.Subagents = c.Calls+o.Calls, weighed(c.Subagents, c.Calls, o.Subagents, o.Calls)
	return out
}

func either(c, o *Carry) *Carry {
	if c == nil {
		c = o
	}
	if c == nil {
		return nil
	}
	own := *c
	return &own
}

// weighed is the mean of two shares by what they are shares of, to four digits; 0 of nothing.
func weighed(a float64, ofA int64, b float64, ofB int64) float64 {
	if ofA+ofB == 0 {
		return 0
	}
	return math.Round((a*float64(ofA)+b*float64(ofB))/float64(ofA+ofB)*1e4) / 1e4
}
