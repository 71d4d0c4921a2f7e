package lint

import (
	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/source"
)

var ceilingWithoutOwner = Rule{Rule: source.Rule{
	ID:      "ceiling-without-owner",
	Summary: "nobody answers for a ceiling",
	Explain: `An owner is declared beside the ceiling (owner:), or for the whole project (project.owner). Reports, review items and
approvals name them. A ceiling without one is broken by everybody and mended by nobody.`,
}, Severity: source.Warning, check: (*project).ceilingsWithoutOwner}

func (p *project) ceilingsWithoutOwner() []Finding {
	var out []Finding
	named := map[budget.Scope]bool{}
	for _, c := range p.Policy.Ceilings(config.PullRequest) {
		if named[c.Scope] || p.Policy.OwnerOf(c.Scope) != "" {
			continue
		}
		named[c.Scope] = true
		out = append(out, at(c.Span, "add owner: beside it, or under project:", "the ceiling of %s has no owner", scopeName(c.Scope)))
	}
	return out
}

func scopeName(s budget.Scope) string {
	if s.Name == "" {
		return "the " + s.Kind
	}
	return s.Kind + " " + s.Name
}
