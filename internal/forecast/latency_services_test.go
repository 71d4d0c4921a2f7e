package forecast

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tokengate/tokengate/internal/stats"
)

// score holds a model against a constant on calls that neither has seen: the shares of the constant's pinball loss at P50
// and P95, and how often the P95 held.
type score struct{ median, tail, held float64 }

func scoreOf(m LatencyModel, seen, later []LatencySample) score {
	trial := against(constantLatency(seen), m, later)
	s := score{median: trial.median, tail: trial.tail}
	n := 0
	for _, c := range later {
		if c.Millis <= m.Quantile(c, 0.95) {
			n++
		}
	}
	s.held = float64(n) / float64(len(later))
	return s
}

// Where tokens explain latency the fit does far better than a constant on the later calls, at P50 and P95 and under load,
// queues, batches and outages; where they do not it is the constant, and loses nothing.
func TestFitLatencyOfServices(t *testing.T) {
	constant := map[string]bool{"fixed lengths": true, "nearly fixed": true, "hidden work": true}
	for _, service := range services {
		for seed := range uint64(4) {
			calls := simulate(service, 2000, 40+seed)
			cut := len(calls) * 7 / 10
			m, _ := FitLatency(calls[:cut])
			s := scoreOf(m, calls[:cut], calls[cut:])
			if constant[service.name] != m.Constant() {
				t.Errorf("%s/%d: %s", service.name, seed, m.Method())
			}
			if worst := map[bool]float64{true: 1, false: 0.62}[m.Constant()]; s.median > worst || s.tail > worst || s.held < 0.92 {
				t.Errorf("%s/%d: %.2f of the constant's loss at P50, %.2f at P95, held %.1f%%", service.name, seed, s.median, s.tail, 100*s.held)
			}
		}
	}
}

// One call in twelve hangs until it is cut off after a minute, whatever it holds. Tokens tell the median far better than a
// constant, but not when a call hangs, and a ceiling is held against P95: the fit is not used.
func TestFitLatencyLosesAtP95(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	samples := calls(1500, 70, 0.1)
	for i := range samples {
		if rng.IntN(12) == 0 {
			samples[i].Millis = 60_000
		}
	}
	trial := tryLatency(samples)
	m, warnings := FitLatency(samples)
	if trial.median > 0.9 || trial.tail < 1 || !m.Constant() || len(warnings) != 1 || warnings[0].Rule != "latency-constant" {
		t.Errorf("%+v, %s: %v", trial, m.Method(), warnings)
	}
}

// Of a service that became faster, the later calls say how fast it is now.
func TestFitLatencyRecent(t *testing.T) {
	i := slices.IndexFunc(services, func(s service) bool { return s.name == "faster since noon" })
	calls := simulate(services[i], 2000, 7)
	m, _ := FitLatency(calls[:1400])
	if !m.recent {
		t.Fatalf("%s", m.Method())
	}
	var off []float64
	for _, c := range calls[1400:] {
		off = append(off, m.Quantile(c, 0.5)/plainly(c))
	}
	if got := stats.Median(off); got > 1.25 {
		t.Errorf("predicts %.2f of what it takes now; all calls alike would be about 1.4", got)
	}
}

// plainly is what plain takes without noise.
func plainly(s LatencySample) float64 { return 350 + 0.08*s.Uncached + 0.004*s.Cached + 14*s.Output }

// Whatever the service, quantiles are above 0 and do not fall as p rises, no prediction falls as a call grows, and
// a change that adds tokens makes nothing faster.
func TestLatencyProperties(t *testing.T) {
	for _, service := range services {
		m, _ := FitLatency(simulate(service, 900, 50))
		for _, c := range simulate(service, 100, 51) {
			prev := 0.0
			for p := 0.0; p <= 1; p += 0.005 {
				q := m.Quantile(c, p)
				if q < prev*(1-1e-12) || q <= 0 {
					t.Fatalf("%s: p%g of %+v is %g after %g", service.name, 100*p, c, q, prev)
				}
				prev = q
			}
			for _, grow := range []func(*LatencySample){
				func(s *LatencySample) { s.Output += 50 }, func(s *LatencySample) { s.Uncached *= 2 }, func(s *LatencySample) { s.Cached += 1e5 },
			} {
				more := c
				grow(&more)
				if m.Predict(more) < m.Predict(c) || m.Ratio(c, more) < 1 {
					t.Fatalf("%s: more tokens take %g, fewer %g, ratio %g", service.name, m.Predict(more), m.Predict(c), m.Ratio(c, more))
				}
			}
		}
	}
}

// Calls that are predicted the same are told apart by nothing, least of all by when they were made: they are one band,
// though there are enough of them for many.
func TestLatencyTies(t *testing.T) {
	samples := make([]LatencySample, 900)
	for i := range samples {
		samples[i] = LatencySample{Uncached: 550, Output: float64(100 + 100*(i%2)), Millis: float64(1000 + i)}
	}
	bands := constantLatency(samples).fitted(samples, false).bands
	if n := len(bands); n < 1 || n > 2 {
		t.Fatalf("%d bands of two predictions", n)
	}
	if last := bands[len(bands)-1]; last.took.at(1)-last.took.at(0) < 800 {
		t.Errorf("a band holds calls from %g to %g only", last.took.at(0), last.took.at(1))
	}
}

