package forecast

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/stats"
)

// sessions have uneven sizes; grow gives head from base.
func sessions(n int, grow func(rng *rand.Rand, base float64) float64) []stats.Pair {
	rng := rand.New(rand.NewPCG(uint64(n), 1))
	out := make([]stats.Pair, n)
	for i := range out {
		base := math.Exp(rng.NormFloat64())
		out[i] = stats.Pair{Key: rng.Uint64(), Base: base, Head: grow(rng, base)}
	}
	return out
}

// What is equal on both sides is no change, whatever the counting error and however few clusters.
func TestPairedEffectNoChange(t *testing.T) {
	for _, n := range []int{1, 2, 40} {
		e := PairedEffect(sessions(n, func(_ *rand.Rand, b float64) float64 { return b }), 0.3, 7)
		if diff := cmp.Diff(Effect{Confidence: 0.95}, e); diff != "" {
			t.Errorf("%d sessions (-want +got):\n%s", n, diff)
		}
	}
}

// A change that is the same share everywhere has no scatter: only the counting error of what changed is left.
func TestPairedEffectCountingError(t *testing.T) {
	e := PairedEffect(sessions(40, func(_ *rand.Rand, b float64) float64 { return 1.2 * b }), 0.1, 7)
	want := Effect{Ratio: 0.2, Low: 0.18, High: 0.22, Confidence: 0.95}
	if diff := cmp.Diff(want, e, near(1e-9)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Bootstrap and counting error join in quadrature.
func TestPairedEffectQuadrature(t *testing.T) {
	pairs := sessions(60, func(rng *rand.Rand, b float64) float64 { return b * (1.3 + 0.4*rng.NormFloat64()) })
	for i := range pairs {
		pairs[i].Head = max(pairs[i].Head, 0)
	}
	sure, unsure := PairedEffect(pairs, 0, 7), PairedEffect(pairs, 0.5, 7)
	counted := 0.5 * sure.Ratio
	if got, want := unsure.High-unsure.Ratio, math.Hypot(sure.High-sure.Ratio, counted); math.Abs(got-want) > 1e-12 || sure.High <= sure.Ratio {
		t.Errorf("upper half %g, want %g", got, want)
	}
	if got, want := unsure.Ratio-unsure.Low, math.Hypot(sure.Ratio-sure.Low, counted); math.Abs(got-want) > 1e-12 || sure.Low >= sure.Ratio {
		t.Errorf("lower half %g, want %g", got, want)
	}
	if other := PairedEffect(pairs, 0, 8); other.High == sure.High {
		t.Error("the seed does not matter")
	}
}

func TestPairedEffectEdges(t *testing.T) {
	inf := math.Inf(1)
	none := Effect{Warnings: []Warning{{Rule: "no-clusters"}, {Rule: "effect-unmeasured"}}}
	cases := []struct {
		name  string
		pairs []stats.Pair
		err   float64
		want  Effect // texts of warnings are not compared
	}{
		{"none", nil, 0, none},
		{"one", []stats.Pair{{Key: 1, Base: 2, Head: 3}}, 0, Effect{Ratio: 0.5, Low: 0.5, High: 0.5, Warnings: []Warning{{Rule: "one-cluster"}, {Rule: "effect-unmeasured"}}}},
		{"free base", []stats.Pair{{Key: 1, Head: 3}, {Key: 2, Head: 1}}, 0, Effect{Ratio: inf, Low: inf, High: inf, Warnings: []Warning{{Rule: "zero-base"}, {Rule: "effect-unmeasured"}}}},
		{"nan", []stats.Pair{{Key: 1, Base: 1, Head: math.NaN()}}, 0, Effect{Ratio: inf, Low: inf, High: inf, Warnings: []Warning{{Rule: "invalid-cluster"}, {Rule: "effect-unmeasured"}}}},
		{"nan error", []stats.Pair{{Key: 1, Base: 2, Head: 1}, {Key: 2, Base: 2, Head: 1}}, math.NaN(), Effect{Ratio: inf, Low: inf, High: inf, Warnings: []Warning{{Rule: "few-clusters"}, {Rule: "effect-unmeasured"}}}},
		{"all gone", []stats.Pair{{Key: 1, Base: 2}, {Key: 2, Base: 2}}, 0.9, Effect{Ratio: -1, Low: -1, High: -0.1, Confidence: 0.5, Warnings: []Warning{{Rule: "few-clusters"}}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := PairedEffect(c.pairs, c.err, 1)
			for i := range got.Warnings {
				got.Warnings[i].Text = ""
			}
			if diff := cmp.Diff(c.want, got, cmp.Comparer(func(a, b float64) bool { return a == b || math.Abs(a-b) < 1e-12 })); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSamplingError(t *testing.T) {
	cases := []struct {
		name     string
		clusters []float64
		days     int
		want     float64
	}{
		{"equal clusters, long", []float64{3, 3, 3, 3}, 14, 0},
		{"equal clusters, short", []float64{3, 3, 3, 3}, 13, 0.25},
		{"scatter, long", []float64{1, 3, 1, 3}, 20, math.Sqrt(4.0/3) / 2 / 2},
		{"scatter, short", []float64{1, 3, 1, 3}, 2, math.Hypot(math.Sqrt(4.0/3)/2/2, 0.25)},
		{"one", []float64{7}, 30, 1.5},
		{"none", nil, 0, math.Hypot(1.5, 0.25)},
		{"zeros", []float64{0, 0}, 30, 1.5},
	}
	for _, c := range cases {
		if got := SamplingError(c.clusters, c.days); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %g, want %g", c.name, got, c.want)
		}
	}
}

// Windows whose own level drifts by .25 around the long-run mean: the interval must hold it about 95 % of the time, where
// the scatter inside the window alone would hold it far less often.
func TestSamplingErrorCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const trials = 2000
	held, naive := 0, 0
	for range trials {
		level := math.Exp(0.25*rng.NormFloat64() - 0.25*0.25/2)
		clusters := make([]float64, 150)
		for i := range clusters {
			clusters[i] = level * math.Exp(rng.NormFloat64()-0.5)
		}
		off := math.Abs(stats.Mean(clusters) - 1)
		if off <= 1.96*SamplingError(clusters, 2) {
			held++
		}
		if off <= 1.96*SamplingError(clusters, 14) {
			naive++
		}
	}
	if held < 92*trials/100 || held > 98*trials/100 || naive > 70*trials/100 {
		t.Errorf("held %.1f%% with drift, %.1f%% without", 100*float64(held)/trials, 100*float64(naive)/trials)
	}
}
