package guard_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/guard"
)

const dollar = 1_000_000_000_000

var monday = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// step is a call that ends at once, and what it came to if it goes through.
type step struct {
	at                            time.Duration // since monday
	user, session, track, feature string
	cost                          float64 // dollars
	tokens                        int64
	failed                        bool
	want                          string // action and, where one acts, the guardrail
}

// play takes steps through a policy and gives their decisions.
func play(p guard.Policy, steps []step) (got []string) {
	g := guard.New(p)
	for _, s := range steps {
		c := &guard.Call{Time: monday.Add(s.at), User: s.user, Session: s.session, Track: s.track, Feature: s.feature}
		d := g.Decide(c)
		text := d.Action.String()
		if d.By >= 0 {
			text += " " + p.ID(d.By)
		}
		got = append(got, text)
		g.Book(c, &d, &guard.Usage{End: c.Time, Cost: int64(s.cost * dollar), Tokens: s.tokens, Failed: s.failed})
	}
	return got
}

func check(t *testing.T, p guard.Policy, steps []step) {
	t.Helper()
	var want []string
	for _, s := range steps {
		want = append(want, s.want)
	}
	if diff := cmp.Diff(want, play(p, steps)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

var ladder = []guard.Step{{At: 0.8, Action: guard.Warn}, {At: 0.9, Action: guard.Degrade}, {At: 0.95, Action: guard.HandOver}, {At: 1, Action: guard.Refuse}}

func perDay(allowance float64, steps ...guard.Step) guard.Policy {
	return guard.Policy{Limits: []guard.Limit{{ID: "day", Each: guard.User, Window: guard.Day, Metric: guard.Cost, Allowance: int64(allowance * dollar), Steps: steps}}}
}

// Every share of the allowance, from below its first step to beyond the whole: what counts is what was spent before the
// call, so the call that reaches a step is still under the one before.
func TestSteps(t *testing.T) {
	check(t, perDay(1, ladder...), []step{
		{user: "a", cost: 0.79, want: "allow"},
		{user: "a", cost: 0.01, want: "allow"},    // 0.79
		{user: "a", cost: 0.10, want: "warn day"}, // 0.80
		{user: "a", cost: 0.05, want: "degrade day"},
		{user: "a", cost: 9, want: "hand_over day"}, // not booked
		{user: "b", cost: 99, want: "allow"},
		{user: "b", cost: 1, want: "refuse day"},
		{cost: 50, want: "allow"}, // no user: not held
	})
}

// The strictest of the steps reached holds, in whatever order they are.
func TestStrictestStep(t *testing.T) {
	check(t, perDay(1, guard.Step{At: 0.5, Action: guard.HandOver}, guard.Step{At: 1, Action: guard.Warn}), []step{
		{user: "a", cost: 0.4, want: "allow"}, {user: "a", cost: 2, want: "allow"}, {user: "a", want: "hand_over day"},
	})
}

// An allowance of nothing holds from the first call on.
func TestNothingAllowed(t *testing.T) {
	check(t, perDay(0, guard.Step{At: 1, Action: guard.Refuse}), []step{{user: "a", want: "refuse day"}})
}

func TestStrictestLimit(t *testing.T) {
	limit := func(id string, each guard.Scope, window guard.Window, metric guard.Metric, allowance int64, a guard.Action) guard.Limit {
		return guard.Limit{ID: id, Each: each, Window: window, Metric: metric, Allowance: allowance, Steps: []guard.Step{{At: 1, Action: a}}}
	}
	p := guard.Policy{Limits: []guard.Limit{
		limit("first", guard.User, guard.Day, guard.Tokens, 10, guard.Degrade),
		limit("second", guard.User, guard.Week, guard.Tokens, 10, guard.Degrade),
		limit("session", guard.Session, guard.Life, guard.Calls, 3*guard.OneCall, guard.HandOver),
	}}
	check(t, p, []step{
		{user: "a", session: "s", tokens: 10, want: "allow"},
		{user: "a", session: "s", tokens: 1, want: "degrade first"}, // equally strict: the first declared
		{user: "a", session: "s", tokens: 1, want: "degrade first"},
		{user: "a", session: "s", tokens: 1, want: "hand_over session"},
		{at: 24 * time.Hour, user: "a", session: "t", want: "degrade second"}, // another day of the same week
		{at: 7 * 24 * time.Hour, user: "a", session: "t", want: "allow"},
	})
}

func TestOnly(t *testing.T) {
	p := perDay(1, guard.Step{At: 1, Action: guard.Refuse})
	p.Limits[0].Only = guard.Only{Feature: "chat", Track: "support"}
	check(t, p, []step{
		{user: "a", feature: "search", track: "support", cost: 5, want: "allow"},
		{user: "a", feature: "chat", track: "other", cost: 5, want: "allow"},
		{user: "a", feature: "chat", track: "support", cost: 5, want: "allow"},
		{user: "a", feature: "chat", track: "support", want: "refuse day"},
		{user: "a", feature: "search", track: "support", want: "allow"},
	})
}

// A call counts in the window that it began in. One that ends after its day is over is not of the next day.
func TestEndsTomorrow(t *testing.T) {
	g := guard.New(perDay(1, guard.Step{At: 1, Action: guard.Refuse}))
	late := &guard.Call{Time: monday.Add(-time.Minute), User: "a"}
	d := g.Decide(late)
	today := &guard.Call{Time: monday.Add(time.Minute), User: "a"}
	if d := g.Decide(today); d.Action != guard.Allow {
		t.Fatal(d.Action)
	}
	g.Book(late, &d, &guard.Usage{End: monday.Add(2 * time.Minute), Cost: 5 * dollar})
	if d := g.Decide(&guard.Call{Time: monday.Add(3 * time.Minute), User: "a"}); d.Action != guard.Allow {
		t.Error("yesterday's call is held against today's allowance")
	}
}

// A session that was silent for longer than SessionIdle begins anew; one that was not is remembered to the cent.
func TestSessionIdle(t *testing.T) {
	p := guard.Policy{Limits: []guard.Limit{{ID: "s", Each: guard.Session, Window: guard.Life, Metric: guard.Cost, Allowance: dollar, Steps: []guard.Step{{At: 1, Action: guard.Refuse}}}}}
	check(t, p, []step{
		{session: "a", cost: 1, want: "allow"},
		{at: guard.SessionIdle, session: "a", want: "refuse s"},
		{at: 2 * guard.SessionIdle, session: "a", want: "refuse s"},
		{at: 3*guard.SessionIdle + 1, session: "a", want: "allow"},
	})
}

// A recorded call that stands for ten counts tenfold in a sum of many callers, and once in that of one.
func TestStands(t *testing.T) {
	for each, want := range map[guard.Scope]int64{guard.Feature: 10, guard.Track: 10, guard.Project: 10, guard.User: 1, guard.Session: 1} {
		for _, m := range []guard.Metric{guard.Cost, guard.Tokens, guard.Calls} {
			l := guard.Limit{ID: "l", Each: each, Window: guard.Day, Metric: m, Allowance: 1, Steps: []guard.Step{{At: 1, Action: guard.Warn}}}
			g := guard.New(guard.Policy{Limits: []guard.Limit{l}})
			c := &guard.Call{Time: monday, User: "u", Session: "s", Track: "t", Feature: "f", Stands: 10}
			d := g.Decide(c)
			g.Book(c, &d, &guard.Usage{End: monday, Cost: 7, Tokens: 7})
			unit := map[guard.Metric]int64{guard.Cost: 7, guard.Tokens: 7, guard.Calls: guard.OneCall}[m]
			if d := g.Decide(c); d.Used != want*unit {
				t.Errorf("%s of each %s: %d, want %d", m, each, d.Used, want*unit)
			}
		}
	}
}

func TestDecisionNamesAmounts(t *testing.T) {
	g := guard.New(perDay(1, guard.Step{At: 0.5, Action: guard.Warn}))
	c := &guard.Call{Time: monday, User: "a"}
	d := g.Decide(c)
	g.Book(c, &d, &guard.Usage{End: monday, Cost: dollar * 3 / 4})
	if d := g.Decide(c); d.By != 0 || d.Allowance != dollar || d.Used != dollar*3/4 {
		t.Errorf("%+v", d)
	}
}

func TestActionNamed(t *testing.T) {
	for a := range guard.Action(guard.Actions) {
		if got, ok := guard.ActionNamed(a.String()); !ok || got != a {
			t.Errorf("%s: %v %t", a, got, ok)
		}
	}
	if _, ok := guard.ActionNamed("deny"); ok {
		t.Error("deny is an action")
	}
}

// random draws a day and more of calls by a few users.
func random(rng *rand.Rand, n int) []step {
	var out []step
	at := time.Duration(0)
	for range n {
		at += time.Duration(rng.IntN(1200)) * time.Second
		out = append(out, step{at: at, user: fmt.Sprint("u", rng.IntN(4)), session: fmt.Sprint("s", rng.IntN(9)), track: "t",
			cost: float64(rng.IntN(40)) / 100, tokens: int64(rng.IntN(5000)), failed: rng.IntN(5) == 0})
	}
	return out
}

// everything is a policy with every kind of guardrail.
func everything() guard.Policy {
	p := perDay(1, ladder...)
	p.Limits = append(p.Limits,
		guard.Limit{ID: "session", Each: guard.Session, Window: guard.Life, Metric: guard.Tokens, Allowance: 40_000, Steps: ladder},
		guard.Limit{ID: "dynamic", Each: guard.User, Window: guard.Day, Metric: guard.Cost, Steps: ladder,
			Dynamic: &guard.Dynamic{Quantile: 0.9, Headroom: 1.2, Floor: dollar / 10, Cap: 2 * dollar, Window: 14, Shrink: 3}})
	p.Breakers = []guard.Breaker{
		{ID: "cost", Each: guard.Project, When: guard.Condition{Metric: guard.Cost, Over: dollar, Per: time.Hour}, Action: guard.Degrade, CoolDown: 20 * time.Minute},
		{ID: "errors", Each: guard.User, When: guard.Condition{Metric: guard.Errors, Share: 0.3, Last: 5}, Action: guard.Refuse, CoolDown: time.Hour}}
	return p
}

// No decision knows the future: whatever comes after a moment, and in whatever order, what was decided before it stands.
func TestNoPeeking(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 1))
		steps := random(rng, 300)
		cut := rng.IntN(len(steps))
		before := play(everything(), steps)[:cut]
		other := append(slices.Clone(steps[:cut]), random(rng, 100)...)
		for i := cut; i < len(other); i++ {
			other[i].at += steps[cut].at
			other[i].cost *= 50
		}
		if diff := cmp.Diff(before, play(everything(), other)[:cut]); diff != "" {
			t.Fatalf("seed %d: another future changed the past (-was +is):\n%s", seed, diff)
		}
		// A call's own cost is future as well: its decision must not depend on it.
		costly := slices.Clone(steps[:cut+1])
		costly[cut].cost, costly[cut].tokens, costly[cut].failed = 1e4, 1e9, !costly[cut].failed
		if a, b := play(everything(), steps[:cut+1])[cut], play(everything(), costly)[cut]; a != b {
			t.Fatalf("seed %d: the call's own cost turned %q into %q", seed, a, b)
		}
	}
}

