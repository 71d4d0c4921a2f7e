package config

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// Baseline is the guardrails that hold for all calls of the project where nothing closer sets them.
type Baseline struct {
	Model           source.At[string]      `yaml:"model"`
	Models          prompt.Models          `yaml:"models" jsonschema_description:"The only models that calls may be made on, the fallback included."`
	Fallback        prompt.Fallback        `yaml:"fallback"`
	Context         prompt.Context         `yaml:"context"`
	MaxOutputTokens source.At[money.Count] `yaml:"max_output_tokens"`
	prompt.Terms    `yaml:",inline"`
}

func (b Baseline) limits() prompt.Limits {
	return prompt.Limits{Model: b.Model, Models: b.Models, Fallback: b.Fallback, Context: b.Context, MaxOutputTokens: b.MaxOutputTokens}
}

// Incident is an emergency envelope of tokengate.yaml: of a track, a feature or, with neither, the project.
type Incident struct {
	Track         source.At[string]     `yaml:"track"`
	Feature       source.At[string]     `yaml:"feature"`
	Expires       source.At[money.Date] `yaml:"expires" jsonschema_description:"The last day it holds, in UTC. Required."`
	Incident      source.At[string]     `yaml:"incident" jsonschema_description:"What it is for, such as INC-42."`
	Reason        source.At[string]     `yaml:"reason"`
	prompt.Limits `yaml:",inline"`
	prompt.Terms  `yaml:",inline"`
}

// block is a budget block, or an emergency envelope of tokengate.yaml, which stands in no template.
type block struct {
	template *prompt.Template
	prompt.Budget
}

// written gives all budget blocks: the envelopes of tokengate.yaml, then those of the templates in their order. A file
// that is part of several templates has its blocks once for each scope.
func (p Policy) written() []block {
	var out []block
	for _, at := range p.Emergency {
		i := at.Value
		out = append(out, block{nil, prompt.Budget{Track: i.Track, Feature: i.Feature, Expires: i.Expires, Incident: i.Incident, Reason: i.Reason, Limits: i.Limits, Terms: i.Terms, Span: at.Span}})
	}
	type key struct {
		scope budget.Scope
		at    source.Span
	}
	seen := map[key]bool{}
	for _, t := range p.Templates {
		for _, b := range t.Budgets {
			found := block{p.carrier(t, b.Span.File), b}
			if k := (key{found.scope(), b.Span}); !seen[k] {
				seen[k] = true
				out = append(out, found)
			}
		}
	}
	return out
}

// carrier is the template whose calls a block of a file governs: the one that holds the file, or, for a memory file that
// is sent along with others and is a template of its own, that one.
func (p Policy) carrier(t *prompt.Template, file string) *prompt.Template {
	if file == t.Path || !isMemory(file) {
		return t
	}
	for _, own := range p.Templates {
		if own.Path == file {
			return own
		}
	}
	return t
}

// blocks gives the budget blocks in force.
func (p Policy) blocks() []block {
	return slices.DeleteFunc(p.written(), func(b block) bool { return b.Expired(p.Now) })
}

// scope is what a block governs: its feature, else its track, else the text of its section or file, else the template it
// stands in; the project for an envelope of tokengate.yaml.
func (b block) scope() budget.Scope {
	switch {
	case b.Feature.Set:
		return budget.Scope{Kind: "feature", Name: b.Feature.Value}
	case b.Track.Set:
		return budget.Scope{Kind: "track", Name: b.Track.Value}
	case b.Section.Set:
		return budget.Scope{Kind: "section", Name: b.Span.File + "#" + b.Section.Value}
	case b.template == nil:
		return budget.Scope{Kind: "project"}
	case b.Own:
		return budget.Scope{Kind: "file", Name: b.Span.File}
	}
	return budget.Scope{Kind: "template", Name: b.template.Path}
}

// path is that of the block's template; "" in tokengate.yaml.
func (b block) path() string {
	if b.template == nil {
		return ""
	}
	return b.template.Path
}

// on reports whether the block may hold for calls of a track: it names none, or that one.
func (b block) on(track string) bool { return !b.Track.Set || b.Track.Value == track }

// approvals are the roles that an edit of a block needs where it lists none: those of the track or feature it is of, else
// those of the project's defaults.
func (p Policy) approvals(b block) []source.At[string] {
	scope := b.scope()
	if e, ok := p.envelopes(scope.Kind).Get(scope.Name); ok && len(e.Approvals) > 0 {
		return e.Approvals
	}
	return p.Defaults.Approvals
}

// approvers joins the first list that names anybody.
func approvers(lists ...[]source.At[string]) string {
	for _, list := range lists {
		var names []string
		for _, a := range list {
			names = append(names, a.Value)
		}
		if len(names) > 0 {
			return strings.Join(names, ", ")
		}
	}
	return ""
}

