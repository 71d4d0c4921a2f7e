package budget

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

var (
	track = Scope{"track", "generation"}
	now   = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
)

// sure is a forecast without spread: every quantile is v.
func sure(t *testing.T, v float64) forecast.Dist {
	t.Helper()
	d, err := forecast.NewDist([7]float64{v, v, v, v, v, v, v})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func numbers(t *testing.T, cost float64) *Numbers {
	return &Numbers{Forecast: true, Cost: sure(t, cost), Tokens: sure(t, cost*1e6), PerCall: map[string]float64{Cost: cost / 1000, Latency: 4000}, PerSession: map[string]float64{}}
}

func ceiling(kind, metric string, limit Quantity) Ceiling {
	return Ceiling{Scope: track, Kind: kind, Metric: metric, Limit: limit, Quantile: 0.5, Owner: "@team", From: "base", Span: source.Span{File: "tokengate.yaml", Start: source.Pos{Line: 3, Col: 9}}}
}

func usd(units int64) Quantity { return Dollars(money.New(units, 0)) }

func evidence(t *testing.T, base, head float64, cs ...Ceiling) Evidence {
	m := Measured{Calls: 1000, Days: 28, NeedDays: 3, Head: numbers(t, head)}
	if base >= 0 {
		m.Base = numbers(t, base)
		m.CostEffect = &forecast.Effect{Ratio: head/base - 1, Low: head/base - 1.01, High: head/base - 0.99, Confidence: .95}
	}
	return Evidence{Now: now, Stage: "pull_request", Period: "month", HasBase: base >= 0, Ceilings: cs, Proposed: cs, Scopes: map[Scope]Measured{track: m}, MaxBad: 0.01, Approver: "@finance"}
}

func TestPeriodCeiling(t *testing.T) {
	cases := []struct {
		name       string
		base, head float64
		stage      string
		err        float64
		want       Status
		inherited  bool
		text       string
	}{
		{"within", 100, 300, "", 0, Pass, false, "track generation: p50 $300.00/month is within the ceiling of $350.00"},
		{"over and worse", 100, 400, "", 0, Fail, false, "track generation: p50 $400.00/month is over the ceiling of $350.00"},
		{"at the limit", 100, 350, "", 0, Pass, false, ""},
		{"over on both, worse", 400, 410, "", 0, Fail, false, ""},
		{"over on both, equal", 400, 400, "", 0, Warn, true, "track generation: p50 $400.00/month is over the ceiling of $350.00, as on base"},
		{"over on both, better", 400, 390, "", 0, Warn, true, ""},
		{"over on both, at a release", 400, 390, "release", 0, Fail, false, ""},
		{"over, nothing to compare with", -1, 400, "", 0, Fail, false, ""},
		{"too close above", 100, 360, "", 0.10, Inconclusive, false, "track generation: p50 $360.00/month is too close to the ceiling of $350.00 to tell"},
		{"too close below", 100, 340, "", 0.10, Inconclusive, false, ""},
		{"close, but nothing was counted", 340, 340, "", 0.10, Pass, false, ""},
		{"far enough", 100, 400, "", 0.10, Fail, false, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := evidence(t, c.base, c.head, ceiling(Period, Cost, usd(350)))
			if c.err > 0 { // of what the change adds, as for an edited template
				doubtful(&e, c.err, c.err*(c.head-c.base)/c.head)
			}
			if c.stage != "" {
				e.Stage = c.stage
			}
			out := Judge(e)
			check := out.Checks[0]
			if out.Status != c.want || check.Status != c.want || check.Inherited != c.inherited {
				t.Errorf("run %d, check %d, inherited %v: %s", out.Status, check.Status, check.Inherited, check.Text)
			}
			if c.text != "" && check.Text != c.text {
				t.Errorf("text %q", check.Text)
			}
			if (check.Settle != "") != (c.want == Inconclusive) {
				t.Errorf("settle %q", check.Settle)
			}
		})
	}
}

// Nothing measured is never a pass, whatever the ceiling.
func TestNothingMeasured(t *testing.T) {
	for _, c := range []Ceiling{ceiling(Period, Cost, usd(1)), ceiling(PerCall, Cost, usd(1)), ceiling(PerSession, Cost, usd(1)), ceiling(Growth, Cost, Change(0.1))} {
		e := evidence(t, 1, 1, c)
		e.Scopes = nil
		if out := Judge(e); out.Status != Inconclusive {
			t.Errorf("%s: status %d", c.Kind, out.Status)
		}
	}
	short := evidence(t, 1, 1, ceiling(Period, Cost, usd(350)))
	m := short.Scopes[track]
	m.Head = &Numbers{}
	m.Short = fmt.Errorf("2 whole days")
	short.Scopes[track] = m
	if out := Judge(short); out.Status != Inconclusive || !strings.Contains(out.Checks[0].Text, "2 whole days") {
		t.Errorf("short history: %d, %s", out.Status, out.Checks[0].Text)
	}
	idle := evidence(t, 1, 1, ceiling(Period, Cost, usd(350)))
	idle.Declared = []Declared{{Scope{"track", "retrieval"}, source.Span{}}}
	if out := Judge(idle); out.Status != Inconclusive {
		t.Errorf("a declared track without calls: %d", out.Status)
	}
}

