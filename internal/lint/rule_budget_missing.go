package lint

import (
	"slices"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

var budgetMissing = Rule{Rule: source.Rule{
	ID:      "budget-missing",
	Summary: "no budget is declared for a template or a track",
	Explain: `A template is covered by a ceiling of its own (a budget block in it or in what it imports), of the track or feature that its
block names, of any track that tokengate.yaml gives one where no block ties the template to another, or of the whole project.
A ceiling is any of ceiling, per_call, per_session and growth. Without one a change may spend what it likes, and the check
has nothing to hold it against; where nothing at all is declared that is said once. A track that is declared without a ceiling, in a project without one, is named as well.`,
}, Severity: source.Warning, check: (*project).budgetsMissing}

func (p *project) budgetsMissing() []Finding {
	covered := map[string]map[string]bool{"project": {}, "track": {}, "feature": {}, "template": {}}
	declared := p.Policy.Ceilings(config.PullRequest)
	for _, c := range declared {
		if covered[c.Scope.Kind] != nil {
			covered[c.Scope.Kind][c.Scope.Name] = true
		}
	}
	if covered["project"][""] {
		return nil
	}
	var out []Finding
	for _, e := range p.Policy.Tracks {
		if name := e.Key.Value; !covered["track"][name] {
			out = append(out, at(e.Key.Span, "add ceiling: with an amount or a token count", "track %s has no ceiling", name))
		}
	}
	hint := "add a block marked ```yaml tokengate with a ceiling, or a ceiling in " + config.Name
	bare := slices.DeleteFunc(slices.Clone(p.Policy.Templates), func(t *prompt.Template) bool {
		return copied(t) || !p.wanted(t.Path) || p.covers(t, covered)
	})
	if len(bare) > 1 && len(declared) == 0 {
		return append(out, at(whole(bare[0].Path), hint, "no budget covers any of %d templates, %s the first: no block, no track and no project has a ceiling", len(bare), bare[0].Path))
	}
	for _, t := range bare {
		out = append(out, at(whole(t.Path), hint, "no budget covers %s: neither a block in it, nor its track, nor the project has a ceiling", t.Path))
	}
	return out
}

// copied tells a template that is the memory files once more, as subagents without a file load them: no file has its path,
// so there is nowhere to write a budget.
func copied(t *prompt.Template) bool {
	return t.Agent == prompt.AnyAgent && !slices.ContainsFunc(t.Files, func(f prompt.File) bool { return f.Path == t.Path })
}

func (p *project) covers(t *prompt.Template, covered map[string]map[string]bool) bool {
	tied := false
	for _, b := range t.Budgets {
		tied = tied || b.Track.Set || b.Feature.Set
		if covered["track"][b.Track.Value] || covered["feature"][b.Feature.Value] {
			return true
		}
	}
	return covered["template"][t.Path] || !tied && len(covered["track"]) > 0
}
