package config

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// Declaration is the guardrails of a revision as guard takes them, with the model that each degrades to.
type Declaration struct {
	guard.Policy
	policy Policy
	models []source.At[string] // by guardrail; not set where calls go to what their template, track or feature declares
}

// Fallback names the model that a guardrail degrades a call to: its own, else that of the first level that declares one;
// see Policy.Limits for their order. "" where none does.
func (d *Declaration) Fallback(guardrail int, template, track, feature string) string {
	if m := d.models[guardrail]; m.Set {
		return m.Value
	}
	return d.policy.fallback(template, track, feature).Model.Value
}

// fallback gives what holds for a call by itself.
func (p Policy) fallback(template, track, feature string) prompt.Fallback {
	for _, l := range p.levels(Target{Path: template, Track: track, Feature: feature}) {
		if l.limits.Fallback.Model.Set {
			return l.limits.Fallback
		}
	}
	return prompt.Fallback{}
}

// Guardrails lists what holds at run time, in the order of the configuration: users, sessions, tracks, features, blocks,
// breakers. A ceiling with a fallback is one of them: from its share of the ceiling on, calls are degraded. The
// diagnostics are of what can only be told with the templates at hand.
func (p Policy) Guardrails() (*Declaration, source.Diagnostics) {
	c := &compiler{period: guard.Window(p.PeriodOr().Name), policy: p}
	c.users("users", guard.Only{}, p.Users, prompt.Fallback{})
	c.sessions("sessions", guard.Only{}, p.Sessions, prompt.Fallback{})
	for _, e := range p.Tracks {
		c.envelope("tracks/"+e.Key.Value, guard.Track, guard.Only{Track: e.Key.Value}, e.Value)
	}
	for _, e := range p.Features {
		c.envelope("features/"+e.Key.Value, guard.Feature, guard.Only{Feature: e.Key.Value}, e.Value)
	}
	for _, b := range p.blocks() {
		c.block(b)
	}
	for i, b := range p.Breakers {
		c.breaker(fmt.Sprintf("breakers/%d", i+1), b)
	}
	out := &Declaration{policy: p, models: slices.Concat(c.models, c.breakerModels)}
	out.Limits, out.Breakers = c.limits, c.breakers
	return out, out.homeless()
}

// homeless reports guardrails that degrade where nothing says to which model.
func (d *Declaration) homeless() source.Diagnostics {
	var diags source.Diagnostics
	for i := range d.Len() {
		if d.models[i].Set || !d.degrades(i) || d.anyFallback(i) {
			continue
		}
		diags.Add("guardrail-fallback", d.Place(i), "write fallback: {model: …} here, or at a track, feature or template", "%s degrades calls, and no fallback model is declared", d.ID(i))
	}
	return diags
}

func (d *Declaration) degrades(i int) bool {
	if i >= len(d.Limits) {
		return d.Breakers[i-len(d.Limits)].Action == guard.Degrade
	}
	return slices.ContainsFunc(d.Limits[i].Steps, func(s guard.Step) bool { return s.Action == guard.Degrade })
}

// anyFallback reports whether any call that the guardrail is for may have a fallback.
func (d *Declaration) anyFallback(i int) bool {
	may := func(template, track, feature string) bool {
		_, _, ok := d.Meets(i, &guard.Call{Track: track, Feature: feature, Template: template})
		return ok
	}
	only := d.Only(i)
	has := func(l prompt.Limits, template, track, feature string) bool {
		return l.Fallback.Model.Set && may(cmp.Or(template, only.Template), cmp.Or(track, only.Track), cmp.Or(feature, only.Feature))
	}
	for _, e := range d.policy.Tracks {
		if has(e.Value.Limits, "", e.Key.Value, "") {
			return true
		}
	}
	for _, e := range d.policy.Features {
		if has(e.Value.Limits, "", "", e.Key.Value) {
			return true
		}
	}
	if has(d.policy.Defaults.limits(), "", "", "") {
		return true
	}
	return slices.ContainsFunc(d.policy.blocks(), func(b block) bool { return has(b.Limits, b.path(), b.Track.Value, b.Feature.Value) })
}
