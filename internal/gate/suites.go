package gate

import (
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/evals"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/promptfoo"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

// loadFixtures tells configurations of promptfoo among the fixtures from fixtures of our own. What is wrong with base's was merged, and is not this change's matter; what could be read of it holds.
func (s *side) loadFixtures(from string) {
	before := len(s.diags)
	for _, name := range s.glob(s.policy.Config.Fixtures) {
		content, err := fs.ReadFile(s.fs, name)
		if err != nil || !promptfoo.Is(name, content) {
			s.fixtures = append(s.fixtures, name)
			continue
		}
		suite, diags := promptfoo.Load(s.fs, name, promptfoo.Options{})
		s.diags = append(s.diags, diags...)
		if suite == nil {
			continue
		}
		s.suites = append(s.suites, suite)
	}
	s.given = map[string]map[string]any{}
	for name, list := range s.samplesOf() {
		s.given[name] = list[0].vars
	}
	if from == "base" {
		s.diags = s.diags[:before]
	}
}

// loadAsserted reads the ceilings that the suites assert, once the templates they are of are known.
func (s *side) loadAsserted(from string) {
	before := len(s.diags)
	for _, suite := range s.suites {
		for _, t := range s.policy.Templates {
			s.asserted(suite, t.Path)
		}
	}
	if from == "base" {
		s.diags = s.diags[:before]
	}
}

// asserted makes the assertions on cost and latency of a template's prompts into ceilings of a call. Calls in traffic do
// not say which test they are like: the widest of the assertions holds for all, and only where every test has one.
func (s *side) asserted(suite *evals.Suite, template string) {
	of := map[int]bool{}
	for i, p := range suite.Prompts {
		if p.File == template {
			of[i] = true
		}
	}
	rows := 0
	for _, in := range suite.Inputs {
		if of[in.Prompt] {
			rows++
		}
	}
	a := config.Asserted{Template: template}
	for _, metric := range []string{evals.Cost, evals.Latency} {
		widest, held := suite.Widest(metric, of)
		switch {
		case held == 0:
		case held < rows:
			s.diags = append(s.diags, source.Diagnostic{Rule: "assertion-partial", Severity: source.Info, Span: widest.Span,
				Summary: fmt.Sprintf("%d of the %d tests of %s assert its %s: recorded calls cannot be told apart by test, so it is no ceiling on them", held, rows, template, metric),
				Hint:    "put the assertion under defaultTest"})
		case metric == evals.Cost:
			a.Cost = source.Of(money.FromFloat(widest.Value), widest.Span)
		default:
			a.Latency = source.Of(money.Duration(widest.Value*float64(time.Millisecond)), widest.Span)
		}
	}
	if a.Cost.Set || a.Latency.Set {
		s.policy.Asserted = append(s.policy.Asserted, a)
	}
}

// suiteCosts holds cost assertions against the price of the input alone. The limits are head's and, as policy, base's: its
// configurations are read again over head's prompts, so that a change cannot raise what it breaks.
func suiteCosts(head, policy *side, count counters) source.Diagnostics {
	diags := source.Diagnostics{}
	said := map[source.Diagnostic]bool{}
	hold := func(suite *evals.Suite) {
		for _, d := range overs(suite, count) {
			if !said[d] {
				said[d] = true
				diags = append(diags, d)
			}
		}
	}
	for _, suite := range head.suites {
		hold(suite)
	}
	if policy == head {
		return diags
	}
	for _, old := range policy.suites {
		content, err := fs.ReadFile(policy.fs, old.Path)
		if err != nil {
			continue
		}
		if suite, _ := promptfoo.Load(standIn{head.fs, old.Path, content}, old.Path, promptfoo.Options{}); suite != nil {
			hold(suite)
		}
	}
	return diags
}

// overs words the breaches of a suite.
func overs(suite *evals.Suite, count counters) (diags source.Diagnostics) {
	for _, b := range suite.Breaches(evals.Prices{Catalog: count.catalog, Book: count.book, At: count.at}) {
		d := source.Diagnostic{Rule: fixtureRule, Severity: source.Error, Span: b.Span, Hint: "shorten the prompt, or choose a cheaper model",
			Summary: fmt.Sprintf("%s: asked of %s, its input alone costs %s a call, over the %s asserted (%d of its tests)",
				promptName(suite, b.Prompt), suite.Providers[b.Provider].Name(), b.Cost, b.Limit, b.Tests)}
		if !b.Sure {
			d.Rule, d.Hint = fixtureUnsure, "run tokengate calibrate, or leave more room"
			d.Summary += fmt.Sprintf(", at the upper end of its count's error, ±%.1f%%", b.Tokens.RelativeError*100)
		}
		diags = append(diags, d)
	}
	return diags
}

func promptName(suite *evals.Suite, i int) string {
	if p := suite.Prompts[i]; p.File != "" {
		return p.File
	}
	return fmt.Sprintf("prompt %d of %s", i+1, path.Base(suite.Path))
}

// inputCost prices tokens as the input of one call at the model a side declares for a template.
func (c counters) inputCost(s *side, t *prompt.Template) func(tokens int64) (money.Amount, bool) {
	m, err := c.catalog.Lookup(s.modelOf(t), c.at)
	return func(tokens int64) (money.Amount, bool) {
		if err != nil {
			return money.Amount{}, false
		}
		rates, err := m.Rates(pricing.Standard, m.Band(tokens))
		return rates.Cost(token.Usage{Input: tokens}), err == nil
	}
}
