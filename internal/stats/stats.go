// Package stats owns arithmetic on samples: exact quantiles, a sample by smallest hash, and a seeded cluster bootstrap of
// a ratio with the confidence it can honestly claim.
//
// It does not know what the numbers mean: no tokens, no money, no budgets. What weakens a result is a Warning returned
// beside it, never a print and never an error. Nothing here reads a clock or draws from an unseeded source, so the same
// sample and seed give the same result.
//
//	ratio, low, high, warnings := stats.BootstrapRatio(pairs, 0.95, 2000, seed)
package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"

	"github.com/tokengate/tokengate/internal/source"
)

// Warning says what weakens a result. Rule is one of the ids in a package's Rules; Text is one line for people.
type Warning struct {
	Rule string
	Text string
}

// Rules documents the ids of the warnings this package returns.
var Rules = []source.Rule{
	{ID: ruleNoClusters, Summary: "nothing to compare", Explain: "Every cluster was zero on both sides, so there is no ratio to speak of. The ratio is given as 1 and no interval is claimed."},
	{ID: ruleOneCluster, Summary: "one cluster gives no interval", Explain: "An interval is learnt from how clusters differ. With a single one the ratio is known for it and for nothing else; low and high repeat the ratio and claim no confidence."},
	{ID: ruleFewClusters, Summary: "an interval rests on few clusters", Explain: "Fewer than 20 clusters differ from zero. A bootstrap of so few covers the truth less often than its level says; below 6 the confidence claimed is lowered as well."},
	{ID: ruleDominantCluster, Summary: "one cluster carries most of the sum", Explain: "More than half of the base sum stands in one cluster, so the interval mostly repeats what that cluster did."},
	{ID: ruleInvalidCluster, Summary: "a cluster is not a number", Explain: "A sum of a cluster is negative, infinite or not a number. No ratio can be trusted then, and it is given as infinite so that no limit is passed by accident."},
	{ID: ruleZeroBase, Summary: "the base sum is zero", Explain: "The head sum is positive and the base sum is not: growth is without bound, and is given as infinite."},
}

// Quantile is the p-quantile of an ascending sample by linear interpolation between order statistics (type 7 of Hyndman
// and Fan, 1996: the default of R and NumPy). p is held to [0, 1]. An empty sample gives NaN.
func Quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 || math.IsNaN(p) {
		return math.NaN()
	}
	i, frac := rank(len(sorted), p)
	if frac == 0 {
		return sorted[i]
	}
	return lerp(sorted[i], sorted[i+1], frac)
}

// Median is the 0.5-quantile of a sample in any order; the sample is left as it was. An empty sample gives NaN.
func Median(sample []float64) float64 {
	return Quantile(slices.Sorted(slices.Values(sample)), 0.5)
}

// rank splits the type 7 position of p among n values into the index below and the way to the next one.
func rank(n int, p float64) (int, float64) {
	at := float64(min(max(p, 0), 1) * float64(n-1))
	i := int(at)
	return i, at - float64(i)
}

// lerp keeps the products apart: fused, they would round differently from one processor to another.
func lerp(a, b, frac float64) float64 {
	return float64(a*(1-frac)) + float64(b*frac)
}

// Mean is the arithmetic mean; an empty sample gives NaN.
func Mean(sample []float64) float64 {
	sum := 0.0
	for _, v := range sample {
		sum += v
	}
	return sum / float64(len(sample))
}

// StdDev is the sample standard deviation (divisor n − 1); fewer than two values give 0.
func StdDev(sample []float64) float64 {
	if len(sample) < 2 {
		return 0
	}
	mean, sum := Mean(sample), 0.0
	for _, v := range sample {
		sum += float64((v - mean) * (v - mean))
	}
	return math.Sqrt(sum / float64(len(sample)-1))
}

// NormalQuantile is the p-quantile of the standard normal distribution; 0 gives −Inf and 1 gives +Inf.
func NormalQuantile(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }

// studentQuantile is the p-quantile, p ≥ ½, of Student's t with df degrees of freedom, from the inverse of the regularised
// incomplete beta function (Abramowitz and Stegun 26.7.1).
func studentQuantile(p float64, df int) float64 {
	n := float64(df)
	x := mathext.InvRegIncBeta(n/2, 0.5, 2*(1-p))
	return math.Sqrt(n * (1 - x) / x)
}

// NormalTail is the probability that a standard normal variable exceeds z.
func NormalTail(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }
