package budget

import (
	"fmt"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
)

// ModelUse is a model outside a list of those that are allowed: one that recorded calls are made on, or that is declared.
type ModelUse struct {
	Model   string
	Where   string      // the calls concerned: "track answer", "prompts/answer.md"
	As      string      // model or fallback where it is declared; "" where calls are made on it
	Calls   int64       // of all traffic, made on it
	Of      int64       // of all traffic, that the list is for
	OnBase  bool        // on base as well, for as many calls or more
	Allowed []string    // as they are written
	Place   source.Span // where the model is declared, else the list
	List    source.Span
}

var modelNotAllowed = Rule{source.Rule{
	ID:      "model-not-allowed",
	Summary: "calls are made on a model that is not allowed, or one is declared",
	Explain: `A budget may list the only models that calls may be made on: models: [a, b]. The list is base's, or head's where base
has none. Names that the catalogue knows as one model are one model. Calls that the change moves to a model outside the list,
and a model or fallback that it declares outside it, fail; what base does as well, and the change does not make worse, warns
on a pull request and fails at a release.`,
}, checkModels}

func checkModels(e *Evidence) (_ []Check, findings []Finding) {
	for _, u := range e.Models {
		sev, status := source.Error, Fail
		if u.OnBase && e.Stage == "pull_request" {
			sev, status = source.Warning, Warn
		}
		hint := "use one of " + strings.Join(u.Allowed, ", ") + ", or have the list changed"
		what := fmt.Sprintf("%s declares the %s %s", u.Where, u.As, u.Model)
		if u.As == "" {
			what = fmt.Sprintf("%s of %s calls of %s (%s) are made on %s", TokensOf(float64(u.Calls)).Text, TokensOf(float64(u.Of)).Text,
				u.Where, smallPercent(float64(u.Calls)/float64(max(u.Of, 1))), u.Model)
		}
		findings = append(findings, finding(sev, status, u.Place, hint, "%s, which is not among the models allowed at %s", what, u.List))
	}
	return nil, findings
}