// Of one limit that only refuses, a larger allowance refuses no call that a smaller one let through. With a fallback this
// does not hold: a later fallback may leave too little.
func TestLargerAllowanceRefusesLess(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 2))
		steps := random(rng, 200)
		for _, window := range []guard.Window{guard.Day, guard.Week} {
			at := func(allowance float64) []string {
				p := perDay(allowance, guard.Step{At: 1, Action: guard.Refuse})
				p.Limits[0].Window = window
				return play(p, steps)
			}
			small := rng.Float64() * 3
			tight, wide := at(small), at(small+rng.Float64()*3)
			for i := range steps {
				if tight[i] == "allow" && wide[i] != "allow" {
					t.Fatalf("seed %d: call %d is refused under the larger allowance alone", seed, i)
				}
			}
		}
	}
}

// A policy of one guardrail leaves the others, and the policy it comes from, as they are.
func TestAloneScalesWhatItHolds(t *testing.T) {
	p := everything()
	for i := range p.Len() {
		one := p.Alone(i, 2)
		if one.Len() != 1 || one.ID(0) != p.ID(i) || one.Strictest(0) != p.Strictest(i) {
			t.Errorf("%s: %+v", p.ID(i), one)
		}
	}
	if a := p.Alone(0, 0.5).Limits[0].Allowance; a != dollar/2 {
		t.Errorf("half of $1 is %d", a)
	}
	if d := p.Alone(2, 2).Limits[0].Dynamic; d.Cap != 4*dollar || d.Floor != dollar/5 || d.Headroom != 2.4 || p.Limits[2].Dynamic.Cap != 2*dollar {
		t.Errorf("%+v", d)
	}
	if w := p.Alone(4, 2).Breakers[0].When; w.Share != 0.6 || p.Breakers[1].When.Share != 0.3 {
		t.Errorf("%+v", w)
	}
	if s := strings.Join([]string{p.ID(0), p.ID(3)}, " "); s != "day cost" {
		t.Error(s)
	}
}

func BenchmarkDecide(b *testing.B) {
	g := guard.New(everything())
	calls := make([]guard.Call, 1<<14)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range calls {
		calls[i] = guard.Call{User: fmt.Sprint("u", rng.IntN(2000)), Session: fmt.Sprint("s", rng.IntN(8000))}
	}
	now := monday
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c := &calls[i%len(calls)]
		now = now.Add(time.Second)
		c.Time = now
		d := g.Decide(c)
		g.Book(c, &d, &guard.Usage{End: now, Cost: dollar / 1000, Tokens: 1000})
	}
}
