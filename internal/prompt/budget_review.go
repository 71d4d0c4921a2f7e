package prompt

import (
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// cadence is how often a review may be due, with what that adds to the day of the last one.
type cadence struct {
	name         string
	months, days int
}

var cadences = []cadence{{"weekly", 0, 7}, {"monthly", 1, 0}, {"quarterly", 3, 0}, {"yearly", 12, 0}}

func cadenceNames() (names []string) {
	for _, c := range cadences {
		names = append(names, c.name)
	}
	return names
}

// Due is the day, in UTC, by which the next review is due: a cadence after the last one, and the last day of the month
// where that month has no such day. ok is false without a cadence or a last review.
func (r Review) Due() (day time.Time, ok bool) {
	i := slices.IndexFunc(cadences, func(c cadence) bool { return c.name == r.Cadence.Value })
	if i < 0 || !r.Last.Set || r.Last.Value.IsZero() {
		return time.Time{}, false
	}
	y, m, d := r.Last.Value.Date()
	last := time.Date(y, m+time.Month(cadences[i].months)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return time.Date(y, m+time.Month(cadences[i].months), min(d, last)+cadences[i].days, 0, 0, 0, 0, time.UTC), true
}

// Check refuses a cadence that is not known and a last review that says nothing: one without a cadence, or one after now.
// A zero now skips the latter.
func (r Review) Check(now time.Time, diags *source.Diagnostics) {
	c := r.Cadence
	if names := cadenceNames(); c.Set && c.Value != "" && !slices.Contains(names, c.Value) {
		hint := source.DidYouMean(c.Value, names, "write one of "+strings.Join(names, ", "))
		diags.Add(source.RuleBadValue, c.Span, hint, "review.cadence is %q, which is no known cadence", c.Value)
	}
	switch l := r.Last; {
	case !l.Set || l.Value.IsZero():
	case !c.Set:
		diags.Add(source.RuleBadValue, l.Span, "add cadence: quarterly", "review.last has no cadence beside it, so no next review is due")
	case !now.IsZero() && l.Value.After(now):
		diags.Add(source.RuleBadValue, l.Span, "write the day of the last review", "review.last is %s, which has not come yet", l.Value.Format(time.DateOnly))
	}
}
