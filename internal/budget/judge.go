package budget

import (
	"fmt"
	"math"

	"github.com/tokengate/tokengate/internal/source"
)

// hold compares head's number with the limit. On a pull request a breach that base has as well, and that head does not
// make worse, is inherited: shown, but not the author's to pay for. At a release it fails like any other. doubt is the
// half-width that counting leaves on head, and counted the relative error of those counts: a margin that is not larger
// than the doubt, on either side, cannot be judged.
func hold(e *Evidence, c *Check, base, head *Quantity, doubt, counted float64) {
	c.Base, c.Head = base, head
	limit := c.Ceiling.Limit
	over := head.Value > limit.Value
	worse := base == nil || head.Value > base.Value
	switch {
	case over && !worse && e.Stage == "pull_request":
		c.Status, c.Inherited = Warn, true
	case doubt > 0 && math.Abs(head.Value-limit.Value) <= doubt:
		c.Status = Inconclusive
		c.Settle = Settled(counted*math.Abs(head.Value-limit.Value)/doubt, counted) + settleBy
	case over:
		c.Status = Fail
	}
}

const settleBy = ": run tokengate calibrate, or move the ceiling"

// Settled words which count would decide a case that the present one leaves open; both errors are relative half-widths.
// The needed one is rounded down, so that a count as good as the text asks for decides.
func Settled(needed, known float64) string {
	tenths := math.Floor(needed*1000) / 10
	if tenths == 0 {
		return "an exact count instead of one known to ±" + percent(known)
	}
	return fmt.Sprintf("a count known to ±%.1f%% instead of ±%s", tenths, percent(known))
}

func percent(f float64) string { return fmt.Sprintf("%.1f%%", f*100) }

// sentence words a judged check, once for every output.
func (c *Check) sentence(measured string) {
	what := c.Ceiling.Scope.String() + ": " + measured
	switch {
	case c.Inherited:
		c.Text = fmt.Sprintf("%s is over the ceiling of %s, as on base", what, c.Ceiling.Limit.Text)
	case c.Status == Fail:
		c.Text = fmt.Sprintf("%s is over the ceiling of %s", what, c.Ceiling.Limit.Text)
	case c.Status == Inconclusive && c.Head != nil:
		c.Text = fmt.Sprintf("%s is too close to the ceiling of %s to tell", what, c.Ceiling.Limit.Text)
	default:
		c.Text = fmt.Sprintf("%s is within the ceiling of %s", what, c.Ceiling.Limit.Text)
	}
}

// unknown marks a check that could not be measured. Nothing measured is never a pass.
func (c *Check) unknown(why, settle string) {
	c.Status = Inconclusive
	c.Text = c.Ceiling.Scope.String() + ": " + why
	c.Settle = settle
}

func finding(sev source.Severity, st Status, at source.Span, hint, format string, args ...any) Finding {
	return Finding{Diagnostic: source.Diagnostic{Severity: sev, Summary: fmt.Sprintf(format, args...), Hint: hint, Span: at}, Status: st}
}
