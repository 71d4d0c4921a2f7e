package pricing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/tokengate/tokengate/internal/money"
)

var one = decimal.NewFromInt(1)

// full is a sheet with every class decided.
type full struct{ input, read, write5m, write1h, output, reasoning decimal.Decimal }

// at gives the row as it stands at a moment, every price multiplied by times.
func (r *row) at(at time.Time, times decimal.Decimal) (Model, error) {
	m := Model{
		ID: r.ID, Provider: r.provider, Mode: r.Mode, Tokenizer: r.Tokenizer, Row: r.ID, Origin: r.origin, Status: r.Status,
		Context: r.Context, MaxInput: r.MaxInput, MaxOutput: r.MaxOutput, MinCacheable: r.MinCache,
		Vendor: r.Vendor, Sources: r.Sources, Notes: r.notes(), unpriced: r.Unpriced,
	}
	var err error
	if m.AsOf, err = day(r.AsOf); err != nil {
		return m, err
	}
	if m.Retires, err = day(r.Retires); err != nil || m.unpriced != "" {
		return m, err
	}
	listed, err := r.complete()
	if err != nil {
		return m, err
	}
	now, err := r.changed(listed, at)
	if err != nil {
		return m, err
	}
	r.price(&m, listed, now.each(func(d decimal.Decimal) decimal.Decimal { return d.Mul(times) }))
	return m, nil
}

// price fills in the rates. Tiers and bands are listed beside today's prices, so where now differs (another date, a
// region) they differ in the same proportion.
func (r *row) price(m *Model, listed, now full) {
	scale := func(f full) full { return f.zip(now, listed, muldiv) }
	m.standard = now.rates()
	m.tiers = map[string]Rates{Standard: m.standard}
	for name, s := range r.Tiers {
		m.tiers[name] = scale(s.over(listed)).rates()
	}
	for _, b := range r.Bands {
		base := b.over(listed)
		rates := map[string]Rates{Standard: scale(base).rates()}
		for name, s := range r.Tiers {
			product := base.zip(s.over(listed), listed, muldiv)
			if known, ok := b.Tiers[name]; ok {
				product = known.over(product)
			}
			rates[name] = scale(product).rates()
		}
		m.bands = append(m.bands, band{from: b.from(), rates: rates})
	}
}

// complete decides every class of the standard prices. Without a price for reads and writes a cached token costs what
// any input token does; a long-lived write never less than a short one.
func (r *row) complete() (full, error) {
	p := r.Price
	if !p.Input.set {
		return full{}, fmt.Errorf("no input price")
	}
	if !p.Output.set && r.Mode != "embedding" && r.Mode != "rerank" {
		return full{}, fmt.Errorf("no output price")
	}
	write := p.CacheWrite5m.or(p.Input)
	return full{
		input: p.Input.d, read: p.CacheRead.or(p.Input).d, write5m: write.d, write1h: p.CacheWrite1h.or(write).d,
		output: p.Output.d, reasoning: p.Reasoning.or(p.Output).d,
	}, nil
}

// over lays a partial sheet over a complete one: what it does not name moves as its input price does, and reasoning as
// output does.
func (s sheet) over(base full) full {
	if s.Times.set {
		return base.each(func(d decimal.Decimal) decimal.Decimal { return d.Mul(s.Times.d) })
	}
	input := s.Input.or(priced(base.input)).d
	moved := func(p price, from decimal.Decimal) decimal.Decimal {
		return p.or(priced(muldiv(from, input, base.input))).d
	}
	out := full{
		input: input, read: moved(s.CacheRead, base.read), write5m: moved(s.CacheWrite5m, base.write5m),
		write1h: moved(s.CacheWrite1h, base.write1h), output: moved(s.Output, base.output),
	}
	out.reasoning = s.Reasoning.or(priced(muldiv(base.reasoning, out.output, base.output))).d
	return out
}

// changed applies the past or coming price that holds at a moment. Of several, the one that ends first, or that began
// last, holds.
func (r *row) changed(listed full, at time.Time) (full, error) {
	past, coming := time.Time{}, time.Time{}
	now := listed
	for _, c := range r.Changes {
		t, err := moment(c.Before + c.From)
		if err != nil {
			return listed, fmt.Errorf("change %q: %w", c.Before+c.From, err)
		}
		if c.Before != "" && at.Before(t) && (past.IsZero() || t.Before(past)) {
			past, now = t, c.over(listed)
		}
		if c.From != "" && !at.Before(t) && t.After(coming) {
			coming, now = t, c.over(listed)
		}
	}
	return now, nil
}

// muldiv is a × b ÷ c, exact where the quotient ends within 16 places. Where c is zero there is no proportion to keep.
func muldiv(a, b, c decimal.Decimal) decimal.Decimal {
	if c.IsZero() || b.Equal(c) {
		return a
	}
	return a.Mul(b).DivRound(c, 16)
}

func (f full) each(do func(decimal.Decimal) decimal.Decimal) full {
	return full{do(f.input), do(f.read), do(f.write5m), do(f.write1h), do(f.output), do(f.reasoning)}
}

func (f full) zip(g, h full, do func(a, b, c decimal.Decimal) decimal.Decimal) full {
	return full{
		do(f.input, g.input, h.input), do(f.read, g.read, h.read), do(f.write5m, g.write5m, h.write5m),
		do(f.write1h, g.write1h, h.write1h), do(f.output, g.output, h.output), do(f.reasoning, g.reasoning, h.reasoning),
	}
}

func (f full) rates() Rates {
	dollar := money.New(1, 0)
	return Rates{
		Input: dollar.Scale(f.input), CacheRead: dollar.Scale(f.read), CacheWrite5m: dollar.Scale(f.write5m),
		CacheWrite1h: dollar.Scale(f.write1h), Output: dollar.Scale(f.output), Reasoning: dollar.Scale(f.reasoning.Sub(f.output)),
	}
}

// notes says what a reader of the price should know, the row's own note first.
func (r *row) notes() []string {
	var out []string
	if r.Note != "" {
		out = append(out, r.Note)
	}
	for _, what := range slices.Sorted(maps.Keys(r.Also)) {
		out = append(out, fmt.Sprintf("not counted: %s at $%s", strings.ReplaceAll(what, "_", " "), r.Also[what].d))
	}
	return out
}

func day(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.DateOnly, s)
}
