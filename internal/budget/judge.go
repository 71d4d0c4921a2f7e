package budget

import (
	"fmt"
	"math"

	"github.com/tokengate/tokengate/internal/source"
)

// hold compares head's number with the limit. On a pull request a breach that base has as well, and that head does not
// make worse, is inherited: shown, but not the author's to pay for. At a release it fails like any other. slack is the
// absolute counting error of head: a margin smaller than it, on either side, cannot be judged.
func hold(e *Evidence, c *Check, base, head *Quantity, slack float64) {
	c.Base, c.Head = base, head
	limit := c.Ceiling.Limit
	over := head.Value > limit.Value
	worse := base == nil || head.Value > base.Value
	switch {
	case over && !worse && e.Stage == "pull_request":
		c.Status, c.Inherited = Warn, true
	case slack > 0 && math.Abs(head.Value-limit.Value) < slack:
		c.Status = Inconclusive
		c.Settle = fmt.Sprintf("the count must be known to within %s of the limit; it is uncertain by %s: calibrate the counter or move the ceiling",
			percent(math.Abs(head.Value-limit.Value)/limit.Value), percent(slack/limit.Value))
	case over:
		c.Status = Fail
	}
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

// slack is the absolute counting error of a change: only what moved was counted by us; what did not is the provider's
// own number on both sides.
func slack(m Measured, base, head *Quantity) float64 {
	if base == nil || head == nil {
		return 0
	}
	return m.CountingError * math.Abs(head.Value-base.Value)
}

func finding(sev source.Severity, st Status, at source.Span, hint, format string, args ...any) Finding {
	return Finding{Diagnostic: source.Diagnostic{Severity: sev, Summary: fmt.Sprintf(format, args...), Hint: hint, Span: at}, Status: st}
}
