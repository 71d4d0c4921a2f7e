package forecast

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func volume(t testing.TB, daily []float64, horizon int, u Uncertainty) Dist {
	t.Helper()
	d, _, err := Volume(daily, horizon, u)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// steady is a series with nothing to see in it: n equal days.
func steady(n int, v float64) []float64 {
	days := make([]float64, n)
	for i := range days {
		days[i] = v
	}
	return days
}

// The features of a ramp over eight days, by hand: 1 … 8 has mean 4.5, sample sd √6 = 2.449490, cv .544331, a last
// week of 2 … 8 with mean 5, and e(a) = ln(a/4.5 + .05).
func TestFeatures(t *testing.T) {
	got := newHistory([]float64{1, 2, 3, 4, 5, 6, 7, 8}).features()
	want := [featureCount]float64{
		0:  1,
		1:  -0.439543, // ln(.544331 + .1)
		2:  0.560457,
		3:  0.266308, // weights 2^(−k/3): mean 5.648116
		4:  0.152133, // weights 2^(−k/7): mean 5.014420
		5:  0.149377, // ln(5/4.5 + .05)
		6:  0.3,
		7:  -0.169211, // every day is active: ln(.544331 + .3)
		8:  -0.807355, // log2(8/14)
		9:  0.603101,  // ln(8/4.5 + .05)
		10: 0,
	}
	if diff := cmp.Diff(want, got, near(1e-6)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A sparse series: 2 active days of 7, so its active cv is taken as 1 and the last feature is set.
func TestFeaturesSparse(t *testing.T) {
	got := newHistory([]float64{0, 0, 0, 6, 0, 8, 0}).features()
	for i, want := range map[int]float64{5: 0, 6: 2.0/7 - 0.7, 7: math.Log(1.3), 8: -1, 9: math.Log(0.05), 10: 1} {
		if math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("feature %d = %g, want %g", i, got[i], want)
		}
	}
}

// Half of the days is not fewer than half of them.
func TestFeaturesHalfActive(t *testing.T) {
	for n, want := range map[int]float64{7: 1, 6: 0, 5: 0} { // 3 active days of n
		days := steady(n, 0)
		copy(days, []float64{1, 2, 3})
		if got := newHistory(days).features()[10]; got != want {
			t.Errorf("3 of %d days active: %g, want %g", n, got, want)
		}
	}
}

// Worked out by a second implementation, in another language, from the coefficients and the text of temper.go. For the
// first by hand: fourteen days of 100 do not vary, so only the core counts, 700·e^(z·.05 − .02) at the inner levels: e^−.02
// = .980199 gives 686.139 at P50, and P90 has .03 of tail, 700·e^(1.28155·.05 + .03 − .02) = 753.823. The ramp 1 … 8 varies
// by .544, so its own core counts for nothing; the third, with a cv of .172, is a mixture of both.
func TestVolumeKnownAnswer(t *testing.T) {
	ramp, uneven := []float64{1, 2, 3, 4, 5, 6, 7, 8}, []float64{90, 110, 100, 130, 80, 100, 90, 110, 100, 70}
	cases := []struct {
		name  string
		daily []float64
		days  int
		want  []float64
	}{
		{"steady", steady(14, 100), 7, []float64{468.17289, 612.16555, 663.38522, 686.13907, 709.67337, 753.82324, 909.88937}},
		{"steady", steady(14, 100), 28, []float64{1252.49061, 2141.40951, 2514.74257, 2690.21043, 2877.92167, 3247.13989, 4730.84948}},
		{"ramp", ramp, 7, []float64{3.73631, 10.93036, 19.68683, 34.94756, 53.30479, 108.09981, 167.50671}},
		{"ramp", ramp, 28, []float64{2.60859, 7.56940, 32.66948, 110.33170, 189.52523, 328.49519, 569.36527}},
		{"uneven", uneven, 7, []float64{161.45337, 378.31037, 519.29230, 650.62334, 779.47050, 1075.36225, 1557.33742}},
		{"uneven", uneven, 28, []float64{208.51362, 487.13676, 1266.54734, 2578.00375, 3418.81114, 5132.62789, 8490.82901}},
	}
	for _, c := range cases {
		d := volume(t, c.daily, c.days, Uncertainty{})
		for i, p := range Levels() {
			if got := d.Quantile(p); math.Abs(got-c.want[i]) > 1e-5*c.want[i] {
				t.Errorf("%s, %d days: p%g = %.5f, want %.5f", c.name, c.days, 100*p, got, c.want[i])
			}
		}
	}
}

// A calm track that rests at weekends is asked for the weekdays ahead: 4 weeks of 100 on workdays and 20 at weekends, up to
// a Sunday. Five days are 500, the weekend 40, a week 540; P50 is 2 % below, as for every calm track, and P90 near.
func TestVolumeRhythm(t *testing.T) {
	var days []float64
	for i := range 28 {
		days = append(days, [7]float64{100, 100, 100, 100, 100, 20, 20}[i%7])
	}
	for horizon, want := range map[int]float64{7: 540, 5: 500, 14: 1080, 1: 100} {
		d := volume(t, days, horizon, Uncertainty{})
		if p50 := d.Quantile(0.5); math.Abs(p50/want-1) > 0.04 || d.Quantile(0.9) > 1.2*want {
			t.Errorf("%d days: P50 %.1f, P90 %.1f, want about %g", horizon, p50, d.Quantile(0.9), want)
		}
	}
	if d := volume(t, days[:26], 2, Uncertainty{}); math.Abs(d.Quantile(0.5)/40-1) > 0.04 { // up to a Friday
		t.Errorf("a weekend: P50 %.1f, want about 40", d.Quantile(0.5))
	}
	if d := volume(t, days[:7], 5, Uncertainty{}); d.Quantile(0.9) < 700 {
		t.Errorf("one week knows no rhythm: P90 of five days %.1f", d.Quantile(0.9))
	}
}

// histories are the shapes a track takes: calm, noisy, growing, dying, launched, sparse, silent at the end.
func histories(rng *rand.Rand, n int) map[string][]float64 {
	out := map[string][]float64{"steady": steady(n, 50)}
	for i := range n {
		noise := math.Exp(0.6 * rng.NormFloat64())
		out["noisy"] = append(out["noisy"], 100*noise)
		out["growing"] = append(out["growing"], 10*noise*math.Exp(0.1*float64(i)))
		out["dying"] = append(out["dying"], 1e9*noise*math.Exp(-0.4*float64(i)))
		out["launched"] = append(out["launched"], map[bool]float64{true: 0, false: 1e5 * noise}[i < n-1])
		out["sparse"] = append(out["sparse"], map[bool]float64{true: 0, false: noise}[i%4 > 0])
		out["silent"] = append(out["silent"], map[bool]float64{true: noise, false: 0}[i < 2])
		out["tiny"] = append(out["tiny"], 1e-9*noise)
	}
	return out
}

// For every shape, length and horizon: quantiles in order and positive, the same on a second run, and in the unit of the
// history, so that cents give a hundred times what dollars give.
func TestVolumeProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{3, 5, 7, 9, 14, 28, 90} {
		for name, daily := range histories(rng, n) {
			for _, h := range []int{1, 3, 7, 8, 14, 28, 29, 60, 91} {
				if name == "silent" && n > longestMeasured {
					continue // nothing left in the window looked at; see TestVolumeErrors
				}
				u := Uncertainty{Counting: 0.05, Sampling: 0.2}
				d := volume(t, daily, h, u)
				if d != volume(t, daily, h, u) {
					t.Fatalf("%s %d→%d: two runs, two forecasts", name, n, h)
				}
				scaled := make([]float64, n)
				for i, v := range daily {
					scaled[i] = 100 * v
				}
				s, prev := volume(t, scaled, h, u), 0.0
				for _, p := range Levels() {
					q := d.Quantile(p)
					if !(q > 0 && q >= prev) {
						t.Fatalf("%s %d→%d: p%g = %g after %g", name, n, h, 100*p, q, prev)
					}
					if got := s.Quantile(p); math.Abs(got-100*q) > 1e-9*got {
						t.Fatalf("%s %d→%d: p%g is %g in dollars, %g in cents", name, n, h, 100*p, q, got)
					}
					prev = q
				}
			}
		}
	}
}

// spread is the distance of P90 and P10 from the median, in logarithms.
func spread(d Dist) (up, down float64) {
	return math.Log(d.Quantile(0.9) / d.Quantile(0.5)), math.Log(d.Quantile(0.5) / d.Quantile(0.1))
}

// Beyond 28 days the daily median stays and the spread only grows.
func TestVolumeLongHorizon(t *testing.T) {
	for name, daily := range histories(rand.New(rand.NewPCG(3, 4)), 21) {
		at28 := volume(t, daily, 28, Uncertainty{})
		up, down := spread(at28)
		for h := 29; h <= MaxHorizon; h++ {
			d := volume(t, daily, h, Uncertainty{})
			if got, want := d.Quantile(0.5)/float64(h), at28.Quantile(0.5)/28; math.Abs(got-want) > 1e-9*want {
				t.Fatalf("%s: median a day %g at %d days, %g at 28", name, got, h, want)
			}
			u, l := spread(d)
			if u < up-1e-12 || l < down-1e-12 {
				t.Fatalf("%s: spread +%g −%g at %d days, +%g −%g before", name, u, l, h, up, down)
			}
			up, down = u, l
		}
	}
}

// Under 7 days the spread is that of 7, and the level a day too.
func TestVolumeShortHorizon(t *testing.T) {
	for name, daily := range histories(rand.New(rand.NewPCG(13, 14)), 14) {
		at7 := volume(t, daily, 7, Uncertainty{})
		for h := 1; h < 7; h++ {
			d := volume(t, daily, h, Uncertainty{})
			for _, p := range Levels() {
				if got, want := d.Quantile(p)/float64(h), at7.Quantile(p)/7; math.Abs(got-want) > 1e-9*want {
					t.Errorf("%s, %d days: p%g a day = %g, want %g", name, h, 100*p, got, want)
				}
			}
		}
	}
}

// A history of 3 days is √(7/3) wider than its features alone say, one of 7 not at all.
func TestVolumeShortHistory(t *testing.T) {
	for n, want := range map[int]float64{3: math.Sqrt(7.0 / 3), 6: math.Sqrt(7.0 / 6), 7: 1, 9: 1} {
		for name, daily := range histories(rand.New(rand.NewPCG(15, 16)), n) {
			up, down := spread(volume(t, daily, 7, Uncertainty{}))
			own := newHistory(daily)
			r := own.ratios(&week, &temperWeek, own.features())
			if math.Abs(up-want*(r[5]-r[3])) > 1e-9 || math.Abs(down-want*(r[3]-r[1])) > 1e-9 {
				t.Errorf("%s, %d days: +%g −%g, unwidened +%g −%g", name, n, up, down, r[5]-r[3], r[3]-r[1])
			}
		}
	}
}

// Between 7 and 28 days every log ratio lies between the two measured ones, in proportion to the logarithm of the
// horizon: 14 days are half-way.
func TestVolumeBetweenHorizons(t *testing.T) {
	for name, daily := range histories(rand.New(rand.NewPCG(5, 6)), 14) {
		d7, d14, d28 := volume(t, daily, 7, Uncertainty{}), volume(t, daily, 14, Uncertainty{}), volume(t, daily, 28, Uncertainty{})
		for _, p := range Levels() {
			want := 14 * math.Sqrt(d7.Quantile(p)/7*d28.Quantile(p)/28)
			if got := d14.Quantile(p); math.Abs(got-want) > 1e-9*want {
				t.Errorf("%s: p%g at 14 days = %g, want %g", name, 100*p, got, want)
			}
		}
	}
}

// Uncertainty joins in quadrature: distances √(d² + z²(counting² + sampling²)), the median untouched.
func TestVolumeUncertainty(t *testing.T) {
	daily := histories(rand.New(rand.NewPCG(7, 8)), 14)["noisy"]
	sure, unsure := volume(t, daily, 7, Uncertainty{}), volume(t, daily, 7, Uncertainty{Counting: 0.3, Sampling: 0.4})
	if sure.Quantile(0.5) != unsure.Quantile(0.5) {
		t.Error("uncertainty moved the median")
	}
	for i, p := range Levels() {
		dev := math.Log(sure.Quantile(p) / sure.Quantile(0.5))
		want := math.Hypot(dev, 0.5*scores[i])
		if got := math.Abs(math.Log(unsure.Quantile(p) / unsure.Quantile(0.5))); math.Abs(got-want) > 1e-9 {
			t.Errorf("p%g: %g from the median, want %g", 100*p, got, want)
		}
	}
}

func TestVolumeErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	cases := []struct {
		name  string
		daily []float64
		days  int
		u     Uncertainty
		want  string
	}{
		{"none", nil, 7, Uncertainty{}, "history too short: 0 whole days, 3 needed"},
		{"two", []float64{1, 2}, 7, Uncertainty{}, "history too short: 2 whole days, 3 needed"},
		{"zeros", steady(9, 0), 7, Uncertainty{}, "no volume on any of the last 9 days"},
		{"zero lately", append([]float64{5}, steady(28, 0)...), 7, Uncertainty{}, "no volume on any of the last 28 days"},
		{"negative", []float64{1, -2, 3}, 7, Uncertainty{}, "day 2 of 3 is -2, not a finite amount"},
		{"nan", []float64{1, 2, nan}, 7, Uncertainty{}, "day 3 of 3 is NaN, not a finite amount"},
		{"inf", []float64{inf, 2, 3}, 7, Uncertainty{}, "day 1 of 3 is +Inf, not a finite amount"},
		{"horizon 0", steady(9, 1), 0, Uncertainty{}, "horizon of 0 days is outside 1 to 91"},
		{"horizon 92", steady(9, 1), 92, Uncertainty{}, "horizon of 92 days is outside 1 to 91"},
		{"error nan", steady(9, 1), 7, Uncertainty{Sampling: nan}, "relative error NaN is not a finite share"},
		{"error negative", steady(9, 1), 7, Uncertainty{Counting: -1}, "relative error -1 is not a finite share"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := Volume(c.daily, c.days, c.u)
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
	_, _, err := Volume([]float64{1}, 7, Uncertainty{})
	if short := (*ShortHistoryError)(nil); !errors.Is(err, ErrShortHistory) || !errors.As(err, &short) || short.Have != 1 || short.Need != MinDays {
		t.Errorf("not a short history of 1 day: %v", err)
	}
	if _, _, err := Volume(steady(3, 0), 7, Uncertainty{}); !errors.Is(err, ErrNoVolume) {
		t.Errorf("not ErrNoVolume: %v", err)
	}
	if _, _, err := Volume(steady(5, math.MaxFloat64), 7, Uncertainty{}); err == nil {
		t.Error("a total beyond float64 was forecast")
	}
}

func TestVolumeWarnings(t *testing.T) {
	cases := []struct {
		days, horizon int
		want          []string
	}{
		{14, 7, nil},
		{14, 28, nil},
		{3, 7, []string{"short-history"}},
		{6, 1, []string{"short-history", "horizon-extrapolated"}},
		{14, 30, []string{"horizon-extrapolated"}},
		{90, 91, []string{"horizon-extrapolated"}},
	}
	for _, c := range cases {
		_, ws, err := Volume(steady(c.days, 3), c.horizon, Uncertainty{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, rulesOf(ws)); diff != "" {
			t.Errorf("%d→%d (-want +got):\n%s", c.days, c.horizon, diff)
		}
	}
}

// On simulated tracks whose level wanders, a P90 holds nearly as often as it says; on calm ones it holds at least that
// often. Normal noise around last week's level, the usual method, holds 65 to 75 % of the wandering ones.
func TestVolumeCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, c := range []struct {
		name        string
		shift       float64 // sd of the daily change of log level
		noise       float64 // sd of daily log noise
		atLeast, to float64
	}{
		{"calm", 0.01, 0.2, 0.90, 1},
		{"wandering", 0.2, 0.4, 0.84, 0.98},
		{"wild", 0.35, 0.8, 0.80, 0.98},
	} {
		const trials = 1500
		held := 0
		for range trials {
			level, total := 0.0, 0.0
			var daily []float64
			for i := range 14 + 7 {
				level += c.shift * rng.NormFloat64()
				v := math.Exp(level + c.noise*rng.NormFloat64())
				if i < 14 {
					daily = append(daily, v)
				} else {
					total += v
				}
			}
			if total <= volume(t, daily, 7, Uncertainty{}).Quantile(0.9) {
				held++
			}
		}
		if share := float64(held) / trials; share < c.atLeast || share > c.to {
			t.Errorf("%s: P90 held %.1f%% of the time", c.name, 100*share)
		}
	}
}

// Two hundred tracks with ninety days each.
func BenchmarkVolume(b *testing.B) {
	rng := rand.New(rand.NewPCG(11, 12))
	series := make([][]float64, 200)
	for i := range series {
		series[i] = histories(rng, 90)["noisy"]
	}
	for b.Loop() {
		for _, s := range series {
			volume(b, s, 30, Uncertainty{Counting: 0.05, Sampling: 0.25})
		}
	}
}
