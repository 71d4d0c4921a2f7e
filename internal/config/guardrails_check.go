package config

import (
	"time"

	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// checkGuardrails refuses guardrails that contradict themselves, or that would hold nothing.
func (c *Config) checkGuardrails(diags *source.Diagnostics) {
	c.Users.check(diags)
	c.Sessions.check(diags)
	for _, e := range append(c.Tracks[:len(c.Tracks):len(c.Tracks)], c.Features...) {
		g := e.Value.Guard
		g.Steps.check(g.Quotas.set(), diags)
		g.Users.check(diags)
		g.Sessions.check(diags)
	}
	for _, b := range c.Breakers {
		b.check(c.Path, diags)
	}
}

func (u Users) check(diags *source.Diagnostics) {
	u.Steps.check(u.Quotas.set() || u.Dynamic.Set, diags)
	if u.Dynamic.Set {
		u.Dynamic.Value.check(u.Dynamic.Span, diags)
	}
}

func (s Sessions) check(diags *source.Diagnostics) { s.Steps.check(s.Quota.set(), diags) }

func (q Quota) set() bool { return q.Cost.Set || q.Tokens.Set || q.Calls.Set }

func (q Quotas) set() bool { return q.PerDay.set() || q.PerWeek.set() || q.PerPeriod.set() }

// check refuses shares beyond the quota and steps of no quota, and warns of steps that a stricter one hides.
func (s Steps) check(quota bool, diags *source.Diagnostics) {
	for _, at := range []source.At[money.Ratio]{s.WarnAt, s.Fallback.At, s.HandOverAt} {
		if at.Set && at.Value > 1 {
			diags.Add("config-value", at.Span, "write a share of the quota, such as 90%", "%s is more than the whole quota", at.Value)
		}
	}
	if at := s.first(); !quota && at.File != "" {
		diags.Add("guardrail-empty", at, "write what may be used, such as per_day: {cost: $1}", "what happens at a limit is declared, and no limit is")
	}
	if h := s.HandOverAt; h.Set && s.Fallback.Model.Set && h.Value <= s.Fallback.At.Value {
		diags.Warn("guardrail-order", h.Span, "hand over later than the fallback begins", "sessions are handed over at %s, so that nothing is ever degraded at %s", h.Value, s.Fallback.At.Value)
	}
}

// first is where a step is written; no place where none is.
func (s Steps) first() source.Span {
	for _, at := range []source.Span{s.WarnAt.Span, s.Fallback.Model.Span, s.Fallback.At.Span, s.HandOverAt.Span, s.OnLimit.Span} {
		if at.File != "" {
			return at
		}
	}
	return source.Span{}
}

func (d Dynamic) check(at source.Span, diags *source.Diagnostics) {
	switch {
	case !d.Cap.Set:
		diags.Add("config-value", at, "write cap: $10", "a dynamic allowance without a cap has none on its first day")
	case d.Floor.Set && d.Floor.Value.Cmp(d.Cap.Value) > 0:
		diags.Add("config-value", d.Floor.Span, "write a floor below the cap", "the floor of %s is above the cap of %s", d.Floor.Value, d.Cap.Value)
	}
	if h := d.Headroom; h.Set && !(h.Value > 0 && h.Value <= 100) {
		diags.Add("config-value", h.Span, "write a factor such as 1.5", "headroom %g is not between 0 and 100", h.Value)
	}
	day := 24 * time.Hour
	if w := d.Window; w.Set && (time.Duration(w.Value)%day != 0 || time.Duration(w.Value) < day || time.Duration(w.Value) > 366*day) {
		diags.Add("config-value", w.Span, "write whole days, such as 14d", "the window of %s is not 1 to 366 whole days", w.Value)
	}
	if k := d.Shrink; k.Set && k.Value > 1000 {
		diags.Add("config-value", k.Span, "write a number of days, such as 7", "shrink of %s days is more than 1000", k.Value.Exact())
	}
}

func (b Breaker) check(file string, diags *source.Diagnostics) {
	at := source.Span{File: file}
	for _, span := range []source.Span{b.CoolDown.Span, b.Fallback.Span, b.Scope.Span, b.Action.Span, b.When.Span} {
		if span.File != "" {
			at = span
		}
	}
	if !b.When.Set {
		diags.Add("config-value", at, whenForms, "a breaker has no condition")
	}
	if !b.Action.Set {
		diags.Add("config-value", at, "write action: warn, degrade, hand_over or refuse", "a breaker has no action")
	}
	if d := b.CoolDown; d.Set && (time.Duration(d.Value) < time.Second || time.Duration(d.Value) > longestWatch) {
		diags.Add("config-value", d.Span, "write a duration such as 15m", "a cool-down of %s is not between 1s and 31d", d.Value)
	}
	if b.Fallback.Set && guard.Action(b.Action.Value) != guard.Degrade {
		diags.Add("config-value", b.Fallback.Span, "write action: degrade, or take the fallback out", "a breaker that does not degrade has a fallback model")
	}
}

// guardrailModels lists the models that guardrails of their own degrade to.
func (p Policy) guardrailModels() []source.At[string] {
	out := []source.At[string]{p.Users.Fallback.Model, p.Sessions.Fallback.Model}
	for _, e := range append(p.Tracks[:len(p.Tracks):len(p.Tracks)], p.Features...) {
		g := e.Value.Guard
		out = append(out, g.Fallback.Model, g.Users.Fallback.Model, g.Sessions.Fallback.Model)
	}
	for _, b := range p.Breakers {
		out = append(out, b.Fallback)
	}
	return out
}

// DearFallbacks warns of a fallback model that is not cheaper than the model declared beside it, at the prices of a day.
func (p Policy) DearFallbacks(catalog *pricing.Catalog, at time.Time) source.Diagnostics {
	var diags source.Diagnostics
	check := func(l prompt.Limits) {
		f := l.Fallback.Model
		if !l.Model.Set || !f.Set {
			return
		}
		own, err := standard(catalog, l.Model.Value, at)
		cheap, err2 := standard(catalog, f.Value, at)
		if err == nil && err2 == nil && cheap.Input.Cmp(own.Input) >= 0 && cheap.Output.Cmp(own.Output) >= 0 {
			diags.Warn("fallback-dear", f.Span, "name a cheaper model", "the fallback %s costs no less than %s: %s against %s a million input tokens, %s against %s output",
				f.Value, l.Model.Value, cheap.Input, own.Input, cheap.Output, own.Output)
		}
	}
	for _, e := range append(p.Tracks[:len(p.Tracks):len(p.Tracks)], p.Features...) {
		check(e.Value.Limits)
	}
	for _, b := range p.blocks() {
		check(b.Limits)
	}
	return diags
}

func standard(catalog *pricing.Catalog, model string, at time.Time) (pricing.Rates, error) {
	m, err := catalog.Lookup(model, at)
	if err != nil {
		return pricing.Rates{}, err
	}
	return m.Rates(pricing.Standard, 0)
}
