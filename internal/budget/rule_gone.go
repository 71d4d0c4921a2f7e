package budget

import "github.com/tokengate/tokengate/internal/source"

// Gone is a section or file that has a ceiling and that head no longer sends.
type Gone struct {
	Scope    Scope
	Place    source.Span // of the ceiling
	Approver string
}

var sectionGone = Rule{source.Rule{
	ID:      "section-gone",
	Summary: "a text that has a budget is gone",
	Explain: `A section is known by its anchor and a file by its path. Where head has none of that name its budget counts 0 tokens
and limits nothing, whatever stands there now under another name. A text that was removed needs no budget; one that was renamed
needs it under its new name.`,
}, func(e *Evidence) (_ []Check, findings []Finding) {
	for _, g := range e.Gone {
		f := finding(source.Warning, Warn, g.Place, "if it was renamed, move its budget to the new name", "%s is gone at head, so its budget limits nothing", g.Scope)
		f.Approver = g.Approver
		findings = append(findings, f)
	}
	return nil, findings
}}
