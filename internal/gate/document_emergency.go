package gate

import (
	"cmp"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/report"
)

// emergency is what a ceiling that expires stands in the place of; nil for one that holds for good.
func emergency(c budget.Ceiling) *report.Emergency {
	if c.Until.IsZero() {
		return nil
	}
	out := &report.Emergency{Until: c.Until.Format(time.DateOnly), Incident: c.Incident, Reason: c.Reason, Instead: []report.Instead{}}
	for _, i := range c.Instead {
		out.Instead = append(out.Instead, report.Instead{Limit: *quantity(&i.Limit), Declared: i.Span})
	}
	return out
}

// waivers lists the emergency envelopes that a ceiling is held by, with what they stand in the place of.
func (w writer) waivers() (out []report.Waiver) {
	for _, c := range w.out.Checks {
		of := c.Ceiling
		if of.Until.IsZero() {
			continue
		}
		var instead []string
		for _, i := range of.Instead {
			instead = append(instead, i.Limit.Text)
		}
		reason := of.Limit.Text
		if len(instead) > 0 {
			reason += " in the place of " + strings.Join(instead, " and ")
		}
		why := strings.TrimPrefix(strings.Join([]string{of.Incident, of.Reason}, ": "), ": ")
		if why = strings.TrimSuffix(why, ": "); why != "" {
			reason += ", " + why
		}
		out = append(out, report.Waiver{Check: of.ID(), Reason: reason, By: cmp.Or(of.Approver, of.Owner, w.e.Approver, "nobody by name"),
			Expires: of.Until.Add(24*time.Hour - time.Second), Place: of.Span})
	}
	return out
}