// standIn puts ceilings that expire in the place of those of the same scope, kind and metric that do not.
func standIn(all []budget.Ceiling) []budget.Ceiling {
	replaced := map[string][]budget.Ceiling{}
	for _, c := range all {
		if c.Until.IsZero() {
			replaced[c.ID()] = append(replaced[c.ID()], c)
		}
	}
	stands := map[string]bool{}
	for i, c := range all {
		if !c.Until.IsZero() {
			all[i].Instead, stands[c.ID()] = replaced[c.ID()], true
		}
	}
	return slices.DeleteFunc(all, func(c budget.Ceiling) bool { return c.Until.IsZero() && stands[c.ID()] })
}

// checkBudgets checks what tokengate.yaml shares with budget blocks.
func (c *Config) checkBudgets(diags *source.Diagnostics) {
	for _, at := range c.Emergency {
		if !at.Value.Expires.Set {
			diags.Add("config-value", at.Span, "add expires: with the last day it holds", "an emergency envelope has no end")
		}
		checkShared(at.Value.Limits, at.Value.Review, diags)
	}
	checkShared(prompt.Limits{}, c.Project.Review, diags)
	checkShared(c.Defaults.limits(), c.Defaults.Review, diags)
	for _, e := range append(c.Tracks[:len(c.Tracks):len(c.Tracks)], c.Features...) {
		checkShared(e.Value.Limits, e.Value.Review, diags)
	}
}

func checkShared(l prompt.Limits, r prompt.Review, diags *source.Diagnostics) {
	if l.Models.Set && len(l.Models.Value) == 0 {
		diags.Add("config-value", l.Models.Span, "list the models that are allowed, or take the key out", "models lists none")
	}
	r.Check(time.Time{}, diags)
}

// CheckEmergencies refuses two emergency envelopes that set one limit at the same time: it would be a guess which holds.
func (p Policy) CheckEmergencies() source.Diagnostics {
	var diags source.Diagnostics
	first := map[string]budget.Ceiling{}
	for _, c := range p.declared(PullRequest) {
		if c.Until.IsZero() {
			continue
		}
		// within one file of templates the template's own check tells
		if before, ok := first[c.ID()]; ok && (before.Span.File != c.Span.File || c.Span.File == p.Path) {
			diags.Add("duplicate-budget", c.Span, "keep one of the two", "two emergency envelopes set the %s of %s at the same time; the first is at %s",
				kindName(c), c.Scope, before.Span)
		}
		first[c.ID()] = c
	}
	return diags
}

// kindName is what a ceiling is called in a sentence: "period cost", "per call input tokens".
func kindName(c budget.Ceiling) string {
	return strings.ReplaceAll(c.Kind+" "+c.Metric, "_", " ")
}

// Emergencies lists the budgets that expire: those in force with what they stand in the place of, and those that have
// expired with what holds again. ceilings are those in force.
func (p Policy) Emergencies(ceilings []budget.Ceiling) []budget.Emergency {
	var out []budget.Emergency
	for _, b := range p.written() {
		if !b.Expires.Set || b.Expires.Value.IsZero() {
			continue
		}
		e := budget.Emergency{Scope: b.scope(), Until: b.Expires.Value.Time, Over: b.Expired(p.Now), Incident: b.Incident.Value, Reason: b.Reason.Value,
			Owner: cmp.Or(b.Owner.Value, p.OwnerOf(b.scope())), Span: b.Span}
		var own lister
		own.add(budget.Ceiling{Scope: e.Scope}, b.Limits)
		for _, c := range own.out {
			e.Sets = append(e.Sets, sets(c, ceilings, e.Over))
		}
		for _, k := range keysOf(b.Limits, b.Terms) {
			e.Sets = append(e.Sets, k.name+" "+k.text)
		}
		out = append(out, e)
	}
	return out
}

// sets words one limit of an envelope: what it stands in the place of while it holds, or what holds again.
func sets(c budget.Ceiling, inForce []budget.Ceiling, over bool) string {
	var others []string
	for _, f := range inForce {
		if f.ID() != c.ID() {
			continue
		}
		if over {
			others = append(others, f.Limit.Text+" ("+f.Span.String()+")")
		}
		for _, i := range f.Instead {
			if !over && f.Span == c.Span {
				others = append(others, i.Limit.Text+" ("+i.Span.String()+")")
			}
		}
	}
	what := kindName(c) + " of " + c.Limit.Text
	switch list := strings.Join(others, " and "); {
	case over && list != "":
		return what + "; the ceiling of " + list + " holds again"
	case over:
		return what + "; no other ceiling holds in its place"
	case list != "":
		return what + " in the place of " + list
	}
	return what
}
