package forecast

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/stats"
)

// Ceilings at 1, 1.25, 1.5, 2 and 3 times a level of 8 are 8, 10, 12, 16 and 24. What comes is 18: over all but the last.
func TestGates(t *testing.T) {
	s := NewScore(2, []Trial{{Days: 3, At: [7]float64{6, 8, 10, 12, 16, 25, 30}, Recent: 8, Actual: 18}}, 0)
	want := map[string]string{
		"P50 1": "0/1 0/0", "P50 1.25": "0/1 0/0", "P50 1.5": "1/1 0/0", "P50 2": "1/1 0/0", "P50 3": "0/0 0/1",
		"P75 1": "0/1 0/0", "P75 1.25": "0/1 0/0", "P75 1.5": "0/1 0/0", "P75 2": "1/1 0/0", "P75 3": "0/0 0/1",
		"P90 1": "0/1 0/0", "P90 1.25": "0/1 0/0", "P90 1.5": "0/1 0/0", "P90 2": "0/1 0/0", "P90 3": "0/0 1/1",
	}
	got := map[string]string{}
	for _, g := range s.Gates {
		got[fmt.Sprintf("P%g %g", 100*g.Quantile, g.Multiple)] = fmt.Sprintf("%d/%d %d/%d", g.Passed, g.Over, g.Failed, g.Within)
		if g.Over == 0 && !math.IsNaN(g.FalsePassRate()) || g.Within > 0 && g.FalseFailRate() != float64(g.Failed) {
			t.Errorf("rates of %+v: %g, %g", g, g.FalsePassRate(), g.FalseFailRate())
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Where nothing changes the naive method loses nothing: there is no ratio, and none is made up.
func TestScoreOfConstantSeries(t *testing.T) {
	trials, _, err := Backtest(steady(30, 0.1), Rolling{Horizon: 7, MinDays: 7})
	if err != nil {
		t.Fatal(err)
	}
	s := NewScore(7, trials, 0)
	if !math.IsNaN(s.Relative(0.9)) || !math.IsNaN(s.RelativeMean()) || s.Better != 0 {
		t.Errorf("relative loss %g", s.Relative(0.9))
	}
	if got := s.NaiveHeld(0.9); got.Rate != 1 || got.Trials != 17 {
		t.Errorf("naive P90 held %+v", got)
	}
	for _, v := range []float64{0.1, 0.0175, 0.3, 0.7, 1.1} { // their sums differ in the last digits
		if g := rolled(t, steady(30, v), 7).Gates[0]; g.Multiple != 1 || g.Over != 0 {
			t.Errorf("%d of %d windows are over the level %g that they all have", g.Over, g.Over+g.Within, v)
		}
	}
}

// Neither the unit of a series nor that of one among several changes a relative loss, a rate or a decision.
func TestScoreScales(t *testing.T) {
	a, b := rolled(t, wandering(50, 3), 7), rolled(t, wandering(40, 4), 7)
	for _, unit := range []float64{1e-6, 0.37, 1e9} {
		scaled := rolled(t, times(wandering(50, 3), unit), 7)
		for name, pair := range map[string][2]*Score{"one": {a, scaled}, "pooled": {Pool([]*Score{a, b}), Pool([]*Score{scaled, b})}} {
			for _, p := range levels {
				want, got := pair[0].Relative(p), pair[1].Relative(p)
				if math.Abs(got/want-1) > 1e-9 || pair[0].Held(p) != pair[1].Held(p) {
					t.Errorf("%s in units of %g: P%g loses %g, was %g; held %+v, was %+v", name, unit, 100*p, got, want, pair[1].Held(p), pair[0].Held(p))
				}
			}
			if diff := cmp.Diff(pair[0].Gates, pair[1].Gates, cmp.AllowUnexported(Gate{})); diff != "" {
				t.Errorf("%s in units of %g (-want +got):\n%s", name, unit, diff)
			}
		}
	}
}

// Every series weighs the same, however many trials it has; the order makes no difference beyond rounding.
func TestPool(t *testing.T) {
	holds := Trial{Days: 7, At: [7]float64{9, 9, 9, 9, 9, 9, 9}, Recent: 8, Actual: 8}
	misses := holds
	misses.Actual = 10
	later := func(tr Trial, days int) Trial { tr.Days += days; return tr }
	one := NewScore(7, []Trial{holds}, 0)
	many := NewScore(7, []Trial{misses, later(misses, 1), later(misses, 2), later(misses, 7)}, 1)
	p := Pool([]*Score{one, many})
	if p.Series != 2 || p.Trials != 5 || p.Apart != 3 || p.Silent != 1 || p.Held(0.9).Rate != 0.5 || p.Held(0.9).Trials != 1 {
		t.Errorf("pooled: %+v, held %+v", p, p.Held(0.9))
	}
	if want := 4 / (1 + 1.0/2); math.Abs(p.Weighs-want) > 1e-12 { // variances 1/1 and 1/2, a quarter of each
		t.Errorf("the pool weighs %g trials, want %g", p.Weighs, want)
	}
	if q := PoolParts([]*Score{one, many}); q.Apart != 2 || math.Abs(q.Weighs-4/(1+1.0/2)/2) > 1e-12 || q.Held(0.9).Rate != 0.5 || q.RelativeMean() != p.RelativeMean() {
		t.Errorf("pooled as parts: %+v", q)
	}
	if g := p.Gates[0]; g.Over != 4 || g.FalsePassRate() != 0 || g.Within != 1 || g.FalseFailRate() != 1 {
		t.Errorf("gate at P50 and 1×: %+v", g)
	}
	if q := Pool([]*Score{many, one}); math.Abs(q.RelativeMean()-p.RelativeMean()) > 1e-12 || q.Held(0.9) != p.Held(0.9) {
		t.Errorf("another order: %g, was %g", q.RelativeMean(), p.RelativeMean())
	}
}

// On days that are normal the distribution of a total is known: its quantiles hold as often as they say, and the
// interval of that rate covers the truth 95 % of the time although the trials overlap.
func TestCoverageOfKnownProcess(t *testing.T) {
	const horizon, mean, sd, runs = 7, 100.0, 15.0, 300
	truth := func([]float64, int) (Dist, error) {
		var at [7]float64
		for i, z := range scores {
			at[i] = mean*horizon + z*sd*math.Sqrt(horizon)
		}
		return NewDist(at)
	}
	rng := rand.New(rand.NewPCG(7, 7))
	var all []*Score
	covered := map[float64]int{}
	for range runs {
		daily := make([]float64, 90)
		for i := range daily {
			daily[i] = mean + sd*rng.NormFloat64()
		}
		trials, _, err := Backtest(daily, Rolling{Horizon: horizon, MinDays: 7, Forecast: truth})
		if err != nil {
			t.Fatal(err)
		}
		s := NewScore(horizon, trials, 0)
		all = append(all, s)
		for _, p := range levels {
			if c := s.Held(p); c.Low <= p && p <= c.High {
				covered[p]++
			}
		}
	}
	pool := Pool(all)
	for _, p := range levels {
		if c := pool.Held(p); math.Abs(c.Rate-p) > 0.02 || c.Low > p || c.High < p {
			t.Errorf("P%g held %+v", 100*p, c)
		}
		if share := float64(covered[p]) / runs; share < 0.93 {
			t.Errorf("P%g: the interval of one series covers %.3f", 100*p, share)
		}
	}
	if r := pool.RelativeMean(); !(r < 1) {
		t.Errorf("the true distribution loses %.3f of the naive method's", r)
	}
}

// Wilson's interval of 9 in 10, by hand: (.9 + .19207 ± 1.959964 × √(.009 + .0096036)) ÷ 1.38415.
func TestWilson(t *testing.T) {
	low, high := wilson(0.9, 10)
	if math.Abs(low-0.595850) > 1e-5 || math.Abs(high-0.982124) > 1e-5 {
		t.Errorf("%.6f to %.6f", low, high)
	}
	if low, high := wilson(1, 3); high != 1 || math.Abs(low-0.438503) > 1e-5 {
		t.Errorf("3 of 3: %.6f to %.6f", low, high)
	}
}

// reference is one forecast as the published scorer of this field's forecasts takes it: a history, what came, and the
// series it belongs to. scored are its columns.
type reference struct {
	series  string
	history []float64
	horizon int
	actual  float64
}

// scored follows the scorer column by column, in its own order of steps, and shares no code with Score.
func scored(t *testing.T, tasks []reference) map[string]float64 {
	t.Helper()
	at := []float64{0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95}
	scale, of := map[string]float64{}, map[string]float64{}
	for _, k := range tasks {
		scale[k.series] += stats.Mean(k.history) * float64(k.horizon)
		of[k.series]++
	}
	sum, ser := map[string]float64{}, map[string][2]float64{}
	for _, k := range tasks {
		w, h := 1/of[k.series], float64(k.horizon)
		unit := math.Max(scale[k.series]/of[k.series], k.actual/5)
		d, _, err := Volume(k.history, k.horizon, Uncertainty{})
		if err != nil {
			t.Fatal(err)
		}
		level, noise := stats.Mean(k.history[len(k.history)-7:])*h, stats.StdDev(k.history)*math.Sqrt(h)
		for _, p := range at {
			q, n := d.Quantile(p), math.Max(0, level+stats.NormalQuantile(p)*noise)
			name := fmt.Sprintf("%g", p)
			sum["ours "+name] += w * pinball(q, k.actual, p) / unit
			sum["naive "+name] += w * pinball(n, k.actual, p) / unit
			sum["ours"] += w * pinball(q, k.actual, p) / unit
			sum["naive"] += w * pinball(n, k.actual, p) / unit
			if p == 0.5 || p == 0.9 || p == 0.95 {
				ser[k.series] = [2]float64{ser[k.series][0] + pinball(q, k.actual, p)/unit, ser[k.series][1] + pinball(n, k.actual, p)/unit}
			}
			if k.actual <= q {
				sum["held "+name] += w
			}
		}
		sum["weight"] += w
		for _, m := range []float64{1, 1.25, 1.5, 2} {
			over, fails := k.actual > m*stats.Mean(k.history)*h, d.Quantile(0.9) > m*stats.Mean(k.history)*h
			switch name := fmt.Sprintf("%g", m); {
			case over && !fails:
				sum["passed "+name] += w
				fallthrough
			case over:
				sum["over "+name] += w
			case fails:
				sum["failed "+name] += w
				fallthrough
			default:
				sum["within "+name] += w
			}
		}
	}
	out := map[string]float64{"CRPS": sum["ours"] / sum["naive"]}
	for _, p := range []string{"0.5", "0.75", "0.9", "0.95"} {
		out["rel"+p], out["cov"+p] = sum["ours "+p]/sum["naive "+p], sum["held "+p]/sum["weight"]
	}
	for _, m := range []string{"1", "1.25", "1.5", "2"} {
		out["FP"+m], out["FF"+m] = sum["passed "+m]/sum["over "+m], sum["failed "+m]/sum["within "+m]
	}
	logs := 0.0
	for _, name := range slices.Sorted(maps.Keys(of)) {
		logs += math.Log((ser[name][0] + 0.02) / (ser[name][1] + 0.02))
	}
	out["gm"] = math.Exp(logs / float64(len(of)))
	out["relAvg"] = (out["rel0.5"] + out["rel0.9"] + out["rel0.95"]) / 3
	return out
}

// scorerColumns are the same from a score.
func scorerColumns(s *Score) map[string]float64 {
	out := map[string]float64{"CRPS": s.RelativeMean(), "gm": s.Typical(), "relAvg": (s.Relative(0.5) + s.Relative(0.9) + s.Relative(0.95)) / 3}
	for _, p := range []float64{0.5, 0.75, 0.9, 0.95} {
		out[fmt.Sprintf("rel%g", p)], out[fmt.Sprintf("cov%g", p)] = s.Relative(p), s.Held(p).Rate
	}
	for _, g := range s.Gates {
		if g.Quantile == 0.9 && g.Multiple < 3 {
			out[fmt.Sprintf("FP%g", g.Multiple)], out[fmt.Sprintf("FF%g", g.Multiple)] = g.FalsePassRate(), g.FalseFailRate()
		}
	}
	return out
}

// Series of unequal length, so that weights matter; none longer than what both look back on.
func TestScoreIsTheScorers(t *testing.T) {
	var tasks []reference
	var scores []*Score
	for i := range 12 {
		daily := wandering(14+i, uint64(i))
		for n := 7; n+7 <= len(daily); n++ {
			tasks = append(tasks, reference{fmt.Sprint(i), daily[:n], 7, total(daily[n : n+7])})
		}
		scores = append(scores, rolled(t, daily, 7))
	}
	if diff := cmp.Diff(scored(t, tasks), scorerColumns(Pool(scores)), near(1e-9)); diff != "" {
		t.Errorf("(-scorer +got):\n%s", diff)
	}
}

// On recorded series, cut into tasks by whoever made the scorer.
func TestScoreOfRecordedSeries(t *testing.T) {
	var tasks []reference
	var scores []*Score
	daily := map[string][]float64{}
	for _, r := range table(t, filepath.Join(sampleDir(t, "data/traces"), "daily.csv")) {
		daily[r["series_id"]] = append(daily[r["series_id"]], number(t, r["tokens"]))
	}
	cut := table(t, filepath.Join(sampleDir(t, "data/traces/bt"), "tasks.csv"))
	for i, b := range backtests(t, sampleDir(t, "data/traces/bt")) {
		tasks = append(tasks, reference{cut[i]["series_id"], b.daily, b.horizon, b.actual})
		scores = append(scores, rolled(t, daily[cut[i]["series_id"]], b.horizon))
	}
	got := scorerColumns(Pool(scores))
	if diff := cmp.Diff(scored(t, tasks), got, near(1e-9)); diff != "" {
		t.Errorf("(-scorer +got):\n%s", diff)
	}
	for _, name := range slices.Sorted(slices.Values([]string{"relAvg", "CRPS", "cov0.9", "cov0.95", "gm"})) {
		t.Logf("%d series: %s %.3f", len(scores), name, got[name])
	}
}
