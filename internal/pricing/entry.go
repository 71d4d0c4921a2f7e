package pricing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

// entryRow turns one entry of our own format into a row, or reports why it cannot and returns nil.
func (c *Catalog) entryRow(diags *source.Diagnostics, file string, asOf source.At[money.Date], e source.Entry[entry]) *row {
	before := len(*diags)
	base, known := c.base(diags, e)
	r := base
	r.origin, r.AsOf, r.Vendor, r.Sources, r.Note = file, "", false, 0, ""
	v := e.Value
	v.checkWords(diags)
	r.Mode, r.Tokenizer = or(v.Mode, r.Mode), or(v.Tokenizer, r.Tokenizer)
	v.limits(&r)
	for _, d := range []source.At[money.Date]{asOf, v.AsOf} {
		if d.Set {
			r.AsOf = d.Value.Format(time.DateOnly)
		}
	}
	r.alias(v.Aliases)
	if v.priced() {
		r.Price, r.Unpriced, r.Tiers, r.Bands, r.Changes, r.Also = v.Prices.sheet(), "", nil, nil, nil, nil
		v.layTiers(diags, &r)
		v.layBands(diags, &r)
		if known {
			r.warnDropped(diags, e.Key.Span, base)
		}
	}
	r.checkPrices(diags, e.Key.Span, v.Prices)
	if (*diags)[before:].HasErrors() {
		return nil
	}
	return &r
}

// base is what an entry starts from: the row it names, the row it is like, or an empty one. It is a copy. known says
// that the entry replaces a row.
func (c *Catalog) base(diags *source.Diagnostics, e source.Entry[entry]) (r row, known bool) {
	if e.Value.Like.Set {
		return c.likeness(diags, e), false
	}
	f, err := c.find(e.Key.Value)
	switch {
	case err == nil && f.region == "" && f.note == "":
		return clone(f.row), true
	case err == nil:
		// A region's or a host's own price of a model: a row of its own, with no price until the entry gives one.
		r = clone(f.row)
		r.ID = f.hosted()
		r.Price, r.Tiers, r.Bands, r.Changes, r.Aliases, r.Regions = sheet{}, nil, nil, nil, nil, nil
	default:
		r = row{ID: newID(e.Key.Value), Mode: "chat", Tokenizer: "other"}
	}
	r.split()
	return r, false
}

// likeness starts a new model from the one that `like` names: all but its names, regions and end.
func (c *Catalog) likeness(diags *source.Diagnostics, e source.Entry[entry]) row {
	like := e.Value.Like
	r := row{Mode: "chat", Tokenizer: "other"}
	f, err := c.find(like.Value)
	switch {
	case err != nil:
		diags.Add(RuleUnknown, like.Span, "`like` names a model of the catalogue", "%s", err)
	case f.region != "" || f.note != "":
		diags.Add(RuleUnknown, like.Span, "name "+f.row.ID, "`like` cannot name a region's or another host's price of a model")
	default:
		r = clone(f.row)
	}
	r.ID, r.Aliases, r.claims, r.Regions, r.Retires, r.Status = newID(e.Key.Value), nil, nil, nil, "", ""
	r.split()
	return r
}

// newID is the id of a model the catalogue does not have; one without a provider is the project's own.
func newID(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	return "custom/" + name
}

func clone(r *row) row {
	c := *r
	c.Aliases, c.claims = slices.Clone(r.Aliases), maps.Clone(r.claims)
	return c
}

func or(v source.At[string], otherwise string) string {
	if v.Set {
		return v.Value
	}
	return otherwise
}

func (v entry) limits(r *row) {
	if v.Context.Set {
		r.Context = int64(v.Context.Value)
	}
	if v.MaxInput.Set {
		r.MaxInput = int64(v.MaxInput.Value)
	}
	if v.MaxOutput.Set {
		r.MaxOutput = int64(v.MaxOutput.Value)
	}
	if v.MinCacheable.Set {
		r.MinCache = int64(v.MinCacheable.Value)
	}
	if v.Retires.Set {
		r.Retires = v.Retires.Value.Format(time.DateOnly)
	}
}

