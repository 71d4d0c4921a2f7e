package stats

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// The ids of this package's warnings.
const (
	ruleNoClusters      = "no-clusters"
	ruleOneCluster      = "one-cluster"
	ruleFewClusters     = "few-clusters"
	ruleDominantCluster = "dominant-cluster"
	ruleInvalidCluster  = "invalid-cluster"
	ruleZeroBase        = "zero-base"
)

// MinClusters is the number of clusters below which a bootstrap interval comes with a warning.
const MinClusters = 20

// maxGroups bounds the work of one resample. More clusters than this are first dealt at random into as many groups;
// sums of independent clusters are independent clusters again, so the interval stays what it was.
const maxGroups = 2000

// Pair is one cluster of a paired comparison: the same things summed under base and under head. Key names the cluster
// (a hash of the session, say); pairs with equal keys are parts of one cluster. The sums are finite and not negative.
type Pair struct {
	Key        uint64
	Base, Head float64
}

// BootstrapRatio gives the ratio of sums, head ÷ base, and an interval for it at the level asked (0.95), by resampling
// whole clusters. It depends on the clusters and the seed, not on the order they are given in.
//
// The interval is the expanded percentile interval (Hesterberg, The American Statistician 69, 2015): the percentiles
// are moved outwards by Student's t and √(n/(n−1)), because the plain ones are too narrow for few clusters. What level
// it can claim is Achieved's answer, and Clusters counts what that rests on. Equal sums everywhere give exactly 1, 1, 1.
//
// Without an interval (one cluster, or none that differ from zero) low and high repeat the ratio. A zero base sum under
// a positive head sum, or a sum that is negative or not finite, gives +Inf thrice. Each of these comes with a warning.
func BootstrapRatio(clusters []Pair, level float64, resamples int, seed uint64) (ratio, low, high float64, warnings []Warning) {
	pairs := Clusters(clusters)
	total := sum(pairs)
	inf := math.Inf(1)
	switch {
	case slices.ContainsFunc(clusters, invalid) || math.IsInf(total.Base, 0) || math.IsInf(total.Head, 0):
		return inf, inf, inf, []Warning{{ruleInvalidCluster, "a sum of a cluster is negative or not a finite number"}}
	case len(pairs) == 0:
		return 1, 1, 1, []Warning{{ruleNoClusters, "no cluster differs from zero"}}
	case total.Base == 0:
		return inf, inf, inf, []Warning{{ruleZeroBase, "the base sum is zero and the head sum is not"}}
	}
	ratio = total.Head / total.Base
	warnings = weaknesses(pairs, total.Base)
	if len(pairs) == 1 {
		return ratio, ratio, ratio, warnings
	}
	rng := rand.New(rand.NewPCG(seed, uint64(len(pairs))))
	groups := deal(pairs, rng)
	ratios := resample(groups, max(resamples, 1), ratio, rng)
	tail := NormalTail(studentQuantile((1+level)/2, len(groups)-1) * math.Sqrt(float64(len(groups))/float64(len(groups)-1)))
	return ratio, min(Quantile(ratios, tail), ratio), max(Quantile(ratios, 1-tail), ratio), warnings
}

// Achieved is the confidence that an interval from n clusters can claim when level was asked for. A bootstrap of ratios
// never leaves the range of the clusters' own, and that range holds their median with probability 1 − 2^(1−n), so no
// more is claimed: 0 for one cluster, 0.5 for two, 0.94 for five.
func Achieved(level float64, n int) float64 {
	if n < 2 {
		return 0
	}
	return min(level, 1-math.Ldexp(1, 1-n))
}

// Clusters is the clusters that a ratio rests on: ordered by key, equal keys summed, those that are zero on both sides
// left out.
func Clusters(pairs []Pair) []Pair {
	sorted := slices.SortedFunc(slices.Values(pairs), func(a, b Pair) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Base, b.Base), cmp.Compare(a.Head, b.Head))
	})
	var out []Pair
	for _, p := range sorted {
		if n := len(out); n > 0 && out[n-1].Key == p.Key {
			out[n-1].Base += p.Base
			out[n-1].Head += p.Head
			continue
		}
		out = append(out, p)
	}
	return slices.DeleteFunc(out, func(p Pair) bool { return p.Base == 0 && p.Head == 0 })
}

// invalid is true for NaN as well: every comparison with it is false.
func invalid(p Pair) bool {
	return !(p.Base >= 0 && p.Head >= 0) || math.IsInf(p.Base, 1) || math.IsInf(p.Head, 1)
}

func sum(pairs []Pair) Pair {
	var t Pair
	for _, p := range pairs {
		t.Base += p.Base
		t.Head += p.Head
	}
	return t
}

func weaknesses(pairs []Pair, base float64) []Warning {
	var ws []Warning
	switch n := len(pairs); {
	case n == 1:
		return []Warning{{ruleOneCluster, "one cluster only: its ratio is known, how others would do is not"}}
	case n < MinClusters:
		ws = append(ws, Warning{ruleFewClusters, fmt.Sprintf("%d clusters, fewer than the %d an interval should rest on", n, MinClusters)})
	}
	largest := slices.MaxFunc(pairs, func(a, b Pair) int { return cmp.Compare(a.Base, b.Base) })
	if share := largest.Base / base; share > 0.5 {
		ws = append(ws, Warning{ruleDominantCluster, fmt.Sprintf("one of %d clusters carries %.0f%% of the base sum", len(pairs), 100*share)})
	}
	return ws
}

// deal leaves up to maxGroups clusters as they are and spreads more over that many groups.
func deal(pairs []Pair, rng *rand.Rand) []Pair {
	if len(pairs) <= maxGroups {
		return pairs
	}
	groups := make([]Pair, maxGroups)
	for i, at := range rng.Perm(len(pairs)) {
		groups[i%maxGroups].Base += pairs[at].Base
		groups[i%maxGroups].Head += pairs[at].Head
	}
	return groups
}

// resample gives the ascending ratios of resamples of the groups. One without any base says nothing about the ratio and
// stands for the point estimate.
func resample(groups []Pair, resamples int, point float64, rng *rand.Rand) []float64 {
	ratios := make([]float64, resamples)
	for i := range ratios {
		var t Pair
		for range groups {
			p := groups[rng.IntN(len(groups))]
			t.Base += p.Base
			t.Head += p.Head
		}
		ratios[i] = point
		if t.Base > 0 {
			ratios[i] = t.Head / t.Base
		}
	}
	slices.Sort(ratios)
	return ratios
}
