package gate

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/token"
)

// ownText counts the text of a section with its subsections, or of a file, for the model that its template is used with:
// the template that the file is the root of, else the first by path that it is sent with. ok is false where a side sends
// no such text.
func (s *side) ownText(scope budget.Scope, count counters) (size token.Estimate, ok bool) {
	file, anchor, _ := strings.Cut(scope.Name, "#")
	for _, name := range append([]string{file}, slices.Sorted(maps.Keys(s.templates))...) {
		t := s.templates[name]
		if t == nil {
			continue
		}
		for _, f := range t.Files {
			if f.Path != file {
				continue
			}
			if sections := part(f, anchor); len(sections) > 0 {
				return countSections(sections, count.template(s, t)), true
			}
		}
	}
	return token.Estimate{}, false
}

func part(f prompt.File, anchor string) []prompt.Section {
	if anchor == "" {
		return f.Sections
	}
	return f.Under(anchor)
}

func countSections(sections []prompt.Section, counter *token.Counter) token.Estimate {
	var parts []token.Estimate
	for _, s := range sections {
		parts = append(parts, counter.Count(s.Text))
	}
	return replay.Sum(parts)
}

// texts measures, without any traffic, how many tokens the sections and files that have ceilings add to every call. What
// was measured of them from recorded calls stays as it is.
func (m *measurements) texts(base, head *side, count counters, ceilings []budget.Ceiling) (gone []budget.Gone) {
	done := map[budget.Scope]bool{}
	for _, c := range ceilings {
		if !c.Scope.OwnText() || done[c.Scope] {
			continue
		}
		done[c.Scope] = true
		now, there := head.ownText(c.Scope, count)
		if !there {
			gone = append(gone, budget.Gone{Scope: c.Scope, Place: c.Span, Approver: cmp.Or(c.Approver, c.Owner)})
		}
		out := m.scopes[c.Scope]
		out.Head = sized(out.Head, now)
		out.CountingError = cmp.Or(out.CountingError, now.RelativeError)
		if base != nil {
			if was, ok := base.ownText(c.Scope, count); ok {
				out.Base = sized(out.Base, was)
				out.TokensEffect = cmp.Or(out.TokensEffect, grown(was, now))
			}
		}
		m.scopes[c.Scope] = out
	}
	return gone
}

// sized adds the size of a text to the numbers of a call, where it is not among them.
func sized(n *budget.Numbers, size token.Estimate) *budget.Numbers {
	if n == nil {
		n = &budget.Numbers{}
	}
	out := *n
	out.PerCall, out.CallDoubt = map[string]float64{}, map[string]float64{}
	for _, metric := range []string{budget.Tokens, budget.InputTokens} {
		out.PerCall[metric], out.CallDoubt[metric] = float64(size.Tokens), float64(size.Tokens)*size.RelativeError
	}
	maps.Copy(out.PerCall, n.PerCall)
	maps.Copy(out.CallDoubt, n.CallDoubt)
	return &out
}

// grown is how a text grows from base to head: the same in every call, so that only counting leaves it open.
func grown(was, now token.Estimate) *forecast.Effect {
	if was.Tokens == 0 {
		return nil
	}
	ratio := float64(now.Tokens)/float64(was.Tokens) - 1
	doubt := max(was.RelativeError, now.RelativeError) * max(ratio, -ratio)
	return &forecast.Effect{Ratio: ratio, Low: ratio - doubt, High: ratio + doubt, Confidence: 0.95}
}

// textSizes counts the sections and files that have a cap of their own, as sizes does templates.
func textSizes(base, head *side, count counters) (out []budget.TemplateSize) {
	held := map[budget.Scope]bool{}
	for _, s := range []*side{base, head} {
		if s == nil {
			continue
		}
		for _, c := range s.policy.TextCaps() {
			now, ok := head.ownText(c.Scope, count)
			if held[c.Scope] || !ok {
				continue
			}
			held[c.Scope] = true
			size := budget.TemplateSize{Path: c.Scope.Name, Base: -1, Head: now.Tokens, Error: now.RelativeError, Cap: int64(c.Cap.Value), Span: c.Cap.Span, Owner: c.Owner}
			if base != nil {
				if was, ok := base.ownText(c.Scope, count); ok {
					size.Base = was.Tokens
				}
			}
			out = append(out, size)
		}
	}
	return out
}
