package stats

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// Weighted is one value of a sample and how many of the population it stands for. Weights are positive and finite.
type Weighted struct{ Value, Weight float64 }

// EffectiveSize is how many equally weighted values would be as good a sample: (Σw)² ÷ Σw² (Kish, Survey Sampling,
// 1965). It is n for equal weights, and 0 for an empty sample.
func EffectiveSize(sample []Weighted) float64 {
	var sum, squares float64
	for _, v := range sample {
		sum += v.Weight
		squares += float64(v.Weight * v.Weight)
	}
	if squares == 0 {
		return 0
	}
	return sum / squares * sum
}

// WeightedQuantile is the p-quantile of a sample in any order, which is left as it was. With equal weights it is Quantile,
// to the bit. With others it is the weighted type 7 estimator of Akinshin (arXiv:2304.07265, 2023): type 7 for n values
// takes the mean of the quantile function over a window one nth wide around p, and here n is EffectiveSize. An empty
// sample gives NaN.
func WeightedQuantile(sample []Weighted, p float64) float64 { return WeightedQuantiles(sample, p)[0] }

// WeightedQuantiles is WeightedQuantile at every p of ps, for the price of sorting once.
func WeightedQuantiles(sample []Weighted, ps ...float64) []float64 {
	out := make([]float64, len(ps))
	if equal(sample) { // bare numbers are sorted several times faster
		values := make([]float64, len(sample))
		for i, v := range sample {
			values[i] = v.Value
		}
		slices.Sort(values)
		for i, p := range ps {
			out[i] = Quantile(values, p)
		}
		return out
	}
	sorted := slices.SortedFunc(slices.Values(sample), func(a, b Weighted) int {
		return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Weight, b.Weight)) // sums must not depend on the order given
	})
	upTo := make([]float64, len(sorted)) // the weight of a value and of those below it
	total := 0.0
	for i, v := range sorted {
		total += v.Weight
		upTo[i] = total
	}
	n := EffectiveSize(sorted)
	for i, p := range ps {
		out[i] = windowMean(sorted, upTo, min(max(p, 0), 1)*(n-1)/n, n)
	}
	return out
}

// windowMean is the mean of an ascending sample's quantile function over the window [from, from + 1/n].
func windowMean(sorted []Weighted, upTo []float64, from, n float64) float64 {
	last := len(sorted) - 1
	first := sort.Search(last, func(i int) bool { return upTo[i]/upTo[last] > from })
	sum, covered := 0.0, 0.0
	for i := first; i <= last && covered < 1; i++ {
		// the share of the window that lies below the weight so far
		below := min(max((upTo[i]/upTo[last]-from)*n, 0), 1)
		sum += float64((below - covered) * sorted[i].Value)
		covered = below
	}
	return sum + float64((1-covered)*sorted[last].Value) // what rounding left of the window
}

func equal(sample []Weighted) bool {
	return !slices.ContainsFunc(sample, func(v Weighted) bool { return v.Weight != sample[0].Weight || math.IsNaN(v.Weight) })
}
