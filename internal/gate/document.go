package gate

import (
	"fmt"
	"math"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/money"
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
		Checks: w.checks(), Waivers: w.waivers(), Findings: w.findings(), Causes: w.causes(), Templates: w.templates(), Provenance: w.provenance(), Method: w.method(),
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
	w.carry(r)
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
			From: c.Ceiling.From, Settle: c.Settle, Emergency: emergency(c.Ceiling),
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
