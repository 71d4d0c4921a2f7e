package forecast

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// calls simulates latency = 300 + .05 uncached + .002 cached + 12 output ms, times a skewed noise with median 1.
func calls(n int, seed uint64, noise float64) []LatencySample {
	rng := rand.New(rand.NewPCG(seed, 1))
	out := make([]LatencySample, n)
	for i := range out {
		s := LatencySample{Uncached: 200 + 4000*rng.ExpFloat64(), Cached: 20_000 * rng.Float64() * float64(rng.IntN(2)), Output: 20 + 300*rng.ExpFloat64()}
		s.Millis = process(s) * math.Exp(noise*rng.NormFloat64())
		out[i] = s
	}
	return out
}

func process(s LatencySample) float64 {
	return 300 + 0.05*s.Uncached + 0.002*s.Cached + 12*s.Output
}

// Without noise the process comes back, coefficient by coefficient.
func TestFitLatencyExact(t *testing.T) {
	m, warnings := FitLatency(calls(200, 1, 0))
	want := latencyLine{300, 0.05, 0.002, 12}
	if diff := cmp.Diff(want, m.line, near(1e-4)); diff != "" || len(warnings) > 0 || m.Constant() {
		t.Errorf("%v, constant %v (-want +got):\n%s", warnings, m.Constant(), diff)
	}
}

// With noise the median is nearly as good on new calls as the true one, quantiles cover what they say, and never cross.
func TestFitLatencyNoise(t *testing.T) {
	m, warnings := FitLatency(calls(3000, 2, 0.4))
	if len(warnings) > 0 || m.Constant() || m.Method() != "median fit on uncached, cached and output tokens of 3000 calls" {
		t.Fatalf("%s: %v", m.Method(), warnings)
	}
	fresh := calls(4000, 3, 0.4)
	held := map[float64]int{}
	ours, best := 0.0, 0.0
	for _, s := range fresh {
		ours += math.Abs(s.Millis - m.Predict(s))
		best += math.Abs(s.Millis - process(s))
		prev := 0.0
		for _, p := range []float64{0.05, 0.5, 0.9, 0.95} {
			q := m.Quantile(s, p)
			if q < prev {
				t.Fatalf("%+v: p%g = %g after %g", s, 100*p, q, prev)
			}
			if s.Millis <= q {
				held[p]++
			}
			prev = q
		}
	}
	if ours > 1.02*best {
		t.Errorf("median misses by %.3f of what the process itself does", ours/best)
	}
	for p, n := range held {
		if share := float64(n) / float64(len(fresh)); math.Abs(share-p) > 0.025 {
			t.Errorf("p%g covered %.1f%%", 100*p, 100*share)
		}
	}
}

// A few calls that hung for minutes do not move the median fit, as they would move least squares.
func TestFitLatencyOutliers(t *testing.T) {
	samples := calls(1000, 4, 0.1)
	for i := 0; i < len(samples); i += 25 {
		samples[i].Millis = 600_000
	}
	s := LatencySample{Uncached: 3000, Output: 300}
	if got, want := fitLine(samples).at(s), process(s); math.Abs(got-want) > 0.05*want {
		t.Errorf("median %g, want %g", got, want)
	}
}

// Caching that looks as if it saved time without end must not give a negative price: the coefficient stays at 0 or above
// and predictions stay positive.
func TestFitLatencyNonNegative(t *testing.T) {
	samples := calls(400, 5, 0.1)
	for i := range samples {
		samples[i].Millis = max(50, samples[i].Millis-0.1*samples[i].Cached)
	}
	m, _ := FitLatency(samples)
	if slices.Min(m.line[:]) < 0 {
		t.Errorf("a token makes calls faster: %v", m.line)
	}
	if got := m.Predict(LatencySample{}); got < 50 {
		t.Errorf("nothing takes %g ms, the fastest call took 50", got)
	}
}

// No prediction is below the fastest call seen, however little a call holds.
func TestLatencyFloor(t *testing.T) {
	samples := calls(300, 13, 0)
	for i := range samples {
		samples[i].Millis = max(700, samples[i].Millis-300)
	}
	m, _ := FitLatency(samples)
	none := LatencySample{}
	if line := m.line.at(none); m.Constant() || line >= 700 || m.Predict(none) != 700 || m.Quantile(none, 0) <= 0 {
		t.Errorf("line %g, predicts %g", line, m.Predict(none))
	}
}

