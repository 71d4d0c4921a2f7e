package budget

import (
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// Review is when a budget has to be looked at again.
type Review struct {
	Where   string // "project", "track answer", "prompts/answer.md"
	Cadence string
	Due     time.Time // the day, in UTC; zero where no last review is written down
	Owner   string
	Place   source.Span
}

var reviewOverdue = Rule{source.Rule{
	ID:      "review-overdue",
	Summary: "a budget's review is overdue, or no due day is known",
	Explain: `review: {cadence: quarterly, last: 2026-08-01} says how often a budget is looked at again, and when it was last. The
next review is due a week, month, quarter or year after that day. A review that is overdue warns; without last: no due day
is known, and the report says so. The days are those of the base revision: a change cannot review its own budget.`,
}, func(e *Evidence) (_ []Check, findings []Finding) {
	for _, r := range e.Reviews {
		switch {
		case r.Due.IsZero():
			findings = append(findings, finding(source.Info, Pass, r.Place, "add last: with the day of the last review", "%s is to be reviewed %s, but no last review is written down, so no due day is known", r.Where, r.Cadence))
		case !e.Now.Before(r.Due.AddDate(0, 0, 1)):
			f := finding(source.Warning, Warn, r.Place, "review the budget, then write the day under last:", "the %s review of %s was due on %s, %d days ago",
				r.Cadence, r.Where, day(r.Due), int(e.Now.Sub(r.Due)/(24*time.Hour)))
			f.Approver = r.Owner
			findings = append(findings, f)
		}
	}
	return nil, findings
}}