// In another unit of time everything is the same in that unit; 1024 keeps every digit of a float.
func TestLatencyUnit(t *testing.T) {
	for _, service := range services {
		calls := simulate(service, 700, 60)
		scaled := slices.Clone(calls)
		for i := range scaled {
			scaled[i].Millis *= 1024
		}
		a, _ := FitLatency(calls)
		b, _ := FitLatency(scaled)
		for _, c := range calls[:50] {
			if 1024*a.Predict(c) != b.Predict(c) || 1024*a.Quantile(c, 0.95) != b.Quantile(c, 0.95) || a.Constant() != b.Constant() {
				t.Fatalf("%s: %g and %g at P95", service.name, a.Quantile(c, 0.95), b.Quantile(c, 0.95))
			}
		}
	}
}

// Calls of the slow kind stand for one each and those of the fast kind for nine: the median is the fast ones', which the
// same calls without weights do not have.
func TestLatencyWeights(t *testing.T) {
	samples := calls(800, 21, 0.02)
	for i := range samples {
		samples[i].Weight = 9
		if i%5 < 3 {
			samples[i].Millis, samples[i].Weight = 2*samples[i].Millis, 1
		}
	}
	unweighed := slices.Clone(samples)
	for i := range unweighed {
		unweighed[i].Weight = 0
	}
	s := LatencySample{Uncached: 3000, Output: 300}
	m, _ := FitLatency(samples)
	plain, _ := FitLatency(unweighed)
	if got := m.Predict(s) / process(s); math.Abs(got-1) > 0.05 {
		t.Errorf("weighed: %.2f of the fast kind", got)
	}
	if got := plain.Predict(s) / process(s); got < 1.5 {
		t.Errorf("unweighed: %.2f of the fast kind", got)
	}
	if got := constantLatency(samples).Predict(s); got > constantLatency(unweighed).Predict(s) {
		t.Errorf("constant %g", got)
	}
	// 70 calls of which two stand for nearly all traffic are worth hardly more than two.
	few := calls(70, 22, 0)
	few[3].Weight, few[40].Weight = 1e6, 1e6
	if m, warnings := FitLatency(few); !m.Constant() || len(warnings) != 1 || warnings[0].Text != "2 calls with a latency, 60 needed to fit it on tokens" {
		t.Errorf("%s: %v", m.Method(), warnings)
	}
}

// A call that moves to another model keeps its place: the slowest tenth there is the slowest tenth here, at this model's
// level and with its spread.
func TestLatencyCarry(t *testing.T) {
	wide, _ := FitLatency(calls(3000, 31, 0.5))
	fast := calls(3000, 32, 0.1)
	for i := range fast {
		fast[i].Millis /= 4
	}
	narrow, _ := FitLatency(fast)
	for _, c := range calls(200, 33, 0) {
		for _, p := range []float64{0.1, 0.5, 0.9} {
			c.Millis = wide.Quantile(c, p)
			if got := wide.Rank(c); math.Abs(got-p) > 0.001 {
				t.Fatalf("rank %g, want %g", got, p)
			}
			got, want := wide.Carry(narrow, c, c), process(c)/4*math.Exp(0.1*stats.NormalQuantile(p))
			if math.Abs(got-want) > 0.1*want {
				t.Fatalf("p%g of %+v: %g, want about %g", 100*p, c, got, want)
			}
		}
		if c.Millis = 1e9; wide.Carry(narrow, c, c) != narrow.Quantile(c, wide.Rank(c)) || wide.Rank(c) < 0.9999 {
			t.Fatalf("slower than all: rank %g", wide.Rank(c))
		}
	}
}

// Ten models that say 1 to 10: Σ (θ − 5.5)² = 82.5, and √(0.9 × 82.5) × 2.2622 = 19.493.
func TestLatencyErrorByHand(t *testing.T) {
	var e LatencyError
	for k := range 10 {
		e.without = append(e.without, constantLatency([]LatencySample{{Millis: float64(k + 1)}}))
	}
	if got := e.HalfWidth(func(m LatencyModel) float64 { return m.Predict(LatencySample{}) }); math.Abs(got-19.4926) > 1e-3 {
		t.Errorf("%g", got)
	}
	few := calls(9, 1, 0)
	if got := constantLatency(few).ErrorOf(few).HalfWidth(func(LatencyModel) float64 { return 1 }); !math.IsInf(got, 1) {
		t.Errorf("nine calls: %g", got)
	}
}

// The error of an effect holds the true effect about as often as it says, and is next to nothing without noise.
func TestLatencyErrorCovers(t *testing.T) {
	base, head := LatencySample{Uncached: 2000, Output: 200}, LatencySample{Uncached: 6000, Output: 260}
	effect := func(m LatencyModel) float64 { return m.Ratio(base, head) }
	truth := process(head) / process(base)
	held, runs := 0, 120
	for run := range runs {
		samples := calls(300, uint64(1000+run), 0.3)
		m, _ := FitLatency(samples)
		if m.Constant() {
			t.Fatal("constant")
		}
		if math.Abs(effect(m)-truth) <= m.ErrorOf(samples).HalfWidth(effect) {
			held++
		}
	}
	if share := float64(held) / float64(runs); share < 0.88 || share == 1 {
		t.Errorf("holds the true effect %.1f%% of the time", 100*share)
	}
	exact := calls(300, 5, 0)
	m, _ := FitLatency(exact)
	if got := m.ErrorOf(exact).HalfWidth(effect); got > 0.001 {
		t.Errorf("without noise ±%g", got)
	}
}
