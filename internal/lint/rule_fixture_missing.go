package lint

import (
	"path"
	"slices"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

var fixtureMissing = Rule{Rule: source.Rule{
	ID:      "fixture-missing",
	Summary: "a template with variables has no fixture",
	Explain: `What a prompt comes to depends on what its variables are. A fixture gives them values and says how long the rendered
prompt may be, so that a change of the template is measured before it is sent. List fixtures under fixtures: in tokengate.yaml.`,
}, Severity: source.Warning, check: (*project).fixturesMissing}

func (p *project) fixturesMissing() []Finding {
	var out []Finding
	for _, t := range p.Policy.Templates {
		vars := t.Placeholders()
		has := slices.ContainsFunc(p.Fixtures, func(f prompt.Fixture) bool { return path.Clean(f.Template.Value) == t.Path })
		if len(vars) > 0 && !has {
			out = append(out, at(vars[0].Span, "write one with template: "+t.Path+" and vars:, and list it under fixtures:", "%s has variables, such as {{%s}}, and no fixture", t.Path, vars[0].Name))
		}
	}
	return out
}
