package config

import (
	"path"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/source"
)

// loosens is the rule of Contradictions.
const loosens = "budget-loosens-parent"

// Contradictions warns of budgets that are looser than what they are part of: a cap above its parent's, a model that the
// parent does not allow, a ceiling above that of the whole. What expires is left out: it is looser on purpose. model gives
// the one name of a model that is known by several; nil takes names as they are written.
func (p Policy) Contradictions(model func(string) string) source.Diagnostics {
	if model == nil {
		model = func(name string) string { return name }
	}
	var diags source.Diagnostics
	for _, b := range p.blocks() {
		if b.Expires.Set {
			continue
		}
		t := Target{Path: b.Span.File, Anchor: b.Section.Value, Track: b.Track.Value, Feature: b.Feature.Value}
		levels := p.levels(t)
		if i := slices.IndexFunc(levels, func(l level) bool { return l.at == b.Span }); i >= 0 {
			looser(keysOf(b.Limits, b.Terms), b.scope().String(), above(levels[i:]), model, &diags)
		}
	}
	for _, kind := range []string{"track", "feature"} {
		for _, e := range p.envelopes(kind) {
			defaults := []level{{name: "defaults", limits: p.Defaults.limits(), terms: p.Defaults.Terms}}
			looser(keysOf(e.Value.Limits, e.Value.Terms), kind+" "+e.Key.Value, defaults, model, &diags)
		}
	}
	p.overCeilings(&diags)
	diags.Sort()
	return diags
}

// above gives the levels of further steps than the first one, for good.
func above(levels []level) (out []level) {
	for _, l := range levels[1:] {
		if l.name != levels[0].name && l.until.IsZero() {
			out = append(out, l)
		}
	}
	return out
}

// looser holds each key against the first parent that sets it, and models against the first list of allowed ones.
func looser(own []key, scope string, parents []level, model func(string) string, diags *source.Diagnostics) {
	for _, k := range own {
		if of, ok := setBy(parents, k.name); ok && k.cap > of.cap && of.cap > 0 {
			diags.Warn(loosens, k.span, "lower it, or raise the other", "%s of %s is %s, looser than %s at %s", k.name, scope, k.text, of.text, of.span)
		}
		names := k.list
		switch k.name {
		case "model":
			names = []string{k.text}
		case "fallback":
			names = []string{strings.Split(k.text, " at ")[0]}
		}
		of, ok := setBy(parents, "models")
		for _, name := range names {
			if ok && !slices.ContainsFunc(of.list, func(allowed string) bool { return model(allowed) == model(name) }) {
				diags.Warn(loosens, k.span, "name an allowed one, or add it to the other list", "%s of %s names %s, which is not among the models allowed at %s", k.name, scope, name, of.span)
			}
		}
	}
}

func setBy(levels []level, name string) (key, bool) {
	for _, l := range levels {
		for _, k := range keysOf(l.limits, l.terms) {
			if k.name == name {
				return k, true
			}
		}
	}
	return key{}, false
}

// overCeilings compares ceilings with those of the whole that they are part of, of the same kind and metric; of several
// that are lower the lowest is named. A track's calls may each be larger than most of the project's, so between these only
// periods are compared.
func (p Policy) overCeilings(diags *source.Diagnostics) {
	all := p.declared(PullRequest)
	for _, c := range all {
		var over *budget.Ceiling
		for i, whole := range all {
			lower := whole.Until.IsZero() && whole.Kind == c.Kind && whole.Metric == c.Metric && whole.Limit.Value < c.Limit.Value && (over == nil || whole.Limit.Value < over.Limit.Value)
			if c.Until.IsZero() && lower && p.contains(whole, c) {
				over = &all[i]
			}
		}
		if over == nil {
			continue
		}
		of := "of " + over.Scope.String() + " that it is part of"
		if over.Scope == c.Scope {
			of = "that " + p.Path + " gives it"
		}
		diags.Warn(loosens, c.Span, "lower it, or raise the other", "%s of %s is %s, above the %s %s (%s)", kindName(c), c.Scope, c.Limit.Text, over.Limit.Text, of, over.Span)
	}
}

// contains reports whether what a ceiling is on is part of what another is on. Of two on the same calls, the one in
// tokengate.yaml stands above.
func (p Policy) contains(whole, c budget.Ceiling) bool {
	switch {
	case whole.Scope == c.Scope:
		return whole.Span.File == p.Path && c.Span.File != p.Path
	case c.Kind == budget.Growth:
		return false
	case !c.Scope.OwnText():
		return c.Kind == budget.Period && (whole.Scope.Kind == "project" || whole.Scope == p.within(c))
	}
	file, anchor, _ := strings.Cut(c.Scope.Name, "#")
	switch whole := whole.Scope; whole.Kind {
	case "section":
		of, around, _ := strings.Cut(whole.Name, "#")
		return of == file && slices.Contains(p.around(file, anchor)[1:], around)
	case "file":
		return whole.Name == file && anchor != ""
	case "template":
		return whole.Name == file || slices.Contains(p.importers(file), whole.Name) || slices.Contains(parents([]string{file}), path.Clean(whole.Name)) && file != whole.Name
	}
	return false
}

// within is the track of the block that declares a ceiling of a feature; the zero scope where it names none.
func (p Policy) within(c budget.Ceiling) budget.Scope {
	for _, b := range p.blocks() {
		if !b.Track.Set || !b.Feature.Set {
			continue
		}
		var own lister
		own.add(budget.Ceiling{}, b.Limits)
		if slices.ContainsFunc(own.out, func(o budget.Ceiling) bool { return o.Span == c.Span }) {
			return budget.Scope{Kind: "track", Name: b.Track.Value}
		}
	}
	return budget.Scope{}
}
