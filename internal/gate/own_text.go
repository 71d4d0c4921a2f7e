package gate

import (
	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/token"
)

// ownText counts the text of a section with its subsections, or of a file, for the model that the first template that
// sends it is used with. ok is false where a side sends no such text.
func (s *side) ownText(scope budget.Scope, count counters) (size token.Estimate, ok bool) {
	ps := passages(scope, s.all())
	if len(ps) == 0 {
		return token.Estimate{}, false
	}
	return ps[0].size(count.template(s, ps[0].Template)), true
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
			size := budget.TemplateSize{Path: c.Scope.Name, Base: -1, Head: now.Tokens, Error: now.RelativeError, Cap: int64(c.Cap.Value), Span: c.Cap.Span, Owner: c.Owner, Own: true}
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
