package prompt

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// Scope names what the budget governs: a track, a feature, a feature within a track, a section, the file or the template.
func (b Budget) Scope() string {
	switch {
	case b.Track.Set && b.Feature.Set:
		return fmt.Sprintf("feature %q of track %q", b.Feature.Value, b.Track.Value)
	case b.Track.Set:
		return fmt.Sprintf("track %q", b.Track.Value)
	case b.Feature.Set:
		return fmt.Sprintf("feature %q", b.Feature.Value)
	case b.Section.Set:
		return fmt.Sprintf("section %q", b.Section.Value)
	case b.Own:
		return "the file"
	}
	return "the template"
}

// Expired reports whether the budget no longer holds at now. The day it names, in UTC, is the last one it holds; a budget
// without a day does not expire.
func (b Budget) Expired(now time.Time) bool {
	return b.Expires.Set && !b.Expires.Value.IsZero() && !now.Before(b.Expires.Value.AddDate(0, 0, 1))
}

// setting is one value of a budget that must not be declared twice for one scope.
type setting struct {
	name string
	span source.Span
	set  bool
}

func at[T any](name string, v source.At[T]) setting { return setting{name, v.Span, v.Set} }

// ceiling reports whether the setting is a ceiling, which holds beside all others, rather than a guardrail.
func (s setting) ceiling() bool {
	group, _, _ := strings.Cut(s.name, ".")
	return slices.Contains([]string{"ceiling", "growth", "per_call", "per_session"}, group)
}

func (u Unit) settings(prefix string) []setting {
	return []setting{
		at(prefix+".input_tokens", u.InputTokens), at(prefix+".output_tokens", u.OutputTokens), at(prefix+".tokens", u.Tokens),
		at(prefix+".cost", u.Cost), at(prefix+".latency", u.Latency),
	}
}

func (l Limits) settings() []setting {
	c := l.Context
	out := []setting{
		at("model", l.Model), at("models", l.Models), at("fallback.model", l.Fallback.Model), at("fallback.at", l.Fallback.At),
		at("context.max_input_tokens", c.MaxInputTokens), at("context.max_retrieved_tokens", c.MaxRetrievedTokens),
		at("context.top_k", c.TopK), at("context.chunk_tokens", c.ChunkTokens), at("max_output_tokens", l.MaxOutputTokens),
		at("ceiling.tokens", l.Ceiling.Tokens), at("ceiling.cost", l.Ceiling.Cost),
		at("growth.cost", l.Growth.Cost), at("growth.tokens", l.Growth.Tokens),
	}
	return append(append(out, l.PerCall.settings("per_call")...), l.PerSession.settings("per_session")...)
}

// checkBudgets checks what the decoder cannot: values out of their range, and blocks against each other. One that expires
// may stand beside one that does not, and one that has expired beside any.
func checkBudgets(budgets []Budget, now time.Time) source.Diagnostics {
	var diags source.Diagnostics
	first := map[string]source.Span{}
	for _, b := range budgets {
		b.check(&diags, now)
		if !now.IsZero() && b.Expired(now) {
			continue
		}
		for _, s := range b.settings() {
			if !s.set {
				continue
			}
			key := fmt.Sprintf("%s\x00%s\x00%t", b.scopeKey(), s.name, b.Expires.Set)
			if !s.ceiling() { // of guardrails in several files the closest holds
				key += "\x00" + b.Span.File
			}
			if before, ok := first[key]; ok {
				diags.Add("duplicate-budget", s.span, "keep one of the two", "%s of %s is declared twice; the first is at %s", s.name, b.Scope(), before)
				continue
			}
			first[key] = s.span
		}
	}
	return diags
}

// scopeKey tells scopes apart: sections, and files' own texts, are of their file.
func (b Budget) scopeKey() string {
	if b.OwnText() {
		return b.Span.File + "\x00" + b.Scope()
	}
	return b.Scope()
}

func (b Budget) check(diags *source.Diagnostics, now time.Time) {
	if at := b.Fallback.At; at.Set && at.Value > 1 {
		diags.Add(source.RuleBadValue, at.Span, "write a share of the ceiling, such as 90%", "fallback.at is %s; it can be at most 100%%", at.Value)
	}
	if m := b.Models; m.Set && len(m.Value) == 0 {
		diags.Add(source.RuleBadValue, m.Span, "list the models that are allowed, or take the key out", "models lists none")
	}
	if b.Incident.Set && !b.Expires.Set {
		diags.Add("incident-open", b.Incident.Span, "add expires: with the last day it holds", "the budget of %s is for incident %q and has no end", b.Scope(), b.Incident.Value)
	}
	b.checkOwnText(diags)
	b.Review.Check(now, diags)
	if !now.IsZero() && b.Expired(now) {
		diags.Warn("budget-expired", b.Expires.Span, "renew it with a later day, or remove the block",
			"the budget of %s expired on %s", b.Scope(), b.Expires.Value.Format(time.DateOnly))
	}
}

// warnEmpty warns of a block that sets no limit and asks for nothing; failed says that it was not read to its end.
func (b Budget) warnEmpty(failed bool, diags *source.Diagnostics) {
	if failed || b.declares() {
		return
	}
	diags.Warn("budget-empty", b.Span, "declare a ceiling, or remove the block", "the budget of %s declares nothing", b.Scope())
}

// declares reports whether the budget sets a limit or asks for anything.
func (b Budget) declares() bool {
	set := slices.ContainsFunc(b.settings(), func(s setting) bool { return s.set })
	return set || b.Owner.Set || b.Expires.Set || b.Incident.Set || b.Review.Cadence.Set || b.Review.Last.Set || len(b.Toggles) > 0 || len(b.Approvals) > 0
}
