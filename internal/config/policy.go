package config

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// Policy is everything one revision declares: its configuration and the budget blocks of its templates.
type Policy struct {
	*Config
	Templates []*prompt.Template
	Now       time.Time // a block that expired before this day no longer holds
	From      string    // base or head
	Asserted  []Asserted
}

// Asserted is what assertions of an evaluation allow a call of a template.
type Asserted struct {
	Template string
	prompt.Unit
}

// Ceilings lists every declared ceiling that is in force, with the quantile that the stage and the risk tolerance choose.
// One that expires holds in the place of those of the same scope, kind and metric that do not: these are its Instead.
func (p Policy) Ceilings(stage string) []budget.Ceiling { return standIn(p.declared(stage)) }

// declared lists the ceilings as they are written.
func (p Policy) declared(stage string) []budget.Ceiling {
	q := p.Quantile(stage)
	tolerance := map[budget.Scope]float64{}
	l := &lister{from: p.From}
	project := prompt.Limits{Owner: p.Project.Owner, Ceiling: p.Ceiling, Growth: p.Growth, PerCall: p.PerCall, PerSession: p.PerSession}
	l.add(budget.Ceiling{Scope: budget.Scope{Kind: "project"}, Quantile: q, Approver: approvers(p.Defaults.Approvals)}, project)
	for _, kind := range []string{"track", "feature"} {
		for _, e := range p.envelopes(kind) {
			scope := budget.Scope{Kind: kind, Name: e.Key.Value}
			tolerance[scope] = e.Value.quantile(q)
			l.add(budget.Ceiling{Scope: scope, Quantile: tolerance[scope], Approver: approvers(e.Value.Approvals, p.Defaults.Approvals)}, e.Value.Limits)
		}
	}
	for _, b := range p.blocks() {
		held, ok := tolerance[b.scope()]
		if !ok {
			held = q
		}
		c := budget.Ceiling{Scope: b.scope(), Quantile: held, Approver: approvers(b.Approvals, p.approvals(b)), Incident: b.Incident.Value, Reason: b.Reason.Value}
		if b.Expires.Set {
			c.Until = b.Expires.Value.Time
		}
		l.add(c, b.Limits)
	}
	for _, a := range p.Asserted {
		l.add(budget.Ceiling{Scope: budget.Scope{Kind: "template", Name: a.Template}, Quantile: q, Approver: approvers(p.Defaults.Approvals)}, prompt.Limits{PerCall: a.Unit})
	}
	return l.out
}

// envelopes gives the envelopes of a kind of scope; only tracks and features have any.
func (p Policy) envelopes(kind string) source.Map[Envelope] {
	switch kind {
	case "track":
		return p.Tracks
	case "feature":
		return p.Features
	}
	return nil
}

func (e Envelope) quantile(stage float64) float64 {
	switch e.RiskTolerance.Value {
	case "low":
		return max(stage, 0.90)
	case "high":
		return 0.50
	}
	return stage
}

type lister struct {
	from string
	out  []budget.Ceiling
}

// add lists the ceilings among limits; c has what they share.
func (l *lister) add(c budget.Ceiling, limits prompt.Limits) {
	c.Owner, c.From, c.Kind = limits.Owner.Value, l.from, budget.Period
	l.cost(c, limits.Ceiling.Cost)
	l.count(c, budget.Tokens, limits.Ceiling.Tokens)
	for kind, u := range [...]prompt.Unit{limits.PerCall, limits.PerSession} {
		c.Kind = [...]string{budget.PerCall, budget.PerSession}[kind]
		l.cost(c, u.Cost)
		l.count(c, budget.Tokens, u.Tokens)
		l.count(c, budget.InputTokens, u.InputTokens)
		l.count(c, budget.OutputTokens, u.OutputTokens)
		if u.Latency.Set {
			c.Metric, c.Limit, c.Span = budget.Latency, budget.Millis(time.Duration(u.Latency.Value)), u.Latency.Span
			l.out = append(l.out, c)
		}
	}
	c.Kind = budget.Growth
	l.growth(c, budget.Cost, limits.Growth.Cost)
	l.growth(c, budget.Tokens, limits.Growth.Tokens)
}

func (l *lister) cost(c budget.Ceiling, at source.At[money.Amount]) {
	if at.Set {
		c.Metric, c.Limit, c.Span = budget.Cost, budget.Dollars(at.Value), at.Span
		l.out = append(l.out, c)
	}
}

func (l *lister) count(c budget.Ceiling, metric string, at source.At[money.Count]) {
	if at.Set {
		c.Metric, c.Limit, c.Span = metric, budget.TokensOf(float64(at.Value)), at.Span
		l.out = append(l.out, c)
	}
}

func (l *lister) growth(c budget.Ceiling, metric string, at source.At[money.Ratio]) {
	if at.Set {
		c.Metric, c.Limit, c.Span = metric, budget.Change(float64(at.Value)), at.Span
		l.out = append(l.out, c)
	}
}

func fill(out *prompt.Limits, from prompt.Limits) {
	or(&out.Model, from.Model)
	or(&out.Models, from.Models)
	or(&out.Fallback.Model, from.Fallback.Model)
	or(&out.MaxOutputTokens, from.MaxOutputTokens)
	or(&out.Context.MaxInputTokens, from.Context.MaxInputTokens)
	or(&out.Context.MaxRetrievedTokens, from.Context.MaxRetrievedTokens)
	or(&out.Context.TopK, from.Context.TopK)
	or(&out.Context.ChunkTokens, from.Context.ChunkTokens)
	or(&out.Owner, from.Owner)
}

