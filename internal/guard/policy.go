package guard

import (
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// Action is what a guard does with a call, from the mildest to the strictest.
type Action uint8

// The actions. Warn lets the call through as it is. HandOver ends it at a person, Refuse at an error; neither reaches a model.
const (
	Allow Action = iota
	Warn
	Degrade // made on the fallback model
	HandOver
	Refuse

	Actions = 5 // how many there are
)

var actionNames = [Actions]string{"allow", "warn", "degrade", "hand_over", "refuse"}

// String gives the action's name in a configuration: allow, warn, degrade, hand_over or refuse.
func (a Action) String() string { return actionNames[a] }

// ActionNamed finds an action by its name.
func ActionNamed(name string) (Action, bool) {
	for i, n := range actionNames {
		if n == name {
			return Action(i), true
		}
	}
	return Allow, false
}

// Scope says whose calls share a sum: all of the project, or those of each track, feature, user or session.
type Scope string

// The scopes.
const (
	Project Scope = "project"
	Track   Scope = "track"
	Feature Scope = "feature"
	User    Scope = "user"
	Session Scope = "session"
)

// Personal reports whether the scope is one caller's. What a recording holds in part says little of such a sum.
func (s Scope) Personal() bool { return s == User || s == Session }

// Metric is what is summed.
type Metric string

// The metrics and the units of their amounts.
const (
	Cost   Metric = "cost"   // 10^-12 US dollars
	Tokens Metric = "tokens" // tokens, prompt and output
	Calls  Metric = "calls"  // 10^-6 calls: a recorded call may stand for 3⅓ of all
	Errors Metric = "errors" // of a breaker alone: a share of the last calls
)

// OneCall is a call in the unit of Calls.
const OneCall = 1_000_000

// Only restricts a guardrail to calls of a track, a feature or a template; "" is any.
type Only struct{ Track, Feature, Template string }

func (o Only) holds(c *Call) bool {
	return (o.Track == "" || o.Track == c.Track) && (o.Feature == "" || o.Feature == c.Feature) && (o.Template == "" || o.Template == c.Template)
}

// Limit is an allowance that calls use up within a window. A call that lacks the label of the scope is not held to it.
type Limit struct {
	ID        string // stable: users/per_day/cost
	Each      Scope
	Only      Only
	Window    Window
	Metric    Metric
	Allowance int64    // in the metric's unit; not used where the limit is dynamic
	Dynamic   *Dynamic // an allowance a user a day from the user's own activity; Each is User, Window Day, Metric Cost
	Steps     []Step   // ascending in At
	Span      source.Span
}

// Step is what happens from a share of the allowance on.
type Step struct {
	At     float64 // share of the allowance, 0 to 1
	Action Action
}

// Breaker stops calls for a while where too much happens in a short time: the circuit breaker of M. Nygard, Release It!
// (2007). Closed, it lets calls through and watches them. Once its condition holds it opens, and its action holds for
// every call of the scope. After the cool-down it is half-open: one call goes through as a trial while the action holds
// for the others. A trial that succeeds, and after which the condition no longer holds, closes it; any other opens it again.
type Breaker struct {
	ID       string // stable: breakers/1
	Each     Scope
	Only     Only
	When     Condition
	Action   Action
	CoolDown time.Duration
	Span     source.Span
}

// Condition is what opens a breaker: more than Over of a metric within Per, or a share of failed calls above Share among
// the last Last calls, once there are that many. Per is watched in ten parts, so a sum is of the last 0.9 to 1.0 Per.
type Condition struct {
	Metric Metric
	Over   int64
	Per    time.Duration
	Share  float64
	Last   int
}

// Policy is everything declared: limits and breakers, in the order of their declaration.
type Policy struct {
	Limits   []Limit
	Breakers []Breaker
}

// Len is how many guardrails there are; Decision.By counts limits first, then breakers.
func (p Policy) Len() int { return len(p.Limits) + len(p.Breakers) }

// ID names a guardrail by its index.
func (p Policy) ID(i int) string {
	if i < len(p.Limits) {
		return p.Limits[i].ID
	}
	return p.Breakers[i-len(p.Limits)].ID
}

// Place is where a guardrail is declared.
func (p Policy) Place(i int) source.Span {
	if i < len(p.Limits) {
		return p.Limits[i].Span
	}
	return p.Breakers[i-len(p.Limits)].Span
}

// Only is what a guardrail is restricted to.
func (p Policy) Only(i int) Only {
	if i < len(p.Limits) {
		return p.Limits[i].Only
	}
	return p.Breakers[i-len(p.Limits)].Only
}

// Strictest is the strictest action that a guardrail can take.
func (p Policy) Strictest(i int) Action {
	if i >= len(p.Limits) {
		return p.Breakers[i-len(p.Limits)].Action
	}
	out := Allow
	for _, s := range p.Limits[i].Steps {
		out = max(out, s.Action)
	}
	return out
}

// Alone is a policy of one of the guardrails, its allowance or threshold times a factor: for asking what another
// allowance would do, apart from the other guardrails.
func (p Policy) Alone(i int, factor float64) Policy {
	if i < len(p.Limits) {
		l := p.Limits[i]
		l.Allowance = scaled(l.Allowance, factor)
		if l.Dynamic != nil {
			d := *l.Dynamic
			d.Headroom, d.Floor, d.Cap = d.Headroom*factor, scaled(d.Floor, factor), scaled(d.Cap, factor)
			l.Dynamic = &d
		}
		return Policy{Limits: []Limit{l}}
	}
	b := p.Breakers[i-len(p.Limits)]
	b.When.Over, b.When.Share = scaled(b.When.Over, factor), b.When.Share*factor
	return Policy{Breakers: []Breaker{b}}
}

// Meets reports whether a guardrail is for a call, by its track, feature and template, and which sums it keeps.
func (p Policy) Meets(i int, c *Call) (each Scope, metric Metric, ok bool) {
	if i < len(p.Limits) {
		l := &p.Limits[i]
		return l.Each, l.Metric, l.Only.holds(c)
	}
	b := &p.Breakers[i-len(p.Limits)]
	return b.Each, b.When.Metric, b.Only.holds(c)
}
