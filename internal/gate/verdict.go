package gate

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/tokengate/tokengate/internal/report"
)

// verdict words the answer: the worst check decides; without a breach, the tightest one is named.
func (w writer) verdict(r *report.Report) report.Verdict {
	v := report.Verdict{Status: statusOf(w.out.Status), Reasons: []string{}}
	for _, c := range r.Checks {
		if c.Status == report.Fail || c.Status == report.Inconclusive || c.Inherits {
			v.Reasons = append(v.Reasons, c.Text)
		}
	}
	for _, f := range w.out.Findings {
		if f.Status >= 2 { // inconclusive or fail
			v.Reasons = append(v.Reasons, f.Summary)
		}
	}
	held, failed := 0, 0
	for _, c := range r.Checks {
		switch c.Status {
		case report.Fail:
			failed++
		case report.Pass:
			held++
		case report.Warn, report.Inconclusive: // named among the reasons
		}
	}
	switch v.Status {
	case report.Fail:
		v.Headline = v.Reasons[0]
		if failed > 1 {
			v.Headline += fmt.Sprintf(" (and %d more)", failed-1)
		}
	case report.Inconclusive:
		v.Headline = "cannot be judged: " + v.Reasons[0]
	default:
		v.Headline = fmt.Sprintf("%d of %d ceilings hold", held, len(r.Checks))
		if t := tightest(r); t != nil {
			v.Headline += fmt.Sprintf("; tightest: %s %s at %s of %s (%.0f%%)", scopeName(*t), strings.ReplaceAll(t.Metric, "_", " "), t.Head.Text, t.Limit.Text, t.Used*100)
		}
	}
	return v
}

func scopeName(c report.Check) string { return cmp.Or(c.Name, c.Scope) }

func tightest(r *report.Report) *report.Check {
	var best *report.Check
	for i, c := range r.Checks {
		if c.Head != nil && c.Kind != "growth" && c.Status == report.Pass && (best == nil || c.Used > best.Used) {
			best = &r.Checks[i]
		}
	}
	return best
}

// review makes the post-implementation review: what has to be looked at once the change is live. Ids are stable.
func review(r *report.Report) []report.ReviewItem {
	out := []report.ReviewItem{}
	add := func(id, area, owner, format string, args ...any) {
		out = append(out, report.ReviewItem{ID: id, Area: area, Owner: cmp.Or(owner, r.Project.Owner), Text: fmt.Sprintf(format, args...)})
	}
	for _, t := range r.Tracks {
		if t.Head != nil && t.Head.Cost != nil && (t.Declared || changed(t)) {
			add("cost-"+t.Name, "cost", t.Owner, "%s: spend after a week is inside the forecast, P50 %s and P90 %s a %s", cmp.Or(t.Name, "calls without a track"), t.Head.Cost.P50, t.Head.Cost.P90, r.Period.Name)
		}
	}
	for _, t := range r.Tracks {
		if t.Head != nil && t.Head.LatencyP95 != nil && (t.Declared || changed(t)) {
			add("latency-"+t.Name, "latency", t.Owner, "%s: P95 latency stays near %s", cmp.Or(t.Name, "calls without a track"), ms(*t.Head.LatencyP95))
		}
	}
	add("user-impact", "user impact", "", "quality and outcomes of the features concerned did not fall: cost and latency were replayed, answers were not")
	if r.Base != nil {
		add("rollback", "rollback", "", "the way back is known: revert to %.12s; caps, models and templates return with it", r.Base.Commit)
	}
	add("ceilings", "cost", r.Project.Approver, "ceilings still fit: after the first full %s, compare forecast and bill and propose new ones", r.Period.Name)
	return out
}

func changed(g report.Group) bool { return g.Cost != nil && g.Cost.Ratio != 0 }

func ms(v int64) string {
	if v < 1000 {
		return fmt.Sprintf("%dms", v)
	}
	return fmt.Sprintf("%.1fs", float64(v)/1000)
}
