package gate_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/traffic"
)

// What the report calls the smallest ceiling that passes at a quantile passes when it is declared, and what is one lower
// in its last digit does not: neither where counts are exact, nor where another tokenizer leaves them in doubt and the
// ceiling has to clear that.
func TestSmallestCeilingPasses(t *testing.T) {
	claude := strings.ReplaceAll(pricesYAML, "acme/small: {like: gpt-4o, input: 2, cache_read: 2, output: 8", "acme/small: {like: claude-opus-4-7, input: 4, cache_read: 4, output: 16")
	base := project(t).edit("prices.yaml", claude)
	for name, change := range map[string]func(yaml string) string{
		"exact":    func(yaml string) string { return yaml },
		"in doubt": func(yaml string) string { return strings.ReplaceAll(yaml, "acme/large", "acme/small") },
	} {
		run := func(yaml string) *report.Report {
			return compare(t, base.edit("tokengate.yaml", yaml), base.edit("tokengate.yaml", change(yaml), "prompts/answer.md", longer(8)))
		}
		first := run(tokengateYAML)
		g := track(t, first, "answer")
		c, k := g.Head.Smallest.Cost, g.Head.Smallest.Tokens
		if room := c.P50.Float() / g.Head.Cost.P50.Float(); room < 0.999 || (name == "exact") != (room < 1.011) {
			t.Fatalf("%s: the smallest ceiling is %.4f of the median", name, room)
		}
		for _, at := range []struct {
			quantile, cost string
			tokens         int64
		}{{"P50", c.P50.Decimal(), k.P50}, {"P75", c.P75.Decimal(), k.P75}, {"P90", c.P90.Decimal(), k.P90}, {"P95", c.P95.Decimal(), k.P95}} {
			held := func(cost, tokens string) (report.Check, report.Check) {
				r := run(strings.Replace(tokengateYAML, "ceiling: $5", fmt.Sprintf("ceiling: {cost: %q, tokens: %q}", "$"+cost, tokens), 1) + "stages: {pull_request: " + at.quantile + "}\n")
				return checkOf(t, r, "track/answer/period/cost"), checkOf(t, r, "track/answer/period/tokens")
			}
			cost, tokens := held(at.cost, fmt.Sprint(at.tokens))
			if cost.Status != report.Pass || tokens.Status != report.Pass {
				t.Errorf("%s, %s: %s; %s", name, at.quantile, cost.Text, tokens.Text)
			}
			cost, tokens = held(lower(t, at.cost), lower(t, fmt.Sprint(at.tokens)))
			if cost.Status == report.Pass || tokens.Status == report.Pass {
				t.Errorf("%s, %s: one lower passes: %s; %s", name, at.quantile, cost.Text, tokens.Text)
			}
		}
	}
}

// lower takes one off the third digit of an amount.
func lower(t *testing.T, decimal string) string {
	t.Helper()
	a, err := money.FromDecimal(decimal)
	if err != nil {
		t.Fatal(err)
	}
	exp := int32(math.Floor(math.Log10(a.Float()+1e-12))) - 2
	return a.Sub(money.New(1, exp)).Decimal()
}

// The fan of every scope that has one ends in its forecast and never falls; what was not declared has none.
func TestFan(t *testing.T) {
	base := project(t)
	r := compare(t, base, base.edit("prompts/answer.md", longer(400), "tokengate.yaml", tokengateYAML+"features: {ask: {ceiling: $9}}\n"))
	for _, g := range append(append([]report.Group{r.Total}, r.Tracks...), r.Features...) {
		if g.Head.Fan == nil || g.Base.Fan != nil || g.Base.Smallest != nil {
			t.Fatalf("%s: fan %v, base's %v", g.Name, g.Head.Fan, g.Base.Fan)
		}
		for _, f := range []struct {
			points   []report.FanPoint
			p50, p95 float64
		}{{g.Head.Fan.Cost, g.Head.Cost.P50.Float(), g.Head.Cost.P95.Float()}, {g.Head.Fan.Tokens, float64(g.Head.Tokens.P50), float64(g.Head.Tokens.P95)}} {
			last := f.points[len(f.points)-1]
			if len(f.points) > 16 || last.Day != r.Period.Days || math.Abs(last.P50/f.p50-1) > 0.003 || math.Abs(last.P95/f.p95-1) > 0.003 {
				t.Errorf("%s: %d points, last %+v; forecast %g and %g", g.Name, len(f.points), last, f.p50, f.p95)
			}
			before := report.FanPoint{}
			for _, p := range f.points {
				if p.Day <= before.Day || p.P5 < before.P5 || p.P50 < before.P50 || p.P95 < before.P95 || p.P5 > p.P25 || p.P25 > p.P50 || p.P50 > p.P75 || p.P75 > p.P95 || p.P5 <= 0 {
					t.Errorf("%s: %+v after %+v", g.Name, p, before)
				}
				before = p
			}
			if !(last.P5 < last.P25 && last.P25 < last.P50 && last.P50 < last.P75 && last.P75 < last.P95) {
				t.Errorf("%s: levels fall together: %+v", g.Name, last)
			}
		}
	}
	for _, g := range r.Models {
		if g.Head.Fan != nil || g.Head.Smallest == nil {
			t.Errorf("model %s: fan %v, smallest %v", g.Name, g.Head.Fan, g.Head.Smallest)
		}
	}
}

// Quantiles of single calls and sessions are those of the recording: answer's calls have 900 + 50 (i mod 5) input and
// 180 + 20 (i mod 3) output tokens, where i is even, and the sessions five calls of both tracks.
func TestSpread(t *testing.T) {
	r := check(t, input(t, nil, project(t)))
	s := track(t, r, "answer").Head
	if s.PerCall.Tokens.P95 != 1320 || s.PerCall.Tokens.P50 < 1180 || s.PerCall.Tokens.P50 > 1220 || s.PerCall.Cost.P95.Cmp(s.CallCostP95) != 0 || s.PerCall.Cost.P50.Cmp(s.CallCostP50) != 0 {
		t.Errorf("call: %+v, cost P95 %s", s.PerCall, s.CallCostP95)
	}
	if s.PerCall.Latency == nil || s.PerCall.Latency.P95 != *s.LatencyP95 || s.PerCall.Latency.P50 != *s.LatencyP50 {
		t.Errorf("latency: %+v", s.PerCall.Latency)
	}
	if s.PerSession == nil || s.PerSession.Tokens.P50 < 2*1080 || s.PerSession.Tokens.P95 > 3*1320 || s.PerSession.Cost.P75.Cmp(s.PerSession.Cost.P90) > 0 {
		t.Errorf("session: %+v", s.PerSession)
	}
	bare := project(t).edit("traffic/oct.jsonl", strings.Join(recording(t, func(_ int, c *traffic.Call) { c.Session = "" }), ""))
	if g := track(t, check(t, input(t, nil, bare)), "answer"); g.Head.PerSession != nil || g.Head.PerCall == nil {
		t.Errorf("without sessions: %+v", g.Head.PerSession)
	}
}
