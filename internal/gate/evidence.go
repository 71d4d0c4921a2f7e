package gate

import (
	"maps"
	"slices"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

// evidence lays out for the rules what was declared and what was measured.
func evidence(in Input, base, head, policy *side, count counters, rec *traffic.Summary, res *replay.Result, m *measurements, diags source.Diagnostics) budget.Evidence {
	e := budget.Evidence{
		Now: in.Now, Stage: in.Stage, Period: policy.policy.PeriodOr().Word(), HasBase: base != nil, FromHead: policy == head,
		Approver: policy.policy.Project.Approver.Value, Scopes: m.scopes, MaxAge: policy.policy.MaxPriceAge(),
		BadShare: rec.BadShare(), MaxBad: policy.policy.MaxBad(), BadPlace: policy.policy.BadLines.Span,
		Ceilings: policy.policy.Ceilings(in.Stage), Declared: policy.policy.Declared(),
	}
	for i := range e.Ceilings {
		if e.Ceilings[i].Owner == "" {
			e.Ceilings[i].Owner = policy.policy.OwnerOf(e.Ceilings[i].Scope)
		}
	}
	if policy != head {
		e.Proposed = head.policy.Ceilings(in.Stage)
		e.Policy, e.PolicyNew = policy.policy.Settings(), head.policy.Settings()
		e.Ceilings = append(e.Ceilings, added(e.Ceilings, e.Proposed)...)
	}
	m.measureTexts(e.Ceilings, base, head, count, res)
	e.Prices = pricesUsed(in, head, count.catalog, res)
	e.Unpriced, e.Unmapped = unpriced(res), m.unmapped()
	e.Templates = append(sizes(base, head, count), textSizes(base, head, count)...)
	newRails(base, head, policy, m).evidence(&e)
	e.Given = slices.Concat(given(diags), unloaded(res), recalibrated(policy, head), untimed(in, head, count.catalog, m),
		m.gaps(policy.recorded()), m.refused(policy))
	return e
}

// added gives the ceilings that head declares on scopes that base does not know: they only tighten, so they hold now.
func added(inForce, proposed []budget.Ceiling) []budget.Ceiling {
	known := map[budget.Scope]bool{}
	for _, c := range inForce {
		known[c.Scope] = true
	}
	return slices.DeleteFunc(slices.Clone(proposed), func(c budget.Ceiling) bool { return known[c.Scope] })
}

// unloaded names templates that calls were made from and that the configuration does not list: their changes cannot be
// replayed.
func unloaded(res *replay.Result) []budget.Finding {
	var out []budget.Finding
	for _, note := range []struct {
		counts     map[string]int64
		rule, text string
		hint       string
		status     budget.Status
	}{
		{res.Notes.NotLoaded, "template-unlisted", "is named by recorded calls, but is not among the templates of the configuration: its changes are not replayed", "list it under templates", budget.Warn},
		{res.Notes.Removed, "template-removed", "is removed by this change, but recorded calls were made from it: they are replayed as on base", "record traffic of what replaces it", budget.Warn},
	} {
		for _, name := range slices.Sorted(maps.Keys(note.counts)) {
			out = append(out, budget.Finding{Status: note.status, Diagnostic: source.Diagnostic{Rule: note.rule, Severity: source.Warning,
				Span: source.Span{File: name}, Hint: note.hint, Summary: name + " " + note.text}})
		}
	}
	return out
}

// given turns diagnostics that did not stop the run into findings. A fixture that is not met fails like a ceiling; a
// file of traffic that could not be read leaves the verdict open.
func given(diags source.Diagnostics) []budget.Finding {
	out := make([]budget.Finding, 0, len(diags))
	for _, d := range diags {
		status := budget.Warn
		switch {
		case d.Severity == source.Info:
			status = budget.Pass
		case d.Rule == fixtureRule:
			status = budget.Fail
		case d.Severity == source.Error:
			status = budget.Inconclusive
		case isBadLine(d):
			status = budget.Pass // one by one they are shown; their share is what counts, in the rule bad-lines
		}
		out = append(out, budget.Finding{Diagnostic: d, Status: status})
	}
	return out
}

func isBadLine(d source.Diagnostic) bool {
	return slices.ContainsFunc(traffic.Rules, func(r source.Rule) bool { return r.ID == d.Rule }) && d.Severity == source.Warning
}

// pricesUsed lists the price of every model that a call was priced by, or that head declares.
func pricesUsed(in Input, head *side, catalog *pricing.Catalog, res *replay.Result) []budget.Price {
	places := map[string]source.Span{}
	for _, m := range head.policy.Models() {
		if found, err := catalog.Lookup(m.Value, in.Now); err == nil {
			if _, ok := places[found.ID]; !ok {
				places[found.ID] = m.Span
			}
		}
	}
	for _, name := range res.Names(replay.ByModel) {
		if _, ok := places[name]; !ok {
			places[name] = source.Span{}
		}
	}
	var out []budget.Price
	for _, id := range slices.Sorted(maps.Keys(places)) {
		if m, err := catalog.Lookup(id, in.Now); err == nil {
			out = append(out, budget.Price{Model: id, AsOf: m.AsOf, Retires: m.Retires, Place: places[id]})
		}
	}
	return out
}

func unpriced(res *replay.Result) []budget.Unpriced {
	var out []budget.Unpriced
	for _, u := range res.Unpriced {
		out = append(out, budget.Unpriced{Name: u.Name, Calls: u.Calls, Why: u.Reason.Error(), Hint: modelHint(u.Reason),
			Place: source.Span{File: u.First.File, Start: source.Pos{Line: u.First.Line}}})
	}
	return out
}

// sizes counts every template of head that declares a cap on a call's input, and what it was on base.
func sizes(base, head *side, count counters) []budget.TemplateSize {
	var out []budget.TemplateSize
	for _, t := range head.policy.Templates {
		limit := head.policy.Limits(t.Path, "").Context.MaxInputTokens
		if base != nil && base.templates[t.Path] != nil {
			if held := base.policy.Limits(t.Path, "").Context.MaxInputTokens; held.Set {
				limit = held
			}
		}
		if !limit.Set {
			continue
		}
		size := replay.Measure(t, count.template(head, t)).Total
		s := budget.TemplateSize{Path: t.Path, Base: -1, Head: size.Tokens, Error: size.RelativeError, Cap: int64(limit.Value), Span: limit.Span}
		if base != nil && base.templates[t.Path] != nil {
			s.Base = replay.Measure(base.templates[t.Path], count.template(base, base.templates[t.Path])).Total.Tokens
		}
		out = append(out, s)
	}
	return out
}
