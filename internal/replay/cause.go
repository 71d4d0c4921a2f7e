package replay

import (
	"cmp"
	"math"
	"slices"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

// Cause is what one step changed, over all calls it changed. The costs of all causes add up to head − base exactly.
type Cause struct {
	Kind     Kind
	Template string      // the template concerned, "" for a cap or model declared for a track
	Place    source.Span // where the new value stands; zero for a template's text: see Parts
	Calls    int64       // recorded calls that it moved
	Tokens   int64       // prompt + output tokens added to the recorded calls; negative when saved
	Cost     money.Amount
	Error    float64 // half-width of Tokens as a share of it: what the counts may be off by; 0 when Tokens is
	Scaled   Day     // tokens and dollars over all traffic: divided by the sampling share, times the volume
	Family   string
	Models   [2]string // model, tokenizer, price and tier steps: from, to; of a tier step the tiers
	Parts    []Part    // template steps: the changed places and their share
	Rewrite  *Rewrite  // template steps whose text was cached: what the first call after the change pays

	key      causeKey
	cells    map[billed]token.Usage
	from, to *prompt.Template
	families map[string]int64
	cached   map[string]int64 // calls that had the text cached, by model
	doubt    doubts
}

// billed is a cell with the prices it is billed by.
type billed struct {
	Key
	head   bool // by head's, where they are others than base's
	volume float64
}

func (b billed) compare(o billed) int {
	if c := cmp.Or(b.Compare(o.Key), cmp.Compare(b.volume, o.volume)); c != 0 || b.head == o.head {
		return c
	}
	if o.head {
		return -1
	}
	return 1
}

// Rewrite is the price of a changed cached prefix: a cache holds it byte for byte, so what stands behind the first change
// is written again, once per live cache entry (an entry lives minutes to hours; how many live is not recorded).
type Rewrite struct {
	At     source.Span // the first change
	Tokens int64
	Model  string
	Cost   money.Amount // of writing instead of reading them, for one entry
}

// Part is one changed place of a template with the tokens it adds to one call.
type Part struct {
	prompt.Hunk
	Tokens int64
	Error  float64 // relative
}

type causeKey struct {
	kind     Kind
	template string
	place    source.Span
	from, to string // models
}

func (k causeKey) compare(o causeKey) int {
	return cmp.Or(cmp.Compare(k.template, o.template), cmp.Compare(slices.Index(kinds[:], k.kind), slices.Index(kinds[:], o.kind)),
		cmp.Compare(k.place.File, o.place.File), cmp.Compare(k.place.Start.Line, o.place.Start.Line),
		cmp.Compare(k.from, o.from), cmp.Compare(k.to, o.to))
}

// booked is what one step changed over all calls of a lane.
type booked struct {
	calls, warm   int64 // calls moved, and those of them that had something cached
	tokens        int64
	doubt         doubts
	after, before []token.Usage // by band
}

// cause books one step of one call, for all calls alike.
func (l *lane) cause(s *step, times int64) {
	b := l.causes[s.kind]
	if b == nil {
		b = &booked{}
		l.causes[s.kind] = b
	}
	b.calls += times
	if cached(s.before.usage) > 0 {
		b.warm += times
	}
	b.tokens += (s.after.usage.Total() - s.before.usage.Total()) * times
	b.doubt.add(s.doubt(), times)
	bookIn(&b.after, s.after.on.band(s.after.usage), alike(s.after.usage, times))
	bookIn(&b.before, s.before.on.band(s.before.usage), alike(s.before.usage, times))
}

func bookIn(bands *[]token.Usage, band int, u token.Usage) {
	for len(*bands) <= band {
		*bands = append(*bands, token.Usage{})
	}
	(*bands)[band] = (*bands)[band].Add(u)
}

func (b *booked) merge(o *booked) {
	b.calls, b.warm, b.tokens = b.calls+o.calls, b.warm+o.warm, b.tokens+o.tokens
	b.doubt.merge(o.doubt)
	for band, u := range o.after {
		bookIn(&b.after, band, u)
	}
	for band, u := range o.before {
		bookIn(&b.before, band, u)
	}
}

// bills gives what a step of the lane starts and ends on.
func (l *lane) bills(kind order) (before, after *bill) {
	w, last := &l.way, l.way.last(l.recorded)
	switch kind {
	case stepPrice:
		return l.recorded, w.reprice
	case stepModel:
		return cmp.Or(w.reprice, l.recorded), w.swap
	case stepTier:
		return cmp.Or(w.swap, w.reprice, l.recorded), w.tier
	case stepTokenizer:
		return last, last
	case stepTemplate, stepCache, stepRetrieval, stepInputCap, stepOutputCap, stepCacheOff:
	}
	return l.recorded, l.recorded
}

// pour adds what a lane booked to the cause it is part of.
func (b *booked) pour(causes map[causeKey]*Cause, l *lane, kind order) {
	before, after := l.bills(kind)
	key := causeKey{kind: kinds[kind], template: l.path, place: l.way.places[kind]}
	switch kind {
	case stepModel, stepPrice:
		key.from, key.to = before.ID, after.ID
	case stepTier:
		key.from, key.to = before.tier, after.tier
	case stepTokenizer:
		key.from, key.to = before.Tokenizer, after.ID
	case stepTemplate, stepCache, stepRetrieval, stepInputCap, stepOutputCap, stepCacheOff:
	}
	c, ok := causes[key]
	if !ok {
		c = &Cause{Kind: kinds[kind], Template: l.path, Place: key.place, Models: [2]string{key.from, key.to}, key: key,
			cells: map[billed]token.Usage{}, from: l.way.toHead.from, to: l.way.toHead.to, families: map[string]int64{}, cached: map[string]int64{}}
		causes[key] = c
	}
	c.Calls += b.calls
	c.Tokens += b.tokens
	c.doubt.merge(b.doubt)
	c.families[before.Tokenizer] += b.calls
	if b.warm > 0 {
		c.cached[before.ID] += b.warm
	}
	for band, u := range b.after {
		k := after.cell(band, l)
		c.cells[k] = c.cells[k].Add(u)
	}
	for band, u := range b.before {
		k := before.cell(band, l)
		c.cells[k] = c.cells[k].Sub(u)
	}
}

func (b *bill) cell(band int, l *lane) billed {
	return billed{Key{Model: b.ID, Tier: b.tier, Band: band, Sampling: l.sampling}, b.shelf.head, l.volume}
}

// finish prices the cells and finds the places of a changed text.
func (r *Run) finish(c *Cause, base, head *Cube) {
	keys := make([]billed, 0, len(c.cells))
	for k := range c.cells {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, billed.compare)
	for _, k := range keys {
		by := base
		if k.head {
			by = head
		}
		cost := by.cost(k.Key, c.cells[k])
		c.Cost = c.Cost.Add(cost)
		share := k.Sampling / k.volume
		c.Scaled.Cost += cost.Float() / share
		c.Scaled.Tokens += float64(c.cells[k].Total()) / share
	}
	c.Family = most(c.families)
	if c.Tokens != 0 {
		c.Error = c.doubt.tokens() / math.Abs(float64(c.Tokens))
	}
	if c.Kind == KindTemplate {
		c.Parts = r.parts(c)
		c.Rewrite = r.rewrite(c)
	}
}

// rewrite prices the cached text behind the first change on the model that most of the cached calls used.
func (r *Run) rewrite(c *Cause) *Rewrite {
	id := most(c.cached)
	m := r.lore.base.models[id]
	if m == nil || !m.priced {
		return nil
	}
	offset, at, changed := prompt.FirstChange(c.from, c.to)
	if !changed {
		return nil
	}
	text := c.to.Text()
	n := r.lore.counter(m.Tokenizer).Count(text[min(offset, len(text)):]).Tokens
	rates := m.rates(rateKey{pricing.Standard, 0})
	return &Rewrite{At: at, Tokens: n, Model: id, Cost: rates.CacheWrite5m.Sub(rates.CacheRead).Times(n).Shift(-6)}
}

// most gives the key with the largest count, the first by name among equals; "" for none.
func most(counts map[string]int64) (key string) {
	for _, k := range sortedKeys(counts) {
		if key == "" || counts[k] > counts[key] {
			key = k
		}
	}
	return key
}

// parts counts the changed places. A place alone is counted a little differently from the same text inside the whole, so
// the counts are stretched to add up to the difference of the wholes, whose error they carry.
func (r *Run) parts(c *Cause) []Part {
	counter := r.lore.counter(c.Family)
	old, next := r.lore.count(c.from, "", c.Family), r.lore.count(c.to, "", c.Family)
	var out []Part
	var sum int64
	hunks, renderings := prompt.DiffRenderings(c.from, c.to)
	for i, h := range hunks {
		p := Part{Hunk: h, Tokens: counter.Count(h.New).Tokens - counter.Count(h.Old).Tokens, Error: max(old.RelativeError, next.RelativeError)}
		sum += p.Tokens
		if i > 0 && renderings > 1 && h.Span == hunks[i-1].Span && h.BaseSpan == hunks[i-1].BaseSpan {
			out[len(out)-1].Tokens += p.Tokens
			continue
		}
		out = append(out, p)
	}
	if sum == 0 {
		for i := range out {
			out[i].Tokens /= int64(renderings)
		}
		return out
	}
	whole, done := next.Tokens-old.Tokens, int64(0)
	for i := range out {
		done += out[i].Tokens
		before := whole * (done - out[i].Tokens) / sum
		out[i].Tokens = whole*done/sum - before
	}
	return out
}
