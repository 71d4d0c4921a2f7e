package forecast

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// One trial by hand: days 2 4 6 are known, 8 and 10 come. The level is 4 a day, 8 a horizon; the sample sd is 2, so the
// naive noise is 2√2.
func TestBacktestByHand(t *testing.T) {
	fixed := Dist{at: [7]float64{6, 8, 10, 12, 16, 18, 20}}
	trials, silent, err := Backtest([]float64{2, 4, 6, 8, 10}, Rolling{Horizon: 2, MinDays: 3, Forecast: func(daily []float64, horizon int) (Dist, error) {
		if diff := cmp.Diff([]float64{2, 4, 6}, daily); diff != "" || horizon != 2 {
			t.Errorf("asked for %d days after (-want +got):\n%s", horizon, diff)
		}
		return fixed, nil
	}})
	if err != nil || silent != 0 {
		t.Fatal(err, silent)
	}
	want := []Trial{{Days: 3, At: fixed.at, Naive: [7]float64{3.347651, 4.375225, 6.092255, 8, 9.907745, 11.624775, 12.652349}, Recent: 8, Actual: 18}}
	if diff := cmp.Diff(want, trials, near(1e-6)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s := NewScore(2, trials, 0)
	for _, c := range []struct {
		p, relative float64
		held        int
	}{
		{0.50, 3 / 5.0, 0},                        // half of 18 − 12, of 18 − 8
		{0.75, 1.5 / (0.75 * (18 - 9.907745)), 0}, // ¾ of 18 − 16
		{0.90, 0, 1},
		{0.95, 0.1 / (0.95 * (18 - 12.652349)), 1}, // 1/20 of 20 − 18
	} {
		if got := s.Relative(c.p); math.Abs(got-c.relative) > 1e-6 {
			t.Errorf("P%g: relative loss %g, want %g", 100*c.p, got, c.relative)
		}
		if got := s.Held(c.p); got.Trials != c.held || got.Rate != float64(c.held) {
			t.Errorf("P%g: held %+v, want %d", 100*c.p, got, c.held)
		}
	}
	ours := 0.05*12 + 0.1*10 + 0.25*8 + 3 + 1.5 + 0 + 0.1
	theirs := 0.05*(18-3.347651) + 0.1*(18-4.375225) + 0.25*(18-6.092255) + 5 + 0.75*(18-9.907745) + 0.9*(18-11.624775) + 0.95*(18-12.652349)
	if got := s.RelativeMean(); math.Abs(got-ours/theirs) > 1e-6 || s.Better != 1 {
		t.Errorf("relative mean loss %g, want %g", got, ours/theirs)
	}
}

// A forecast of the past must not know what came: other futures leave it as it is, and nothing behind its origin can be
// reached through its slice.
func TestBacktestSeesNoFuture(t *testing.T) {
	daily := wandering(40, 1)
	poisoned := append([]float64(nil), daily...)
	for i := 20; i < len(poisoned); i++ {
		poisoned[i] = 1e300 / float64(i) // not NaN, which the series itself would be refused for
	}
	reached := false
	look := func(daily []float64, horizon int) (Dist, error) {
		reached = reached || cap(daily) > len(daily)
		return VolumeAlone(daily, horizon)
	}
	a, _, err := Backtest(daily, Rolling{Horizon: 7, MinDays: 7, Forecast: look})
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := Backtest(poisoned[:20+7], Rolling{Horizon: 7, MinDays: 7})
	if err != nil {
		t.Fatal(err)
	}
	if reached || len(a) != 27 || len(b) != 14 {
		t.Errorf("%d and %d trials; the future was reached: %v", len(a), len(b), reached)
	}
	for i := range b {
		b[i].Actual = a[i].Actual
	}
	if diff := cmp.Diff(a[:14], b); diff != "" {
		t.Errorf("forecasts up to day 20 depend on what came after it (-want +got):\n%s", diff)
	}
}

// What was spent more than 28 days ago is in neither the naive method nor the level that ceilings are drawn at.
func TestBacktestLooksBack28Days(t *testing.T) {
	trials, _, err := Backtest(append(steady(12, 1e6), steady(30, 5)...), Rolling{Horizon: 2, MinDays: 40})
	if err != nil || len(trials) != 1 {
		t.Fatalf("%d trials, %v", len(trials), err)
	}
	if tr := trials[0]; tr.Recent != 10 || tr.Naive[0] != 10 || tr.Naive[6] != 10 || tr.Actual != 10 {
		t.Errorf("%+v", tr)
	}
}

func TestBacktestRefuses(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name  string
		daily []float64
		r     Rolling
	}{
		{"no horizon", wandering(20, 1), Rolling{MinDays: 7}},
		{"horizon beyond a quarter", wandering(20, 1), Rolling{Horizon: 92, MinDays: 7}},
		{"two days of history", wandering(20, 1), Rolling{Horizon: 1, MinDays: 2}},
		{"a day that is no number", append(wandering(20, 1), math.NaN()), Rolling{Horizon: 1, MinDays: 7}},
		{"a negative day", append(wandering(20, 1), -1), Rolling{Horizon: 1, MinDays: 7}},
		{"an infinite day", append(wandering(20, 1), math.Inf(1)), Rolling{Horizon: 1, MinDays: 7}},
		{"a broken forecaster", wandering(20, 1), Rolling{Horizon: 1, MinDays: 7, Forecast: func([]float64, int) (Dist, error) { return Dist{}, broken }}},
	} {
		if trials, _, err := Backtest(c.daily, c.r); err == nil || trials != nil {
			t.Errorf("%s: %d trials, error %v", c.name, len(trials), err)
		}
	}
	if trials, silent, err := Backtest(wandering(13, 1), Rolling{Horizon: 7, MinDays: 7}); trials != nil || silent != 0 || err != nil {
		t.Errorf("a series that is too short: %d trials, %d silent, %v", len(trials), silent, err)
	}
}

