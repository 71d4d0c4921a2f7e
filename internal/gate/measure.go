package gate

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/stats"
)

// measurements is what the replay says about every scope, with what it rests on.
type measurements struct {
	scopes  map[budget.Scope]budget.Measured
	groups  map[budget.Scope]*replay.Group
	totals  map[replay.Dim][2]map[string]*replay.Totals // base, head
	latency *latencies
	first   int64 // first whole day
	days    int   // whole days
	dropped []time.Time
	period  int // days
	notes   []forecast.Warning
}

// seed makes the bootstrap repeatable; any fixed number does.
const seed = 20260101

func measure(in Input, policy *side, res *replay.Result) *measurements {
	m := &measurements{scopes: map[budget.Scope]budget.Measured{}, groups: map[budget.Scope]*replay.Group{}, totals: map[replay.Dim][2]map[string]*replay.Totals{},
		period: policy.policy.PeriodOr().Days, latency: fitLatencies(res)}
	for _, d := range []replay.Dim{replay.ByProject, replay.ByTrack, replay.ByFeature, replay.ByModel, replay.ByTemplate} {
		pair := [2]map[string]*replay.Totals{{}, res.Head.Totals(d)}
		if in.Base != nil {
			pair[0] = res.Base.Totals(d)
		}
		m.totals[d] = pair
	}
	m.window(m.totals[replay.ByProject][1][""])
	for d := range m.totals {
		for _, name := range res.Names(d) {
			scope := budget.Scope{Kind: string(d), Name: name}
			m.groups[scope] = res.Group(d, name)
			m.scopes[scope] = m.scope(res, d, name)
		}
	}
	return m
}

// window finds the whole days of the recording: they are the same for every scope, so that a track that was silent on
// one of them counts a zero.
func (m *measurements) window(project *replay.Totals) {
	if project == nil {
		return
	}
	var days []forecast.DayTotal
	for n, d := range project.Days {
		days = append(days, forecast.DayTotal{Day: time.Unix(n*86400, 0).UTC(), Value: d.Tokens, First: d.First, Last: d.Last})
	}
	values, dropped := forecast.Days(days)
	m.days, m.dropped = len(values), dropped
	m.first = math.MaxInt64
	for n := range project.Days {
		m.first = min(m.first, n)
	}
	if len(dropped) > 0 && dropped[0].Unix()/86400 == m.first {
		m.first++
	}
}

func (m *measurements) series(t *replay.Totals, pick func(*replay.Day) float64) []float64 {
	out := make([]float64, m.days)
	if t == nil {
		return out
	}
	for n, d := range t.Days {
		if i := n - m.first; i >= 0 && i < int64(m.days) {
			out[i] = pick(d)
		}
	}
	return out
}

func total(values []float64) (sum float64) {
	for _, v := range values {
		sum += v
	}
	return sum
}

// unmapped measures the calls without a track against the whole of head, both scaled up to all traffic.
func (m *measurements) unmapped() budget.Unmapped {
	all, none := m.totals[replay.ByProject][1][""], m.totals[replay.ByTrack][1][""]
	if all == nil || none == nil {
		return budget.Unmapped{}
	}
	u := budget.Unmapped{Calls: none.Calls, Of: "spend", Share: ratio(sumOf(none, cost), sumOf(all, cost))}
	if sumOf(all, cost) == 0 {
		u.Of, u.Share = "tokens", ratio(sumOf(none, tokens), sumOf(all, tokens))
	}
	return u
}

// sumOf adds up one number of every day, in the order of the days: floats depend on it.
func sumOf(t *replay.Totals, pick func(*replay.Day) float64) (sum float64) {
	for _, n := range slices.Sorted(maps.Keys(t.Days)) {
		sum += pick(t.Days[n])
	}
	return sum
}

func cost(d *replay.Day) float64   { return d.Cost }
func tokens(d *replay.Day) float64 { return d.Tokens }

