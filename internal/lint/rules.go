package lint

import (
	"slices"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// Rule is one rule: its documentation, its severity unless the settings give another, whether --fix mends some of its
// findings, and what it does. One without a check is reported by suppressions and settings themselves.
type Rule struct {
	source.Rule
	Severity source.Severity
	Fixable  bool

	check func(*project) []Finding
}

// Rules lists the rules in the order they are applied.
var Rules = []Rule{
	budgetMissing,
	ceilingWithoutOwner,
	couldBeLazy,
	duplicateText,
	volatileBeforeStable,
	cacheMinimum,
	sectionGrew,
	modelRetired,
	modelRetiring,
	fileTooLong,
	fixtureMissing,
	importRepeated,
	suppressionWithoutReason,
	suppressionUnknownRule,
	suppressionInline,
	suppressionRefused,
	suppressionExpired,
	suppressionUnused,
	settingsChanged,
}

// loaders documents the rules of what lint lifts into its own findings: what is wrong with the files themselves.
var loaders = [][]source.Rule{source.Rules, config.Rules, prompt.Rules}

// fixableLoaders are the loaders' rules with findings that --fix mends.
var fixableLoaders = []string{"import-trailing-punctuation", "budget-block-unrecognised", "template-link-text", source.RuleUnknownKey}

// explained finds the documentation of a rule that a finding of lint may name.
func (p *project) explained(id string) (r source.Rule, fixable, ok bool) {
	if i := slices.IndexFunc(Rules, func(r Rule) bool { return r.ID == id }); i >= 0 {
		return Rules[i].Rule, Rules[i].Fixable, true
	}
	for _, list := range append(loaders[:len(loaders):len(loaders)], p.Known) {
		if i := slices.IndexFunc(list, func(r source.Rule) bool { return r.ID == id }); i >= 0 {
			return list[i], slices.Contains(fixableLoaders, id), true
		}
	}
	return source.Rule{}, false, false
}

// ids lists the rules that a suppression or a setting may name.
func (p *project) ids() []string {
	var out []string
	for _, r := range Rules {
		out = append(out, r.ID)
	}
	for _, list := range append(loaders[:len(loaders):len(loaders)], p.Known) {
		for _, r := range list {
			out = append(out, r.ID)
		}
	}
	slices.Sort(out)
	return out
}

// lifted turns what the loaders found into findings. Their errors stay errors whatever the settings say: a check stops on
// them as well.
func (p *project) lifted() []Finding {
	var out []Finding
	for _, d := range p.Loaded {
		l, set := p.level(d.Rule)
		if d.Severity < source.Error && set {
			if l.Off {
				continue
			}
			d.Severity = l.Severity
		}
		out = append(out, Finding{Diagnostic: d, Edits: p.mend(d)})
	}
	return out
}
