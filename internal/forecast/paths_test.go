package forecast

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// family is n strands in so many tracks that share a level which wanders, each with noise and silent days of its own.
func family(seed uint64, n, tracks, days int) []Strand {
	rng := rand.New(rand.NewPCG(seed, seed+1))
	level := make([]float64, days)
	for i := range level {
		if level[i] = rng.NormFloat64() * 0.3; i > 0 {
			level[i] += level[i-1]
		}
	}
	out := make([]Strand, n)
	for s := range out {
		size := math.Exp(rng.NormFloat64())
		out[s] = Strand{Name: fmt.Sprintf("s%03d", s), Track: fmt.Sprintf("t%02d", s%tracks), Daily: make([]float64, days)}
		for i := range level {
			if s%7 != 6 || i%5 == 0 {
				out[s].Daily[i] = 100 * size * math.Exp(level[i]+0.5*rng.NormFloat64())
			}
		}
	}
	return out
}

func certain(string) Uncertainty { return Uncertainty{} }

func draw(t testing.TB, strands []Strand, horizon int) *Paths {
	t.Helper()
	p, err := DrawPaths(strands, horizon, certain, Uncertainty{}, 7)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sumOf adds up the paths of the strands that pick names, path by path.
func sumOf(p *Paths, strands []Strand, pick func(Strand) bool) []float64 {
	sum := make([]float64, PathCount)
	for i, s := range strands {
		if pick(s) {
			for path, v := range p.Of(i) {
				sum[path] += v
			}
		}
	}
	return sum
}

func anyStrand(Strand) bool { return true }

func inTrack(track string) func(Strand) bool { return func(s Strand) bool { return s.Track == track } }

func empirical(t testing.TB, amounts []float64) Dist {
	t.Helper()
	d, err := Empirical(amounts)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// held compares a distribution with another at every level.
func held(t *testing.T, name string, got, want Dist, relative float64) {
	t.Helper()
	for _, p := range Levels() {
		if g, w := got.Quantile(p), want.Quantile(p); math.Abs(g-w) > relative*w {
			t.Errorf("%s: p%g is %g, want %g", name, 100*p, g, w)
		}
	}
}

// strangers is n strands in so many tracks, each silent on most days and none knowing of another, so that their sum is calmer
// than any of them.
func strangers(seed uint64, n, tracks int) []Strand {
	rng := rand.New(rand.NewPCG(seed, seed+1))
	out := make([]Strand, n)
	for s := range out {
		out[s] = Strand{Name: fmt.Sprintf("s%03d", s), Track: fmt.Sprintf("t%02d", s%tracks), Daily: make([]float64, 28)}
		for i := range out[s].Daily {
			if rng.Float64() < 0.15 {
				out[s].Daily[i] = noisy(rng, 100, 0.5)
			}
		}
	}
	return out
}

// A project of one strand is what Volume says, to the bit; so is a track of any number of strands, to rounding.
func TestPathsKeepTracks(t *testing.T) {
	for name, daily := range histories(rand.New(rand.NewPCG(1, 2)), 20) {
		one := []Strand{{"only", "t", daily}}
		if diff := cmp.Diff(volume(t, daily, 30, Uncertainty{}).at, empirical(t, draw(t, one, 30).Of(0)).at); diff != "" {
			t.Errorf("%s (-Volume +paths):\n%s", name, diff)
		}
	}
	strands := strangers(30, 24, 12)
	p := draw(t, strands, 30)
	together := 0.0
	for track := range 12 {
		name := fmt.Sprintf("t%02d", track)
		together += forecastOf(t, strands, inTrack(name)).Quantile(0.90)
		held(t, name, empirical(t, sumOf(p, strands, inTrack(name))), forecastOf(t, strands, inTrack(name)), 1e-9)
	}
	if got := empirical(t, sumOf(p, strands, anyStrand)).Quantile(0.90); got > 0.98*together {
		t.Errorf("the project's P90 is %g, and its tracks' add up to %g: all moved as one", got, together)
	}
}

// Volume of strands in one track is also the project's, whatever widens it.
func TestPathsWiden(t *testing.T) {
	strands := family(4, 5, 1, 28)
	var list [][]float64
	for _, s := range strands {
		list = append(list, s.Daily)
	}
	u := Uncertainty{Sampling: 0.3, Counting: 0.1}
	p, err := DrawPaths(strands, 14, func(string) Uncertainty { return u }, u, 7)
	if err != nil {
		t.Fatal(err)
	}
	held(t, "widened", empirical(t, sumOf(p, strands, anyStrand)), volume(t, sumSeries(list), 14, u), 1e-9)
}

// Whatever the strands are grouped by, the groups add up to the project in every path, and no amount is negative.
func TestPathsAddUp(t *testing.T) {
	strands := family(5, 30, 4, 21)
	p := draw(t, strands, 30)
	project := sumOf(p, strands, anyStrand)
	for by, of := range map[string]func(int) int{"track": func(i int) int { return i % 4 }, "feature": func(i int) int { return i / 11 }} {
		sum := make([]float64, PathCount)
		for g := range 12 {
			i := -1
			for path, v := range sumOf(p, strands, func(Strand) bool { i++; return of(i) == g }) {
				sum[path] += v
			}
		}
		for path := range sum {
			if math.Abs(sum[path]-project[path]) > 1e-9*project[path] {
				t.Fatalf("by %s, path %d: %g, the project %g", by, path, sum[path], project[path])
			}
		}
	}
	for i := range strands {
		if slices.Min(p.Of(i)) < 0 || slices.ContainsFunc(p.Of(i), math.IsNaN) {
			t.Errorf("strand %d has an amount below zero", i)
		}
	}
}

// The project's quantiles are as near to its own forecast as a common factor brings them: nearer than those of tracks
// that do not know of each other, and than those that all move as one.
func TestPathsProject(t *testing.T) {
	for seed := range uint64(6) {
		strands := family(20+seed, 24, 8, 28)
		own, tracks := forecastOf(t, strands, anyStrand), [8]curve{}
		for i := range tracks {
			tracks[i] = curveOf(forecastOf(t, strands, inTrack(fmt.Sprintf("t%02d", i))))
		}
		d, alone, as := drawing{seed: 1, grid: normalGrid()}, make([]float64, PathCount), make([]float64, PathCount)
		for i, c := range tracks {
			for path, score := range d.luck(fmt.Sprint(i)) {
				alone[path] += c.at(score)
				as[path] += c[path]
			}
		}
		got := distance(empirical(t, sumOf(draw(t, strands, 30), strands, anyStrand)), own)
		if a, b := distance(empirical(t, alone), own), distance(empirical(t, as), own); got > a || got > b*1.01 || got > 0.15 {
			t.Errorf("family %d: the mean distance is %.3f of the median, %.3f of independent tracks and %.3f of tracks as one", seed, got, a, b)
		}
	}
}

// forecastOf is Volume's of the sum of strands.
func forecastOf(t *testing.T, strands []Strand, pick func(Strand) bool) Dist {
	t.Helper()
	var list [][]float64
	for _, s := range strands {
		if pick(s) {
			list = append(list, s.Daily)
		}
	}
	return volume(t, sumSeries(list), 30, Uncertainty{})
}

// distance is the mean distance of quantiles at Levels, as a share of the median.
func distance(a, b Dist) (sum float64) {
	for i := range a.at {
		sum += math.Abs(a.at[i]-b.at[i]) / b.at[median] / float64(len(levels))
	}
	return sum
}

// The order of strands decides nothing, the seed repeats, and cents are a hundred times dollars.
func TestPathsRepeat(t *testing.T) {
	strands := strangers(6, 24, 12)
	p := draw(t, strands, 30)
	shuffled := slices.Clone(strands)
	rand.New(rand.NewPCG(8, 9)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	q, cents := draw(t, shuffled, 30), make([]Strand, len(strands))
	for i, s := range strands {
		cents[i] = Strand{s.Name, s.Track, make([]float64, len(s.Daily))}
		for at, v := range s.Daily {
			cents[i].Daily[at] = 100 * v
		}
		at := slices.IndexFunc(shuffled, func(o Strand) bool { return o.Name == s.Name })
		if diff := cmp.Diff(p.Of(i), q.Of(at)); diff != "" {
			t.Fatalf("strand %s depends on the order: %s", s.Name, diff)
		}
	}
	c, again := draw(t, cents, 30), draw(t, strands, 30)
	for i := range strands {
		if !slices.Equal(p.Of(i), again.Of(i)) {
			t.Errorf("strand %d: the same seed draws another path", i)
		}
		for path, v := range p.Of(i) {
			if math.Abs(c.Of(i)[path]-100*v) > 1e-9*100*v {
				t.Fatalf("strand %d, path %d: %g dollars, %g cents", i, path, v, c.Of(i)[path])
			}
		}
	}
	other, err := DrawPaths(strands, 30, certain, Uncertainty{}, 8)
	if err != nil || slices.Equal(other.Of(0), p.Of(0)) {
		t.Errorf("another seed draws the same path: %v", err)
	}
}

// A strand with two active days takes its share of the track; one that is silent takes nothing, and a silent track too.
func TestPathsSparse(t *testing.T) {
	busy := eachDay(func(_ *rand.Rand, i, _ int) float64 { return 30 * float64(1+2*(i%2)) / 2 })(nil, 28)
	rare, quiet := steady(28, 0), steady(28, 0)
	rare[5], rare[20] = 84, 84 // a tenth of the track: 168 of 1008
	strands := []Strand{{"busy", "t", busy}, {"quiet", "t", quiet}, {"rare", "t", rare}, {"silent", "u", quiet}}
	p := draw(t, strands, 28)
	for path := range PathCount {
		if p.Of(1)[path] != 0 || p.Of(3)[path] != 0 {
			t.Fatalf("path %d: silent strands spend %g and %g", path, p.Of(1)[path], p.Of(3)[path])
		}
	}
	share := empirical(t, p.Of(2)).Quantile(0.5) / empirical(t, p.Of(0)).Quantile(0.5)
	if want := 168.0 / 840; math.Abs(share-want) > 0.05 {
		t.Errorf("the rare strand is %.3f of the busy one, want %.3f", share, want)
	}
}

func TestPathsErrors(t *testing.T) {
	ok := Strand{"a", "t", steady(9, 1)}
	for want, strands := range map[string][]Strand{
		"history too short: 0 whole days, 3 needed":          nil,
		"history too short: 2 whole days, 3 needed":          {{"a", "t", steady(2, 1)}},
		"no volume on any of the last 9 days":                {{"a", "t", steady(9, 0)}, {"b", "u", steady(9, 0)}},
		`two strands are called "a"`:                         {ok, ok},
		`strand "b" has 8 days, another 9`:                   {ok, {"b", "t", steady(8, 1)}},
		`strand "b": day 2 of 9 is -1, not a finite amount`:  {ok, {"b", "t", []float64{1, -1, 1, 1, 1, 1, 1, 1, 1}}},
		`strand "b": day 9 of 9 is NaN, not a finite amount`: {ok, {"b", "t", []float64{1, 1, 1, 1, 1, 1, 1, 1, math.NaN()}}},
	} {
		if _, err := DrawPaths(strands, 7, certain, Uncertainty{}, 1); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := DrawPaths([]Strand{ok}, 92, certain, Uncertainty{}, 1); err == nil {
		t.Error("a horizon of 92 days was drawn")
	}
	if _, err := DrawPaths([]Strand{{"a", "t", steady(2, 1)}}, 7, certain, Uncertainty{}, 1); !errors.Is(err, ErrShortHistory) {
		t.Error(err)
	}
	if _, err := Empirical(make([]float64, 7)); err == nil {
		t.Error("seven amounts are a distribution")
	}
}

// A factor of relative error σ moves a quantile by z·σ in quadrature, as Volume's own Uncertainty does.
func TestWidened(t *testing.T) {
	daily := histories(rand.New(rand.NewPCG(7, 8)), 14)["noisy"]
	held(t, "widened", volume(t, daily, 7, Uncertainty{}).Widened(0.5), volume(t, daily, 7, Uncertainty{Counting: 0.5}), 1e-9)
	if d, _ := NewDist([7]float64{0, 0, 0, 0, 1, 2, 3}); d.Widened(0.5) != d {
		t.Error("a distribution around 0 was widened")
	}
	if d, _ := NewDist([7]float64{2, 2, 2, 2, 2, 2, 2}); d.Widened(0.1).Quantile(0.95) <= 2 || d.Widened(0.1).Quantile(0.05) >= 2 || d.Widened(0) != d {
		t.Error("a certain amount is not widened by a factor")
	}
}

// A curve gives back what it was made of on its grid, and never falls.
func TestCurve(t *testing.T) {
	d := volume(t, histories(rand.New(rand.NewPCG(7, 8)), 14)["noisy"], 7, Uncertainty{})
	c, prev := curveOf(d), 0.0
	for i, z := range normalGrid() {
		if c.at(z) != d.Quantile(float64(i+1)/(PathCount+1)) {
			t.Fatalf("at score %g: %g", z, c.at(z))
		}
	}
	for z := -6.0; z < 6; z += 0.01 {
		if c.at(z) < prev {
			t.Fatalf("falls at %g", z)
		}
		prev = c.at(z)
	}
	if c.at(-9) != c[0] || c.at(9) != c[PathCount-1] {
		t.Error("goes on beyond the grid")
	}
}

// BenchmarkPaths draws 200 strands of 20 tracks with 90 days: a large project.
func BenchmarkPaths(b *testing.B) {
	strands := family(1, 200, 20, 90)
	b.ReportAllocs()
	for b.Loop() {
		draw(b, strands, 30)
	}
}