func (m *measurements) scope(res *replay.Result, d replay.Dim, name string) budget.Measured {
	g := res.Group(d, name)
	base, head := m.totals[d][0][name], m.totals[d][1][name]
	out := budget.Measured{Calls: g.Calls, Means: g.Means, Days: m.days, NeedDays: forecast.MinDays}
	out.CountingError, _ = g.Counting()
	level, moved := g.Doubt()
	out.Head, out.Short = m.numbers(g, head, base, false, level)
	if res.Base != nil {
		out.Base, _ = m.numbers(g, base, base, true, replay.Shares{})
		costs, toks := paired(g.CostPairs(), moved.Cost), paired(g.TokenPairs(), moved.Tokens)
		out.CostEffect, out.TokensEffect = &costs, &toks
		out.EffectDoubt = map[string]float64{budget.Cost: moved.Cost, budget.Tokens: moved.Tokens}
	}
	return out
}

// paired is the effect of the change with its interval. doubt is what counting adds to it, as a share of base; forecast
// takes it as a share of the effect itself. An effect of exactly nothing may still be in doubt: two tokenizers whose
// ratio is taken to be 1.
func paired(pairs []stats.Pair, doubt float64) forecast.Effect {
	e := forecast.PairedEffect(pairs, 0, seed)
	switch {
	case doubt == 0 || e.Confidence == 0:
	case e.Ratio != 0:
		e = forecast.PairedEffect(pairs, doubt/math.Abs(e.Ratio), seed)
	default:
		e.Low, e.High = max(-doubt, -1), doubt
	}
	return e
}

// numbers measures one side of a scope. The volume of a period is forecast from base's days where there is a base, and
// head's is that times the recorded ratio: the two differ by the change alone.
func (m *measurements) numbers(g *replay.Group, side, base *replay.Totals, onBase bool, doubt replay.Shares) (*budget.Numbers, error) {
	if side == nil {
		return nil, nil
	}
	n := &budget.Numbers{PeriodDoubt: map[string]float64{budget.Cost: doubt.Cost, budget.Tokens: doubt.Tokens}}
	calls, sessions := m.callValues(g, onBase), sessionValues(g, onBase)
	n.CallMedian, n.PerCall, n.CallDoubt = calls.quantiles(0.50), calls.quantiles(0.95), calls.doubts(0.95)
	n.PerSession, n.SessionDoubt = sessions.quantiles(0.95), sessions.doubts(0.95)
	var err error
	n.Cost, err = m.volume(g.CostPairs(), side, base, cost, onBase, doubt.Cost)
	if err == nil {
		n.Tokens, err = m.volume(g.TokenPairs(), side, base, tokens, onBase, doubt.Tokens)
	}
	n.Forecast = err == nil
	return n, err
}

func (m *measurements) volume(pairs []stats.Pair, side, base *replay.Totals, pick func(*replay.Day) float64, onBase bool, doubt float64) (forecast.Dist, error) {
	own, from := m.series(side, pick), m.series(side, pick)
	if base != nil {
		from = m.series(base, pick)
	}
	now, was := total(own), total(from)
	if was == 0 {
		from, was = own, now
	}
	u := forecast.Uncertainty{Sampling: forecast.SamplingError(clusterSums(pairs, onBase), m.days), Counting: doubt / 1.96}
	if now == 0 && m.days >= forecast.MinDays {
		return forecast.NewDist([7]float64{}) // calls were made and cost nothing: a free model, or no tokens
	}
	d, notes, err := forecast.Volume(from, m.period, u)
	m.notes = append(m.notes, notes...)
	if err != nil || was == 0 {
		return d, err
	}
	return d.Scale(now / was), nil
}

func clusterSums(pairs []stats.Pair, onBase bool) []float64 {
	out := make([]float64, 0, len(pairs))
	for _, p := range pairs {
		if onBase {
			out = append(out, p.Base)
		} else {
			out = append(out, p.Head)
		}
	}
	return out
}
