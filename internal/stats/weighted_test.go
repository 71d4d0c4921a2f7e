package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Weights 2, 1, 1 are worth 16 ÷ 6 = 8/3 equal values, so a window is 3/8 wide. That of the median is [5/16, 11/16]; one
// half lies in the first value's share [0, ½], the other in the second's [½, ¾]: ½×10 + ½×20 = 15. That of the maximum
// is [5/8, 1]: a third of it in the second's, two thirds in the third's.
func TestWeightedQuantile(t *testing.T) {
	sample := []Weighted{{40, 1}, {10, 2}, {20, 1}}
	if n := EffectiveSize(sample); math.Abs(n-8.0/3) > 1e-12 {
		t.Errorf("effective size %v", n)
	}
	for p, want := range map[float64]float64{0: 10, 0.5: 15, 1: 20/3.0 + 80/3.0} {
		if got := WeightedQuantile(sample, p); math.Abs(got-want) > 1e-12 {
			t.Errorf("p %v: %v, want %v", p, got, want)
		}
	}
	if !math.IsNaN(WeightedQuantile(nil, 0.5)) || EffectiveSize(nil) != 0 {
		t.Error("an empty sample has a quantile")
	}
}

// Equal weights, whatever they are, leave Quantile as it is; weights that differ by nothing to speak of come near to it.
func TestWeightedQuantileOfEqualWeights(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		n := 1 + rng.IntN(40)
		w, p := rng.ExpFloat64()+0.1, rng.Float64()
		var sample, near []Weighted
		var values []float64
		for i := range n {
			v := rng.NormFloat64()
			values, sample, near = append(values, v), append(sample, Weighted{v, w}), append(near, Weighted{v, w * (1 + 1e-10*float64(i))})
		}
		slices.Sort(values)
		want := Quantile(values, p)
		if got := WeightedQuantile(sample, p); got != want {
			t.Fatalf("%d values of weight %v: p %v is %v, want %v", n, w, p, got, want)
		}
		if got := WeightedQuantile(near, p); math.Abs(got-want) > 1e-6 {
			t.Fatalf("%d values of nearly equal weights: p %v is %v, want %v", n, p, got, want)
		}
	}
}

// A quantile rises with p, stays among the values, and depends neither on the order nor on the unit of the weights.
func TestWeightedQuantileProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 200 {
		sample := make([]Weighted, 2+rng.IntN(50))
		for i := range sample {
			sample[i] = Weighted{float64(rng.IntN(20)), float64(1 + rng.IntN(30))}
		}
		last := math.Inf(-1)
		for p := 0.0; p <= 1; p += 0.05 {
			got := WeightedQuantile(sample, p)
			if got < last-1e-9 || got < 0 || got > 19+1e-9 {
				t.Fatalf("p %v: %v after %v", p, got, last)
			}
			last = got
			shuffled, scaled := slices.Clone(sample), slices.Clone(sample)
			rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			for i := range scaled {
				scaled[i].Weight *= 4
			}
			if WeightedQuantile(shuffled, p) != got || math.Abs(WeightedQuantile(scaled, p)-got) > 1e-9 {
				t.Fatalf("p %v depends on the order or the unit", p)
			}
		}
	}
}

// A sample that keeps every tenth of the small values and all of the large ones has their population's quantiles again.
func TestWeightedQuantileOfStratifiedSample(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	var all []float64
	var sample []Weighted
	for range 200_000 {
		v := rng.ExpFloat64()
		all = append(all, v)
		if v > 2 {
			sample = append(sample, Weighted{v, 1})
		} else if rng.IntN(10) == 0 {
			sample = append(sample, Weighted{v, 10})
		}
	}
	slices.Sort(all)
	for _, p := range []float64{0.5, 0.8, 0.95} {
		if got, want := WeightedQuantile(sample, p), Quantile(all, p); math.Abs(got/want-1) > 0.02 {
			t.Errorf("p %v: %v, the population's is %v", p, got, want)
		}
	}
}
