package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// key is one guardrail that is set: what is not a ceiling.
type key struct {
	name, text string
	span       source.Span
	cap        float64  // of a cap on what a call may be; 0 for others
	list       []string // of a list of what is allowed
	chosen     bool     // what a change is about, rather than what limits it: a model, what is retrieved
}

// keysOf lists the guardrails that are set, in the order of their documentation.
func keysOf(l prompt.Limits, t prompt.Terms) (out []key) {
	text := func(name string, at source.At[string], chosen bool) {
		if at.Set {
			out = append(out, key{name: name, text: at.Value, span: at.Span, chosen: chosen})
		}
	}
	count := func(name string, at source.At[money.Count], chosen bool) {
		if at.Set {
			k := key{name: name, text: at.Value.Exact(), span: at.Span, chosen: chosen}
			if !chosen {
				k.cap = float64(at.Value)
			}
			out = append(out, k)
		}
	}
	text("model", l.Model, true)
	if m := l.Models; m.Set {
		k := key{name: "models", span: m.Span}
		for _, name := range m.Value {
			k.list = append(k.list, name.Value)
		}
		k.text = strings.Join(k.list, ", ")
		out = append(out, k)
	}
	if f := l.Fallback; f.Model.Set {
		out = append(out, key{name: "fallback", text: fmt.Sprintf("%s at %s", f.Model.Value, money.Ratio(fallbackAt(f, f))), span: f.Model.Span})
	}
	count("context.max_input_tokens", l.Context.MaxInputTokens, false)
	count("context.max_retrieved_tokens", l.Context.MaxRetrievedTokens, false)
	count("context.top_k", l.Context.TopK, true)
	count("context.chunk_tokens", l.Context.ChunkTokens, true)
	count("max_output_tokens", l.MaxOutputTokens, false)
	for _, s := range t.Toggles {
		out = append(out, key{name: "toggles." + s.Key.Value, text: fmt.Sprint(s.Value), span: s.Key.Span})
	}
	if len(t.Approvals) > 0 {
		out = append(out, key{name: "approvals", text: approvers(t.Approvals), span: t.Approvals[0].Span})
	}
	if r := t.Review; r.Cadence.Set {
		k := key{name: "review", text: r.Cadence.Value, span: r.Cadence.Span}
		if r.Last.Set {
			k.text += ", last " + r.Last.Value.Format(time.DateOnly)
		}
		out = append(out, k)
	}
	text("owner", l.Owner, false)
	return out
}

// budgetSettings lists the guardrails of budgets as text, so that an edit of one can be named. What a change is about, such
// as a model, is none of them: it is replayed, and its causes name it.
func (p Policy) budgetSettings() (out []budget.Setting) {
	add := func(name func(string) string, l prompt.Limits, t prompt.Terms, who string) {
		of := name("")
		for _, k := range keysOf(l, t) {
			named := k.name == "fallback" && (l.Ceiling.Cost.Set || l.Ceiling.Tokens.Set) // by the guardrail of the ceiling
			if !k.chosen && !named && k.name != "owner" {
				out = append(out, budget.Setting{Name: name(k.name), Value: k.text, Span: k.span, Cap: k.cap, Allowed: k.list, Of: of, Approver: who})
			}
		}
	}
	add(func(k string) string { return "defaults." + k }, p.Defaults.limits(), p.Defaults.Terms, approvers(p.Defaults.Approvals))
	add(func(k string) string { return "project." + k }, prompt.Limits{}, prompt.Terms{Review: p.Project.Review}, "")
	for _, kind := range []string{"track", "feature"} {
		for _, e := range p.envelopes(kind) {
			add(func(k string) string { return kind + "s." + e.Key.Value + "." + k }, e.Value.Limits, e.Value.Terms, approvers(e.Value.Approvals, p.Defaults.Approvals))
		}
	}
	for _, b := range p.blocks() {
		add(func(k string) string {
			k += " of " + b.scope().String()
			if f := b.Span.File; !strings.HasPrefix(b.scope().Name, f) {
				k += " (" + f + ")"
			}
			if b.Expires.Set {
				k += " until " + b.Expires.Value.Format(time.DateOnly)
			}
			return k
		}, b.Limits, b.Terms, approvers(b.Approvals, p.approvals(b)))
	}
	return out
}

// Reviews lists when budgets are to be looked at again: the project's, those of tracks and features, and those of blocks.
func (p Policy) Reviews() (out []budget.Review) {
	add := func(where string, r prompt.Review, owner string) {
		if r.Cadence.Set && r.Cadence.Value != "" {
			due, _ := r.Due()
			out = append(out, budget.Review{Where: where, Cadence: r.Cadence.Value, Due: due, Owner: owner, Place: r.Cadence.Span})
		}
	}
	add("the project", p.Project.Review, p.Project.Owner.Value)
	add("the project's defaults", p.Defaults.Review, p.Project.Owner.Value)
	for _, kind := range []string{"track", "feature"} {
		for _, e := range p.envelopes(kind) {
			scope := budget.Scope{Kind: kind, Name: e.Key.Value}
			add(scope.String(), e.Value.Review, p.OwnerOf(scope))
		}
	}
	for _, b := range p.blocks() {
		add(b.scope().String(), b.Review, p.OwnerOf(b.scope()))
	}
	return out
}

// AllowedModels lists the models of all lists of allowed ones, with the places that name them.
func (p Policy) AllowedModels() (out []source.At[string]) {
	lists := []prompt.Models{p.Defaults.Models}
	for _, e := range append(p.Tracks[:len(p.Tracks):len(p.Tracks)], p.Features...) {
		lists = append(lists, e.Value.Models)
	}
	for _, b := range p.blocks() {
		lists = append(lists, b.Models)
	}
	for _, l := range lists {
		out = append(out, l.Value...)
	}
	return slices.Clip(out)
}

// TextCap is a cap on the own text of a section or a file.
type TextCap struct {
	Scope budget.Scope
	Cap   source.At[money.Count]
	Owner string
}

// TextCaps lists the caps on texts of their own, in the order of the blocks.
func (p Policy) TextCaps() (out []TextCap) {
	for _, b := range p.blocks() {
		if at := b.Context.MaxInputTokens; b.OwnText() && at.Set {
			out = append(out, TextCap{b.scope(), at, p.OwnerOf(b.scope())})
		}
	}
	return out
}
