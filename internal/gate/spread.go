package gate

import (
	"math"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/report"
)

// spread gives the quantiles of single calls, or of single sessions; nil where there are none.
func (q quantiles) spread() *report.Spread {
	costs, toks := q[budget.Cost], q[budget.Tokens]
	if costs == nil {
		return nil
	}
	s := &report.Spread{
		Cost:   report.CostDist{P50: cents(costs[0]), P75: cents(costs[1]), P90: cents(costs[2]), P95: cents(costs[3])},
		Tokens: report.TokenDist{P50: whole(toks[0]), P75: whole(toks[1]), P90: whole(toks[2]), P95: whole(toks[3])},
	}
	if ms := q[budget.Latency]; ms != nil {
		s.Latency = &report.MillisDist{P50: whole(ms[0]), P75: whole(ms[1]), P90: whole(ms[2]), P95: whole(ms[3])}
	}
	return s
}

func whole(v float64) int64 { return int64(math.Round(v)) }
