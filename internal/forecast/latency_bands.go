package forecast

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"github.com/tokengate/tokengate/internal/stats"
)

const (
	bandCalls = 100  // calls that a band of residual ratios holds at least: a P95 of fewer is one or two calls
	maxBands  = 8    // more were no better on later calls
	halfLife  = 0.25 // of the recording, after which a call's ratio weighs half, where age counts
)

// latencyGrid is the quantiles of a sample at 0, 1 %, … 100 %.
type latencyGrid [101]float64

var wholePercents = func() []float64 {
	out := make([]float64, len(latencyGrid{}))
	for i := range out {
		out[i] = float64(i) / float64(len(out)-1)
	}
	return out
}()

func gridOf(sample []stats.Weighted) latencyGrid {
	return latencyGrid(stats.WeightedQuantiles(sample, wholePercents...))
}

func (g *latencyGrid) at(p float64) float64 { return stats.Quantile(g[:], p) }

// latencyBand holds how long calls take that are predicted alike.
type latencyBand struct {
	centre float64     // median prediction
	took   latencyGrid // centre × the residual ratios (latency ÷ prediction) of its calls
}

// curve is the p-quantile at a prediction: that of the bands at their centres, straight in between, in proportion to the
// prediction outside.
func (m LatencyModel) curve(predicted, p float64) float64 {
	i := sort.Search(len(m.bands), func(i int) bool { return predicted <= m.bands[i].centre })
	at, value := 0.0, 0.0
	if i > 0 {
		at, value = m.bands[i-1].centre, m.bands[i-1].took.at(p)
	}
	if i == len(m.bands) {
		return value * predicted / at
	}
	next := &m.bands[i]
	return value + (next.took.at(p)-value)*(predicted-at)/(next.centre-at)
}

// residual is how a call's latency stands to its prediction.
type residual struct{ predicted, ratio, weight float64 }

// residuals groups the ratios latency ÷ prediction by prediction, into bands of equally many calls.
func (m LatencyModel) residuals(samples []LatencySample) []latencyBand {
	calls := make([]residual, len(samples))
	for i, s := range samples {
		predicted, weight := max(m.line.at(s), m.fastest), s.weight()
		if m.recent {
			weight *= math.Exp2(-float64(len(samples)-1-i) / (halfLife * float64(len(samples))))
		}
		calls[i] = residual{predicted, s.Millis / predicted, weight}
	}
	slices.SortStableFunc(calls, func(a, b residual) int { return cmp.Compare(a.predicted, b.predicted) })
	var bands []latencyBand
	most, from := min(max(len(calls)/bandCalls, 1), maxBands), 0
	for i := range most {
		to := max((i+1)*len(calls)/most, from)
		for 0 < to && to < len(calls) && calls[to].predicted == calls[to-1].predicted {
			to++ // calls predicted the same stay together, or the order of time would tell them apart
		}
		if from < to {
			bands = append(bands, bandOf(calls[from:to]))
		}
		from = to
	}
	return bands
}

// bandOf sums up calls in the order of their predictions.
func bandOf(calls []residual) latencyBand {
	ratios := make([]stats.Weighted, len(calls))
	for i, c := range calls {
		ratios[i] = stats.Weighted{Value: c.ratio, Weight: c.weight}
	}
	b := latencyBand{calls[len(calls)/2].predicted, gridOf(ratios)}
	for p := range b.took {
		b.took[p] *= b.centre
	}
	return b
}
