package traffic

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// population makes sessions of one to nine calls over a month, and calls without one, with sizes that have a long tail.
func population(seed uint64, sessions int) []Call {
	r := rand.New(rand.NewPCG(seed, 0))
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	var out []Call
	for i := range sessions {
		at, track := start.Add(time.Duration(r.Int64N(int64(30*24*time.Hour)))), []string{"answer", "grade"}[r.IntN(2)]
		session := fmt.Sprintf("s%d", i)
		if i%5 == 0 {
			session = ""
		}
		for j := range 1 + r.IntN(9) {
			c := Call{Time: at.Add(time.Duration(j) * time.Minute), ID: fmt.Sprintf("%d-%d", i, j), Session: session, Track: track, Model: "m"}
			c.Usage.Input, c.Usage.Output = int64(500*math.Exp(r.NormFloat64())), int64(r.IntN(400))
			out = append(out, c)
		}
	}
	return out
}

func drawn(calls []Call, n int64) (*Sampler, []Stratum) {
	s := NewSampler()
	for i := range calls {
		s.Add(&calls[i])
	}
	return s, s.Draw(n)
}

func TestSample(t *testing.T) {
	calls := population(1, 4000)
	s, strata := drawn(calls, 1500)
	var kept, total, estimate, tokens int64
	largest := map[string]int64{}
	weights := map[string]int64{}
	for i := range calls {
		c := &calls[i]
		tokens += c.Usage.Total()
		w := s.Weight(c)
		if w == 0 {
			continue
		}
		kept++
		total += w
		estimate += w * c.Usage.Total()
		if c.Session != "" {
			if was, ok := weights[c.Session]; ok && was != w {
				t.Fatalf("session %s has weights %d and %d", c.Session, was, w)
			}
			weights[c.Session] = w
		}
		largest[c.Session] += c.Usage.Total()
	}
	for i := range calls {
		if c := &calls[i]; c.Session != "" && weights[c.Session] > 0 && s.Weight(c) == 0 {
			t.Fatalf("session %s is torn", c.Session)
		}
	}
	if kept < 1300 || kept > 1700 {
		t.Errorf("%d calls were drawn for 1500", kept)
	}
	var units, exact, said int64
	variance := 0.0
	for _, st := range strata {
		units += st.Units
		exact += st.Tokens
		said += st.Estimate
		variance += st.StdErr * st.StdErr
		if st.Class == "largest" && (st.Drawn != st.Units || st.Estimate != st.Tokens || st.StdErr != 0) {
			t.Errorf("of the largest some are left out: %+v", st)
		}
	}
	if exact != tokens || said != estimate {
		t.Errorf("strata say %d tokens and an estimate of %d; the calls %d and %d", exact, said, tokens, estimate)
	}
	if off := math.Abs(float64(estimate - tokens)); off > 4*math.Sqrt(variance) {
		t.Errorf("the estimate is off by %.0f tokens, with a standard error of %.0f", off, math.Sqrt(variance))
	}
}

// TestSampleIsUnbiased draws from many populations: the errors stay within what is said of them, and do not lean.
func TestSampleIsUnbiased(t *testing.T) {
	sum, squares := 0.0, 0.0
	const times = 150
	for seed := range uint64(times) {
		_, strata := drawn(population(seed, 600), 300)
		off, variance := 0.0, 0.0
		for _, st := range strata {
			off += float64(st.Estimate - st.Tokens)
			variance += st.StdErr * st.StdErr
		}
		z := off / math.Sqrt(variance)
		sum += z
		squares += z * z
	}
	if mean := sum / times; math.Abs(mean) > 3/math.Sqrt(times) {
		t.Errorf("errors lean by %.2f standard errors", mean)
	}
	if rms := math.Sqrt(squares / times); rms < 0.7 || rms > 1.3 {
		t.Errorf("errors are %.2f times what is said", rms)
	}
}

func TestSampleOfAFew(t *testing.T) {
	for _, n := range []int{0, 1, 2, 9, 11, 12} {
		calls := population(3, n)
		s, strata := drawn(calls, 5)
		var units int64
		for _, st := range strata {
			units += st.Units
		}
		if n > 0 && units < int64(n) {
			t.Errorf("%d of %d sessions are in a stratum", units, n)
		}
		for i := range calls {
			if w := s.Weight(&calls[i]); w != 1 {
				t.Errorf("%d sessions: weight %d", n, w)
			}
		}
	}
}

func TestSampleOrder(t *testing.T) {
	calls := population(4, 500)
	_, want := drawn(calls, 300)
	rand.New(rand.NewPCG(9, 9)).Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
	if _, got := drawn(calls, 300); gocmp.Diff(want, got) != "" {
		t.Error(gocmp.Diff(want, got))
	}
}

// TestSampleOfASample multiplies weights.
func TestSampleOfASample(t *testing.T) {
	calls := population(5, 300)
	for i := range calls {
		calls[i].Weight = 3
	}
	s, _ := drawn(calls, 200)
	total := int64(0)
	for i := range calls {
		total += s.Weight(&calls[i])
	}
	if total%3 != 0 || math.Abs(float64(total)/float64(3*len(calls))-1) > 0.15 {
		t.Errorf("%d calls stand for %d", len(calls)*3, total)
	}
}
