package cube

import (
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// key reads a key; day is that of the key before it.
func (d *decoder) key(day int64) (k Key) {
	k.Day = day + d.sum("day", lastDay-day)
	for i, s := range k.names() {
		*s = d.text(dimensions[1+i])
	}
	if d.err == nil && (k.Tier == "" || k.Template != cleanPath(k.Template)) {
		d.fail("template %q and tier %q are not as they are written", k.Template, k.Tier)
	}
	k.Band = int(d.uint("class of prompt length", uint64(len(bounds))))
	if i, ok := d.place("sampling share", d.shared); ok {
		k.Sampling = d.shares[i]
	}
	return k
}

// cellBytes is the least that a cell takes: nine of its key, 13 numbers, two sketches and a list, all empty.
const cellBytes = 9 + 13 + 3

func (d *decoder) cell(c *Cell, k Key) {
	c.Records = d.sum("records", maxCount-1)
	c.Calls = d.sum("calls", maxCount-1)
	c.Errors = d.sum("errors", c.Calls)
	c.Bounds = d.sum("bounds", c.Calls)
	c.Means = d.sum("means", c.Calls)
	c.Usage = d.usage()
	c.First = k.Day*secondsPerDay + d.sum("first call", secondsPerDay-1)
	c.Last = c.First + d.sum("last call", (k.Day+1)*secondsPerDay-1-c.First)
	if d.err == nil && (c.Records == 0 || c.Records > c.Calls) {
		d.fail("%d records for %d calls", c.Records, c.Calls)
	}
	d.sketch(&c.Latency, c.Calls)
	d.sketch(&c.FirstToken, c.Calls)
	n := d.count("outcomes", MaxOutcomes, 5)
	for i := 0; i < n && d.err == nil; i++ {
		o := Outcome{Name: d.text("outcome"), Count: d.sum("calls of an outcome", c.Calls)}
		o.Gain, o.Loss, o.Odd = d.sum("gain", maxSum), d.sum("loss", maxSum), d.sum("odd values", o.Count)
		if d.err == nil && (o.Count == 0 || i > 0 && o.Name <= c.Outcomes[i-1].Name) {
			d.fail("outcomes are empty or not in order")
		}
		c.Outcomes = append(c.Outcomes, o)
	}
}

func (d *decoder) usage() (u token.Usage) {
	for _, n := range []*int64{&u.Input, &u.CacheRead, &u.CacheWrite5m, &u.CacheWrite1h, &u.Output} {
		*n = d.sum("tokens", maxSum)
	}
	u.Reasoning = d.sum("reasoning tokens", maxSum)
	return u
}

func (d *decoder) sketch(s *Sketch, calls int64) {
	n := d.count("bins", maxBin+1, 2)
	bin, left := 0, calls
	for i := 0; i < n && d.err == nil; i++ {
		step := int(d.uint("bin", uint64(maxBin-bin)))
		k := d.sum("calls of a bin", left)
		if d.err == nil && (step == 0 || k == 0) {
			d.fail("bins are empty or not in order")
			return
		}
		bin += step
		left -= k
		s.add(bin, uint64(k))
	}
}

func (d *decoder) census(what string, c *Census) {
	c.more = d.uint(what, 1) == 1
	c.unnamed = d.sum("calls without a name", maxSum)
	n := d.count(what, c.limit, 15)
	if d.err == nil && c.more && n < c.limit {
		d.fail("%d %s are kept, and there are more, though %d could be kept", n, what, c.limit)
	}
	last := uint64(0)
	for i := 0; i < n && d.err == nil; i++ {
		hash := d.fixed("hash")
		if d.err == nil && i > 0 && hash <= last {
			d.fail("hashes are not in order")
		}
		calls, usage := d.sum("calls", maxSum), d.usage()
		if d.err == nil && calls == 0 {
			d.fail("a name without calls")
		}
		if d.err == nil {
			c.sum(hash, calls, &usage)
		}
		last = hash
	}
}

func (d *decoder) reading(r *Reading) {
	next := Reading{Files: d.sum("files", maxSum), Lines: d.sum("lines", maxSum), Duplicates: d.sum("duplicates", maxSum)}
	n := d.count("reasons", MaxReasons, 3)
	for i := 0; i < n && d.err == nil; i++ {
		bad := d.uint("bad", 1) == 1
		s := traffic.Skip{Reason: d.text("reason"), Bad: bad, Count: d.sum("skipped records", maxSum)}
		if d.err == nil && (s.Count == 0 || i > 0 && compareSkips(next.Skipped[i-1], s) >= 0) {
			d.fail("reasons are empty or not in order")
		}
		next.Skipped = append(next.Skipped, s)
	}
	*r = next
}
