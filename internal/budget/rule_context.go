package budget

import (
	"math"

	"github.com/tokengate/tokengate/internal/source"
)

var contextCap = Rule{source.Rule{
	ID:      "context-cap",
	Summary: "a template alone is larger than its own cap on a call's input",
	Explain: `A budget block may cap the input of a call (context.max_input_tokens). A template whose fixed text is already longer
leaves no room for anything else, so every call made from it would be cut or refused. In a block under a heading the cap
is on the section's own text, its subsections included. The check needs no traffic. Where
the count carries an error and the cap lies inside it, the check is inconclusive and names the error that would decide.`,
}, checkContext}

func checkContext(e *Evidence) (_ []Check, findings []Finding) {
	for _, t := range e.Templates {
		size, limit := float64(t.Head), float64(t.Cap)
		over, unsure := t.Head > t.Cap, t.Error > 0 && math.Abs(size-limit) <= size*t.Error
		if t.Cap == 0 || !over && !unsure {
			continue
		}
		status, sev, hint := Fail, source.Error, "shorten the template, or have the cap raised"
		relation := "over its cap of"
		if unsure {
			status, sev, hint = Inconclusive, source.Warning, Settled(math.Abs(size-limit)/size, t.Error)+" would settle it: run tokengate calibrate, or shorten the template"
			relation = "too close to tell from its cap of"
		}
		if t.Base >= t.Head && e.Stage == "pull_request" { // not this change's doing
			status, sev = Warn, source.Warning
		}
		on := " on a call's input"
		if t.Own {
			on = " on its own text"
		}
		findings = append(findings, finding(sev, status, t.Span, hint, "%s is %s tokens (±%s), %s %s%s", t.Path, TokensOf(size).Text, percent(t.Error), relation, TokensOf(limit).Text, on))
	}
	return nil, findings
}
