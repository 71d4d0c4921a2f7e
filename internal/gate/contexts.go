package gate

import (
	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// rails holds the guardrails of both sides against what head declares and what was recorded.
type rails struct {
	base, head, policy *side // base is nil without one
	m                  *measurements
	memo               map[railKey]prompt.Limits
}

type railKey struct {
	side *side
	config.Target
}

func newRails(base, head, policy *side, m *measurements) *rails {
	return &rails{base, head, policy, m, map[railKey]prompt.Limits{}}
}

// of gives a side's guardrails for a target; none for a side that is not there.
func (r *rails) of(s *side, t config.Target) prompt.Limits {
	if s == nil {
		return prompt.Limits{}
	}
	key := railKey{s, t}
	l, ok := r.memo[key]
	if !ok {
		l = s.policy.For(t)
		r.memo[key] = l
	}
	return l
}

// inForce gives what the policy sets, else what head does: what is new only tightens, so it holds at once.
func inForce[T any](r *rails, t config.Target, pick func(prompt.Limits) source.At[T]) source.At[T] {
	if at := pick(r.of(r.policy, t)); at.Set {
		return at
	}
	return pick(r.of(r.head, t))
}

// declared lists the targets that head says anything of: its templates, with the tracks that their blocks name, its tracks
// and its features.
func (r *rails) declared() (out []config.Target) {
	for _, t := range r.head.policy.Templates {
		out = append(out, config.Target{Path: t.Path})
		for _, b := range t.Budgets {
			if b.Track.Set {
				out = append(out, config.Target{Path: t.Path, Track: b.Track.Value})
			}
		}
	}
	for _, d := range r.head.policy.Declared() {
		out = append(out, config.Target{Track: d.Scope.Name})
	}
	for _, f := range r.head.policy.Features {
		out = append(out, config.Target{Feature: f.Key.Value})
	}
	return append(out, config.Target{})
}

// evidence lays out what the guardrails of budgets say of the change.
func (r *rails) evidence(e *budget.Evidence) {
	e.Emergency = r.policy.policy.Emergencies(e.Ceilings)
	if r.head != r.policy { // one that has expired is worth a word as long as it stands in head
		inForce, over := e.Emergency, r.head.policy.Emergencies(e.Ceilings)
		e.Emergency = nil
		for _, m := range inForce {
			if !m.Over {
				e.Emergency = append(e.Emergency, m)
			}
		}
		for _, m := range over {
			if m.Over {
				e.Emergency = append(e.Emergency, m)
			}
		}
	}
	e.Models = append(r.recordedModels(), r.declaredModels()...)
	e.Retrieval, e.Outputs, e.Toggles, e.Reviews = r.retrieval(), r.outputs(), r.toggles(), r.policy.policy.Reviews()
}
