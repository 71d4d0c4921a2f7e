package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// 100 values in 10 blocks, of which five hold 1 and five hold 2, in turns. The median is 1.5 and half of all values are up
// to it; a block's share is off by ½ of its tenth, so the error of the share is √(10 × (½ × 10/100)² × 10/9) = 1/6, more
// than √(¼ ÷ 100) = 1/20 of independent values. t at 97.5 % and 9 degrees is 2.262, so the ends are the quantiles at
// 0.5 ± 0.377: 1 and 2.
func TestQuantileIntervalByHand(t *testing.T) {
	var sample []Weighted
	for i := range 100 {
		sample = append(sample, Weighted{float64(1 + i/10%2), 3})
	}
	if got := blockError(sample, 1.5, 10); math.Abs(got-1.0/6) > 1e-12 {
		t.Errorf("error of the share %v, want 1/6", got)
	}
	if low, high, level := QuantileInterval(sample, 0.5, 0.95); low != 1 || high != 2 || level != 0.95 {
		t.Errorf("%v to %v at %v", low, high, level)
	}
}

// A few calls cannot claim a 95 % interval of a P95: the largest of 20 is above it with 1 − 0.95^20 = 64 %.
func TestQuantileIntervalOfFew(t *testing.T) {
	var sample []Weighted
	for i := range 20 {
		sample = append(sample, Weighted{float64(i), 1})
	}
	if low, high, level := QuantileInterval(sample, 0.95, 0.95); math.Abs(level-(1-math.Pow(0.95, 20))) > 1e-9 || high != 19 || low > 18.05 {
		t.Errorf("%v to %v at %v", low, high, level)
	}
	if low, high, level := QuantileInterval(sample[:1], 0.95, 0.95); low != 0 || high != 0 || level != 0 {
		t.Errorf("one value: %v to %v at %v", low, high, level)
	}
	if low, _, level := QuantileInterval(nil, 0.5, 0.95); !math.IsNaN(low) || level != 0 {
		t.Errorf("none: %v at %v", low, level)
	}
}

// The interval holds the true quantile about as often as it says, of values that are independent and of values whose
// level wanders: there an interval for independent values would hold it half the time.
func TestQuantileIntervalCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, c := range []struct {
		name     string
		keep     float64 // of the level of the value before
		p, least float64
		truth    float64
	}{
		{"independent median", 0, 0.5, 0.92, 1},
		{"independent P95", 0, 0.95, 0.92, math.Exp(1.6448536)},
		{"wandering median", 0.9, 0.5, 0.88, 1},
		{"wandering P95", 0.9, 0.95, 0.85, math.Exp(1.6448536)},
	} {
		held, runs := 0, 400
		for range runs {
			level := rng.NormFloat64()
			sample := make([]Weighted, 1000)
			for i := range sample {
				level = c.keep*level + math.Sqrt(1-c.keep*c.keep)*rng.NormFloat64()
				sample[i] = Weighted{math.Exp(level), 1}
			}
			if low, high, _ := QuantileInterval(sample, c.p, 0.95); low <= c.truth && c.truth <= high {
				held++
			}
		}
		if share := float64(held) / float64(runs); share < c.least || share > 0.995 {
			t.Errorf("%s: holds the truth %.1f%% of the time", c.name, 100*share)
		}
	}
}
