package replay

import (
	"time"

	"github.com/tokengate/tokengate/internal/token"
)

// Session is one session's sums under both revisions.
//
// A record that stands for several calls stands for as many sessions alike, so a session's sums are those of one, and its
// weight is its calls'. Where these differ the lightest sets the weight, and the others count in the sums as often as
// they outweigh it: every call that was recorded is in them.
type Session struct {
	Calls              int64
	Base, Head         token.Usage
	BaseCost, HeadCost int64
	Doubt              Doubt // of head's numbers
	Latency            time.Duration
	Weight             float64 // sessions of all traffic that it stands for
}

// SessionPart is some calls of a session that share their models on either side; its numbers are sums.
type SessionPart struct {
	BaseModel, HeadModel string
	Calls                int64
	Base, Head           token.Usage
	Doubt                Doubt         // of head's numbers
	Latency              time.Duration // as recorded
}

// session sums a session's calls in one lane, each as often as its record stands for a call.
type session struct {
	sessionKey
	calls              int64
	base, head         token.Usage
	baseCost, headCost sum
	doubt              doubts
	latency            sum
	lightest           int64   // of the records' weights
	weight, heaviest   float64 // the smallest and the largest of weight ÷ sampling
	mean               bool    // a mean of calls is in it: it is no single session then

	from []*session // its lanes, once it was put together
}

func (s *session) book(b *booking) {
	p, times := &b.point, b.times
	s.calls += times
	s.latency.add(product(int64(p.Latency), times))
	s.base, s.head = s.base.Add(alike(p.Base, times)), s.head.Add(alike(p.Head, times))
	s.baseCost.add(product(p.BaseCost, times))
	s.headCost.add(product(p.HeadCost, times))
	s.doubt.add(p.Doubt, times)
	s.lightest, s.mean = min(s.lightest, times), s.mean || b.mean
	s.weight, s.heaviest = min(s.weight, p.Weight), max(s.heaviest, p.Weight)
}

// add adds another part of the session, on the sides that are asked for.
func (s *session) add(o *session, on sides) {
	s.calls += o.calls
	s.latency.add(o.latency)
	if on&onBase != 0 {
		s.base = s.base.Add(o.base)
		s.baseCost.add(o.baseCost)
	}
	if on&onHead != 0 {
		s.head = s.head.Add(o.head)
		s.headCost.add(o.headCost)
		s.doubt.merge(o.doubt)
	}
	s.lightest, s.mean = min(s.lightest, o.lightest), s.mean || o.mean
	s.weight, s.heaviest = min(s.weight, o.weight), max(s.heaviest, o.heaviest)
}

// single is one session of those alike.
func (s *session) single() Session {
	by := s.lightest
	part := func(n int64) int64 { return product(n, 1).over(by) }
	usage := func(u token.Usage) token.Usage {
		return token.Usage{Input: part(u.Input), CacheRead: part(u.CacheRead), CacheWrite5m: part(u.CacheWrite5m),
			CacheWrite1h: part(u.CacheWrite1h), Output: part(u.Output), Reasoning: part(u.Reasoning)}
	}
	return Session{
		Calls: part(s.calls), Base: usage(s.base), Head: usage(s.head), BaseCost: s.baseCost.over(by), HeadCost: s.headCost.over(by),
		Doubt:   Doubt{s.doubt.prompt.over(by), s.doubt.output.over(by), s.doubt.cost.over(by)},
		Latency: time.Duration(s.latency.over(by)), Weight: s.weight,
	}
}

// sessionParts splits what single gives by the lanes it comes from.
func (g *Group) sessionParts(s *session) []SessionPart {
	var out []SessionPart
	for _, part := range s.from {
		l := g.run.numbered[part.lane]
		if l.sides(g) != onBoth {
			continue
		}
		of := *part
		of.lightest = s.lightest
		sum := of.single()
		out = append(out, SessionPart{l.recorded.ID, l.way.last(l.recorded).ID, sum.Calls, sum.Base, sum.Head, sum.Doubt, sum.Latency})
	}
	return out
}

// Sessions returns the sums of the kept sessions, in an order that depends on their ids only. Sessions is empty where the
// recording names none. A session that holds a mean of calls is left out.
func (g *Group) Sessions() []Session {
	var out []Session
	g.eachSession(func(s *session) {
		if !s.mean {
			out = append(out, s.single())
		}
	})
	return out
}

// SessionParts splits every session of Sessions, in its order, by the models that its calls are on. Only calls that belong
// to the group on both sides are in it.
func (g *Group) SessionParts() [][]SessionPart {
	var out [][]SessionPart
	g.eachSession(func(s *session) {
		if !s.mean {
			out = append(out, g.sessionParts(s))
		}
	})
	return out
}

// mixed counts the kept sessions whose calls differ in weight.
func (g *Group) mixed() (n int64) {
	g.eachSession(func(s *session) {
		if s.weight != s.heaviest {
			n++
		}
	})
	return n
}

// eachSession puts the group's sessions together from their lanes, those of the smallest hashes first.
func (g *Group) eachSession(do func(*session)) {
	on := make([]sides, len(g.run.numbered))
	for i, l := range g.run.numbered {
		on[i] = l.sides(g)
	}
	var whole *session
	n := 0
	for _, s := range g.run.finished {
		switch side := on[s.lane]; {
		case side == 0:
		case n > 0 && whole.hash == s.hash:
			whole.add(s, side)
			whole.from = append(whole.from, s)
		case n == Sampled:
			do(whole)
			return
		default:
			if n > 0 {
				do(whole)
			}
			n++
			whole = newSession(s.sessionKey)
			whole.add(s, side)
			whole.from = append(whole.from, s)
		}
	}
	if n > 0 {
		do(whole)
	}
}
