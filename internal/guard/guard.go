// Package guard owns guardrails at run time: a state machine that decides call by call what budgets per session, user and
// feature, and circuit breakers, allow, and that learns from what each call used. It leaves prices, models and
// recordings to others: amounts are integers, names are text, the time comes with the call.
//
// A decision rests only on calls that were booked before it, never on the call itself: what it will cost is not known
// until it ended. So the call that reaches an allowance still goes through, and calls under way at once can each be one.
//
//	g := guard.New(policy)
//	call := &guard.Call{Time: t, User: "u1", Session: "s1"}
//	d := g.Decide(call)
//	// make the call unless d.Action is HandOver or Refuse, then
//	g.Book(call, &d, &guard.Usage{End: end, Cost: pico, Tokens: n})
package guard

import (
	"math"
	"time"
)

// Call is what is known of a call before it is made. Calls come in the order of time. One that is late is held to the
// windows under way, and does not count in them where it began before.
type Call struct {
	Time                     time.Time
	Track, Feature, Template string
	User, Session            string
	Stands                   float64 // how many calls of all traffic it stands for in sums of many callers; 0 is 1
}

func (c *Call) key(s Scope) string {
	switch s {
	case Track:
		return c.Track
	case Feature:
		return c.Feature
	case User:
		return c.User
	case Session:
		return c.Session
	case Project:
	}
	return "project"
}

// Usage is what a call that was made came to. Book takes it when the call ended.
type Usage struct {
	End    time.Time
	Cost   int64 // 10^-12 US dollars
	Tokens int64
	Failed bool
}

// Decision is what the strictest guardrail says of a call; of equally strict ones, the first declared.
type Decision struct {
	Action    Action
	By        int   // index of the guardrail, see Policy.ID; −1 where none acts
	Allowance int64 // of the limit, in its metric's unit; the threshold of a breaker; 0 of a breaker of errors
	Used      int64 // of it when the decision was made; of a breaker, when it opened

	trials []int32 // breakers that this call is the trial of
}

// Through reports whether the call reaches a model.
func (d *Decision) Through() bool { return d.Action < HandOver }

// Guard is the state of a policy's guardrails. Memory is bounded by the users and sessions alive: users of the current
// windows, sessions that were active within SessionIdle. It is used from one goroutine.
type Guard struct {
	limits   []meter
	breakers []breaker
}

// Watch calls seen with every allowance that a dynamic limit, by its index, works out: one a user a day.
func (g *Guard) Watch(seen func(guardrail int, allowance int64)) {
	for i, m := range g.limits {
		if a, ok := m.(*activity); ok {
			a.seen = func(allowance int64) { seen(i, allowance) }
		}
	}
}

// Opened is how often a breaker opened so far, over all its callers; 0 of a limit. i counts as Decision.By does.
func (g *Guard) Opened(i int) int64 {
	if i < len(g.limits) {
		return 0
	}
	return g.breakers[i-len(g.limits)].opened
}

// meter keeps one limit.
type meter interface {
	// decide gives the action for a caller, the allowance and what is used of it.
	decide(key string, c *Call) (Action, int64, int64)
	// admit notes that a call goes through; book what it came to.
	admit(key string, c *Call)
	book(key string, c *Call, u *Usage)
	rule() *Limit
}

// New begins without any history.
func New(p Policy) *Guard {
	g := &Guard{}
	for i := range p.Limits {
		g.limits = append(g.limits, newMeter(&p.Limits[i]))
	}
	for i := range p.Breakers {
		g.breakers = append(g.breakers, newBreaker(&p.Breakers[i]))
	}
	return g
}

func newMeter(l *Limit) meter {
	switch {
	case l.Dynamic != nil:
		return newActivity(l)
	case l.Window == Life:
		return newLives(l)
	}
	return newWindows(l)
}

// Decide says what happens to a call; the guard keeps nothing of c but its names. It takes the same time however many calls there were, but for the first call of a
// day under a dynamic limit, which looks once at the days of every active user.
func (g *Guard) Decide(c *Call) Decision {
	d := Decision{By: -1}
	for i, m := range g.limits {
		if key, ok := held(m.rule().Each, m.rule().Only, c); ok {
			if a, allowance, used := m.decide(key, c); a > d.Action {
				d.Action, d.By, d.Allowance, d.Used = a, i, allowance, used
			}
		}
	}
	for i := range g.breakers {
		b := &g.breakers[i]
		key, ok := held(b.Each, b.Only, c)
		if !ok {
			continue
		}
		a, trial, at := b.decide(key, c.Time)
		if trial {
			d.trials = append(d.trials, int32(i))
		}
		if a > d.Action {
			d.Action, d.By, d.Allowance, d.Used = a, len(g.limits)+i, b.When.Over, at
		}
	}
	if d.Through() {
		g.admit(c, d.trials)
	}
	return d
}

// held gives the caller whose sum a call belongs to; ok is false where the guardrail is not for this call.
func held(each Scope, only Only, c *Call) (key string, ok bool) {
	key = c.key(each)
	return key, key != "" && only.holds(c)
}

func (g *Guard) admit(c *Call, trials []int32) {
	for _, m := range g.limits {
		if key, ok := held(m.rule().Each, m.rule().Only, c); ok {
			m.admit(key, c)
		}
	}
	for _, i := range trials {
		g.breakers[i].try(c.key(g.breakers[i].Each), c.Time)
	}
}

// Book notes what a call came to that Decide let through, once it ended. Calls that did not go through are not booked.
func (g *Guard) Book(c *Call, d *Decision, u *Usage) {
	if !d.Through() {
		return
	}
	for _, m := range g.limits {
		if key, ok := held(m.rule().Each, m.rule().Only, c); ok {
			m.book(key, c, u)
		}
	}
	for i := range g.breakers {
		b := &g.breakers[i]
		if key, ok := held(b.Each, b.Only, c); ok {
			b.book(key, c, u, d.trialOf(i))
		}
	}
}

func (d *Decision) trialOf(breaker int) bool {
	for _, i := range d.trials {
		if int(i) == breaker {
			return true
		}
	}
	return false
}

// amount is what a call adds to a sum; of one caller's it is the recorded call alone.
func amount(m Metric, each Scope, c *Call, u *Usage) int64 {
	n := int64(OneCall)
	switch m {
	case Cost:
		n = u.Cost
	case Tokens:
		n = u.Tokens
	case Calls, Errors:
	}
	if c.Stands > 0 && !each.Personal() {
		return scaled(n, c.Stands)
	}
	return n
}

// scaled saturates: an allowance beyond all bounds stays one.
func scaled(n int64, by float64) int64 {
	if by == 1 {
		return n
	}
	if f := math.Round(float64(n) * by); f < math.MaxInt64 {
		return int64(f)
	}
	return math.MaxInt64
}

// plus saturates likewise; no amount is negative.
func plus(a, b int64) int64 {
	if b > math.MaxInt64-a {
		return math.MaxInt64
	}
	return a + b
}
