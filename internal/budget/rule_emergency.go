package budget

import (
	"fmt"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// Emergency is a budget that holds for a while in the place of others: an envelope for an incident.
type Emergency struct {
	Scope    Scope
	Until    time.Time // its last day, in UTC
	Over     bool      // that day is past
	Incident string
	Reason   string
	Owner    string
	Span     source.Span
	Sets     []string // what it sets, each with what it stands in the place of, or what holds again
}

var emergencyInForce = Rule{source.Rule{
	ID:      "emergency-in-force",
	Summary: "an emergency envelope holds in the place of other limits",
	Explain: `A budget with expires: holds until the end of that day, in UTC, in the place of what budgets without a day set for the
same scope: in a template's block, or under emergency: in tokengate.yaml. It is shown with both values, its owner and the
days it has left, so that a pass that rests on it is never mistaken for an ordinary one. Two that set the same limit at
once contradict each other. A change cannot grant itself one: it holds once it is on the base revision.`,
}, func(e *Evidence) (_ []Check, findings []Finding) {
	for _, m := range e.Emergency {
		if !m.Over {
			findings = append(findings, finding(source.Warning, Warn, m.Span, "remove it once the incident is over", "emergency envelope of %s until %s (%s)%s: %s",
				m.Scope, day(m.Until), daysLeft(m.Until, e.Now), m.words(), strings.Join(m.Sets, "; ")))
		}
	}
	return nil, findings
}}

var emergencyOver = Rule{source.Rule{
	ID:      "emergency-over",
	Summary: "an emergency envelope has expired, and the old limits hold again",
	Explain: `The day in expires is the last one an envelope holds. After it the limits it stood in the place of hold again, without
anybody's doing. Remove it, and review what the incident cost; or renew it with a later day, which the base revision must have.`,
}, func(e *Evidence) (_ []Check, findings []Finding) {
	for _, m := range e.Emergency {
		if m.Over {
			findings = append(findings, finding(source.Warning, Warn, m.Span, "renew it with a later day, or remove it", "emergency envelope of %s expired on %s%s: %s",
				m.Scope, day(m.Until), m.words(), strings.Join(m.Sets, "; ")))
		}
	}
	return nil, findings
}}

func (m Emergency) words() string {
	out := because(m.Incident, m.Reason)
	if m.Owner != "" {
		out += ", owner " + m.Owner
	}
	return out
}

// because words what an emergency is for, with a comma in front; "" where nothing is said.
func because(incident, reason string) string {
	switch {
	case incident != "" && reason != "":
		return fmt.Sprintf(", %s: %s", incident, reason)
	case incident+reason != "":
		return ", " + incident + reason
	}
	return ""
}

// daysLeft counts today as the last day left on the day itself.
func daysLeft(until, now time.Time) string {
	y, m, d := now.UTC().Date()
	switch n := int(until.Sub(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour)); n {
	case 0:
		return "its last day"
	case 1:
		return "1 day left"
	default:
		return fmt.Sprintf("%d days left", n)
	}
}