func (r *row) alias(names []source.At[string]) {
	for _, a := range names {
		if r.claims == nil {
			r.claims = map[string]bool{}
		}
		r.claims[strings.ToLower(a.Value)] = true
		r.Aliases = append(r.Aliases, a.Value)
	}
}

func (v entry) priced() bool {
	return v.Prices.any() || v.Batch.set || len(v.Tiers) > 0 || len(v.Bands) > 0
}

func (v entry) layTiers(diags *source.Diagnostics, r *row) {
	r.Tiers = map[string]sheet{}
	for _, t := range v.Tiers {
		if t.Key.Value == Standard || t.Key.Value == "" {
			diags.Add(RuleUnknown, t.Key.Span, "write the standard prices beside `tiers`", "%q is not a tier of its own", t.Key.Value)
		}
		if !t.Value.Input.Set {
			diags.Add(RuleMissing, t.Key.Span, "add `input`", "tier %q has no input price", t.Key.Value)
		}
		r.Tiers[t.Key.Value] = t.Value.sheet()
	}
	switch {
	case v.Batch.share.Set:
		r.Tiers["batch"] = sheet{Times: v.Batch.times()}
	case v.Batch.set:
		r.Tiers["batch"] = v.Batch.prices.sheet()
	}
}

// times is the share as exact decimal text; the decoder has already checked that it reads.
func (b batch) times() price {
	digits, percent := strings.CutSuffix(strings.TrimSpace(b.text), "%")
	d, err := parseDecimal(strings.TrimSpace(digits))
	if err != nil {
		return price{}
	}
	if percent {
		d = d.Shift(-2)
	}
	return priced(d)
}

func (v entry) layBands(diags *source.Diagnostics, r *row) {
	for _, at := range v.Bands {
		b, span := at.Value, at.Span
		if b.Over.Set == b.From.Set {
			diags.Add(RuleMissing, span, "`over: 200k` pays from 200,001 tokens on, `from: 200k` from 200,000", "a band needs one of `over` and `from`")
			continue
		}
		if !b.Prices.Input.Set {
			diags.Add(RuleMissing, span, "add `input`", "a band has no input price")
		}
		r.Bands = append(r.Bands, bandRow{sheet: b.Prices.sheet(), Over: int64(b.Over.Value), From: int64(b.From.Value)})
	}
	sortBands(r)
}

func sortBands(r *row) {
	slices.SortStableFunc(r.Bands, func(a, b bandRow) int { return int(min(max(a.from()-b.from(), -1), 1)) })
}

// tooCheap is below every known input price that is not free; the cheapest known is 0.004.
var tooCheap = decimal.New(1, -3)

func (r *row) checkPrices(diags *source.Diagnostics, at source.Span, written prices) {
	if r.Unpriced != "" {
		return
	}
	if _, err := r.complete(); err != nil {
		diags.Add(RuleMissing, at, "prices are in dollars per million tokens; write 0 where it is free", "model %s has %s", r.ID, err)
	}
	for _, p := range written.list() {
		if d := decimalOf(p.Value); p.Set && d.Sign() > 0 && p.Span == written.Input.Span && d.LessThan(tooCheap) {
			diags.Add(RuleUnit, p.Span, "write dollars per million tokens: 3, not 0.000003", "input price %s per million tokens is lower than any model's", p.Value)
		}
	}
}

// warnDropped says which prices of the builtin row an entry gives up.
func (r *row) warnDropped(diags *source.Diagnostics, at source.Span, base row) {
	var lost []string
	if base.Price.CacheRead.set && !r.Price.CacheRead.set {
		lost = append(lost, "cache_read (cached tokens now cost what input does)")
	}
	if base.Price.CacheWrite5m.set && !r.Price.CacheWrite5m.set {
		lost = append(lost, "cache_write_5m")
	}
	for _, t := range slices.Sorted(maps.Keys(base.Tiers)) {
		if _, ok := r.Tiers[t]; !ok {
			lost = append(lost, "tier "+t)
		}
	}
	if len(base.Bands) > len(r.Bands) {
		lost = append(lost, fmt.Sprintf("the price over %d tokens", base.Bands[0].from()-1))
	}
	if len(lost) > 0 {
		diags.Warn(RuleDropped, at, "write them as well, or leave it if that is meant", "%s is priced without %s", r.ID, strings.Join(lost, ", "))
	}
}
