package forecast

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/tokengate/tokengate/internal/stats"
)

// levels are the probabilities a distribution is given at, and scores the same as standard normal quantiles.
var (
	levels = [7]float64{0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95}
	scores = normalScores()
)

const median = 3 // index of 0.50 in levels

func normalScores() (z [7]float64) {
	for i, p := range levels {
		z[i] = stats.NormalQuantile(p)
	}
	return z
}

// Levels are the probabilities that NewDist takes quantiles at, ascending: .05 .10 .25 .50 .75 .90 .95.
func Levels() []float64 { return slices.Clone(levels[:]) }

// Dist is the distribution of an amount that cannot be negative, given by its quantiles at Levels. Between two levels the
// logarithm of the amount is linear in the normal score of the probability, so that a lognormal distribution is kept
// exactly; beyond the outer levels it goes on with the steeper of the last slope and the slope from the median, so that
// a tail is never lighter than the body. The zero value is the certain amount 0.
type Dist struct {
	at [7]float64
}

// NewDist makes a distribution of its quantiles at Levels. They have to be finite, not negative and in ascending order;
// equal quantiles are an atom.
func NewDist(quantiles [7]float64) (Dist, error) {
	for i, q := range quantiles {
		if !(q >= 0) || math.IsInf(q, 1) {
			return Dist{}, fmt.Errorf("quantile p%g is %g, not a finite amount", 100*levels[i], q)
		}
		if i > 0 && q < quantiles[i-1] {
			return Dist{}, fmt.Errorf("quantile p%g (%g) is below p%g (%g)", 100*levels[i], q, 100*levels[i-1], quantiles[i-1])
		}
	}
	return Dist{at: quantiles}, nil
}

// Quantile is the amount that is not exceeded with probability p. It never falls as p rises. p = 0 gives 0 and p = 1
// +Inf, unless the amount is certain; a p outside [0, 1] or NaN gives NaN.
func (d Dist) Quantile(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	if i := slices.Index(levels[:], p); i >= 0 {
		return d.at[i] // the given numbers come back unrounded
	}
	z := stats.NormalQuantile(p)
	i := sort.SearchFloat64s(scores[:], z) // scores[i-1] < z ≤ scores[i]
	switch {
	case i == 0:
		return outside(d.at[0], d.slopeBelow(), z-scores[0])
	case i == len(scores):
		return outside(d.at[i-1], d.slopeAbove(), z-scores[i-1])
	}
	return between(d.at[i-1], d.at[i], (z-scores[i-1])/(scores[i]-scores[i-1]))
}

// Exceed is the probability that the amount is greater than x. It is the inverse of Quantile, Exceed(Quantile(p)) =
// 1 − p, wherever the quantiles are not flat; at an atom it is the probability above the atom. NaN gives NaN.
func (d Dist) Exceed(x float64) float64 {
	switch {
	case math.IsNaN(x):
		return math.NaN()
	case x < 0:
		return 1
	case math.IsInf(x, 1):
		return 0
	}
	i := sort.Search(len(d.at), func(i int) bool { return d.at[i] > x }) // at[i-1] ≤ x < at[i]
	switch {
	case i == 0:
		return stats.NormalTail(beyond(x, d.at[0], d.slopeBelow(), scores[0]))
	case i == len(d.at):
		return stats.NormalTail(beyond(x, d.at[i-1], d.slopeAbove(), scores[i-1]))
	}
	share := shareOf(x, d.at[i-1], d.at[i])
	return stats.NormalTail(scores[i-1] + share*(scores[i]-scores[i-1]))
}

// Scale is the distribution of k times the amount. k has to be finite and not negative, and the product finite; it
// panics otherwise, because a distribution of NaN would pass every limit.
func (d Dist) Scale(k float64) Dist {
	var out Dist
	for i, q := range d.at {
		out.at[i] = k * q
	}
	if _, err := NewDist(out.at); err != nil || k < 0 {
		panic(fmt.Sprintf("forecast: scale by %g: %v", k, err))
	}
	return out
}

// slopeAbove is the growth of ln amount per unit of normal score beyond the last level; 0 for a certain amount.
func (d Dist) slopeAbove() float64 {
	last := len(levels) - 1
	return max(d.slope(last-1, last), d.slope(median, last))
}

func (d Dist) slopeBelow() float64 { return max(d.slope(0, 1), d.slope(0, median)) }

func (d Dist) slope(i, j int) float64 {
	if d.at[i] <= 0 {
		return 0 // no logarithm; an atom at 0 has no tail below, and a tail above is taken from the other slope
	}
	return math.Log(d.at[j]/d.at[i]) / (scores[j] - scores[i])
}

// outside continues ln amount linearly, dz normal scores away from the amount v.
func outside(v, slope, dz float64) float64 {
	if slope == 0 || v == 0 {
		return v
	}
	return v * math.Exp(slope*dz)
}

// beyond is the normal score at which outside reaches x.
func beyond(x, v, slope, z float64) float64 {
	switch {
	case x == v && slope > 0:
		return z
	case slope > 0:
		return z + math.Log(x/v)/slope
	case x >= v:
		return math.Inf(1)
	}
	return math.Inf(-1)
}

// between interpolates logarithms, or the amounts themselves where the lower one is 0 and has no logarithm.
func between(low, high, share float64) float64 {
	switch {
	case low == high:
		return low
	case low == 0:
		return share * high
	}
	return min(max(low*math.Exp(share*math.Log(high/low)), low), high)
}

// shareOf is the inverse of between for low ≤ x < high.
func shareOf(x, low, high float64) float64 {
	if low == 0 {
		return x / high
	}
	return math.Log(x/low) / math.Log(high/low)
}
