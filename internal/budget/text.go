package budget

import (
	"fmt"

	"github.com/tokengate/tokengate/internal/source"
)

// unsent judges a ceiling on a text that head does not send: there is nothing to hold. One that base sent was taken out, or
// its heading was renamed, which may not pass in silence; one that nobody sends is a mistake in the name.
func (c *Check) unsent(m Measured) bool {
	if !c.Ceiling.Scope.OwnText() || m.Head != nil {
		return false
	}
	if m.Base == nil {
		c.unknown("no template sends such text, so nothing can be held", "check the path, and the heading's anchor behind the #")
		return true
	}
	c.Status = Warn
	c.Text = fmt.Sprintf("%s: head no longer sends it, so its ceiling of %s holds nothing", c.Ceiling.Scope, c.Ceiling.Limit.Text)
	return true
}

// own marks a number as the text's alone; of calls it says nothing.
func (s Scope) own() string {
	if s.OwnText() {
		return " for sending its own text"
	}
	return ""
}

// textUnit words what sending a text once comes to.
func (c *Check) textUnit(head *Quantity) string {
	if c.Ceiling.Metric == Cost {
		return fmt.Sprintf("p95 cost of sending its own text once %s", head.Text)
	}
	return fmt.Sprintf("its own text of %s tokens", head.Text)
}

// textUnmeasured says why a number per call or session of a text is not known.
func (c *Check) textUnmeasured() {
	switch what, where := c.Ceiling, c.Ceiling.Scope.String(); {
	case what.Kind == PerSession:
		c.unknown("what a text comes to in a session is not measured", "set the ceiling per call, or on a template or track")
	case what.Metric == Cost:
		c.unknown("no recorded call sends it, so what sending it costs is not known", "record traffic for "+where)
	default:
		c.unknown("a text has no "+name(what.Metric)+" of its own", "set the ceiling on a template or track")
	}
}

// newText is a growth ceiling on a text that base does not send.
func newText(c Ceiling, m Measured) (Finding, bool) {
	if !c.Scope.OwnText() || m.Base != nil || m.Head == nil {
		return Finding{}, false
	}
	return finding(source.Info, Pass, c.Span, "", "growth ceiling of %s is not held: base does not send it, so there is nothing to grow from", c.Scope), true
}
