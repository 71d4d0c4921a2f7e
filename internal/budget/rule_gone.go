package budget

import (
	"cmp"

	"github.com/tokengate/tokengate/internal/source"
)

var sectionGone = Rule{source.Rule{
	ID:      "section-gone",
	Summary: "a text that has a budget is gone",
	Explain: `A section is known by its anchor and a file by its path. Where head has none of that name its budget limits nothing,
whatever stands there now under another name. A text that was removed needs no budget; one that was renamed needs it under
its new name. Base's roles are named for approval.`,
}, checkGone}

func checkGone(e *Evidence) (_ []Check, findings []Finding) {
	told := map[Scope]bool{}
	for _, c := range e.Ceilings {
		m := e.Scopes[c.Scope]
		if !c.Scope.OwnText() || m.Head != nil || m.Base == nil || told[c.Scope] {
			continue
		}
		told[c.Scope] = true
		f := finding(source.Warning, Warn, c.Span, "if it was renamed, move its budget to the new name", "%s is gone at head, so its budget limits nothing", c.Scope)
		f.Approver = cmp.Or(c.Approver, e.Approver, c.Owner)
		findings = append(findings, f)
	}
	return nil, findings
}