func TestUnitCeiling(t *testing.T) {
	e := evidence(t, 100, 100, ceiling(PerCall, Latency, Millis(3*time.Second)), ceiling(PerCall, Cost, usd(1)), ceiling(PerSession, Cost, usd(1)))
	e.HasBase = false
	m := e.Scopes[track]
	m.Base = nil
	e.Scopes[track] = m
	want := []string{
		"track generation: p95 latency of a call 4s is over the ceiling of 3s",
		"track generation: no sessions recorded, so cost per session cannot be held",
		"track generation: p95 cost of a call $0.10 is within the ceiling of $1.00",
	}
	for i, c := range Judge(e).Checks {
		if c.Text != want[i] {
			t.Errorf("check %d: %s", i, c.Text)
		}
	}
}

// Means of calls say nothing of the largest of them, so no ceiling per call or session is held by them.
func TestOnlyMeans(t *testing.T) {
	for kind, want := range map[string]string{
		PerCall:    "track generation: only means of calls recorded, so cost per call cannot be held",
		PerSession: "track generation: only means of calls recorded, so cost per session cannot be held",
	} {
		e := evidence(t, 100, 100, ceiling(kind, Cost, usd(1)))
		m := e.Scopes[track]
		m.Means = m.Calls
		m.Head.PerCall, m.Base.PerCall = nil, nil
		e.Scopes[track] = m
		if out := Judge(e); out.Status != Inconclusive || out.Checks[0].Text != want || out.Checks[0].Settle != "record single calls for track generation" {
			t.Errorf("%s: status %d, %+v", kind, out.Status, out.Checks[0])
		}
	}
}

func TestGrowthCeiling(t *testing.T) {
	for high, want := range map[float64]Status{0.09: Pass, 0.11: Fail} {
		e := evidence(t, 100, 105, ceiling(Growth, Cost, Change(0.10)))
		m := e.Scopes[track]
		m.CostEffect = &forecast.Effect{Ratio: 0.05, Low: 0.01, High: high, Confidence: .95}
		e.Scopes[track] = m
		if out := Judge(e); out.Status != want {
			t.Errorf("upper end %v: %d %s", high, out.Status, out.Checks[0].Text)
		}
	}
	one := evidence(t, 100, 105, ceiling(Growth, Cost, Change(0.10)))
	m := one.Scopes[track]
	m.CostEffect = &forecast.Effect{Ratio: 0.05, Low: 0.05, High: 0.05} // one session: no interval, so no upper end
	one.Scopes[track] = m
	if out := Judge(one); out.Status != Inconclusive {
		t.Errorf("an effect without an interval: %d %s", out.Status, out.Checks[0].Text)
	}
	e := evidence(t, -1, 105, ceiling(Growth, Cost, Change(0.10)))
	if out := Judge(e); len(out.Checks) != 0 || len(out.Findings) != 1 || out.Status != Pass {
		t.Errorf("without a base: %+v", out)
	}
}

func TestChangedCeilings(t *testing.T) {
	at := ceiling(Period, Cost, usd(350))
	for _, c := range []struct {
		name     string
		proposed []Ceiling
		want     Status
		message  string
		approver string
	}{
		{"same", []Ceiling{at}, Pass, "", ""},
		{"raised", []Ceiling{ceiling(Period, Cost, usd(900))}, Warn, "track generation, period cost: the ceiling is raised from $350.00 to $900.00; base's still holds here", "@finance"},
		{"lowered", []Ceiling{ceiling(Period, Cost, usd(300))}, Pass, "track generation, period cost: the ceiling is lowered from $350.00 to $300.00; it holds once merged", ""},
		{"removed", nil, Warn, "track generation, period cost: the ceiling of $350.00 is removed; base's still holds here", "@finance"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := evidence(t, 100, 100, at)
			e.Proposed = c.proposed
			out := Judge(e)
			if out.Status != c.want {
				t.Errorf("status %d", out.Status)
			}
			if c.message == "" {
				if len(out.Findings) > 0 {
					t.Errorf("findings %+v", out.Findings)
				}
				return
			}
			if len(out.Findings) != 1 || out.Findings[0].Summary != c.message || out.Findings[0].Approver != c.approver {
				t.Errorf("findings %+v", out.Findings)
			}
		})
	}
}

