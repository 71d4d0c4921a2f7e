package gate

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/token"
)

// latencies predicts what a change does to latency, per model, from the recorded calls of that model.
type latencies struct {
	models map[string]*timed
	moved  map[*replay.Point]moved // groups share their points
}

// timed is what is known of how long a model takes.
type timed struct {
	forecast.LatencyModel
	samples  []forecast.LatencySample
	warnings []forecast.Warning
	off      *forecast.LatencyError // once it was asked for
}

// minCarried is the number of recorded latencies that a model needs before calls can be taken to it: the slowest of 20 is
// their P95, and fewer do not show one.
const minCarried = 20

// fitLatencies fits every model that has recorded latencies.
func fitLatencies(res *replay.Result) *latencies {
	l := &latencies{models: map[string]*timed{}, moved: map[*replay.Point]moved{}}
	for _, name := range res.Names(replay.ByModel) {
		m := &timed{}
		for _, p := range res.Group(replay.ByModel, name).Points() {
			if p.Latency > 0 && p.BaseModel == name {
				s := sample(p.Base)
				s.Millis, s.Weight = float64(p.Latency)/float64(time.Millisecond), p.Weight
				m.samples = append(m.samples, s)
			}
		}
		if len(m.samples) > 0 {
			m.LatencyModel, m.warnings = forecast.FitLatency(m.samples)
			l.models[name] = m
		}
	}
	return l
}

func sample(u token.Usage) forecast.LatencySample {
	return forecast.LatencySample{Uncached: float64(u.Input + u.CacheWrite5m + u.CacheWrite1h), Cached: float64(u.CacheRead), Output: float64(u.Output)}
}

// calls reports how many recorded latencies of a model there are.
func (m *timed) calls() int {
	if m == nil {
		return 0
	}
	return m.Calls()
}

func (m *timed) halfWidth(predict func(forecast.LatencyModel) float64) float64 {
	if m.off == nil {
		off := m.ErrorOf(m.samples)
		m.off = &off
	}
	return m.off.HalfWidth(predict)
}

// timing is a call, or the mean of several, whose latency is to be taken to head.
type timing struct {
	from, to   string // models
	base, head forecast.LatencySample
	millis     float64      // as recorded
	doubt      replay.Doubt // of head's counts
}

// moved is a call's latency on head. Where head's model is not known well enough, missing names it and there is none.
type moved struct {
	millis, doubt float64
	missing       string
}

// move gives a call's latency on head. On the same model it is what was recorded, times what the model predicts for head
// over base. On another it is as slow among the calls of that model as it was among its own. Its doubt is the half-width
// of what the fits and the counts leave open about that; a call that does not change has none.
func (l *latencies) move(c timing) moved {
	if c.from == c.to && c.base == c.head {
		return moved{millis: c.millis}
	}
	was, next := l.models[c.from], l.models[c.to]
	switch {
	case c.from != c.to && next.calls() < minCarried:
		return moved{missing: c.to}
	case was == nil || c.from != c.to && was.calls() < minCarried:
		return moved{missing: c.from}
	case c.from == c.to && was.Constant():
		return moved{millis: c.millis}
	case c.from == c.to:
		ratio := func(m forecast.LatencyModel) float64 { return c.millis * m.Ratio(c.base, c.head) }
		out := moved{millis: ratio(was.LatencyModel), doubt: was.halfWidth(ratio)}
		return out.counted(c, was)
	}
	c.base.Millis = c.millis
	out := moved{millis: was.Carry(next.LatencyModel, c.base, c.head)}
	out.doubt = math.Hypot(
		was.halfWidth(func(m forecast.LatencyModel) float64 { return m.Carry(next.LatencyModel, c.base, c.head) }),
		next.halfWidth(func(m forecast.LatencyModel) float64 { return was.Carry(m, c.base, c.head) }))
	return out.counted(c, next)
}

