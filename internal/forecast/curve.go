package forecast

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/tokengate/tokengate/internal/stats"
)

// normalGrid is the normal scores of i ÷ (PathCount + 1), ascending.
var normalGrid = sync.OnceValue(func() []float64 {
	z := make([]float64, PathCount)
	for i := range z {
		z[i] = stats.NormalQuantile(float64(i+1) / (PathCount + 1))
	}
	return z
})

// rankOf is the place of the p-quantile among PathCount ascending values.
func rankOf(p float64) int { return int(math.Round(p*(PathCount+1))) - 1 }

// curve is a distribution at every i ÷ (PathCount + 1): a table, since paths ask for a hundred thousand quantiles.
type curve []float64

func curveOf(d Dist) curve {
	c := make(curve, PathCount)
	for i := range c {
		c[i] = d.Quantile(float64(i+1) / (PathCount + 1))
	}
	return c
}

// at is the quantile at a normal score: exact on the grid, linear in the score between two of its points, and the
// outermost value beyond.
func (c curve) at(z float64) float64 {
	grid := normalGrid()
	if z <= grid[0] {
		return c[0]
	}
	if z >= grid[PathCount-1] {
		return c[PathCount-1]
	}
	i := int(guide()[int((z-grid[0])*guidePerScore)])
	for grid[i+1] <= z {
		i++
	}
	share := (z - grid[i]) / (grid[i+1] - grid[i])
	return c[i] + float64(share*(c[i+1]-c[i])) // not fused: processors would differ
}

// guide is where to look for a score on the grid: the last point not above each step of 1 ÷ guidePerScore from the first.
// The probability of the score would tell as well, and costs four times as much.
var guide = sync.OnceValue(func() []int16 {
	grid := normalGrid()
	steps := make([]int16, int((grid[PathCount-1]-grid[0])*guidePerScore)+1)
	i := 0
	for step := range steps {
		for i < PathCount-2 && grid[i+1] <= grid[0]+float64(step)/guidePerScore {
			i++
		}
		steps[step] = int16(max(i-1, 0)) // one below: the step's edge is rounded
	}
	return steps
})

const guidePerScore = 600

// Empirical is the distribution of one amount a path, such as a sum over strands: at each of Levels the path of that rank.
// There have to be PathCount amounts, finite and not negative.
func Empirical(amounts []float64) (Dist, error) {
	if len(amounts) != PathCount {
		return Dist{}, fmt.Errorf("%d amounts for %d paths", len(amounts), PathCount)
	}
	sorted := slices.Sorted(slices.Values(amounts))
	var at [len(levels)]float64
	for i, p := range levels {
		at[i] = sorted[rankOf(p)]
	}
	return NewDist(at)
}

// Widened is the distribution of the amount times an independent factor around 1 with the relative standard deviation
// given: the distance of every quantile's logarithm from the median's and the factor's own are added in quadrature, as
// Volume adds Uncertainty. Quantiles of 0 stay, and so does a distribution around 0.
func (d Dist) Widened(relative float64) Dist {
	out := d
	for i, q := range d.at {
		if q > 0 && d.at[median] > 0 && i != median {
			out.at[i] = d.at[median] * math.Exp(math.Copysign(math.Hypot(math.Log(q/d.at[median]), scores[i]*relative), scores[i]))
		}
	}
	return out
}
