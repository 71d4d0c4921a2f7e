package cli

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/tokengate/tokengate/internal/forecast"
)

// backtestTest is one series at one horizon, and what came of it.
type backtestTest struct {
	of      namedSeries
	horizon int

	result backtestResult
	score  *forecast.Score
	why    string // it could not be tested
	err    error
}

// tests lists what is to be tested, by metric and horizon.
func (s *backtestSeries) tests(horizons []backtestHorizon) (out []backtestTest) {
	for _, metric := range []string{metricCost, metricTokens, metricValue} {
		for _, h := range horizons {
			for _, n := range s.series {
				if n.metric == metric {
					out = append(out, backtestTest{of: n, horizon: h.Days})
				}
			}
		}
	}
	return out
}

func (t *backtestTest) run(s *backtestSeries, minDays int) {
	t.result, t.score, t.why, t.err = s.result(t.of, t.horizon, minDays)
}

// inParallel does n things, as many at a time as there are processors.
func inParallel(n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}
