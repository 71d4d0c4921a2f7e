package gate

import (
	"math"
	"slices"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/report"
)

// tracks lists the declared tracks in their order, then the others by name.
func (w writer) tracks() []report.Group {
	out := []report.Group{}
	seen := map[string]bool{}
	for _, d := range w.e.Declared {
		out = append(out, w.group(replay.ByTrack, d.Scope.Name, true))
		seen[d.Scope.Name] = true
	}
	for _, name := range w.res.Names(replay.ByTrack) {
		if !seen[name] {
			out = append(out, w.group(replay.ByTrack, name, false))
		}
	}
	return out
}

func (w writer) groups(d replay.Dim) []report.Group {
	out := []report.Group{}
	for _, name := range w.res.Names(d) {
		if name != "" {
			out = append(out, w.group(d, name, w.declared(d, name)))
		}
	}
	return out
}

func (w writer) declared(d replay.Dim, name string) bool {
	return slices.ContainsFunc(w.e.Ceilings, func(c budget.Ceiling) bool { return c.Scope == budget.Scope{Kind: string(d), Name: name} })
}

func (w writer) group(d replay.Dim, name string, declared bool) report.Group {
	scope := budget.Scope{Kind: string(d), Name: name}
	g := report.Group{Name: name, Owner: w.policy.policy.OwnerOf(scope), Declared: declared, Checks: []string{}}
	worst := budget.Pass
	for _, c := range w.out.Checks {
		if c.Ceiling.Scope == scope {
			g.Checks = append(g.Checks, c.Ceiling.ID())
			worst = max(worst, c.Status)
		}
	}
	if len(g.Checks) > 0 { // without a ceiling there is nothing to stand well or badly with
		g.Status = statusOf(worst)
	}
	stat := w.m.groups[scope]
	if stat == nil {
		if declared {
			g.Status = statusOf(max(worst, budget.Inconclusive))
			g.Notes = append(g.Notes, "no recorded calls")
		}
		return g
	}
	m := w.m.scopes[scope]
	g.Calls, g.Sessions = m.Calls, int64(len(stat.Sessions()))
	g.Past = w.past(d, name, declared)
	g.Base = w.side(d, name, 0, m.Base)
	g.Head = w.side(d, name, 1, m.Head)
	w.picture(d, name, declared, g.Head)
	g.Cost, g.Tokens = effect(m.CostEffect), effect(m.TokensEffect)
	if d == replay.ByModel {
		g.LatencyBy = w.m.latency.method(name)
	}
	if e := m.CostEffect; e != nil && e.Ratio != 0 {
		for _, warning := range e.Warnings {
			g.Notes = append(g.Notes, warning.Text)
		}
	}
	if m.Short != nil {
		g.Notes = append(g.Notes, m.Short.Error())
	}
	g.Notes = append(g.Notes, w.m.latency.notes(stat, m.NoLatency)...)
	return g
}

// side gives one revision's numbers of a group; nil where it has no calls there.
func (w writer) side(d replay.Dim, name string, which int, n *budget.Numbers) *report.Side {
	totals := w.m.totals[d][which][name]
	if totals == nil || n == nil {
		return nil
	}
	s := &report.Side{RecordedCost: totals.Cost, RecordedTokens: totals.Usage.Total(), CallCostP50: money.FromFloat(n.CallMedian[budget.Cost]), CallCostP95: money.FromFloat(n.PerCall[budget.Cost])}
	if n.Forecast {
		at := func(p float64) money.Amount { return cents(n.Cost.Quantile(p)) }
		c80, t80 := at(.80), whole(n.Tokens.Quantile(.80))
		s.Cost = &report.CostDist{P50: at(.50), P75: at(.75), P80: &c80, P90: at(.90), P95: at(.95)}
		t := n.Tokens.Quantile
		s.Tokens = &report.TokenDist{P50: whole(t(.50)), P75: whole(t(.75)), P80: &t80, P90: whole(t(.90)), P95: whole(t(.95))}
	}
	single := w.m.singles[sided{budget.Scope{Kind: string(d), Name: name}, which == 0}]
	s.PerCall, s.PerSession = single.calls.spread(), single.sessions.spread()
	if high, ok := n.PerCall[budget.Latency]; ok {
		s.LatencyP50, s.LatencyP95 = millis(n.CallMedian[budget.Latency]), millis(high)
		s.LatencyP50Range, s.LatencyP95Range = millisRange(n.LatencyP50), millisRange(n.LatencyP95)
	}
	return s
}

func millis(v float64) *int64 {
	n := int64(math.Round(v))
	return &n
}

func millisRange(r *budget.Range) *report.MillisRange {
	if r == nil {
		return nil
	}
	return &report.MillisRange{Low: *millis(r.Low), High: *millis(r.High), Confidence: round(r.Confidence, 4)}
}

// cents rounds an estimate of money to cents; below ten cents it keeps four significant digits.
func cents(f float64) money.Amount {
	a, err := money.FromDecimal(budget.DollarsOf(f).Exact)
	if err != nil {
		return money.Amount{}
	}
	return a
}

func effect(e *forecast.Effect) *report.Effect {
	if e == nil || math.IsInf(e.Ratio, 0) {
		return nil
	}
	if e.Confidence == 0 { // one session: Low and High are no bounds
		return &report.Effect{Ratio: round(e.Ratio, 6), Low: round(e.Ratio, 6), High: round(e.Ratio, 6)}
	}
	return &report.Effect{Ratio: round(e.Ratio, 6), Low: round(e.Low, 6), High: round(e.High, 6), Confidence: round(e.Confidence, 4)}
}
