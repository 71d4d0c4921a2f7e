package gate_test

import (
	"math"
	"strings"
	"testing"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

var (
	rulesText = budget.Scope{Kind: "section", Name: "prompts/answer.md#rules"}
	styleText = budget.Scope{Kind: "file", Name: "docs/style.md"}
)

func onText(scope budget.Scope, kind, metric string, limit budget.Quantity) budget.Ceiling {
	return budget.Ceiling{Scope: scope, Kind: kind, Metric: metric, Limit: limit, Quantile: 0.5, From: "base", Span: source.Span{File: "CLAUDE.md"}}
}

func texted(t *testing.T, base, head files, ceilings ...budget.Ceiling) (budget.Outcome, map[budget.Scope]budget.Measured) {
	t.Helper()
	e, err := gate.TextEvidence(input(t, base, head), ceilings)
	if err != nil {
		t.Fatal(err)
	}
	return budget.Judge(e), e.Scopes
}

// A text is held by what the report says it costs: a period's median, the tokens it is, and what sending it once costs.
func TestTextScope(t *testing.T) {
	head := project(t)
	rep := check(t, input(t, nil, head))
	_, scopes := texted(t, nil, head, onText(rulesText, budget.Period, budget.Cost, budget.Dollars(money.New(1, 0))), onText(styleText, budget.Period, budget.Cost, budget.Dollars(money.New(1, 0))))
	rules, file := scopes[rulesText], scopes[styleText]
	s := section(t, rep, "prompts/answer.md", "rules")
	if got, want := rules.Head.Cost.Quantile(0.5), s.Carry.Cost.Float(); math.Abs(got/want-1) > 0.02 {
		t.Errorf("a month of the section costs %g at P50, the report says %g", got, want)
	}
	if n := rules.Head.PerCall[budget.InputTokens]; n != float64(s.Tokens) || rules.Calls != 415 {
		t.Errorf("%g tokens in %d calls, the report says %d", n, rules.Calls, s.Tokens)
	}
	if got, want := rules.Head.PerCall[budget.Cost], float64(s.Tokens)*4e-6; math.Abs(got/want-1) > 1e-9 {
		t.Errorf("sending it once costs %g, not %g", got, want)
	}
	if rules.Head.Cost.Quantile(0.9) <= rules.Head.Cost.Quantile(0.5) {
		t.Error("a month of the section has no spread")
	}
	for _, f := range rep.Files {
		if f.Path == "docs/style.md" {
			if got, want := file.Head.Tokens.Quantile(0.5), float64(f.Carry.Tokens); math.Abs(got/want-1) > 0.02 {
				t.Errorf("a month of the file sends %g tokens at P50, the report says %g", got, want)
			}
		}
	}
}

// Ceilings on a text, held by every rule.
func TestTextCeilings(t *testing.T) {
	base := project(t)
	grown := base.edit("prompts/answer.md", longer(400))
	gone := base.edit("prompts/answer.md", strings.Replace(answerMD, "# Rules", "# Laws", 1))
	usd := func(s string) budget.Quantity { a, _ := money.Parse(s); return budget.Dollars(a) }
	for name, c := range map[string]struct {
		head    files
		ceiling budget.Ceiling
		want    budget.Status
		text    string
	}{
		"a period, over":              {grown, onText(rulesText, budget.Period, budget.Cost, usd("$0.10")), budget.Fail, "section prompts/answer.md#rules: p50 $0.68/month for sending its own text is over"},
		"a period, within":            {grown, onText(rulesText, budget.Period, budget.Cost, usd("$2")), budget.Pass, "for sending its own text is within the ceiling of $2.00"},
		"tokens, over":                {grown, onText(rulesText, budget.PerCall, budget.InputTokens, budget.TokensOf(100)), budget.Fail, "its own text of 408 tokens is over the ceiling of 100"},
		"once, over":                  {grown, onText(rulesText, budget.PerCall, budget.Cost, usd("$0.001")), budget.Fail, "p95 cost of sending its own text once $0.001632 is over the ceiling of $0.001"},
		"growth of tokens":            {grown, onText(rulesText, budget.Growth, budget.Tokens, budget.Change(0.5)), budget.Fail, "tokens grows by +"},
		"growth of cost, no change":   {base, onText(rulesText, budget.Growth, budget.Cost, budget.Change(0)), budget.Pass, ""},
		"a file":                      {base, onText(styleText, budget.Period, budget.Tokens, budget.TokensOf(1)), budget.Warn, "as on base"},
		"output":                      {base, onText(rulesText, budget.PerCall, budget.OutputTokens, budget.TokensOf(1)), budget.Inconclusive, "a text has no output tokens of its own"},
		"a session":                   {base, onText(rulesText, budget.PerSession, budget.Cost, usd("$1")), budget.Inconclusive, "what a text comes to in a session is not measured"},
		"renamed":                     {gone, onText(rulesText, budget.Period, budget.Cost, usd("$2")), budget.Warn, "head no longer sends it"},
		"nobody's":                    {base, onText(budget.Scope{Kind: "section", Name: "CLAUDE.md#nowhere"}, budget.PerCall, budget.InputTokens, budget.TokensOf(1)), budget.Inconclusive, "no template sends such text"},
		"new in the change, growth":   {gone, onText(budget.Scope{Kind: "section", Name: "prompts/answer.md#laws"}, budget.Growth, budget.Cost, budget.Change(0.1)), budget.Pass, ""},
		"new in the change, a period": {gone, onText(budget.Scope{Kind: "section", Name: "prompts/answer.md#laws"}, budget.Period, budget.Cost, usd("$0.001")), budget.Fail, "is over"},
	} {
		t.Run(name, func(t *testing.T) {
			out, _ := texted(t, base, c.head, c.ceiling)
			if len(out.Checks) == 0 && c.text == "" {
				return
			}
			if len(out.Checks) != 1 || out.Checks[0].Status != c.want || !strings.Contains(out.Checks[0].Text, c.text) {
				t.Errorf("checks %+v", out.Checks)
			}
		})
	}
}

// Every token of a text is counted, so its counter's error decides how near a ceiling may be: with a limit 2 % over what
// was counted a count known to 12 % tells nothing, and an exact one passes.
func TestTextInDoubt(t *testing.T) {
	for prices, want := range map[string]budget.Status{pricesYAML: budget.Pass, strings.ReplaceAll(pricesYAML, "like: gpt-4o", "like: claude-opus-4-7"): budget.Inconclusive} {
		head := project(t).edit("prices.yaml", prices, "prompts/answer.md", longer(400))
		for _, kind := range []string{budget.PerCall, budget.Period} {
			_, scopes := texted(t, nil, head, onText(rulesText, kind, budget.Tokens, budget.TokensOf(1)))
			n := scopes[rulesText].Head
			at := n.PerCall[budget.Tokens]
			if kind == budget.Period {
				at = n.Tokens.Quantile(0.5)
			}
			out, _ := texted(t, nil, head, onText(rulesText, kind, budget.Tokens, budget.TokensOf(at*1.02)))
			if c := out.Checks[0]; c.Status != want || (c.Settle != "") != (want == budget.Inconclusive) {
				t.Errorf("%s: %d, %s, settle %q", kind, c.Status, c.Text, c.Settle)
			}
		}
	}
}

// A ceiling on a text's size needs no traffic.
func TestTextWithoutTraffic(t *testing.T) {
	head := project(t).edit("traffic/oct.jsonl", "")
	out, _ := texted(t, nil, head, onText(rulesText, budget.PerCall, budget.InputTokens, budget.TokensOf(5)), onText(rulesText, budget.Period, budget.Cost, budget.Dollars(money.New(1, 0))))
	for _, c := range out.Checks {
		want := map[string]budget.Status{budget.PerCall: budget.Fail, budget.Period: budget.Inconclusive}[c.Ceiling.Kind]
		if c.Status != want {
			t.Errorf("%s: %d, %s", c.Ceiling.Kind, c.Status, c.Text)
		}
	}
}
