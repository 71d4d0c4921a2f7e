package gate

import (
	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/source"
)

// off reports whether a switch is turned off; one that is not set is on.
func off(t source.At[bool]) bool { return t.Set && !t.Value }

// service says which calls head makes without a cache that base made with one: those whose budget turns it off. nil where
// nothing is turned.
func service(base, head *side) func(template, track string) replay.Service {
	if base == nil {
		return nil
	}
	memo := map[[2]string]replay.Service{}
	return func(template, track string) replay.Service {
		key := [2]string{template, track}
		s, ok := memo[key]
		if !ok {
			now := head.policy.Toggle("cache", template, track)
			if off(now) && !off(base.policy.Toggle("cache", template, track)) {
				s.Uncached = source.Of(true, now.Span)
			}
			memo[key] = s
		}
		return s
	}
}

// toggles lists the switches that head turns and whose effect the recording does not show, each place once.
func (r *rails) toggles() (out []budget.Toggle) {
	if r.base == nil {
		return nil
	}
	seen := map[source.Span]bool{}
	add := func(t config.Target, name string, was, now source.At[bool], dear bool, why string) {
		at := now.Span
		if !now.Set {
			at = was.Span
		}
		if !seen[at] {
			seen[at] = true
			out = append(out, budget.Toggle{Name: name, On: !off(now), Where: t.String(), Dear: dear, Why: why, Place: at})
		}
	}
	for _, t := range r.declared() {
		was, now := r.base.policy.Toggle("cache", t.Path, t.Track), r.head.policy.Toggle("cache", t.Path, t.Track)
		if off(was) && !off(now) {
			add(t, "cache", was, now, false, "which calls would have found a warm cache is not recorded, so the saving is not counted")
		}
		was, now = r.base.policy.Toggle("retrieval", t.Path, t.Track), r.head.policy.Toggle("retrieval", t.Path, t.Track)
		switch {
		case off(was) && !off(now) && !retrieves(r.of(r.head, t).Context):
			add(t, "retrieval", was, now, true, "declare top_k and chunk_tokens, so that what it adds can be replayed")
		case off(now) && !off(was) && !retrieves(r.of(r.base, t).Context):
			add(t, "retrieval", was, now, false, "base declares no top_k and chunk_tokens, so the saving is not counted")
		}
	}
	return out
}
