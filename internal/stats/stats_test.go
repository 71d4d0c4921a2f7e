package stats

import (
	"math"
	"testing"
)

// Known answers of R's quantile(x, p, type = 7).
func TestQuantile(t *testing.T) {
	cases := []struct {
		sample []float64
		p      float64
		want   float64
	}{
		{[]float64{5}, 0.3, 5},
		{[]float64{1, 2, 3, 4}, 0, 1},
		{[]float64{1, 2, 3, 4}, 1, 4},
		{[]float64{1, 2, 3, 4}, 0.5, 2.5},
		{[]float64{1, 2, 3, 4}, 0.25, 1.75},
		{[]float64{1, 2, 4, 8, 16}, 0.9, 12.8},
		{[]float64{1, 2, 3}, -1, 1},
		{[]float64{1, 2, 3}, 7, 3},
	}
	for _, c := range cases {
		if got := Quantile(c.sample, c.p); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("Quantile(%v, %g) = %g, want %g", c.sample, c.p, got, c.want)
		}
	}
	if !math.IsNaN(Quantile(nil, 0.5)) || !math.IsNaN(Quantile([]float64{1}, math.NaN())) {
		t.Error("no sample or no level, and yet a quantile")
	}
}

func TestMoments(t *testing.T) {
	sample := []float64{9, 2, 4, 4, 5, 5, 7, 4}
	if got := Median(sample); got != 4.5 || sample[0] != 9 {
		t.Errorf("median %g, sample now %v", got, sample)
	}
	if got := Mean(sample); got != 5 {
		t.Errorf("mean %g", got)
	}
	if got := StdDev(sample); math.Abs(got-math.Sqrt(32.0/7)) > 1e-12 {
		t.Errorf("sd %g", got)
	}
	if StdDev([]float64{3}) != 0 || !math.IsNaN(Mean(nil)) || !math.IsNaN(Median(nil)) {
		t.Error("moments of nothing")
	}
}

// Table values of the normal and Student distributions.
func TestDistributions(t *testing.T) {
	for p, want := range map[float64]float64{0.5: 0, 0.9: 1.2815515655, 0.95: 1.6448536270, 0.975: 1.9599639845, 0.05: -1.6448536270} {
		if got := NormalQuantile(p); math.Abs(got-want) > 1e-9 {
			t.Errorf("normal p%g = %.10f, want %.10f", 100*p, got, want)
		}
		if back := NormalTail(want); math.Abs(back-(1-p)) > 1e-9 {
			t.Errorf("tail beyond %g = %g", want, back)
		}
	}
	for df, want := range map[int]float64{1: 12.7062047362, 2: 4.3026527297, 5: 2.5705818356, 19: 2.0930240544, 1999: 1.9611520149} {
		if got := studentQuantile(0.975, df); math.Abs(got-want) > 1e-6 {
			t.Errorf("t(%d) = %.8f, want %.8f", df, got, want)
		}
	}
}
