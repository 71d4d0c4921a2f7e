package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// clusters simulates n sessions of uneven size whose own ratios scatter around the true one.
func clusters(rng *rand.Rand, n int, ratio float64) []Pair {
	out := make([]Pair, n)
	for i := range out {
		base := math.Exp(0.7 * rng.NormFloat64())
		out[i] = Pair{Key: rng.Uint64(), Base: base, Head: base * ratio * (1 + 0.3*rng.NormFloat64()*rng.Float64())}
	}
	return out
}

func TestBootstrapRatioOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	pairs := clusters(rng, 60, 1.2)
	ratio, low, high, warnings := BootstrapRatio(pairs, 0.95, 500, 9)
	if !(low < ratio && ratio < high) || len(warnings) > 0 {
		t.Errorf("%g in [%g, %g], %v", ratio, low, high, warnings)
	}
	for range 10 {
		rng.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
		r, l, h, _ := BootstrapRatio(pairs, 0.95, 500, 9)
		if r != ratio || l != low || h != high {
			t.Fatalf("order matters: %g [%g, %g] and %g [%g, %g]", ratio, low, high, r, l, h)
		}
	}
	if _, l, _, _ := BootstrapRatio(pairs, 0.95, 500, 10); l == low {
		t.Error("the seed does not matter")
	}
}

// The interval must hold the true ratio about as often as it says, from a few clusters to many.
func TestBootstrapRatioCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, n := range []int{6, 12, 25, 100} {
		const trials = 600
		held := 0
		for trial := range trials {
			_, low, high, _ := BootstrapRatio(clusters(rng, n, 1.1), 0.95, 300, uint64(trial))
			if low <= 1.1 && 1.1 <= high {
				held++
			}
		}
		if share := float64(held) / trials; share < 0.90 || share > 0.985 {
			t.Errorf("%d clusters: a 95%% interval held %.1f%% of the time", n, 100*share)
		}
	}
}

// Dealing many clusters into groups keeps the interval's width: 1.96 × sd ÷ √n of the ratio.
func TestBootstrapRatioMany(t *testing.T) {
	pairs := clusters(rand.New(rand.NewPCG(3, 3)), 50_000, 1.1)
	ratio, low, high, _ := BootstrapRatio(pairs, 0.95, 1000, 4)
	total, variance := sum(pairs), 0.0
	for _, p := range pairs {
		d := p.Head - ratio*p.Base
		variance += d * d
	}
	want := 2 * 1.96 * math.Sqrt(variance) / total.Base
	if got := high - low; got < 0.85*want || got > 1.15*want {
		t.Errorf("width %g, want about %g", got, want)
	}
}

func TestBootstrapRatioEdges(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	few := []Pair{{1, 1, 2}, {2, 1, 1}, {3, 1, 1}}
	cases := []struct {
		name  string
		pairs []Pair
		want  [3]float64 // NaN: not checked
		rules []string
	}{
		{"none", nil, [3]float64{1, 1, 1}, []string{"no-clusters"}},
		{"zeros", []Pair{{1, 0, 0}, {2, 0, 0}}, [3]float64{1, 1, 1}, []string{"no-clusters"}},
		{"one", []Pair{{1, 2, 3}}, [3]float64{1.5, 1.5, 1.5}, []string{"one-cluster"}},
		{"one in two parts", []Pair{{1, 1, 2}, {1, 1, 1}}, [3]float64{1.5, 1.5, 1.5}, []string{"one-cluster"}},
		{"zero base", []Pair{{1, 0, 3}, {2, 0, 1}}, [3]float64{inf, inf, inf}, []string{"zero-base"}},
		{"nan", []Pair{{1, nan, 1}}, [3]float64{inf, inf, inf}, []string{"invalid-cluster"}},
		{"negative", []Pair{{1, 2, -1}, {2, 1, 1}}, [3]float64{inf, inf, inf}, []string{"invalid-cluster"}},
		{"overflow", []Pair{{1, math.MaxFloat64, 1}, {2, math.MaxFloat64, 1}}, [3]float64{inf, inf, inf}, []string{"invalid-cluster"}},
		{"few", few, [3]float64{4.0 / 3, nan, nan}, []string{"few-clusters"}},
		{"dominant", []Pair{{1, 9, 9}, {2, 1, 2}}, [3]float64{1.1, nan, nan}, []string{"few-clusters", "dominant-cluster"}},
		{"unchanged", []Pair{{1, 0.1, 0.1}, {2, 0.2, 0.2}, {3, 0.7, 0.7}}, [3]float64{1, 1, 1}, []string{"few-clusters", "dominant-cluster"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, l, h, warnings := BootstrapRatio(c.pairs, 0.95, 200, 1)
			for i, got := range []float64{r, l, h} {
				if want := c.want[i]; !math.IsNaN(want) && got != want && math.Abs(got-want) > 1e-12 {
					t.Errorf("[%d] = %g, want %g", i, got, want)
				}
			}
			var rules []string
			for _, w := range warnings {
				rules = append(rules, w.Rule)
			}
			if diff := cmp.Diff(c.rules, rules); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// Parts of one cluster are summed wherever they stand, and what is zero on both sides is no cluster.
func TestClusters(t *testing.T) {
	got := Clusters([]Pair{{7, 1, 4}, {3, 2, 2}, {9, 0, 0}, {7, 5, 1}, {3, 1, 0}})
	if diff := cmp.Diff([]Pair{{3, 3, 2}, {7, 6, 5}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAchieved(t *testing.T) {
	for n, want := range []float64{0, 0, 0.5, 0.75, 0.875, 0.9375, 0.95, 0.95} {
		if got := Achieved(0.95, n); got != want {
			t.Errorf("%d clusters claim %g, want %g", n, got, want)
		}
	}
}

// Every warning that can come out is documented.
func TestRules(t *testing.T) {
	known := map[string]bool{}
	for _, r := range Rules {
		if known[r.ID] || r.Summary == "" || r.Explain == "" {
			t.Errorf("rule %q is incomplete or stands twice", r.ID)
		}
		known[r.ID] = true
	}
	for _, id := range []string{ruleNoClusters, ruleOneCluster, ruleFewClusters, ruleDominantCluster, ruleInvalidCluster, ruleZeroBase} {
		if !known[id] {
			t.Errorf("rule %q is not documented", id)
		}
	}
}

func BenchmarkBootstrapRatio(b *testing.B) {
	pairs := clusters(rand.New(rand.NewPCG(5, 5)), 1000, 1.1)
	for b.Loop() {
		BootstrapRatio(pairs, 0.95, 2000, 1)
	}
}