// A track that starts on day 31 cannot be forecast before: those origins are counted, and are in no rate.
func TestBacktestSilent(t *testing.T) {
	trials, silent, err := Backtest(append(make([]float64, 30), wandering(10, 1)...), Rolling{Horizon: 7, MinDays: 7})
	if err != nil || silent != 24 || len(trials) != 3 || trials[0].Days != 31 {
		t.Errorf("%d silent, %d trials, %v", silent, len(trials), err)
	}
	s := Pool([]*Score{NewScore(7, trials, silent), NewScore(7, nil, 2)})
	if s.Silent != 26 || s.Series != 1 || s.Trials != 3 {
		t.Errorf("pooled: %+v", s)
	}
	if none := Pool([]*Score{NewScore(7, nil, 2)}); !math.IsNaN(none.Held(0.9).Rate) || !math.IsNaN(none.Held(0.9).Low) || !math.IsNaN(none.RelativeMean()) {
		t.Errorf("a score without a trial claims something: %+v", none)
	}
}

// Who knows what comes loses nothing and always holds, and no gate of theirs errs.
func TestPerfectForecaster(t *testing.T) {
	daily := wandering(60, 2)
	trials, _, err := Backtest(daily, Rolling{Horizon: 7, MinDays: 7, Forecast: func(known []float64, horizon int) (Dist, error) {
		sure := total(daily[len(known) : len(known)+horizon])
		return NewDist([7]float64{sure, sure, sure, sure, sure, sure, sure})
	}})
	if err != nil {
		t.Fatal(err)
	}
	s := NewScore(7, trials, 0)
	if s.RelativeMean() != 0 || s.Held(0.5).Rate != 1 || s.Held(0.9).Rate != 1 || s.Better != 1 {
		t.Errorf("relative loss %g, held %+v", s.RelativeMean(), s.Held(0.9))
	}
	for _, g := range s.Gates {
		if g.Passed+g.Failed > 0 {
			t.Errorf("%d false passes and %d false fails at %g×", g.Passed, g.Failed, g.Multiple)
		}
	}
}

func TestTestable(t *testing.T) {
	for _, c := range []struct{ days, horizon, fits, minDays int }{
		{90, 30, 30, 7}, {37, 30, 30, 7}, {36, 30, 29, 7}, {28, 30, 21, 7}, {14, 30, 7, 7}, {14, 7, 7, 7},
		{13, 7, 7, 3}, {10, 7, 7, 3}, {9, 7, 6, 3}, {4, 7, 1, 3}, {4, 1, 1, 3}, {3, 7, 0, 3}, {0, 7, 0, 3},
	} {
		if fits, minDays := Testable(c.days, c.horizon); fits != c.fits || minDays != c.minDays {
			t.Errorf("%d days, horizon %d: %d after %d, want %d after %d", c.days, c.horizon, fits, minDays, c.fits, c.minDays)
		}
	}
}

func TestPast(t *testing.T) {
	s, ok := Past(wandering(60, 5), 30, Uncertainty{})
	if !ok || s.Horizon != 30 || s.Trials != 24 || s.Apart != 1 || s.Held > s.Trials || !(s.Loss > 0) {
		t.Errorf("%+v, %v", s, ok)
	}
	if s, ok := Past(wandering(28, 5), 30, Uncertainty{}); !ok || s.Horizon != 21 || s.Trials != 1 {
		t.Errorf("28 days: %+v, %v", s, ok)
	}
	launched := wandering(80, 8)
	for i := 73; i < 80; i++ {
		launched[i] *= 8
	}
	narrow, _ := Past(launched, 7, Uncertainty{})
	wide, _ := Past(launched, 7, Uncertainty{Sampling: 2})
	if wide.Held <= narrow.Held || wide.Held != wide.Trials || wide.NaiveHeld != narrow.NaiveHeld {
		t.Errorf("P90 held %d times, and %d times with a sampling error of 200 %%, of %d", narrow.Held, wide.Held, wide.Trials)
	}
	for _, daily := range [][]float64{nil, wandering(3, 5), make([]float64, 40), {1, 2, 3, -4, 5, 6}} {
		if s, ok := Past(daily, 7, Uncertainty{}); ok {
			t.Errorf("%v gives %+v", daily, s)
		}
	}
}

// Two hundred series of a quarter, at the horizon of a month: a second at most, on one core.
func BenchmarkBacktest(b *testing.B) {
	var series [][]float64
	for i := range 200 {
		series = append(series, wandering(90, uint64(i)))
	}
	for b.Loop() {
		var scores []*Score
		for _, daily := range series {
			scores = append(scores, rolled(b, daily, 30))
		}
		Pool(scores)
	}
}

func BenchmarkPast(b *testing.B) {
	daily := wandering(90, 1)
	for b.Loop() {
		Past(daily, 30, Uncertainty{Sampling: 0.2})
	}
}

func rolled(t testing.TB, daily []float64, horizon int) *Score {
	t.Helper()
	trials, silent, err := Backtest(daily, Rolling{Horizon: horizon, MinDays: 7})
	if err != nil {
		t.Fatal(err)
	}
	return NewScore(horizon, trials, silent)
}

// wandering is a lognormal series whose level walks.
func wandering(n int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 99))
	level := 5.0
	days := make([]float64, n)
	for i := range days {
		level += 0.1 * rng.NormFloat64()
		days[i] = math.Exp(level + 0.4*rng.NormFloat64())
	}
	return days
}

func times(days []float64, by float64) []float64 {
	out := make([]float64, len(days))
	for i, v := range days {
		out[i] = by * v
	}
	return out
}
