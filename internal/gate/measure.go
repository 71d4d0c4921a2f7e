package gate

import (
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

func cost(d *replay.Day) float64   { return d.Cost }
func tokens(d *replay.Day) float64 { return d.Tokens }

func (m *measurements) scope(res *replay.Result, d replay.Dim, name string) budget.Measured {
	g := res.Group(d, name)
	base, head := m.totals[d][0][name], m.totals[d][1][name]
	out := budget.Measured{Calls: g.Calls, Days: m.days, NeedDays: forecast.MinDays, CountingError: res.CountingError}
	out.Head, out.Short = m.numbers(g, head, base, false, res.CountingError)
	if res.Base != nil {
		out.Base, _ = m.numbers(g, base, base, true, 0)
		costs := forecast.PairedEffect(g.CostPairs(), res.CountingError, seed)
		toks := forecast.PairedEffect(g.TokenPairs(), res.CountingError, seed)
		out.CostEffect, out.TokensEffect = &costs, &toks
	}
	return out
}

// numbers measures one side of a scope. The volume of a period is forecast from base's days where there is a base, and
// head's is that times the recorded ratio: the two differ by the change alone.
func (m *measurements) numbers(g *replay.Group, side, base *replay.Totals, onBase bool, counting float64) (*budget.Numbers, error) {
	if side == nil {
		return nil, nil
	}
	n := &budget.Numbers{PerSession: perSession(g, onBase)}
	n.CallMedian, n.PerCall = m.perCall(g, onBase)
	var err error
	n.Cost, err = m.volume(g.CostPairs(), side, base, cost, onBase, counting)
	if err == nil {
		n.Tokens, err = m.volume(g.TokenPairs(), side, base, tokens, onBase, counting)
	}
	n.Forecast = err == nil
	return n, err
}

func (m *measurements) volume(pairs []stats.Pair, side, base *replay.Totals, pick func(*replay.Day) float64, onBase bool, counting float64) (forecast.Dist, error) {
	own, from := m.series(side, pick), m.series(side, pick)
	if base != nil {
		from = m.series(base, pick)
	}
	now, was := total(own), total(from)
	if was == 0 {
		from, was = own, now
	}
	u := forecast.Uncertainty{Sampling: forecast.SamplingError(clusterSums(pairs, onBase), m.days)}
	if now > 0 {
		u.Counting = counting / 1.96 * math.Abs(now-was) / now
	}
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

// perCall gives the P50 and P95 of every metric of single calls. Latency is head's own prediction; see latencies.
func (m *measurements) perCall(g *replay.Group, onBase bool) (median, high map[string]float64) {
	values := map[string][]float64{}
	for _, p := range g.Points() {
		u, c, model := p.Head, p.HeadCost, p.HeadModel
		if onBase {
			u, c, model = p.Base, p.BaseCost, p.BaseModel
		}
		if model == "" {
			continue // the call belongs to this scope on the other side only
		}
		values[budget.Cost] = append(values[budget.Cost], float64(c)*1e-12)
		values[budget.Tokens] = append(values[budget.Tokens], float64(u.Total()))
		values[budget.InputTokens] = append(values[budget.InputTokens], float64(u.Prompt()))
		values[budget.OutputTokens] = append(values[budget.OutputTokens], float64(u.Output))
	}
	if ms := m.latency.values(g, onBase); len(ms) > 0 {
		values[budget.Latency] = ms
	}
	return quantiles(values, 0.50), quantiles(values, 0.95)
}

func perSession(g *replay.Group, onBase bool) map[string]float64 {
	values := map[string][]float64{}
	for _, s := range g.Sessions() {
		u, c := s.Head, s.HeadCost
		if onBase {
			u, c = s.Base, s.BaseCost
		}
		values[budget.Cost] = append(values[budget.Cost], float64(c)*1e-12)
		values[budget.Tokens] = append(values[budget.Tokens], float64(u.Total()))
		values[budget.InputTokens] = append(values[budget.InputTokens], float64(u.Prompt()))
		values[budget.OutputTokens] = append(values[budget.OutputTokens], float64(u.Output))
		if s.Latency > 0 {
			values[budget.Latency] = append(values[budget.Latency], float64(s.Latency)/1e6)
		}
	}
	return quantiles(values, 0.95)
}

func quantiles(values map[string][]float64, p float64) map[string]float64 {
	out := map[string]float64{}
	for metric, v := range values {
		slices.Sort(v)
		out[metric] = stats.Quantile(v, p)
	}
	return out
}
