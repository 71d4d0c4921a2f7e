package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/source"
)

// refused words the entries that cannot be followed. What was never recorded is a launch that nothing can be said of,
// unless it comes after the period; a name that nobody knows was let through by base, since head's stop the run (see
// misnamed).
func (m *measurements) refused(policy *side) (out []budget.Finding) {
	for _, p := range m.plans.entries {
		if p.refused == "" || p.days == 0 {
			continue
		}
		f := budget.Finding{Status: budget.Inconclusive, Diagnostic: source.Diagnostic{Rule: "volume-unrecorded", Severity: source.Warning, Span: p.span,
			Summary: fmt.Sprintf("the volume of %s is planned (%s), but %s", p.Scope(), p.Text(), p.refused), Hint: "record some of its traffic, or take the entry out and hold it by a ceiling per call"}}
		if scope := m.called(p.VolumePlan); scope.Name != "" && !slices.Contains(m.scopeNames(policy, scope.Kind), scope.Name) {
			f.Status, f.Rule, f.Hint = budget.Warn, "volume-unknown", "mend or remove it with this change"
			f.Summary = fmt.Sprintf("base plans the volume of %s (%s), which is neither declared nor recorded: the plan is not followed", p.Scope(), p.Text())
		}
		out = append(out, f)
	}
	return out
}

// misnamed finds entries under volume whose scope is neither declared nor recorded: most likely a name is misspelt, and
// the plan would move nothing. Without any recorded call nobody can tell.
func (m *measurements) misnamed(s *side) (diags source.Diagnostics) {
	for _, at := range s.policy.Volume {
		name, kind := at.Value.Name(), at.Value.Scope().Kind
		if known := m.scopeNames(s, kind); name.Set && len(m.strands) > 0 && !slices.Contains(known, m.called(at.Value).Name) {
			diags.Add("volume-unknown", name.Span, source.DidYouMean(name.Value, known, "known are "+strings.Join(known, ", ")), "%s %q is neither declared nor recorded", kind, name.Value)
		}
	}
	return diags
}

// scopeNames lists the names of a kind that are declared or recorded, in order.
func (m *measurements) scopeNames(s *side, kind string) []string {
	names := m.names[replay.Dim(kind)]
	for _, c := range s.policy.Ceilings(config.PullRequest) {
		if c.Scope.Kind == kind {
			names = append(names, c.Scope.Name)
		}
	}
	switch kind {
	case "track":
		for _, d := range s.policy.Declared() {
			names = append(names, d.Scope.Name)
		}
	case "feature":
		for _, e := range s.policy.Features {
			names = append(names, e.Key.Value)
		}
	case "model":
		for _, at := range s.policy.Models() {
			names = append(names, m.model(at.Value))
		}
	}
	names = slices.DeleteFunc(names, func(n string) bool { return n == "" })
	slices.Sort(names)
	return slices.Compact(names)
}

// called is the scope of an entry by the name that recorded calls have: a model's is the catalogue's.
func (m *measurements) called(v config.VolumePlan) budget.Scope {
	scope := v.Scope()
	if scope.Kind == "model" {
		scope.Name = m.model(scope.Name)
	}
	return scope
}

// followed words what the plans did: what they are, on how many days of the period, and how they moved the median.
func (m *measurements) followed(word string) []string {
	var out []string
	for _, p := range m.plans.entries {
		if p.refused != "" && p.days > 0 {
			continue
		}
		scope := m.called(p.VolumePlan)
		text := fmt.Sprintf("volume of %s: %s (%s), on %d of the %d days that are forecast", scope, p.Text(), p.Reason.Value, p.days, len(m.open))
		if p.Change.Set && p.lately > 0 {
			text += fmt.Sprintf("; recorded days that had it make up %.0f%% of the level, so only the rest is added, and taken off where it no longer holds", 100*p.lately)
		}
		switch with, ok := m.planned[scope]; {
		case p.days == 0 && (p.lately == 0 || !p.Change.Set):
			text += ": it moves nothing here"
		case ok:
			text += fmt.Sprintf(": with all plans P50 is %s a %s instead of %s", budget.DollarsOf(with[1]).Text, word, budget.DollarsOf(with[0]).Text)
		}
		out = append(out, text)
	}
	return out
}
