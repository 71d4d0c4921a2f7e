package gate

import (
	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/source"
)

// retrieval lists what head declares to be retrieved where that is capped, each declaration once.
func (r *rails) retrieval() (out []budget.Retrieval) {
	seen := map[[3]source.Span]bool{}
	for _, t := range r.declared() {
		c, was := r.of(r.head, t).Context, r.of(r.base, t).Context
		limit := inForce(r, t, func(l prompt.Limits) source.At[money.Count] { return l.Context.MaxRetrievedTokens })
		k := [3]source.Span{c.TopK.Span, c.ChunkTokens.Span, limit.Span}
		if !limit.Set || !retrieves(c) || seen[k] {
			continue
		}
		seen[k] = true
		base := int64(-1)
		if retrieves(was) {
			base = int64(was.TopK.Value) * int64(was.ChunkTokens.Value)
		}
		out = append(out, budget.Retrieval{Where: t.String(), TopK: int64(c.TopK.Value), Chunk: int64(c.ChunkTokens.Value), Base: base, Cap: int64(limit.Value), Place: c.TopK.Span, CapAt: limit.Span})
	}
	return out
}

// retrieves reports whether both numbers that say how much is retrieved are declared.
func retrieves(c prompt.Context) bool { return c.TopK.Set && c.ChunkTokens.Set }

// outputs finds recorded answers beyond a cap that held on base (on head without one), by track, and by template where the
// templates of a track differ in their caps.
func (r *rails) outputs() (out []budget.Output) {
	caps := map[budget.Scope]source.At[money.Count]{}
	mixed := map[budget.Scope]bool{}
	for _, s := range r.m.strands {
		limit := r.of(r.recorded(), config.Target{Path: s.Template, Track: s.Track, Feature: s.Feature}).MaxOutputTokens
		for _, scope := range []budget.Scope{{Kind: "track", Name: s.Track}, {Kind: "template", Name: s.Template}} {
			if had, ok := caps[scope]; ok && had.Span != limit.Span {
				mixed[scope] = true
			}
			caps[scope] = limit
		}
	}
	said := map[source.Span]bool{}
	for _, d := range []replay.Dim{replay.ByTrack, replay.ByTemplate} {
		for _, name := range r.m.names[d] {
			scope := budget.Scope{Kind: string(d), Name: name}
			limit := caps[scope]
			if name == "" || !limit.Set || mixed[scope] || said[limit.Span] {
				continue
			}
			if o := r.output(scope, limit); o.Over > 0 {
				said[limit.Span] = true
				out = append(out, o)
			}
		}
	}
	return out
}

// recorded is the side that was in force while calls were recorded.
func (r *rails) recorded() *side {
	if r.base != nil {
		return r.base
	}
	return r.head
}

func (r *rails) output(scope budget.Scope, limit source.At[money.Count]) budget.Output {
	o := budget.Output{Where: scope.String(), Cap: int64(limit.Value), Place: limit.Span}
	if scope.Kind == "template" {
		o.Where = scope.Name
	}
	for _, p := range r.m.groups[scope].Points() {
		n, model := p.Head.Output, p.HeadModel
		if r.base != nil {
			n, model = p.Base.Output, p.BaseModel
		}
		if model == "" {
			continue
		}
		o.Calls++
		if n > o.Cap {
			o.Over++
		}
		o.Largest = max(o.Largest, n)
	}
	return o
}
