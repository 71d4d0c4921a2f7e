package forecast

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tokengate/tokengate/internal/stats"
)

// lognormal has the quantiles of exp(mu + sigma Z).
func lognormal(t testing.TB, mu, sigma float64) Dist {
	t.Helper()
	var q [7]float64
	for i, p := range Levels() {
		q[i] = math.Exp(mu + sigma*stats.NormalQuantile(p))
	}
	return dist(t, q)
}

func dist(t testing.TB, q [7]float64) Dist {
	t.Helper()
	d, err := NewDist(q)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A lognormal distribution is kept exactly, between the levels and in both tails.
func TestDistLognormal(t *testing.T) {
	d := lognormal(t, 3, 0.8)
	for _, p := range []float64{0.001, 0.03, 0.05, 0.2, 0.5, 0.6, 0.8, 0.93, 0.95, 0.99, 0.9999} {
		want := math.Exp(3 + 0.8*stats.NormalQuantile(p))
		if got := d.Quantile(p); math.Abs(got-want) > 1e-9*want {
			t.Errorf("p%g = %g, want %g", 100*p, got, want)
		}
		if got := d.Exceed(want); math.Abs(got-(1-p)) > 1e-9 {
			t.Errorf("P(X > p%g) = %g", 100*p, got)
		}
	}
}

// Over random quantiles, with atoms and zeros among them: quantiles never fall, Exceed never rises, and they invert each
// other wherever the distribution has no atom.
func TestDistProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		var q [7]float64
		for i := range q {
			q[i] = math.Exp(4 * rng.NormFloat64())
			if rng.IntN(8) == 0 {
				q[i] = 0
			}
		}
		slices.Sort(q[:])
		if rng.IntN(3) == 0 {
			q[4] = q[5]
		}
		slices.Sort(q[:])
		d := dist(t, q)
		prev := 0.0
		for p := 0.004; p < 1; p += 0.004 {
			x := d.Quantile(p)
			if x < prev {
				t.Fatalf("%v: p%g = %g after %g", q, 100*p, x, prev)
			}
			over := d.Exceed(x)
			if over > 1-p+1e-9 {
				t.Fatalf("%v: P(X > p%g) = %g", q, 100*p, over)
			}
			if x > prev*(1+1e-6) && x < d.Quantile(min(p+1e-4, 1))*(1-1e-9) && math.Abs(over-(1-p)) > 1e-6 {
				t.Fatalf("%v: P(X > p%g = %g) = %g", q, 100*p, x, over)
			}
			prev = x
		}
		for i, p := range Levels() {
			if d.Quantile(p) != q[i] {
				t.Fatalf("level %g gives %g, was given %g", p, d.Quantile(p), q[i])
			}
		}
	}
}

// Exceed falls from 1 to 0 and never rises, over magnitudes far outside the levels.
func TestDistExceedMonotone(t *testing.T) {
	for _, q := range [][7]float64{{0, 0, 0, 1, 2, 3, 4}, {1, 1, 1, 1, 1, 1, 9}, {1e-9, 1e-3, 1, 2, 3, 1e6, 1e7}, {5, 5, 5, 5, 5, 5, 5}, {0, 0, 0, 0, 0, 0, 3}} {
		d, prev := dist(t, q), 1.0
		for x := 1e-12; x < 1e15; x *= 1.17 {
			got := d.Exceed(x)
			if !(got >= 0 && got <= prev+1e-15) {
				t.Fatalf("%v: P(X > %g) = %g after %g", q, x, got, prev)
			}
			prev = got
		}
		if d.Exceed(-1) != 1 || d.Exceed(math.Inf(1)) != 0 || d.Exceed(math.Inf(-1)) != 1 {
			t.Errorf("%v: ends are %g and %g", q, d.Exceed(-1), d.Exceed(math.Inf(1)))
		}
	}
}

func TestDistEdges(t *testing.T) {
	var zero Dist
	if zero.Quantile(0.9) != 0 || zero.Quantile(1) != 0 || zero.Exceed(0) != 0 || zero.Exceed(1) != 0 || zero.Exceed(-1) != 1 {
		t.Error("the zero value is not the certain amount 0")
	}
	certain := dist(t, [7]float64{5, 5, 5, 5, 5, 5, 5})
	for _, p := range []float64{0, 0.01, 0.5, 0.999, 1} {
		if got := certain.Quantile(p); got != 5 {
			t.Errorf("a certain 5 has p%g = %g", 100*p, got)
		}
	}
	if certain.Exceed(5) != 0 || certain.Exceed(4.999) != 1 {
		t.Errorf("a certain 5 exceeds 5 with %g, 4.999 with %g", certain.Exceed(5), certain.Exceed(4.999))
	}
	d := lognormal(t, 0, 1)
	if d.Quantile(0) != 0 || !math.IsInf(d.Quantile(1), 1) || !math.IsNaN(d.Quantile(1.5)) || !math.IsNaN(d.Quantile(math.NaN())) || !math.IsNaN(d.Exceed(math.NaN())) {
		t.Error("probabilities outside (0, 1)")
	}
	half := dist(t, [7]float64{0, 0, 0, 0, 10, 20, 30}) // at least half of it is 0
	if got := half.Exceed(0); math.Abs(got-0.5) > 1e-12 {
		t.Errorf("P(X > 0) = %g above an atom of one half", got)
	}
	if a, b := half.Quantile(0.6), half.Quantile(0.97); !(a > 0 && a < 10) || !(b > 30) {
		t.Errorf("p60 = %g, p97 = %g", a, b)
	}
}

// The tail is never lighter than the body: a flat last step does not end the distribution.
func TestDistTail(t *testing.T) {
	d := dist(t, [7]float64{1, 2, 4, 8, 16, 32, 32})
	if got := d.Quantile(0.99); got <= 32*1.5 {
		t.Errorf("p99 = %g beyond p95 = 32", got)
	}
}

func TestDistScale(t *testing.T) {
	d := lognormal(t, 1, 0.5)
	s := d.Scale(1e6)
	for _, p := range []float64{0.02, 0.3, 0.9, 0.99} {
		if got, want := s.Quantile(p), 1e6*d.Quantile(p); math.Abs(got-want) > 1e-9*want {
			t.Errorf("p%g scaled to %g, want %g", 100*p, got, want)
		}
		if got, want := s.Exceed(3e6), d.Exceed(3); math.Abs(got-want) > 1e-12 {
			t.Errorf("P over 3e6 = %g, want %g", got, want)
		}
	}
	if d.Scale(0) != (Dist{}) {
		t.Error("scaled by 0 it is not 0")
	}
	for _, k := range []float64{-1, math.NaN(), math.Inf(1)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("scaled by %g without a word", k)
				}
			}()
			d.Scale(k)
		}()
	}
}

func TestNewDistRefuses(t *testing.T) {
	for _, q := range [][7]float64{{1, 2, 3, 2, 5, 6, 7}, {-1, 0, 0, 0, 0, 0, 0}, {0, 0, 0, math.NaN(), 1, 1, 1}, {0, 0, 0, 0, 0, 0, math.Inf(1)}} {
		if _, err := NewDist(q); err == nil {
			t.Errorf("%v was taken", q)
		}
	}
}
