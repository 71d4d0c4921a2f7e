package lint

import (
	"cmp"
	"slices"

	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// held is a finding that a suppression holds back.
type held struct {
	Finding
	by *suppression
}

// sift parts findings by the suppressions of the project, adds what is wrong with these, keeps what was asked for, and
// gives the edits of what is shown. An error of the loaders is never held back: a check stops on it as well.
func (p *project) sift(found []Finding) (shown []Finding, back []held, edits []Edit) {
	list, wrong := p.suppressions()
	for _, f := range sortFindings(found) {
		if s := holder(list, f); s != nil && !(f.Severity == source.Error && lifts(f.Rule)) {
			back = append(back, held{f, s})
			continue
		}
		shown = append(shown, f)
	}
	shown = sortFindings(slices.Concat(shown, wrong, p.unused(list)))
	shown = slices.DeleteFunc(shown, func(f Finding) bool { return !p.wanted(f.Span.File) })
	back = slices.DeleteFunc(back, func(h held) bool { return !p.wanted(h.Span.File) })
	for _, f := range shown {
		edits = append(edits, f.Edits...)
	}
	return shown, back, edits
}

// holder finds the suppression that holds a finding back: the first of those that do, and all of them are of use.
func holder(list []*suppression, f Finding) (first *suppression) {
	for _, s := range list {
		if s.holds(f) {
			s.used[f.Rule] = true
			first = cmp.Or(first, s)
		}
	}
	return first
}

// lifts reports whether a rule is one of the loaders'.
func lifts(id string) bool {
	return !slices.ContainsFunc(Rules, func(r Rule) bool { return r.ID == id })
}

// unused names what holds nothing back, unless its rule is off or could not be applied.
func (p *project) unused(list []*suppression) []Finding {
	var c collector
	for _, s := range list {
		for _, id := range s.rules {
			l, set := p.level(id)
			if s.used[id] || set && l.Off || id == sectionGrew.ID && p.Base == nil {
				continue
			}
			c.refuse(suppressionUnused, at(s.at, "take it out", "nothing is found that this suppression of %s could hold back", id))
		}
	}
	return c.wrong
}

// suppressed gives what is held back its form in the document.
func (p *project) suppressed(back []held) []report.LintFinding {
	var list []Finding
	for _, h := range back {
		list = append(list, h.Finding)
	}
	out := p.published(list)
	for i, h := range back {
		out[i].Fixable = false
		out[i].Suppression = &report.LintSuppression{Kind: h.by.kind, Reason: h.by.reason, Place: h.by.at, Expires: h.by.expires}
	}
	return out
}

// byRule counts what is held back, most first.
func byRule(list []report.LintFinding) []report.RuleCount {
	out := []report.RuleCount{}
	for _, f := range list {
		i := slices.IndexFunc(out, func(c report.RuleCount) bool { return c.Rule == f.Rule })
		if i < 0 {
			i, out = len(out), append(out, report.RuleCount{Rule: f.Rule})
		}
		out[i].Count++
	}
	slices.SortStableFunc(out, func(a, b report.RuleCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Rule, b.Rule))
	})
	return out
}
