package replay

import (
	"slices"

	"github.com/tokengate/tokengate/internal/token"
)

// The price classes of a prompt, in the order in which they stand in it: what is read from a cache is a prefix, what is
// written to one follows it, the entry that lives longer first, and the rest touches none.
const (
	classRead = iota
	classWrite1h
	classWrite5m
	classInput
	classes
)

func byClass(u token.Usage) [classes]int64 {
	return [...]int64{u.CacheRead, u.CacheWrite1h, u.CacheWrite5m, u.Input}
}

func ofClasses(n [classes]int64) token.Usage {
	return token.Usage{CacheRead: n[classRead], CacheWrite1h: n[classWrite1h], CacheWrite5m: n[classWrite5m], Input: n[classInput]}
}

// carried books for the calls of a lane, on one side, in which price class they had the text of their template. The text is
// the front of the prompt, as for shift, so its first tokens are read from the cache before its last ones, and a section
// further back may lie behind what was cached. What a prompt is too short for is in no class: it was not paid.
//
// A template with placeholders is taken as it stands: what fills them is not the template's.
type carried struct {
	text  *layout
	bands []*paid // by price band; nil where there was no call
}

// paid is the calls of one price band.
type paid struct {
	whole  [classes]int64 // calls that had all of the text in one class
	parted int64          // the others
	ends   [classes]front // of the others: where in the text each class ends
}

// front counts where a class ends, by section: the calls, and how many tokens of the section stand before the end. The
// last is the end of the text.
type front struct{ calls, inside []int64 }

// add books a call, for all calls alike. One that failed before it was billed sent nothing that was paid.
func (c *carried) add(u token.Usage, band int, times int64) {
	held := byClass(u)
	first := 0
	for first < classes && held[first] == 0 {
		first++
	}
	if first == classes {
		return
	}
	for len(c.bands) <= band {
		c.bands = append(c.bands, nil)
	}
	if c.bands[band] == nil {
		c.bands[band] = &paid{}
	}
	if held[first] >= c.text.total.Tokens {
		c.bands[band].whole[first] += times
		return
	}
	c.bands[band].part(c.text, held, times)
}

func (p *paid) part(y *layout, held [classes]int64, times int64) {
	p.parted += times
	end := int64(0)
	for class, n := range held {
		f := &p.ends[class]
		if f.calls == nil {
			f.calls, f.inside = make([]int64, len(y.sections)+1), make([]int64, len(y.sections)+1)
		}
		end = min(end+n, y.total.Tokens)
		at := y.holding(end)
		f.calls[at] += times
		f.inside[at] += (end - y.start(at)) * times
	}
}

func (c *carried) merge(o *carried) {
	for band, p := range o.bands {
		switch {
		case p == nil:
		case band >= len(c.bands) || c.bands[band] == nil:
			for len(c.bands) <= band {
				c.bands = append(c.bands, nil)
			}
			c.bands[band] = p
		default:
			c.bands[band].merge(p)
		}
	}
}

func (p *paid) merge(o *paid) {
	p.parted += o.parted
	for class := range classes {
		p.whole[class] += o.whole[class]
		f, g := &p.ends[class], &o.ends[class]
		if f.calls == nil {
			f.calls, f.inside = slices.Clone(g.calls), slices.Clone(g.inside)
			continue
		}
		for i := range g.calls {
			f.calls[i] += g.calls[i]
			f.inside[i] += g.inside[i]
		}
	}
}

func (p *paid) calls() int64 {
	n := p.parted
	for _, calls := range p.whole {
		n += calls
	}
	return n
}

// tokens gives what the calls that had the text in several classes had of sections from ≤ i < to in each.
func (p *paid) partedTokens(y *layout, from, to int) token.Usage {
	var held [classes]int64
	before := int64(0)
	for class := range p.ends {
		upTo := p.ends[class].upTo(y, from, to)
		held[class], before = upTo-before, upTo
	}
	return ofClasses(held)
}

// tokens gives what all calls had of sections from ≤ i < to in each class.
func (p *paid) tokens(y *layout, from, to int) token.Usage {
	var held [classes]int64
	for class, calls := range p.whole {
		held[class] = calls * y.length(from, to)
	}
	return ofClasses(held).Add(p.partedTokens(y, from, to))
}

// upTo is how many tokens of the sections stand before the class's end, over all calls.
func (f *front) upTo(y *layout, from, to int) (sum int64) {
	for at, calls := range f.calls {
		switch {
		case at >= to:
			sum += calls * y.length(from, to)
		case at >= from:
			sum += calls*(y.start(at)-y.start(from)) + f.inside[at]
		}
	}
	return sum
}
