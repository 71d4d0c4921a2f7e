package guard_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/guard"
)

func dynamic(d guard.Dynamic) guard.Policy {
	return guard.Policy{Limits: []guard.Limit{{ID: "dynamic", Each: guard.User, Window: guard.Day, Metric: guard.Cost, Dynamic: &d,
		Steps: []guard.Step{{At: 1, Action: guard.Refuse}}}}}
}

// allowed plays one call a step, and gives the allowances that were worked out, in dollars.
func allowed(p guard.Policy, steps []step) (got []float64) {
	g := guard.New(p)
	g.Watch(func(i int, allowance int64) { got = append(got, float64(allowance)/dollar) })
	for _, s := range steps {
		c := &guard.Call{Time: monday.Add(s.at), User: s.user}
		d := g.Decide(c)
		g.Book(c, &d, &guard.Usage{End: c.Time.Add(time.Second), Cost: int64(s.cost * dollar)})
	}
	return got
}

const day = 24 * time.Hour

// With P90, headroom 2 and k = 1, by hand. Of n days, P90 is the ⌈0.9 n⌉-th smallest.
func TestDynamicAllowance(t *testing.T) {
	p := dynamic(guard.Dynamic{Quantile: 0.9, Headroom: 2, Floor: dollar, Cap: 10 * dollar, Window: 3, Shrink: 1})
	got := allowed(p, []step{
		{at: 0, user: "a", cost: 2},           // nothing to go by: the cap, 10
		{at: 0, user: "b", cost: 4},           // 10
		{at: day, user: "a", cost: 1.5},       // days of all 2, 4: Q = 4. Own: q = 2, n = 1. 2 × (2 + 4)/2 = 6
		{at: day, user: "a", cost: 1.5},       // the same day: not worked out again
		{at: day, user: "b"},                  // 2 × (4 + 4)/2 = 8; spends nothing, so the day is not active
		{at: day, user: "new", cost: 0.1},     // n = 0: 2 × 4 = 8
		{at: 2 * day, user: "a"},              // own 2, 3: q = 3, n = 2; all 0.1, 2, 3, 4: Q = 4. 2 × (2×3 + 4)/3 = 6⅔
		{at: 2 * day, user: "new"},            // q = 0.1, n = 1: 2 × (0.1 + 4)/2 = 4.1
		{at: 4 * day, user: "a", cost: 0.001}, // days 1 to 3: own 3; all 0.1, 3: Q = 3. 2 × 3 = 6
		{at: 4 * day, user: "b", cost: 0.002}, // forgotten: n = 0, 2 × 3 = 6
		{at: 7 * day, user: "b"},              // 0.001, 0.002: 2 × 0.002 is below the floor
		{at: 30 * day, user: "b"},             // nothing is left to go by: the cap
	})
	want := []float64{10, 10, 6, 8, 8, 6.666666666666, 4.1, 6, 6, 1, 10}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A user who is held back grows by no more than the headroom from day to day, however much is asked for.
func TestHeldBackGrowsByHeadroom(t *testing.T) {
	p := dynamic(guard.Dynamic{Quantile: 0.9, Headroom: 1.5, Floor: dollar / 100, Cap: 1000 * dollar, Window: 14, Shrink: 0})
	steps := []step{{user: "a", cost: 1}}
	for d := 1; d < 10; d++ {
		for m := range 2000 { // far more than is allowed, a cent a call
			steps = append(steps, step{at: time.Duration(d)*day + time.Duration(m)*30*time.Second, user: "a", cost: 0.01})
		}
	}
	got := allowed(p, steps)
	for i := 2; i < len(got); i++ {
		if got[i] > 1.5*(got[i-1]+0.02) {
			t.Errorf("day %d: $%.2f after $%.2f", i, got[i], got[i-1])
		}
	}
	if len(got) != 10 || got[9] < 10 {
		t.Errorf("it does not follow at all: %v", got)
	}
}

// An allowance knows only the days before: today's and tomorrow's spending do not change it.
func TestAllowanceKnowsThePastOnly(t *testing.T) {
	p := dynamic(guard.Dynamic{Quantile: 0.9, Headroom: 1.5, Floor: 0, Cap: 5 * dollar, Window: 14, Shrink: 7})
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 3))
		steps := random(rng, 600)
		cut := 300
		today := int(steps[cut].at / day)
		other := slices.Clone(steps)
		for i := range other {
			if int(other[i].at/day) >= today {
				other[i].cost *= 3
			}
		}
		n := len(allowed(p, steps[:cut+1]))
		if diff := cmp.Diff(allowed(p, steps)[:n], allowed(p, other)[:n]); diff != "" {
			t.Fatalf("seed %d: what came later changed an allowance:\n%s", seed, diff)
		}
	}
}

// A call that ends after midnight counts in the day it began in, from the next day on.
func TestDynamicEndsTomorrow(t *testing.T) {
	p := dynamic(guard.Dynamic{Quantile: 1, Headroom: 1, Floor: 0, Cap: 9 * dollar, Window: 7, Shrink: 0})
	p.Limits[0].Steps = []guard.Step{{At: 0, Action: guard.Warn}} // so that every decision says what is used
	g := guard.New(p)
	var got []int64
	g.Watch(func(_ int, a int64) { got = append(got, a) })
	late := &guard.Call{Time: monday.Add(day - time.Minute), User: "a"}
	d := g.Decide(late)
	for _, at := range []time.Duration{day, day + time.Hour, 2 * day} {
		if at == day+time.Hour {
			g.Book(late, &d, &guard.Usage{End: monday.Add(at), Cost: 3 * dollar})
		}
		if d := g.Decide(&guard.Call{Time: monday.Add(at), User: "a"}); d.Used != 0 {
			t.Errorf("%s: $%d of another day are held against this one's allowance", at, d.Used/dollar)
		}
	}
	if diff := cmp.Diff([]int64{9 * dollar, 9 * dollar, 3 * dollar}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
