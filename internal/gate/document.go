package gate

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/traffic"
)

// writer puts a run's results into the published document.
type writer struct {
	in                 Input
	base, head, policy *side
	count              counters
	rec                *traffic.Summary
	res                *replay.Result
	m                  *measurements
	e                  budget.Evidence
	out                budget.Outcome
}

func (w writer) document() *report.Report {
	in, base, head, res := w.in, w.base, w.head, w.res
	cfg := w.policy.policy
	r := &report.Report{
		Schema: report.SchemaID, Tool: report.Tool{Name: "tokengate", Version: in.Version}, GeneratedAt: in.Now.UTC(),
		Project: report.Project{Name: cfg.Project.Name.Value, Owner: cfg.Project.Owner.Value, Purpose: cfg.Project.Purpose.Value, Approver: cfg.Project.Approver.Value},
		Stage:   in.Stage, Period: w.m.reported(), Head: in.Head.Revision,
		Checks: w.checks(), Findings: w.findings(), Causes: w.causes(), Templates: w.templates(), Provenance: w.provenance(), Method: w.method(),
	}
	r.Head.Config = head.policy.Path
	if in.Base != nil {
		rev := in.Base.Revision
		rev.Config = base.policy.Path
		r.Base = &rev
	}
	r.Total = w.group(replay.ByProject, "", true)
	if r.Total.Past != nil {
		r.Provenance.Notes = append(r.Provenance.Notes, pastHeld(r.Total.Past))
	}
	r.Total.Notes = append(r.Total.Notes, rewrites(res)...)
	r.Tracks, r.Features, r.Models = w.tracks(), w.groups(replay.ByFeature), w.groups(replay.ByModel)
	r.Verdict = w.verdict(r)
	r.Review = review(r)
	return r
}

// rewrites words what a changed cached prefix costs once, apart from the period.
func rewrites(res *replay.Result) []string {
	var out []string
	for _, c := range res.Causes {
		if r := c.Rewrite; r != nil {
			out = append(out, fmt.Sprintf("once, when this goes live: the %s tokens behind the change at %s are written to the cache again, %s per live entry of %s",
				money.Count(r.Tokens).Exact(), r.At, r.Cost, r.Model))
		}
	}
	return out
}

func statusOf(s budget.Status) report.Status {
	return [...]report.Status{report.Pass, report.Warn, report.Inconclusive, report.Fail}[s]
}

func quantity(q *budget.Quantity) *report.Quantity {
	if q == nil {
		return nil
	}
	return &report.Quantity{Unit: q.Unit, Value: q.Exact, Text: q.Text}
}

func (w writer) checks() []report.Check {
	out := []report.Check{}
	for _, c := range w.out.Checks {
		var since time.Time
		if c.Inherited {
			since = w.in.Base.Time
		}
		out = append(out, report.Check{
			Since: since,
			ID:    c.Ceiling.ID(), Rule: c.Rule, Scope: c.Ceiling.Scope.Kind, Name: c.Ceiling.Scope.Name, Kind: c.Ceiling.Kind, Metric: c.Ceiling.Metric,
			Measure: c.Measure, Limit: *quantity(&c.Ceiling.Limit), Base: quantity(c.Base), Head: quantity(c.Head), PBase: rounded(c.PBase), PHead: rounded(c.PHead),
			Used: round(c.Used(), 4), Status: statusOf(c.Status), Inherits: c.Inherited, Owner: c.Ceiling.Owner, Text: c.Text, Declared: c.Ceiling.Span,
			From: c.Ceiling.From, Settle: c.Settle,
		})
	}
	return out
}

// rounded keeps four digits: more would promise what a forecast cannot, and differ between machines.
func rounded(p *float64) *float64 {
	if p == nil {
		return nil
	}
	v := round(*p, 4)
	return &v
}

func round(v float64, digits int) float64 {
	scale := math.Pow10(digits)
	if r := math.Round(v*scale) / scale; !math.IsNaN(r) && !math.IsInf(r, 0) {
		return r
	}
	return 0
}