func or[T any](out *source.At[T], from source.At[T]) {
	if !out.Set {
		*out = from
	}
}

// Models lists every model that is declared, with the place that names it.
func (p Policy) Models() []source.At[string] {
	var out []source.At[string]
	add := func(l prompt.Limits) {
		for _, m := range []source.At[string]{l.Model, l.Fallback.Model} {
			if m.Set {
				out = append(out, m)
			}
		}
	}
	for _, e := range p.Tracks {
		add(e.Value.Limits)
	}
	for _, e := range p.Features {
		add(e.Value.Limits)
	}
	for _, b := range p.blocks() {
		add(b.Limits)
	}
	add(p.Defaults.limits())
	for _, m := range p.guardrailModels() {
		if m.Set {
			out = append(out, m)
		}
	}
	for _, r := range p.Recordings {
		if r.Defaults.Model.Set {
			out = append(out, r.Defaults.Model)
		}
	}
	return out
}

// Declared lists the tracks that are named, each once, in order: tokengate.yaml's first, then those of blocks.
func (p Policy) Declared() []budget.Declared {
	var out []budget.Declared
	seen := map[string]bool{}
	add := func(name string, at source.Span) {
		if !seen[name] {
			seen[name] = true
			out = append(out, budget.Declared{Scope: budget.Scope{Kind: "track", Name: name}, Span: at})
		}
	}
	for _, e := range p.Tracks {
		add(e.Key.Value, e.Key.Span)
	}
	for _, b := range p.blocks() {
		if b.Track.Set {
			add(b.Track.Value, b.Track.Span)
		}
	}
	return out
}

// OwnerOf names who answers for a scope: its own owner, a block's, the project's.
func (p Policy) OwnerOf(scope budget.Scope) string {
	if e, ok := p.envelopes(scope.Kind).Get(scope.Name); ok && e.Owner.Set {
		return e.Owner.Value
	}
	for _, b := range p.blocks() {
		if b.scope() == scope && b.Owner.Set {
			return b.Owner.Value
		}
	}
	if file, anchor, _ := strings.Cut(scope.Name, "#"); scope.OwnText() || scope.Kind == "template" {
		for _, l := range p.levels(Target{Path: file, Anchor: anchor}) {
			if l.limits.Owner.Set {
				return l.limits.Owner.Value
			}
		}
	}
	return p.Project.Owner.Value
}

// Settings lists what else decides the meaning of a ceiling, as text, so that an edit can be named.
func (p Policy) Settings() []budget.Setting {
	var out []budget.Setting
	add := func(set bool, name, value string, at source.Span) {
		if set {
			out = append(out, budget.Setting{Name: name, Value: value, Span: at})
		}
	}
	add(p.Period.Set, "period", p.Period.Value.Name, p.Period.Span)
	add(p.BadLines.Set, "bad_lines", p.BadLines.Value.String(), p.BadLines.Span)
	add(p.Stages.PullRequest.Set, "stages.pull_request", quantileText(p.Stages.PullRequest.Value), p.Stages.PullRequest.Span)
	add(p.Stages.PreRelease.Set, "stages.pre_release", quantileText(p.Stages.PreRelease.Value), p.Stages.PreRelease.Span)
	add(p.Stages.Release.Set, "stages.release", quantileText(p.Stages.Release.Value), p.Stages.Release.Span)
	add(p.Prices.MaxAge.Set, "prices.max_age", p.Prices.MaxAge.Value.String(), p.Prices.MaxAge.Span)
	for _, kind := range []string{"track", "feature"} {
		for _, e := range p.envelopes(kind) {
			t := e.Value.RiskTolerance
			add(t.Set, kind+"s."+e.Key.Value+".risk_tolerance", string(t.Value), t.Span)
		}
	}
	for _, f := range p.Prices.Files {
		add(true, "prices.files "+path.Clean(f.Value), "listed", f.Span)
	}
	add(p.Calibration.Set, "calibration", path.Clean(p.Calibration.Value), p.Calibration.Span)
	for _, l := range p.loaderSettings() {
		add(true, "loader."+l.name, l.value, l.span)
	}
	for _, r := range p.Recordings {
		add(true, "recording "+r.Path.Value, r.text(), r.Path.Span)
	}
	out = append(append(append(out, p.daySettings()...), p.volumeSettings()...), p.Lint.settings()...)
	if len(p.Map) > 0 {
		add(true, "map", p.mapText(), p.Map[0].Span)
	}
	return slices.Concat(out, p.guardrailSettings(), p.budgetSettings())
}

func quantileText(q Quantile) string { return fmt.Sprintf("P%.0f", float64(q)*100) }

func (r Recording) text() string {
	parts := []string{"sampling " + r.Share().String()}
	for _, d := range []struct{ name, value string }{
		{"dialect", r.Dialect.Value}, {"track", r.Defaults.Track.Value}, {"feature", r.Defaults.Feature.Value},
		{"model", r.Defaults.Model.Value}, {"template", r.Defaults.Template.Value}, {"day", r.day()},
	} {
		if d.value != "" {
			parts = append(parts, d.name+" "+d.value)
		}
	}
	if r.Example.Value {
		parts = append(parts, "example")
	}
	return strings.Join(parts, ", ")
}

// day is the day of calls without a time as it is written; "" without one.
func (r Recording) day() string {
	if !r.Defaults.Day.Set {
		return ""
	}
	return r.Defaults.Day.Value.Format(time.DateOnly)
}

// Share is the share of traffic that a recording holds; 1 unless declared.
func (r Recording) Share() money.Ratio {
	if r.Sampling.Set {
		return r.Sampling.Value
	}
	return 1
}
