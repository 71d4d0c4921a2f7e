package evals

import (
	"cmp"
	"math"
	"slices"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

// Breach is a prompt whose input alone costs more a call than an assertion allows: the answer is not paid yet, so no
// recording is needed to know that the assertion cannot hold.
type Breach struct {
	Prompt, Provider int
	Limit            money.Amount
	Span             source.Span    // of the limit
	Tests            int            // rows of variables it is over with
	Tokens           token.Estimate // of the longest of them
	Cost             money.Amount
	Sure             bool // it is over at the lower end of the count's error as well
}

// Breaches holds every cost limit against the input of the calls it is on, at the price of their provider's model. Calls
// whose text or price is not known are passed over: the limit is then held against traffic alone. The result is in the
// order of prompts, providers and places.
func (s *Suite) Breaches(p Prices) []Breach {
	limits := map[[2]int][]Limit{} // by prompt and test
	for _, l := range s.Limits {
		if l.Metric == Cost {
			limits[[2]int{l.Prompt, l.Test}] = append(limits[[2]int{l.Prompt, l.Test}], l)
		}
	}
	var out []Breach
	tallies := map[int]*tally{}
	for _, c := range s.Calls {
		in := s.Inputs[c.Input]
		on := limits[[2]int{in.Prompt, in.Test}]
		if len(on) == 0 || in.Why != "" {
			continue
		}
		if tallies[c.Provider] == nil {
			with, _ := p.resolve(s.Providers[c.Provider].Model) // without a price nothing is held
			tallies[c.Provider] = &tally{with: with, counts: map[[2]int]token.Estimate{}}
		}
		out = s.held(out, c, on, tallies[c.Provider])
	}
	slices.SortStableFunc(out, func(a, b Breach) int {
		return cmp.Or(cmp.Compare(a.Prompt, b.Prompt), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Span.Start.Line, b.Span.Start.Line))
	})
	return out
}

// held adds a call to the breaches of the limits it is over.
func (s *Suite) held(out []Breach, c Call, limits []Limit, t *tally) []Breach {
	if t.with.model == nil {
		return out
	}
	n := t.count(s.Inputs[c.Input], c, s.Providers[c.Provider])
	most := int64(math.Round(float64(n.Tokens) * (1 + n.RelativeError)))
	least := int64(math.Round(float64(n.Tokens) * (1 - n.RelativeError)))
	for _, l := range limits {
		limit := money.FromFloat(l.Value)
		if t.inputCost(most).Cmp(limit) <= 0 {
			continue
		}
		sure := t.inputCost(least).Cmp(limit) > 0
		b := Breach{Prompt: s.Inputs[c.Input].Prompt, Provider: c.Provider, Limit: limit, Span: l.Span, Tests: 1, Tokens: n, Cost: t.inputCost(n.Tokens), Sure: sure}
		i := slices.IndexFunc(out, func(o Breach) bool {
			return o.Prompt == b.Prompt && o.Provider == b.Provider && o.Span == b.Span && o.Sure == b.Sure
		})
		switch {
		case i < 0:
			out = append(out, b)
		case n.Tokens > out[i].Tokens.Tokens:
			b.Tests = out[i].Tests + 1
			out[i] = b
		default:
			out[i].Tests++
		}
	}
	return out
}

func (t *tally) inputCost(tokens int64) money.Amount {
	rates, err := t.with.model.Rates(pricing.Standard, t.with.model.Band(tokens))
	if err != nil {
		return money.Amount{}
	}
	return rates.Cost(token.Usage{Input: tokens})
}
