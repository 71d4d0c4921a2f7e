package gate

import (
	"fmt"
	"math"
	"path"
	"slices"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

const (
	fixtureRule     = "fixture-expectation"
	fixtureUnsure   = "fixture-unsure"
	fixtureUnpriced = "fixture-unpriced"
)

// isFixture tells what a fixture says apart from mistakes that stop the run.
func isFixture(d source.Diagnostic) bool {
	return d.Rule == fixtureRule || d.Rule == fixtureUnsure || d.Rule == fixtureUnpriced
}

// fixtures renders every fixture and holds it against what it expects. Tokens are those of the template's declared
// model, or of o200k_base where none is declared.
func fixtures(s, policy *side, count counters) source.Diagnostics {
	var diags source.Diagnostics
	for _, name := range s.fixtures {
		list, more := prompt.LoadFixtures(s.fs, name)
		diags = append(diags, more...)
		for _, f := range list {
			t := s.templates[path.Clean(f.Template.Value)]
			if t == nil {
				if loaded, _ := prompt.Load(s.fs, f.Template.Value, prompt.Options{Now: count.at, Vars: f.Data()}); loaded != nil {
					t = loaded
				} else {
					continue // LoadFixtures has said what is wrong with it
				}
			}
			diags = append(diags, held(f, t, s.modelOf(t), count.template(s, t), count.inputCost(s, t))...)
		}
	}
	return append(diags, suiteCosts(s, policy, count)...)
}

// held holds a fixture against what it expects. A count that is not exact is taken at both ends of its error as well:
// what is met at one end and missed at the other is not known.
func held(f prompt.Fixture, t *prompt.Template, model string, c *token.Counter, cost func(int64) (money.Amount, bool)) source.Diagnostics {
	var e token.Estimate
	at := func(end float64) source.Diagnostics {
		return f.Check(t, prompt.Meter{Cost: cost, Tokens: func(text string, body request.Body) int64 {
			e, body.Model = c.Count(text), model
			if len(body.Messages) > 0 {
				e = e.Add(request.Count(c, body).Frame)
			}
			return int64(math.Round(float64(e.Tokens) * (1 + end*e.RelativeError)))
		}})
	}
	diags := at(0)
	if e.RelativeError == 0 {
		return diags
	}
	low, high := at(-1), at(1)
	for i, d := range diags {
		if !has(low, d) || !has(high, d) {
			diags[i] = unsure(f, d, e, cost, "known to")
		}
	}
	for _, end := range []struct {
		diags source.Diagnostics
		name  string
	}{{low, "lower"}, {high, "upper"}} {
		for _, d := range end.diags {
			if !has(diags, d) {
				diags = append(diags, unsure(f, d, e, cost, "at the "+end.name+" end of its count's error,"))
			}
		}
	}
	return diags
}

// has compares places: what is said of one expectation differs by the count only.
func has(list source.Diagnostics, d source.Diagnostic) bool {
	return slices.ContainsFunc(list, func(o source.Diagnostic) bool { return o.Span == d.Span })
}

func unsure(f prompt.Fixture, d source.Diagnostic, e token.Estimate, cost func(int64) (money.Amount, bool), where string) source.Diagnostic {
	measured, limit := float64(e.Tokens), float64(f.Expect.MinTokens.Value)
	switch d.Span {
	case f.Expect.MaxTokens.Span:
		limit = float64(f.Expect.MaxTokens.Value)
	case f.Expect.MaxCost.Span:
		spent, _ := cost(e.Tokens)
		measured, limit = spent.Float(), f.Expect.MaxCost.Value.Float()
	}
	margin := ratio(math.Abs(measured-limit), measured)
	d.Rule, d.Hint = fixtureUnsure, budget.Settled(margin, e.RelativeError)+" would settle it: run tokengate calibrate, or leave more room"
	d.Summary += fmt.Sprintf(", %s ±%.1f%%", where, e.RelativeError*100)
	return d
}
