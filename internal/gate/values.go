package gate

import (
	"math"
	"slices"

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

// callValues takes the calls of one side. Latency on head is predicted; see latencies.
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
	if took := m.latency.callLatencies(g, onBase); took != nil {
		vs[budget.Latency] = took
	}
	return vs
}

func (m *measurements) sessionValues(g *replay.Group, onBase bool) values {
	vs := values{}
	for _, s := range g.Sessions() {
		u, c, doubt := s.Head, s.HeadCost, s.Doubt
		if onBase {
			u, c, doubt = s.Base, s.BaseCost, replay.Doubt{}
		}
		vs.add(u, c, doubt, s.Weight)
	}
	if took := m.latency.sessionLatencies(g, onBase); took != nil {
		vs[budget.Latency] = took
	}
	return vs
}

// shownAt are the quantiles that a report gives of single calls and sessions, ascending.
var shownAt = [...]float64{.50, .75, .90, .95}

// quantiles gives every metric at shownAt.
type quantiles map[string][]float64

func (vs values) quantiles() quantiles {
	out := quantiles{}
	for metric, list := range vs {
		out[metric] = stats.WeightedQuantiles(sampleOf(list, 0), shownAt[:]...)
	}
	return out
}

// at gives the i-th of shownAt, by metric.
func (q quantiles) at(i int) map[string]float64 {
	out := map[string]float64{}
	for metric, list := range q {
		out[metric] = list[i]
	}
	return out
}

// doubts gives how far a quantile may be off: all counts are taken to be wrong the same way, once up and once down, and
// the larger move of the quantile is the half-width.
func (vs values) doubts(p float64) map[string]float64 {
	out := map[string]float64{}
	for metric, list := range vs {
		if slices.ContainsFunc(list, func(v value) bool { return v.doubt > 0 }) {
			out[metric] = doubtOf(list, p)
		}
	}
	return out
}

func doubtOf(list []value, p float64) float64 {
	at := quantile(list, p, 0)
	return math.Max(quantile(list, p, 1)-at, at-quantile(list, p, -1))
}

// quantile takes every value at an end of its doubt: 1 up, −1 down, 0 as it was counted.
func quantile(list []value, p, end float64) float64 {
	return stats.WeightedQuantile(sampleOf(list, end), p)
}

func sampleOf(list []value, end float64) []stats.Weighted {
	sample := make([]stats.Weighted, len(list))
	for i, v := range list {
		sample[i] = stats.Weighted{Value: v.v + end*v.doubt, Weight: v.weight}
	}
	return sample
}

// latencyRange is a 95 % interval of a quantile of the calls' latency: that of the sample, whose calls are in the order of
// time, and the doubt of what moved them, in quadrature. nil where there is no latency, or where the doubt has no bound.
func (vs values) latencyRange(p float64) *budget.Range {
	list := vs[budget.Latency]
	if len(list) == 0 {
		return nil
	}
	sample := sampleOf(list, 0)
	at, doubt := stats.WeightedQuantile(sample, p), 0.0
	if slices.ContainsFunc(list, func(v value) bool { return v.doubt != 0 }) {
		doubt = doubtOf(list, p)
	}
	low, high, achieved := stats.QuantileInterval(sample, p, 0.95)
	r := &budget.Range{Low: max(at-math.Hypot(at-low, doubt), 0), High: at + math.Hypot(high-at, doubt), Confidence: achieved}
	if math.IsInf(r.High, 0) || math.IsNaN(r.High) {
		return nil
	}
	return r
}