// Columns that repeat each other, or that no call has, leave a usable fit.
func TestFitLatencyCollinear(t *testing.T) {
	samples := calls(300, 6, 0.2)
	for i := range samples {
		samples[i].Cached = 2 * samples[i].Uncached
	}
	m, warnings := FitLatency(samples)
	s := samples[0]
	if math.IsNaN(m.Predict(s)) || m.Constant() {
		t.Errorf("predicts %g, %v", m.Predict(s), warnings)
	}
	for i := range samples {
		samples[i].Cached = 0
	}
	if m, _ = FitLatency(samples); m.Constant() || m.line[2] != 0 {
		t.Errorf("no call had cached tokens: %v", m.line)
	}
}

func TestFitLatencyFallsBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	unrelated := calls(500, 7, 0)
	for i := range unrelated {
		unrelated[i].Millis = 100 + 900*rng.ExpFloat64()
	}
	fixed := make([]LatencySample, 200) // lengths fixed by design: nothing to learn from
	for i := range fixed {
		fixed[i] = LatencySample{Uncached: 550, Output: 150, Millis: 400 + 300*rng.ExpFloat64()}
	}
	broken := calls(80, 8, 0)
	for i := range broken[:30] {
		broken[i].Millis = []float64{0, -5, math.NaN(), math.Inf(1)}[i%4]
	}
	cases := []struct {
		name    string
		samples []LatencySample
		want    []string
		median  float64
	}{
		{"none", nil, []string{"latency-constant"}, 0},
		{"59 calls", calls(59, 9, 0), []string{"latency-constant"}, medianOf(calls(59, 9, 0))},
		{"unrelated", unrelated, []string{"latency-constant"}, medianOf(unrelated)},
		{"fixed lengths", fixed, []string{"latency-constant"}, medianOf(fixed)},
		{"broken", broken, []string{"latency-unusable", "latency-constant"}, medianOf(broken[30:])},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, warnings := FitLatency(c.samples)
			if diff := cmp.Diff(c.want, rulesOf(warnings)); diff != "" {
				t.Errorf("%v (-want +got):\n%s", warnings, diff)
			}
			s, long := LatencySample{Uncached: 10, Output: 1}, LatencySample{Uncached: 1e6, Output: 1e5}
			if !m.Constant() || m.Ratio(s, long) != 1 || m.Predict(s) != c.median || m.Quantile(long, 0.5) != c.median {
				t.Errorf("%s: predicts %g, want %g; ratio %g", m.Method(), m.Predict(s), c.median, m.Ratio(s, long))
			}
		})
	}
}

func ascending(samples []LatencySample) []float64 {
	out := make([]float64, len(samples))
	for i, s := range samples {
		out[i] = s.Millis
	}
	slices.Sort(out)
	return out
}

func medianOf(samples []LatencySample) float64 {
	all := ascending(samples)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// Ratio moves a recorded latency by what the change adds, and by nothing when nothing changes.
func TestLatencyRatio(t *testing.T) {
	m, _ := FitLatency(calls(400, 10, 0))
	base := LatencySample{Uncached: 1000, Output: 100}
	head := LatencySample{Uncached: 1000, Output: 200}
	if got, want := m.Ratio(base, head), (300+50+2400)/(300+50+1200.0); math.Abs(got-want) > 1e-4 {
		t.Errorf("ratio %g, want %g", got, want)
	}
	if m.Ratio(base, base) != 1 {
		t.Errorf("no change moves latency by %g", m.Ratio(base, base))
	}
}

// The same calls give the same model; more calls than a fit needs are thinned, not cut.
func TestFitLatencyDeterministic(t *testing.T) {
	samples := calls(maxLatencySamples+5000, 11, 0.3)
	a, _ := FitLatency(samples)
	b, _ := FitLatency(samples)
	if diff := cmp.Diff(a, b, cmp.AllowUnexported(LatencyModel{}, latencyBand{})); diff != "" {
		t.Errorf("two fits differ:\n%s", diff)
	}
	thinned := thin(samples, maxLatencySamples)
	if len(thinned) != maxLatencySamples || thinned[0] != samples[0] || thinned[len(thinned)-1] != samples[len(samples)-2] {
		t.Errorf("%d kept", len(thinned))
	}
}

func BenchmarkFitLatency(b *testing.B) {
	samples := calls(maxLatencySamples, 12, 0.3)
	for b.Loop() {
		FitLatency(samples)
	}
}
