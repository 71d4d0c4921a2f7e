package stats

import "math"

const (
	leastBlocks = 2
	mostBlocks  = 30
)

// QuantileInterval is an interval for the p-quantile of what a sample was drawn from. The sample is in the order it was
// taken, and neighbours may be alike: the error of the share of values up to the quantile is learnt from how that share
// differs between blocks of consecutive values (about √n of them, at most 30), with Student's t, and the quantiles at
// either end of that share are the interval (Woodruff, Journal of the American Statistical Association 47, 1952). The
// error is never taken to be below that of independent values.
//
// achieved is the level it can claim: no quantile lies outside the range of n values with more than 1 − pⁿ − (1 − p)ⁿ,
// n being EffectiveSize. Fewer than two values give the value itself and 0; an empty sample NaN and 0.
func QuantileInterval(sample []Weighted, p, level float64) (low, high, achieved float64) {
	at := WeightedQuantile(sample, p)
	n := EffectiveSize(sample)
	if len(sample) < leastBlocks {
		return at, at, 0
	}
	blocks := min(max(int(math.Sqrt(float64(len(sample)))), leastBlocks), mostBlocks)
	half := studentQuantile((1+level)/2, blocks-1) * max(blockError(sample, at, blocks), math.Sqrt(p*(1-p)/n))
	ends := WeightedQuantiles(sample, p-half, p+half)
	return min(ends[0], at), max(ends[1], at), min(level, max(0, 1-math.Pow(p, n)-math.Pow(1-p, n)))
}

// blockError is the standard error of the share of values up to at: that of a ratio of sums over blocks.
func blockError(sample []Weighted, at float64, blocks int) float64 {
	share, total := 0.0, 0.0
	below, weight := make([]float64, blocks), make([]float64, blocks)
	for i, v := range sample {
		b := i * blocks / len(sample)
		weight[b] += v.Weight
		total += v.Weight
		if v.Value <= at {
			below[b] += v.Weight
			share += v.Weight
		}
	}
	share /= total
	squares := 0.0
	for b := range blocks {
		off := (below[b] - float64(share*weight[b])) / total
		squares += float64(off * off)
	}
	return math.Sqrt(squares * float64(blocks) / float64(blocks-1))
}
