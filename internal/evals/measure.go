package evals

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/stats"
	"github.com/tokengate/tokengate/internal/token"
)

// Prices is what calls are counted and priced by.
type Prices struct {
	Catalog *pricing.Catalog
	Book    token.Book
	At      time.Time
	Models  []string // count every call for each of these, in the place of the suite's own; none keeps them
}

// Row is what one run calls of one model.
type Row struct {
	Provider string // as the suite names it; "" where Prices.Models chose the model
	Model    string // as the catalogue names it, or a tokenizer family; "" where it is not known
	Calls    int64
	Unknown  int64          // of them, calls whose text is not known: they are in no number below
	Input    token.Estimate // of all calls together
	Mean     float64        // input tokens a call; 0 where no text is known
	P50, P95 float64
	Max      int64
	Cost     *money.Amount // of Input, at the standard tier, nothing cached; nil where there is no price
	AtMost   *money.Amount // of the longest answers that the suite allows, on top; nil where nothing caps them all
	Notes    []string      // what is not known, or assumed
}

// Measure counts and prices every call: a row for each provider, or for each model of p.Models.
func (s *Suite) Measure(p Prices) []Row {
	var rows []Row
	if len(p.Models) > 0 {
		for _, name := range p.Models {
			rows = append(rows, s.row(p, name, func(Call) bool { return true }))
		}
		return rows
	}
	for i, provider := range s.Providers {
		row := s.row(p, provider.Model, func(c Call) bool { return c.Provider == i })
		row.Provider = provider.Name()
		if provider.Why != "" {
			row.Notes = append([]string{provider.Why}, row.Notes...)
		}
		if provider.Free {
			row.Cost, row.AtMost, row.Notes = new(money.Amount), new(money.Amount), []string{"calls no model"}
		}
		rows = append(rows, row)
	}
	return rows
}

func (s *Suite) row(p Prices, name string, of func(Call) bool) Row {
	with, err := p.resolve(name)
	row := Row{Model: with.name, Input: token.Estimate{Method: with.counter.Count("").Method}}
	if err != nil {
		row.Notes = append(row.Notes, err.Error())
	}
	sum := tally{with: with, counts: map[[2]int]token.Estimate{}}
	for _, c := range s.Calls {
		if of(c) {
			sum.add(s, c)
		}
	}
	sum.into(&row)
	return row
}

// counted is a model with what is needed to count and price for it.
type counted struct {
	name    string
	counter *token.Counter
	model   *pricing.Model // nil where there is no price
}

// resolve finds a model or a tokenizer family. A name that is neither is counted as o200k_base and not priced; the error
// says so.
func (p Prices) resolve(name string) (counted, error) {
	if c, err := p.Book.For(name); err == nil && name != "" {
		return counted{name: name, counter: c}, nil
	}
	blind, err := p.Book.For("o200k_base")
	if err != nil {
		panic("token: the embedded vocabulary is missing: " + err.Error())
	}
	if name == "" {
		return counted{counter: blind}, errors.New("names no model that has a price; counted as o200k_base")
	}
	m, err := p.Catalog.Lookup(name, p.At)
	if err != nil {
		return counted{counter: blind}, fmt.Errorf("%w; counted as o200k_base, not priced", err)
	}
	c, err := p.Book.For(m.Tokenizer)
	if err != nil {
		return counted{counter: blind}, fmt.Errorf("%s: %w; counted as o200k_base, not priced", m.ID, err)
	}
	return counted{m.ID, c, &m}, nil
}

// tally adds calls up. Inputs that were counted before are not counted again.
type tally struct {
	with           counted
	counts         map[[2]int]token.Estimate // by input and by provider, for what a provider adds
	calls, unknown int64
	input          token.Estimate
	wrong          float64 // error of input in tokens
	sizes          []stats.Weighted
	cost, output   money.Amount
	unpriced       error
	uncapped       int64
}

func (t *tally) add(s *Suite, c Call) {
	t.calls += c.Repeat
	in, provider := s.Inputs[c.Input], Provider{}
	if c.Provider < len(s.Providers) {
		provider = s.Providers[c.Provider]
	}
	if in.Why != "" {
		t.unknown += c.Repeat
		return
	}
	n := t.count(in, c, provider)
	t.input.Tokens += n.Tokens * c.Repeat
	t.wrong += n.RelativeError * float64(n.Tokens*c.Repeat)
	if n.Method != "" {
		t.input.Method = n.Method
	}
	t.sizes = append(t.sizes, stats.Weighted{Value: float64(n.Tokens), Weight: float64(c.Repeat)})
	if provider.MaxOutput == 0 {
		t.uncapped += c.Repeat
	}
	t.price(n.Tokens, provider.MaxOutput, c.Repeat)
}

// count counts an input with what its provider adds.
func (t *tally) count(in Input, c Call, p Provider) token.Estimate {
	key := [2]int{c.Input, -1}
	if p.adds() {
		key[1] = c.Provider
	}
	if n, ok := t.counts[key]; ok {
		return n
	}
	n := request.Count(t.with.counter, p.body(in, t.with.name)).Total
	t.counts[key] = n
	return n
}

func (p Provider) adds() bool {
	return len(p.Adds.Messages) > 0 || len(p.Adds.Tools) > 0 || len(p.Adds.Format) > 0
}

// body is a whole call: the provider's system messages first, its tools where the input brings none of its own.
func (p Provider) body(in Input, model string) request.Body {
	b := in.Body
	b.Model = model
	b.Messages = append(slices.Clone(p.Adds.Messages), b.Messages...)
	b.Tools = append(slices.Clone(b.Tools), p.Adds.Tools...)
	b.Forced = b.Forced || p.Adds.Forced
	if len(b.Format) == 0 {
		b.Format = p.Adds.Format
	}
	return b
}

func (t *tally) price(input, output, times int64) {
	if t.with.model == nil {
		return
	}
	rates, err := t.with.model.Rates(pricing.Standard, t.with.model.Band(input))
	if err != nil {
		t.unpriced = err
		return
	}
	t.cost = t.cost.Add(rates.Cost(token.Usage{Input: input}).Times(times))
	t.output = t.output.Add(rates.Cost(token.Usage{Output: output}).Times(times))
}

func (t *tally) into(row *Row) {
	row.Calls, row.Unknown = t.calls, t.unknown
	if len(t.sizes) == 0 {
		return
	}
	row.Input.Tokens = t.input.Tokens
	if t.input.Method != "" {
		row.Input.Method = t.input.Method
	}
	if t.input.Tokens > 0 {
		row.Input.RelativeError = t.wrong / float64(t.input.Tokens)
	}
	row.Mean = float64(t.input.Tokens) / float64(t.calls-t.unknown)
	at := stats.WeightedQuantiles(t.sizes, 0.50, 0.95, 1)
	row.P50, row.P95, row.Max = at[0], at[1], int64(math.Round(at[2]))
	switch {
	case t.unpriced != nil:
		row.Notes = append(row.Notes, t.unpriced.Error())
	case t.with.model != nil:
		row.Cost = &t.cost
		if t.uncapped == 0 {
			row.AtMost = &t.output
		}
	}
}