// counted adds what it would take if the counts of head were short by all their error.
func (m moved) counted(c timing, on *timed) moved {
	more := c.head
	more.Uncached += float64(c.doubt.Prompt) / 1000
	more.Output += float64(c.doubt.Output) / 1000
	m.doubt = math.Hypot(m.doubt, m.millis*(on.Ratio(c.head, more)-1))
	return m
}

func (l *latencies) point(p *replay.Point) moved {
	m, ok := l.moved[p]
	if !ok {
		m = l.move(timing{p.BaseModel, p.HeadModel, sample(p.Base), sample(p.Head), float64(p.Latency) / float64(time.Millisecond), p.Doubt})
		l.moved[p] = m
	}
	return m
}

// method says how the latency of a model was learnt; "" where none was recorded.
func (l *latencies) method(model string) string {
	if m := l.models[model]; m != nil {
		return m.Method()
	}
	return ""
}

// missing says which models the latency of a group's calls on head is not known of, and what share of the calls whose latency
// is recorded that is; nothing where no latency is recorded. The list is by name.
func (l *latencies) missing(g *replay.Group) []budget.NoLatency {
	all, weight := 0.0, map[string]float64{}
	for _, p := range g.Points() {
		if p.Latency > 0 && p.BaseModel != "" && p.HeadModel != "" {
			all += p.Weight
			if m := l.point(p); m.missing != "" {
				weight[m.missing] += p.Weight
			}
		}
	}
	var out []budget.NoLatency
	for _, name := range slices.Sorted(maps.Keys(weight)) {
		out = append(out, budget.NoLatency{Model: name, Share: weight[name] / all, Recorded: l.models[name].calls(), Needed: minCarried})
	}
	return out
}

// callLatencies gives the latencies of a group's calls on one side; none where nothing was recorded, or where head's
// latency of some call is not known.
func (l *latencies) callLatencies(g *replay.Group, onBase bool) []value {
	var out []value
	for _, p := range g.Points() {
		switch {
		case p.Latency <= 0:
		case onBase && p.BaseModel != "":
			out = append(out, value{float64(p.Latency) / float64(time.Millisecond), 0, p.Weight})
		case !onBase && p.HeadModel != "" && p.BaseModel == "":
			return nil // seen from its new model alone, the call has no latency of its own
		case !onBase && p.HeadModel != "":
			m := l.point(p)
			if m.missing != "" {
				return nil
			}
			out = append(out, value{m.millis, m.doubt, p.Weight})
		}
	}
	return out
}

// sessionLatencies gives how long the calls of each session took together; none where nothing was recorded, or where head's
// latency of some call is not known.
func (l *latencies) sessionLatencies(g *replay.Group, onBase bool) []value {
	var out []value
	sessions := g.Sessions()
	for i, parts := range g.SessionParts() {
		recorded := float64(sessions[i].Latency) / float64(time.Millisecond)
		switch sum := (value{recorded, 0, sessions[i].Weight}); {
		case recorded <= 0:
		case onBase:
			out = append(out, sum)
		default:
			sum.v = 0
			for _, part := range parts {
				m := l.part(part)
				if m.missing != "" {
					return nil
				}
				sum.v, sum.doubt = sum.v+m.millis, sum.doubt+m.doubt
			}
			out = append(out, sum)
		}
	}
	return out
}

// part moves a part of a session as so many calls alike.
func (l *latencies) part(p replay.SessionPart) moved {
	if p.Latency <= 0 || p.Calls <= 0 {
		return moved{}
	}
	n := float64(p.Calls)
	m := l.move(timing{from: p.BaseModel, to: p.HeadModel, base: sample(p.Base).Over(n), head: sample(p.Head).Over(n),
		millis: float64(p.Latency) / float64(time.Millisecond) / n, doubt: replay.Doubt{Prompt: p.Doubt.Prompt / p.Calls, Output: p.Doubt.Output / p.Calls}})
	m.millis, m.doubt = n*m.millis, n*m.doubt
	return m
}
