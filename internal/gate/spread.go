package gate

import (
	"cmp"
	"math"
	"slices"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/stats"
)

// spread gives the quantiles of single calls, or of single sessions; nil where there are none.
func (vs values) spread() *report.Spread {
	if len(vs[budget.Cost]) == 0 {
		return nil
	}
	costs, toks := quantilesOf(vs[budget.Cost]), quantilesOf(vs[budget.Tokens])
	s := &report.Spread{
		Cost:   report.CostDist{P50: cents(costs[0]), P75: cents(costs[1]), P90: cents(costs[2]), P95: cents(costs[3])},
		Tokens: report.TokenDist{P50: whole(toks[0]), P75: whole(toks[1]), P90: whole(toks[2]), P95: whole(toks[3])},
	}
	if list := vs[budget.Latency]; len(list) > 0 {
		ms := quantilesOf(list)
		s.Latency = &report.MillisDist{P50: whole(ms[0]), P75: whole(ms[1]), P90: whole(ms[2]), P95: whole(ms[3])}
	}
	return s
}

// quantilesOf gives P50, P75, P90 and P95, each as quantile does. The sample is sorted once: sorting what is sorted costs
// next to nothing.
func quantilesOf(list []value) (out [4]float64) {
	sample := make([]stats.Weighted, len(list))
	for i, v := range list {
		sample[i] = stats.Weighted{Value: v.v, Weight: v.weight}
	}
	slices.SortFunc(sample, func(a, b stats.Weighted) int {
		return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Weight, b.Weight))
	})
	for i, p := range []float64{.50, .75, .90, .95} {
		out[i] = stats.WeightedQuantile(sample, p)
	}
	return out
}

func whole(v float64) int64 { return int64(math.Round(v)) }
