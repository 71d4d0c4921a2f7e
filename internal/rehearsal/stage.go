package rehearsal

import (
	"container/heap"
	"time"

	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/token"
)

// Factors are the multiples of a guardrail's allowance at which it is rehearsed alone.
var Factors = [...]float64{0.5, 1, 2}

// stage takes calls, in order, through several guards at once: the first holds the whole policy, the others each one
// guardrail alone at a multiple of its allowance.
type stage struct {
	*Rehearsal
	lanes   []lane
	players []player
	pending pending // calls under way
	spare   []*underWay
	seq     int64
	tally   tally
}

// player is one guard.
type player struct {
	guard *guard.Guard
	only  int // the guardrail it holds; −1 for all
	held  *int64
}

// lane is what holds for all calls with equal labels.
type lane struct {
	labels
	on        *bill
	spent     account
	fallbacks []fallback // by guardrail
	meets     []meeting  // by guardrail
	all       counted
}

type counted struct{ calls, unpriced int64 }

// meeting says whether a guardrail is for the calls of a lane.
type meeting struct {
	ok     bool
	each   guard.Scope
	metric guard.Metric
}

// underWay is a call between its start and its end.
type underWay struct {
	end, seq int64
	call     guard.Call
	usage    []guard.Usage    // by player
	decided  []guard.Decision // by player
}

func newStage(r *Rehearsal) *stage {
	s := &stage{Rehearsal: r, tally: newTally(r)}
	joint := guard.New(r.plan.Policy)
	joint.Watch(s.tally.allowance)
	s.players = append(s.players, player{guard: joint, only: -1})
	for i := range r.plan.Policy.Len() {
		for f, factor := range Factors {
			s.players = append(s.players, player{guard.New(r.plan.Policy.Alone(i, factor)), i, &s.tally.rows[i].alone[f]})
		}
	}
	for _, l := range r.names.laneList {
		s.lanes = append(s.lanes, s.lane(l))
	}
	return s
}

func (s *stage) lane(l labels) lane {
	out := lane{labels: l, on: s.prices.bill(l.model, l.tier), spent: account{}}
	for i := range s.plan.Policy.Len() {
		each, metric, ok := s.plan.Policy.Meets(i, &guard.Call{Track: l.track, Feature: l.feature, Template: l.template})
		model := ""
		if s.plan.Fallback != nil {
			model = s.plan.Fallback(i, l.template, l.track, l.feature)
		}
		out.meets, out.fallbacks = append(out.meets, meeting{ok, each, metric}), append(out.fallbacks, s.prices.fallback(out.on, model))
	}
	return out
}

// call takes the next call in the order of time.
func (s *stage) call(r *record) error {
	for len(s.pending) > 0 && s.pending[0].end <= r.at {
		s.end(heap.Pop(&s.pending).(*underWay))
	}
	l := &s.lanes[r.lane]
	w := s.begin(r, l)
	for i := range s.players {
		p := &s.players[i]
		d := p.guard.Decide(&w.call)
		w.decided[i] = d
		at := d.By
		if p.only >= 0 {
			at = p.only
		}
		u, cost, why := s.outcome(l, r, d.Action, at)
		w.usage[i] = guard.Usage{End: time.Unix(0, r.end), Cost: cost, Tokens: u.Total(), Failed: r.failed}
		switch {
		case i == 0:
			s.tally.call(l, r, &d, u, why)
		case d.Action >= min(guard.Degrade, s.plan.Policy.Strictest(at)) && d.Action > guard.Allow && why == "":
			*p.held += r.times
		}
	}
	heap.Push(&s.pending, w)
	return nil
}

func (s *stage) begin(r *record, l *lane) *underWay {
	var w *underWay
	if n := len(s.spare); n > 0 {
		w, s.spare = s.spare[n-1], s.spare[:n-1]
	} else {
		w = &underWay{usage: make([]guard.Usage, len(s.players)), decided: make([]guard.Decision, len(s.players))}
	}
	s.seq++
	w.end, w.seq = r.end, s.seq
	w.call = guard.Call{Time: time.Unix(0, r.at), Track: l.track, Feature: l.feature, Template: l.template, User: s.names.users.list[r.user],
		Session: s.names.sessions.list[r.session], Stands: float64(r.times) / l.share}
	return w
}

func (s *stage) end(w *underWay) {
	for i := range s.players {
		s.players[i].guard.Book(&w.call, &w.decided[i], &w.usage[i])
	}
	s.spare = append(s.spare, w)
}

// outcome is what a call comes to under an action. why is not empty where a call that is to be degraded stays as it is.
func (s *stage) outcome(l *lane, r *record, a guard.Action, by int) (u token.Usage, cost int64, why string) {
	switch a {
	case guard.HandOver, guard.Refuse:
		return token.Usage{}, 0, ""
	case guard.Degrade:
		f := &l.fallbacks[by]
		if f.to == nil {
			why = f.why
			break
		}
		u = f.usage(r.usage)
		if f.fits(u) {
			return u, f.to.cost(u), ""
		}
		why = "the prompt is longer than the fallback model takes"
	case guard.Allow, guard.Warn:
	}
	return r.usage, l.on.cost(r.usage), why
}

// finish ends the calls that are still under way.
func (s *stage) finish() {
	for len(s.pending) > 0 {
		s.end(heap.Pop(&s.pending).(*underWay))
	}
}

// pending is a heap of calls by their end; of equal ends, by their start.
type pending []*underWay

func (p pending) Len() int { return len(p) }
func (p pending) Less(i, j int) bool {
	return p[i].end < p[j].end || p[i].end == p[j].end && p[i].seq < p[j].seq
}
func (p pending) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p *pending) Push(x any)   { *p = append(*p, x.(*underWay)) }
func (p *pending) Pop() any {
	last := (*p)[len(*p)-1]
	*p = (*p)[:len(*p)-1]
	return last
}