func TestPolicyChanged(t *testing.T) {
	e := evidence(t, 100, 100, ceiling(Period, Cost, usd(350)))
	e.Proposed = e.Ceilings
	e.Policy = []Setting{{Name: "period", Value: "month"}, {Name: "bad_lines", Value: "1%"}, {Name: "same", Value: "x"}}
	e.PolicyNew = []Setting{{Name: "period", Value: "day"}, {Name: "stages.release", Value: "P50"}, {Name: "same", Value: "x"}}
	out := Judge(e)
	var got []string
	for _, f := range out.Findings {
		got = append(got, f.Summary)
	}
	want := "period is changed from month to day; base's still holds here|bad_lines is changed from 1% to its default; base's still holds here|stages.release is changed from its default to P50; base's still holds here"
	if strings.Join(got, "|") != want || out.Status != Warn {
		t.Errorf("status %d, %q", out.Status, got)
	}
}

func TestEvidenceRules(t *testing.T) {
	fine := ceiling(Period, Cost, usd(350))
	for name, c := range map[string]struct {
		edit func(*Evidence)
		rule string
		want Status
	}{
		"no budget":     {func(e *Evidence) { e.Ceilings, e.Proposed = nil, nil }, "no-budget", Inconclusive},
		"bad lines":     {func(e *Evidence) { e.BadShare = 0.02 }, "bad-lines", Inconclusive},
		"unpriced":      {func(e *Evidence) { e.Unpriced = []Unpriced{{Name: "x", Calls: 3}} }, "unpriced-model", Inconclusive},
		"stale price":   {func(e *Evidence) { e.MaxAge = time.Hour; e.Prices = []Price{{Model: "m", AsOf: now.AddDate(0, -6, 0)}} }, "stale-price", Warn},
		"retired":       {func(e *Evidence) { e.Prices = []Price{{Model: "m", AsOf: now, Retires: now.AddDate(0, 0, -1)}} }, "retired-model", Warn},
		"retiring":      {func(e *Evidence) { e.Prices = []Price{{Model: "m", AsOf: now, Retires: now.AddDate(0, 0, 20)}} }, "retired-model", Warn},
		"over its cap":  {func(e *Evidence) { e.Templates = []TemplateSize{{Path: "p", Base: 900, Head: 1100, Cap: 1000}} }, "context-cap", Fail},
		"cap inherited": {func(e *Evidence) { e.Templates = []TemplateSize{{Path: "p", Base: 1100, Head: 1100, Cap: 1000}} }, "context-cap", Warn},
		"cap unsure": {func(e *Evidence) {
			e.Templates = []TemplateSize{{Path: "p", Base: -1, Head: 1100, Error: 0.2, Cap: 1000}}
		}, "context-cap", Inconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			e := evidence(t, 100, 100, fine)
			c.edit(&e)
			out := Judge(e)
			if out.Status != c.want || len(out.Findings) != 1 || out.Findings[0].Rule != c.rule {
				t.Errorf("status %d, findings %+v", out.Status, out.Findings)
			}
		})
	}
	if out := Judge(evidence(t, 100, 100, fine)); out.Status != Pass || len(out.Findings) > 0 {
		t.Errorf("fine evidence: %+v", out)
	}
}

// Every rule has an id, a summary and a text, and no two share an id.
func TestRulesAreDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules {
		if r.ID == "" || r.Summary == "" || len(r.Explain) < 80 || r.Check == nil || seen[r.ID] {
			t.Errorf("rule %q is incomplete or stands twice", r.ID)
		}
		seen[r.ID] = true
	}
}

// Calls without a track warn where tracks are declared, and only then; a small share does not read as none.
func TestUnmappedCalls(t *testing.T) {
	declared := []Declared{{Scope: track, Span: source.Span{File: "tokengate.yaml", Start: source.Pos{Line: 3}}}}
	for _, c := range []struct {
		name     string
		declared []Declared
		unmapped Unmapped
		want     string
	}{
		{"some", declared, Unmapped{12, 0.2, "spend"}, "tokengate.yaml:3: 12 recorded calls, 20.0% of spend, belong to no track: no track's ceiling holds them [unmapped-calls]"},
		{"very few", declared, Unmapped{1, 0.0001, "tokens"}, "tokengate.yaml:3: 1 recorded calls, less than 0.1% of tokens, belong to no track: no track's ceiling holds them [unmapped-calls]"},
		{"free ones", declared, Unmapped{3, 0, "spend"}, ""},
		{"none", declared, Unmapped{}, ""},
		{"no track is declared", nil, Unmapped{12, 1, "spend"}, ""},
	} {
		e := evidence(t, -1, 100, ceiling(Period, Cost, usd(350)))
		e.Declared, e.Unmapped = c.declared, c.unmapped
		out, got := Judge(e), ""
		for _, f := range out.Findings {
			if f.Rule == "unmapped-calls" {
				got = f.String()
			}
		}
		if got != c.want || (out.Status == Warn) != (c.want != "") {
			t.Errorf("%s: %s, %q", c.name, fmt.Sprint(out.Status), got)
		}
	}
}
