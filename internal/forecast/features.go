package forecast

import (
	"math"

	"github.com/tokengate/tokengate/internal/stats"
)

// The history that the prior was measured on, in days.
const (
	shortestMeasured = 7
	longestMeasured  = 28
)

// history is a daily series cut to what the prior was measured on, with the level everything is relative to.
type history struct {
	days []float64 // oldest first, the last longestMeasured at most
	mean float64   // of days, positive
	cv   float64   // sample standard deviation ÷ mean

	weekdays [7]float64 // mean of the days that lie whole weeks apart, by place modulo 7; valid from two weeks on
	unrest   float64    // what varies beside the weekly rhythm; see rhythm
}

// newHistory keeps the last 28 days: on a longer history the coefficients would be extrapolated, and what was spent a
// quarter ago says little about the level now.
func newHistory(daily []float64) history {
	days := daily[max(0, len(daily)-longestMeasured):]
	mean := stats.Mean(days)
	h := history{days: days, mean: mean, cv: stats.StdDev(days) / mean}
	h.rhythm()
	return h
}

// features are the regressors of the prior. e(a) = ln(a ÷ mean + .05); a day is active when its value is positive.
//
//	 0  1
//	 1  ln(cv + .1)
//	 2  max(ln(cv + .1) + 1, 0)
//	 3  e(exponentially weighted mean, half-life 3 days)
//	 4  e(exponentially weighted mean, half-life 7 days)
//	 5  e(mean of the last 7 days), 0 for a history of up to 7 days
//	 6  share of active days in the last 7, less .7
//	 7  ln(cv of the active days + .3), with a cv of 1 for fewer than 3 of them
//	 8  log2(days ÷ 14)
//	 9  e(last day)
//	10  1 if fewer than half of the days are active, else 0
func (h history) features() [featureCount]float64 {
	n := len(h.days)
	week := h.days[max(0, n-7):]
	active := activeDays(h.days)
	cv := math.Log(h.cv + 0.1)
	x := [featureCount]float64{
		0: 1,
		1: cv,
		2: max(cv+1, 0),
		3: h.relative(decayed(h.days, 3)),
		4: h.relative(decayed(h.days, 7)),
		6: float64(len(activeDays(week)))/float64(len(week)) - 0.7,
		7: math.Log(activeCV(active) + 0.3),
		8: math.Log2(float64(n) / 14),
		9: h.relative(h.days[n-1]),
	}
	if n > 7 {
		x[5] = h.relative(stats.Mean(week))
	}
	if 2*len(active) < n {
		x[10] = 1
	}
	return x
}

func (h history) relative(a float64) float64 { return math.Log(a/h.mean + 0.05) }

func activeDays(days []float64) []float64 {
	var active []float64
	for _, v := range days {
		if v > 0 {
			active = append(active, v)
		}
	}
	return active
}

func activeCV(active []float64) float64 {
	if len(active) < 3 {
		return 1
	}
	return stats.StdDev(active) / stats.Mean(active)
}

// decayed is the mean with weights that halve every halfLife days back from the last.
func decayed(days []float64, halfLife float64) float64 {
	sum, weights := 0.0, 0.0
	for i, v := range days {
		w := math.Exp2(-float64(len(days)-1-i) / halfLife)
		sum += w * v
		weights += w
	}
	return sum / weights
}
