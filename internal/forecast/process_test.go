package forecast

import (
	"math"
	"math/rand/v2"
	"testing"
)

// trackKind is a track of a known kind.
type trackKind struct {
	name string
	// days draws n days of which the last horizon are what comes
	days func(r *rand.Rand, n int) []float64
	// least and most coverage of P90 and P95 over a week
	p90, p95 [2]float64
}

func noisy(r *rand.Rand, level, sd float64) float64 { return level * math.Exp(sd*r.NormFloat64()) }

func eachDay(f func(r *rand.Rand, i, n int) float64) func(*rand.Rand, int) []float64 {
	return func(r *rand.Rand, n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = f(r, i, n)
		}
		return out
	}
}

// trackKinds are kinds of tracks whose law is known. What has no surprise in it may be covered more often than the
// quantile says, since the prior allows for surprises; what has a surprise in every tenth week cannot be covered more
// often than the surprise stays away.
var trackKinds = []trackKind{
	{"stationary", eachDay(func(r *rand.Rand, _, _ int) float64 { return noisy(r, 100, 0.3) }), [2]float64{0.9, 1}, [2]float64{0.97, 1}},
	{"calm", eachDay(func(r *rand.Rand, _, _ int) float64 { return noisy(r, 100, 0.05) }), [2]float64{0.9, 1}, [2]float64{0.97, 1}},
	{"weekly", eachDay(func(r *rand.Rand, i, _ int) float64 {
		return noisy(r, [7]float64{100, 110, 105, 100, 90, 15, 10}[i%7], 0.2)
	}), [2]float64{0.9, 1}, [2]float64{0.97, 1}},
	{"trending", eachDay(func(r *rand.Rand, i, _ int) float64 { return noisy(r, 100*math.Exp(0.03*float64(i)), 0.3) }), [2]float64{0.9, 1}, [2]float64{0.95, 1}},
	{"fading", eachDay(func(r *rand.Rand, i, _ int) float64 { return noisy(r, 100*math.Exp(-0.05*float64(i)), 0.3) }), [2]float64{0.95, 1}, [2]float64{0.97, 1}},
	{"heavy tail", eachDay(func(r *rand.Rand, _, _ int) float64 { return 10 * math.Pow(r.Float64(), -1/1.5) }), [2]float64{0.84, 0.97}, [2]float64{0.9, 0.99}},
	{"drift", func(r *rand.Rand, n int) []float64 {
		level := 100.0
		return eachDay(func(r *rand.Rand, _, _ int) float64 { level = noisy(r, level, 0.2); return noisy(r, level, 0.3) })(r, n)
	}, [2]float64{0.88, 0.99}, [2]float64{0.94, 1}},
	{"launch", launches(6), [2]float64{0.83, 0.97}, [2]float64{0.86, 0.97}},
	{"collapse", launches(1.0 / 20), [2]float64{0.9, 1}, [2]float64{0.95, 1}},
}

// launches multiplies the level by by at one moment that lies in the coming week with a probability of a tenth.
func launches(by float64) func(*rand.Rand, int) []float64 {
	return func(r *rand.Rand, n int) []float64 {
		at := n
		if r.Float64() < 0.1 {
			at = n - 1 - r.IntN(7)
		}
		return eachDay(func(r *rand.Rand, i, _ int) float64 {
			if i >= at {
				return noisy(r, 100*by, 0.4)
			}
			return noisy(r, 100, 0.4)
		})(r, n)
	}
}

func TestVolumeProcesses(t *testing.T) {
	const trials = 600
	for _, p := range trackKinds {
		for _, length := range []int{7, 28} {
			rng := rand.New(rand.NewPCG(21, 22))
			var held [2]float64
			for range trials {
				days := p.days(rng, length+7)
				d, came := volume(t, days[:length], 7, Uncertainty{}), sum(days[length:])
				for i, q := range []float64{0.9, 0.95} {
					if came <= d.Quantile(q) {
						held[i] += 1.0 / trials
					}
				}
			}
			t.Logf("%s, %d days: P90 held %.3f, P95 %.3f", p.name, length, held[0], held[1])
			if held[0] < p.p90[0] || held[0] > p.p90[1]+1e-9 || held[1] < p.p95[0] || held[1] > p.p95[1]+1e-9 {
				t.Errorf("%s, %d days: P90 held %.3f of the time, P95 %.3f", p.name, length, held[0], held[1])
			}
		}
	}
}

// A track that breaks its forecasts week by week is given wider ones; one that keeps them is not given narrower ones.
func TestOwnErrors(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	breaks, keeps := make([]float64, 84), make([]float64, 84)
	for i := range breaks {
		breaks[i] = noisy(rng, math.Pow(4, float64(i/7%4)), 0.05) // each week four times the one before, then back
		keeps[i] = noisy(rng, 100, 0.05)
	}
	if _, above := ownErrors(breaks); above < 1.2 || above > ownWidest {
		t.Errorf("a track that quadruples each week: above the median × %.2f", above)
	}
	if below, above := ownErrors(keeps); below != 1 || above != 1 {
		t.Errorf("a steady track: × %.2f below, × %.2f above", below, above)
	}
	if below, above := ownErrors(breaks[:20]); below != 1 || above != 1 {
		t.Errorf("under three weeks: × %.2f below, × %.2f above", below, above)
	}
	scaled := make([]float64, len(breaks))
	for i, v := range breaks {
		scaled[i] = 1000 * v
	}
	b1, a1 := ownErrors(breaks)
	if b2, a2 := ownErrors(scaled); math.Abs(b1-b2)+math.Abs(a1-a2) > 1e-9 {
		t.Error("the unit changes the factors")
	}
}
