package forecast

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Projects put together of real series, a week of history and a week to come: what is only implied (features that cross
// tracks, and the project) must hold about as often, and lose about as little, as its own forecast would.
func TestPathsBacktest(t *testing.T) {
	series := clients(t, sampleDir(t, "data/traces"))
	rng := rand.New(rand.NewPCG(1, 1))
	implied, own := map[string]*tally{}, map[string]*tally{}
	for range 60 {
		strands, coming := project(series, rng)
		p := draw(t, strands, 7)
		for group := range 12 {
			kind := [...]string{"project", "feature", "track", "strand"}[group/3]
			sum, known, came := make([]float64, PathCount), make([]float64, 7), 0.0
			for i, s := range strands {
				if [...]int{0, i / 4 % 3, i % 3, i % 12}[group/3] == group%3 {
					for path, v := range p.Of(i) {
						sum[path] += v
					}
					for day, v := range s.Daily {
						known[day] += v
					}
					came += coming[i]
				}
			}
			if d, _, err := Volume(known, 7, Uncertainty{}); err == nil {
				scale := math.Max(recent(known), came/5)
				tallyOf(own, kind).add(d, came, scale)
				tallyOf(implied, kind).add(empirical(t, sum), came, scale)
			}
		}
	}
	for kind, s := range implied {
		o := own[kind]
		t.Logf("%s, %.0f forecasts: P90 holds %.1f%% of the time, its own %.1f%%; loss at P50 %.3f of its own, at P90 %.3f", kind, s.n, 100*s.held/s.n, 100*o.held/o.n, s.loss50/o.loss50, s.loss90/o.loss90)
		if math.Abs(s.held/s.n-o.held/o.n) > 0.05 || s.loss50 > 1.05*o.loss50 || s.loss90 > 1.15*o.loss90 {
			t.Errorf("%s: what is implied is far from its own forecast", kind)
		}
	}
}

// tally sums pinball losses, and how often P90 held.
type tally struct{ n, held, loss50, loss90 float64 }

func tallyOf(m map[string]*tally, kind string) *tally {
	if m[kind] == nil {
		m[kind] = &tally{}
	}
	return m[kind]
}

func (s *tally) add(d Dist, came, scale float64) {
	s.n++
	s.loss50 += pinball(d.Quantile(0.50), came, 0.50) / scale
	s.loss90 += pinball(d.Quantile(0.90), came, 0.90) / scale
	if came <= d.Quantile(0.90) {
		s.held++
	}
}

// project takes some clients as strands of three tracks, of like size, and what came of them in the second week.
func project(series [][]float64, rng *rand.Rand) (strands []Strand, coming []float64) {
	for i, at := range rng.Perm(len(series))[:6+rng.IntN(10)] {
		s, size := series[at], 0.0
		for _, v := range series[at][:14] {
			size += v / 14
		}
		size = math.Exp(rng.NormFloat64()) / size
		strands = append(strands, Strand{Name: fmt.Sprint(i), Track: fmt.Sprint(i % 3), Daily: make([]float64, 7)})
		coming = append(coming, 0)
		for day := range 7 {
			strands[i].Daily[day] = size * s[day]
			coming[i] += size * s[day+7]
		}
	}
	return strands, coming
}

// clients reads the daily tokens of series of two weeks.
func clients(t *testing.T, dir string) [][]float64 {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "daily.csv"))
	if err != nil {
		t.Skip("shared samples not present: daily.csv")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 100 {
		t.Fatal(len(rows), err)
	}
	place := map[string]int{}
	var out [][]float64
	for _, r := range rows[1:] {
		v, err := strconv.ParseFloat(r[9], 64)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := place[r[0]]; !ok {
			place[r[0]], out = len(out), append(out, nil)
		}
		out[place[r[0]]] = append(out[place[r[0]]], v)
	}
	return out
}
