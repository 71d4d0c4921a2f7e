package gate

import (
	"math"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/stats"
	"github.com/tokengate/tokengate/internal/token"
)

// values are what single calls, or single sessions, came to by metric, each with how far it may be off by counting.
type values map[string][]value

type value struct{ v, doubt, weight float64 }

// add books one call's or session's usage and cost, and how many of all traffic it stands for.
func (vs values) add(u token.Usage, cost int64, d replay.Doubt, weight float64) {
	put := func(metric string, v, doubt float64) { vs[metric] = append(vs[metric], value{v, doubt, weight}) }
	prompt, output := float64(d.Prompt)/1000, float64(d.Output)/1000
	put(budget.Cost, float64(cost)*1e-12, float64(d.Cost)*1e-12)
	put(budget.Tokens, float64(u.Total()), prompt+output)
	put(budget.InputTokens, float64(u.Prompt()), prompt)
	put(budget.OutputTokens, float64(u.Output), output)
}

func (vs values) millis(ms, weight float64) {
	vs[budget.Latency] = append(vs[budget.Latency], value{ms, 0, weight})
}

// callValues takes the calls of one side. Latency is head's own prediction; see latencies.
func (m *measurements) callValues(g *replay.Group, onBase bool) values {
	vs := values{}
	for _, p := range g.Points() {
		u, c, model, doubt := p.Head, p.HeadCost, p.HeadModel, p.Doubt
		if onBase {
			u, c, model, doubt = p.Base, p.BaseCost, p.BaseModel, replay.Doubt{}
		}
		if model == "" {
			continue // the call belongs to this scope on the other side only
		}
		vs.add(u, c, doubt, p.Weight)
	}
	for _, ms := range m.latency.values(g, onBase) {
		vs.millis(ms.Value, ms.Weight)
	}
	return vs
}

func sessionValues(g *replay.Group, onBase bool) values {
	vs := values{}
	for _, s := range g.Sessions() {
		u, c, doubt := s.Head, s.HeadCost, s.Doubt
		if onBase {
			u, c, doubt = s.Base, s.BaseCost, replay.Doubt{}
		}
		vs.add(u, c, doubt, s.Weight)
		if s.Latency > 0 {
			vs.millis(float64(s.Latency)/float64(time.Millisecond), s.Weight)
		}
	}
	return vs
}

// quantiles gives one quantile of every metric.
func (vs values) quantiles(p float64) map[string]float64 {
	out := map[string]float64{}
	for metric, list := range vs {
		out[metric] = quantile(list, p, 0)
	}
	return out
}

// doubts gives how far a quantile may be off: all counts are taken to be wrong the same way, once up and once down, and
// the larger move of the quantile is the half-width.
func (vs values) doubts(p float64) map[string]float64 {
	out := map[string]float64{}
	for metric, list := range vs {
		if slices.ContainsFunc(list, func(v value) bool { return v.doubt > 0 }) {
			at := quantile(list, p, 0)
			out[metric] = math.Max(quantile(list, p, 1)-at, at-quantile(list, p, -1))
		}
	}
	return out
}

// quantile takes every value at an end of its doubt: 1 up, −1 down, 0 as it was counted.
func quantile(list []value, p, end float64) float64 {
	sample := make([]stats.Weighted, len(list))
	for i, v := range list {
		sample[i] = stats.Weighted{Value: v.v + end*v.doubt, Weight: v.weight}
	}
	return stats.WeightedQuantile(sample, p)
}
