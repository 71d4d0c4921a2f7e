package config

import (
	"cmp"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// Effective is what holds for a target, and where each part of it comes from.
type Effective struct {
	Target     Target
	Guardrails []Guardrail      // each from the first level that sets it
	Ceilings   []budget.Ceiling // each holds on its own: those of the target, then those of what it is part of
	Owner      string
	Approver   string
	Reviews    []budget.Review    // of what the target is part of
	Emergency  []budget.Emergency // likewise: in force, or over and still written down
}

// Guardrail is one that holds, with what it goes before.
type Guardrail struct {
	Key    string
	Value  string
	From   string // the step of the order of inheritance that it comes from
	Place  source.Span
	Until  string // the last day of one that expires
	Before []Given
}

// Given is a value further back in the order, which does not hold here.
type Given struct {
	Value, From string
	Place       source.Span
}

// Effective gives what holds for a target: guardrails by inheritance, ceilings beside each other. Without a track it is
// that which the file's own block names, where it names one only.
func (p Policy) Effective(t Target, stage string) Effective {
	if t.Track == "" {
		t.Track = p.trackOf(t.Path)
	}
	out := Effective{Target: t}
	at := map[string]int{}
	for _, l := range p.levels(t) {
		for _, k := range keysOf(l.limits, l.terms) {
			i, known := at[k.name]
			if known {
				out.Guardrails[i].Before = append(out.Guardrails[i].Before, Given{k.text, l.name, k.span})
				continue
			}
			at[k.name] = len(out.Guardrails)
			g := Guardrail{Key: k.name, Value: k.text, From: l.name, Place: k.span}
			if !l.until.IsZero() {
				g.Until = l.until.Format(time.DateOnly)
			}
			out.Guardrails = append(out.Guardrails, g)
		}
	}
	slices.SortStableFunc(out.Guardrails, func(a, b Guardrail) int { return rank(a.Key) - rank(b.Key) })
	scopes := p.partOf(t)
	for _, scope := range scopes {
		for _, c := range p.Ceilings(stage) {
			if c.Scope == scope {
				c.Owner = cmp.Or(c.Owner, p.OwnerOf(scope))
				out.Ceilings = append(out.Ceilings, c)
			}
		}
		for _, r := range p.Reviews() {
			if r.Where == scope.String() || scope.Kind == "project" && (r.Where == "the project" || r.Where == "the project's defaults") {
				out.Reviews = append(out.Reviews, r)
			}
		}
	}
	for _, e := range p.Emergencies(p.Ceilings(stage)) {
		if slices.Contains(scopes, e.Scope) {
			out.Emergency = append(out.Emergency, e)
		}
	}
	out.Owner, out.Approver = p.OwnerOf(scopes[0]), p.Project.Approver.Value
	for _, g := range out.Guardrails {
		switch g.Key {
		case "approvals":
			out.Approver = g.Value
		case "owner":
			out.Owner = g.Value
		}
	}
	return out
}

// Anchors lists the anchors of a file's sections; ok is false where no template holds the file.
func (p Policy) Anchors(file string) (anchors []string, ok bool) {
	for _, t := range p.Templates {
		for _, f := range t.Files {
			if f.Path != file {
				continue
			}
			for _, s := range f.Sections {
				if s.Anchor != "" {
					anchors = append(anchors, s.Anchor)
				}
			}
			return anchors, true
		}
	}
	return nil, false
}

// trackOf is the one track that a file's own blocks name; "" for none or several.
func (p Policy) trackOf(file string) (track string) {
	for _, b := range p.blocks() {
		if b.template == nil || b.Span.File != file || !b.Track.Set {
			continue
		}
		if track != "" && track != b.Track.Value {
			return ""
		}
		track = b.Track.Value
	}
	return track
}

// partOf lists the scopes that a target is part of, the closest first.
func (p Policy) partOf(t Target) (out []budget.Scope) {
	for _, anchor := range p.around(t.Path, t.Anchor) {
		out = append(out, budget.Scope{Kind: "section", Name: t.Path + "#" + anchor})
	}
	if t.Path != "" {
		own := slices.ContainsFunc(p.Templates, func(m *prompt.Template) bool { return m.Path == t.Path })
		if !own || t.Anchor != "" {
			out = append(out, budget.Scope{Kind: "file", Name: t.Path})
		}
		if own {
			out = append(out, budget.Scope{Kind: "template", Name: t.Path})
		}
		for _, i := range p.importers(t.Path) {
			out = append(out, budget.Scope{Kind: "template", Name: i})
		}
	}
	if t.Track != "" {
		out = append(out, budget.Scope{Kind: "track", Name: t.Track})
	}
	if t.Feature != "" {
		out = append(out, budget.Scope{Kind: "feature", Name: t.Feature})
	}
	return append(out, budget.Scope{Kind: "project"})
}

// keyOrder is the order in which guardrails are shown; toggles come before approvals.
var keyOrder = []string{"model", "models", "fallback", "context.max_input_tokens", "context.max_retrieved_tokens", "context.top_k", "context.chunk_tokens", "max_output_tokens", "toggles", "approvals", "review", "owner"}

func rank(name string) int {
	if i := slices.Index(keyOrder, name); i >= 0 {
		return i
	}
	return slices.Index(keyOrder, "toggles")
}
