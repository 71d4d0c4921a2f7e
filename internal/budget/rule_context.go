package budget

import "github.com/tokengate/tokengate/internal/source"

var contextCap = Rule{source.Rule{
	ID:      "context-cap",
	Summary: "a template alone is larger than its own cap on a call's input",
	Explain: `A budget block may cap the input of a call (context.max_input_tokens). A template whose fixed text is already longer
leaves no room for anything else, so every call made from it would be cut or refused. The check needs no traffic.`,
}, checkContext}

func checkContext(e *Evidence) (_ []Check, findings []Finding) {
	for _, t := range e.Templates {
		if t.Cap == 0 || t.Head <= t.Cap {
			continue
		}
		status, sev := Fail, source.Error
		if t.Base >= t.Head && e.Stage == "pull_request" {
			status, sev = Warn, source.Warning
		}
		if float64(t.Head)*(1-t.Error) <= float64(t.Cap) && status == Fail {
			status = Inconclusive
		}
		findings = append(findings, finding(sev, status, t.Span, "shorten the template, or have the cap raised",
			"%s is %s tokens (±%s), over its cap of %s on a call's input", t.Path, TokensOf(float64(t.Head)).Text, percent(t.Error), TokensOf(float64(t.Cap)).Text))
	}
	return nil, findings
}
