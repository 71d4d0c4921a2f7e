package cube

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/token"
)

// The sums of those that are kept are whole, however the calls were split, and are those with the smallest hashes.
func TestCensusSumsAreWhole(t *testing.T) {
	const names, limit = 300, 25
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 3))
		want := map[string]Sum{}
		parts := make([]Census, 1+r.IntN(6))
		for i := range parts {
			parts[i] = newCensus(limit)
		}
		for range 5000 {
			name, u := fmt.Sprint("user-", r.IntN(names)), token.Usage{Input: r.Int64N(1000), Output: r.Int64N(100)}
			parts[r.IntN(len(parts))].add(name, 2, &u)
			s := want[name]
			want[name] = Sum{s.Calls + 2, s.Usage.Add(u)}
		}
		all := newCensus(limit)
		for i := range parts {
			all.merge(&parts[i])
		}
		kept := 0
		for name, w := range want {
			got, ok := all.Of(name)
			if !ok {
				continue
			}
			kept++
			if diff := cmp.Diff(w, got); diff != "" {
				t.Errorf("seed %d: %s: %s", seed, name, diff)
			}
		}
		if kept != limit || len(all.Sums()) != limit {
			t.Errorf("seed %d: %d names are kept, want %d", seed, kept, limit)
		}
	}
}

func TestDistinct(t *testing.T) {
	for _, c := range []struct {
		names int
		exact bool
	}{{0, true}, {1, true}, {Sampled - 1, true}, {Sampled, true}, {Sampled + 1, false}, {10_000, false}, {300_000, false}} {
		s := newCensus(Sampled)
		for range 2 {
			for i := range c.names {
				s.add(fmt.Sprint("name-", i), 1, &token.Usage{})
			}
		}
		n, err := s.Distinct()
		if c.exact != (err == 0) || c.exact && n != float64(c.names) {
			t.Errorf("%d names: %g ± %g", c.names, n, err)
		}
		if !c.exact && math.Abs(n/float64(c.names)-1) > 3*err || err > 0.0157 {
			t.Errorf("%d names: %g ± %g, off by %g", c.names, n, err, n/float64(c.names)-1)
		}
	}
}

// The stated error is that of the estimate: over many sets of names its root mean square is 1/√(k−2) within a fifth.
func TestDistinctError(t *testing.T) {
	const limit, names, rounds = 64, 5000, 400
	r := rand.New(rand.NewPCG(1, 2))
	sum, stated := 0.0, 0.0
	for range rounds {
		s := newCensus(limit)
		for range names {
			s.find(r.Uint64())
		}
		n, err := s.Distinct()
		sum += (n/names - 1) * (n/names - 1)
		stated = err
	}
	if rms := math.Sqrt(sum / rounds); rms < stated*0.8 || rms > stated*1.2 {
		t.Errorf("root mean square error %g, stated %g", rms, stated)
	}
}

func TestUnnamed(t *testing.T) {
	s := newCensus(4)
	s.add("", 3, &token.Usage{Input: 5})
	if n, err := s.Distinct(); n != 0 || err != 0 || s.Unnamed() != 3 {
		t.Errorf("%g names ± %g, %d calls without", n, err, s.Unnamed())
	}
}