func (w writer) findings() []report.Finding {
	out := []report.Finding{}
	for _, f := range w.out.Findings {
		out = append(out, report.Finding{Rule: f.Rule, Severity: f.Severity, Message: f.Summary, Hint: f.Hint, Place: f.Span, Approver: f.Approver})
	}
	return out
}

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

// perPeriod is what a dollar or token of the recording stands for in a period: the forecast's median over the recorded
// total, of the whole project. What a calendar period has spent already no change moves.
func (w writer) perPeriod() (costs, toks float64) {
	scope := budget.Scope{Kind: "project"}
	m, n := w.m.scopes[scope], w.m.totals[replay.ByProject]
	numbers, side := m.Base, n[0][""]
	if numbers == nil {
		numbers, side = m.Head, n[1][""]
	}
	if numbers == nil || side == nil {
		return 0, 0
	}
	days := 0.0
	if !numbers.Forecast { // too short to forecast: the plain daily mean, and the report says so
		days = float64(w.m.length) / float64(max(len(side.Days), 1))
		return days, days
	}
	costs = w.perMoved(ratio(numbers.Cost.Quantile(.5)-w.m.spent[0], sumOf(side, dayCost)), dayCost, func(n *budget.Numbers) forecast.Dist { return n.Cost })
	toks = w.perMoved(ratio(numbers.Tokens.Quantile(.5)-w.m.spent[1], sumOf(side, dayTokens)), dayTokens, func(n *budget.Numbers) forecast.Dist { return n.Tokens })
	return costs, toks
}

// perMoved is what a recorded difference between the sides stands for in a period, so that causes add up to the difference
// of the medians that a reader sees. Strands that move by different ratios make it another number than level, the medians'
// own; where a mix of ups and downs leaves no difference to divide by, level stands.
func (w writer) perMoved(level float64, of func(*replay.Day) float64, dist func(*budget.Numbers) forecast.Dist) float64 {
	m, n := w.m.scopes[budget.Scope{Kind: "project"}], w.m.totals[replay.ByProject]
	if m.Base == nil || m.Head == nil || !m.Base.Forecast || !m.Head.Forecast {
		return level
	}
	per := ratio(dist(m.Head).Quantile(.5)-dist(m.Base).Quantile(.5), sumOf(n[1][""], of)-sumOf(n[0][""], of))
	if per > level/2 && per < 2*level {
		return per
	}
	return level
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// templates gives the size of every template of head, counted for the model it is used with.
func (w writer) templates() []report.Template {
	out := []report.Template{}
	for _, t := range w.head.policy.Templates {
		model := w.modelFor(t)
		counter := w.count.of(model)
		m := replay.Measure(t, counter)
		rt := report.Template{Path: t.Path, Model: model, Tokens: m.Total.Tokens, Error: round(m.Total.RelativeError, 4), Method: m.Total.Method, Calls: w.m.scopes[budget.Scope{Kind: "template", Name: t.Path}].Calls}
		if w.base != nil && w.base.templates[t.Path] != nil {
			n := replay.Measure(w.base.templates[t.Path], counter).Total.Tokens
			rt.Base = &n
		}
		for i, f := range t.Files {
			rt.Files = append(rt.Files, templateFile(f, m, i))
		}
		out = append(out, rt)
	}
	return out
}

// modelFor is the model a template is counted for: the declared one, else the one that most of its recorded calls used.
func (w writer) modelFor(t *prompt.Template) string {
	g := w.m.groups[budget.Scope{Kind: "template", Name: t.Path}]
	if declared := w.head.modelOf(t); declared != "" || g == nil {
		return declared
	}
	calls := map[string]float64{}
	for _, p := range g.Points() { // in their order: sums of floats must not depend on another
		calls[p.HeadModel] += p.Weight
	}
	best := ""
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		if best == "" || calls[name] > calls[best] {
			best = name
		}
	}
	return best
}

func templateFile(f prompt.File, m replay.Measured, i int) report.TemplateFile {
	out := report.TemplateFile{Path: f.Path, Sections: []report.Section{}}
	for j, s := range f.Sections {
		n := m.Sections[i][j].Tokens
		out.Tokens += n
		out.Sections = append(out.Sections, report.Section{Heading: s.Heading, Place: s.Span, Tokens: n})
	}
	return out
}
