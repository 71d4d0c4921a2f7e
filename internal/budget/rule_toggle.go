package budget

import (
	"github.com/tokengate/tokengate/internal/source"
)

// Toggle is a switch that the change turns and whose effect the recording does not show.
type Toggle struct {
	Name  string
	On    bool // what the change turns it to
	Where string
	Dear  bool // turning it may raise the cost
	Why   string
	Place source.Span
}

var toggleUnmeasured = Rule{source.Rule{
	ID:      "toggle-unmeasured",
	Summary: "the change turns a switch whose effect is not known",
	Explain: `Two toggles of a budget are replayed: cache: false sends all of a prompt as plain input, retrieval: false takes
top_k × chunk_tokens out of it. What the recording cannot show is said instead of guessed: which calls would have found a
warm cache that was off, and how much is retrieved where top_k and chunk_tokens are not declared. Where the effect may
raise the cost the verdict is inconclusive. Toggles of other names belong to the application; an edit is named as one of policy.`,
}, func(e *Evidence) (_ []Check, findings []Finding) {
	for _, t := range e.Toggles {
		sev, status := source.Info, Pass
		if t.Dear {
			sev, status = source.Warning, Inconclusive
		}
		findings = append(findings, finding(sev, status, t.Place, "", "%s: the effect of %s: %t is not known: %s", t.Where, t.Name, t.On, t.Why))
	}
	return nil, findings
}}
