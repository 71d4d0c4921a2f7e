package guard_test

import (
	"testing"
	"time"

	"github.com/tokengate/tokengate/internal/guard"
)

const minute = time.Minute

func onCost(a guard.Action) guard.Policy {
	return guard.Policy{Breakers: []guard.Breaker{{ID: "b", Each: guard.Track, Action: a, CoolDown: 15 * minute,
		When: guard.Condition{Metric: guard.Cost, Over: 5 * dollar, Per: 10 * minute}}}}
}

// Closed, open, half-open with one trial, closed again; each track by itself.
func TestBreakerCloses(t *testing.T) {
	check(t, onCost(guard.Refuse), []step{
		{at: 0, track: "t", cost: 5, want: "allow"}, // exactly the threshold
		{at: 1 * minute, track: "t", cost: 0.1, want: "allow"},
		{at: 2 * minute, track: "t", cost: 1, want: "refuse b"}, // opened at minute 1
		{at: 2 * minute, track: "other", cost: 1, want: "allow"},
		{at: 15 * minute, track: "t", want: "refuse b"},
		{at: 16 * minute, track: "t", cost: 0.1, want: "allow"}, // the trial
		{at: 16*minute + 1, track: "t", cost: 0.1, want: "allow"},
	})
}

// A trial that costs too much, or fails, opens it for another cool-down.
func TestBreakerOpensAgain(t *testing.T) {
	for _, trial := range []step{{cost: 9}, {failed: true}} {
		trial.at, trial.track, trial.want = 16*minute, "t", "allow"
		check(t, onCost(guard.Refuse), []step{
			{at: 0, track: "t", cost: 6, want: "allow"},
			trial,
			{at: 17 * minute, track: "t", want: "refuse b"},
			{at: 30 * minute, track: "t", want: "refuse b"},
			{at: 31 * minute, track: "t", want: "allow"},
		})
	}
}

// While the trial is under way the others are held; where it never ends, another one is tried after a cool-down.
func TestBreakerTriesOneCall(t *testing.T) {
	p := onCost(guard.HandOver)
	g := guard.New(p)
	at := func(d time.Duration) *guard.Call { return &guard.Call{Time: monday.Add(d), Track: "t"} }
	c := at(0)
	d := g.Decide(c)
	g.Book(c, &d, &guard.Usage{End: c.Time, Cost: 6 * dollar})
	trial := at(20 * minute)
	d = g.Decide(trial)
	if d.Action != guard.Allow {
		t.Fatal(d.Action)
	}
	for _, m := range []time.Duration{21, 34} {
		if o := g.Decide(at(m * minute)); o.Action != guard.HandOver {
			t.Errorf("minute %d: %s during a trial", m, o.Action)
		}
	}
	again := at(35 * minute)
	second := g.Decide(again)
	if second.Action != guard.Allow {
		t.Errorf("%s after a trial that never ended", second.Action)
	}
	g.Book(again, &second, &guard.Usage{End: again.Time})
	if o := g.Decide(at(36 * minute)); o.Action != guard.Allow || g.Opened(0) != 1 {
		t.Errorf("%s, opened %d times", o.Action, g.Opened(0))
	}
}

// A call that another guardrail refuses is no trial: the next one is.
func TestRefusedCallIsNoTrial(t *testing.T) {
	p := onCost(guard.Degrade)
	p.Limits = perDay(7, guard.Step{At: 1, Action: guard.Refuse}).Limits
	check(t, p, []step{
		{at: 0, track: "t", user: "a", cost: 8, want: "allow"},
		{at: 1 * minute, track: "t", user: "b", want: "degrade b"},
		{at: 20 * minute, track: "t", user: "a", want: "refuse day"},
		{at: 21 * minute, track: "t", user: "b", want: "allow"}, // the trial, which closes it
		{at: 22 * minute, track: "t", user: "b", want: "allow"},
	})
}

// Degraded calls go on and are watched; while they are dear the breaker stays open.
func TestDegradingBreaker(t *testing.T) {
	check(t, onCost(guard.Degrade), []step{
		{at: 0, track: "t", cost: 6, want: "allow"},
		{at: 14 * minute, track: "t", cost: 6, want: "degrade b"},
		{at: 15 * minute, track: "t", cost: 0, want: "allow"}, // the trial; $6 were spent a minute ago
		{at: 16 * minute, track: "t", cost: 0, want: "degrade b"},
		{at: 30 * minute, track: "t", cost: 0, want: "allow"},
		{at: 31 * minute, track: "t", cost: 0, want: "allow"},
	})
}

// The sum slides: what is older than the period no longer counts.
func TestSlidingSum(t *testing.T) {
	check(t, onCost(guard.Refuse), []step{
		{at: 0, track: "t", cost: 4, want: "allow"},
		{at: 10 * minute, track: "t", cost: 4, want: "allow"},
		{at: 19 * minute, track: "t", cost: 1, want: "allow"}, // 4 + 1: not over
		{at: 20 * minute, track: "t", cost: 4, want: "allow"}, // the 4 of minute 10 are gone: 1 + 4
		{at: 21 * minute, track: "t", cost: 0.01, want: "allow"},
		{at: 22 * minute, track: "t", want: "refuse b"},
	})
}

// More than a share of the last calls failed, and no sooner than there are that many.
func TestErrorRate(t *testing.T) {
	p := guard.Policy{Breakers: []guard.Breaker{{ID: "e", Each: guard.Project, Action: guard.HandOver, CoolDown: minute,
		When: guard.Condition{Metric: guard.Errors, Share: 0.5, Last: 4}}}}
	check(t, p, []step{
		{failed: true, want: "allow"}, {failed: true, want: "allow"}, {failed: true, want: "allow"}, // three of three: too few
		{want: "allow"},             // 3 of 4
		{want: "hand_over e"},       // open
		{at: minute, want: "allow"}, // the trial: closed, and counted anew
		{at: minute, failed: true, want: "allow"}, {at: minute, failed: true, want: "allow"}, {at: minute, want: "allow"},
		{at: minute, want: "allow"},                   // 2 of 4: not more than half
		{at: minute, failed: true, want: "allow"},     // ok fail ok… the oldest failure slides out
		{at: minute, failed: true, want: "allow"},     // fail ok ok fail → 2 of 4, then ok ok fail fail
		{at: minute, failed: true, want: "allow"},     // ok fail fail fail: 3 of 4
		{at: minute, want: "hand_over e"},             // open
		{at: 2 * minute, failed: true, want: "allow"}, // the trial fails
		{at: 2 * minute, want: "hand_over e"},
	})
}
