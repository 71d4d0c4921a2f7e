package config

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// compiler turns what is written into limits and breakers.
type compiler struct {
	policy        Policy
	period        guard.Window
	limits        []guard.Limit
	models        []source.At[string] // of the limits
	breakers      []guard.Breaker
	breakerModels []source.At[string]
}

func (c *compiler) users(id string, only guard.Only, u Users, inherited prompt.Fallback) {
	steps := u.steps(inherited)
	c.quotas(id, guard.User, only, u.Quotas, steps, u.Fallback.Model)
	if u.Dynamic.Set {
		d := u.Dynamic.Value.limit()
		c.add(guard.Limit{ID: id + "/dynamic", Each: guard.User, Only: only, Window: guard.Day, Metric: guard.Cost, Dynamic: &d, Steps: steps, Span: u.Dynamic.Span}, u.Fallback.Model)
	}
}

func (c *compiler) sessions(id string, only guard.Only, s Sessions, inherited prompt.Fallback) {
	c.quota(guard.Limit{ID: id, Each: guard.Session, Only: only, Window: guard.Life, Steps: s.steps(inherited)}, s.Quota, s.Fallback.Model)
}

func (c *compiler) envelope(id string, each guard.Scope, only guard.Only, e Envelope) {
	c.ceiling(id, each, only, e.Limits)
	g := e.Guard
	c.quotas(id, each, only, g.Quotas, g.steps(e.Fallback), g.Fallback.Model)
	c.users(id+"/users", only, g.Users, e.Fallback)
	c.sessions(id+"/sessions", only, g.Sessions, e.Fallback)
}

// block takes the ceiling of a budget block, where it has a fallback, and its limits on a session. A block that governs a
// text of its own says nothing of calls.
func (c *compiler) block(b block) {
	scope := b.scope()
	each, only := guard.Project, guard.Only{Template: b.path()}
	switch scope.Kind {
	case "feature":
		each, only = guard.Feature, guard.Only{Feature: scope.Name}
	case "track":
		each, only = guard.Track, guard.Only{Track: scope.Name}
	case "section", "file":
		return
	}
	id := strings.Trim(b.path()+"/"+scopeID(scope), "/")
	if b.template == nil {
		id = strings.TrimSuffix("emergency/"+id, "/")
	}
	c.ceiling(id, each, only, b.Limits)
	c.perSession(id, only, b.Limits)
}

// perSession holds each session to a block's limits on one: it is warned of, and degraded where there is a fallback. Like
// a ceiling it refuses nothing.
func (c *compiler) perSession(id string, only guard.Only, l prompt.Limits) {
	steps := []guard.Step{{At: 0.8, Action: guard.Warn}}
	if l.Fallback.Model.Set {
		steps = climbing(append(steps, guard.Step{At: fallbackAt(l.Fallback, l.Fallback), Action: guard.Degrade}))
	}
	q := Quota{Cost: l.PerSession.Cost, Tokens: l.PerSession.Tokens}
	c.quota(guard.Limit{ID: id + "/per_session", Each: guard.Session, Only: only, Window: guard.Life, Steps: steps}, q, l.Fallback.Model)
}

func scopeID(s budget.Scope) string {
	if s.Kind == "template" || s.Kind == "project" {
		return ""
	}
	return s.Kind + "s/" + s.Name
}

// ceiling degrades once a share of a period's ceiling is used, and goes on once all of it is: a ceiling refuses nothing.
func (c *compiler) ceiling(id string, each guard.Scope, only guard.Only, l prompt.Limits) {
	if !l.Fallback.Model.Set {
		return
	}
	steps := []guard.Step{{At: fallbackAt(l.Fallback, l.Fallback), Action: guard.Degrade}}
	q := Quota{Cost: l.Ceiling.Cost, Tokens: l.Ceiling.Tokens}
	c.quota(guard.Limit{ID: id + "/ceiling", Each: each, Only: only, Window: c.period, Steps: steps}, q, l.Fallback.Model)
}

func (c *compiler) quotas(id string, each guard.Scope, only guard.Only, q Quotas, steps []guard.Step, model source.At[string]) {
	for _, w := range []struct {
		name   string
		window guard.Window
		Quota
	}{{"per_day", guard.Day, q.PerDay}, {"per_week", guard.Week, q.PerWeek}, {"per_period", c.period, q.PerPeriod}} {
		c.quota(guard.Limit{ID: id + "/" + w.name, Each: each, Only: only, Window: w.window, Steps: steps}, w.Quota, model)
	}
}

// quota adds a limit for every amount of a quota that is set.
func (c *compiler) quota(l guard.Limit, q Quota, model source.At[string]) {
	id := l.ID
	if q.Cost.Set {
		l.ID, l.Metric, l.Allowance, l.Span = id+"/cost", guard.Cost, q.Cost.Value.Pico(), q.Cost.Span
		c.add(l, model)
	}
	if q.Tokens.Set {
		l.ID, l.Metric, l.Allowance, l.Span = id+"/tokens", guard.Tokens, int64(q.Tokens.Value), q.Tokens.Span
		c.add(l, model)
	}
	if q.Calls.Set {
		l.ID, l.Metric, l.Allowance, l.Span = id+"/calls", guard.Calls, int64(min(q.Calls.Value, 1e12))*guard.OneCall, q.Calls.Span
		c.add(l, model)
	}
}

func (c *compiler) add(l guard.Limit, model source.At[string]) {
	c.limits, c.models = append(c.limits, l), append(c.models, model)
}

func (c *compiler) breaker(id string, b Breaker) {
	s := b.Scope.Value
	out := guard.Breaker{ID: id, Each: cmp.Or(s.Each, guard.Project), When: guard.Condition(b.When.Value), Action: guard.Action(b.Action.Value),
		CoolDown: 15 * time.Minute, Span: b.When.Span}
	if b.CoolDown.Set {
		out.CoolDown = time.Duration(b.CoolDown.Value)
	}
	switch {
	case s.Each == guard.Track:
		out.Only.Track = s.Name
	case s.Each == guard.Feature:
		out.Only.Feature = s.Name
	}
	c.breakers, c.breakerModels = append(c.breakers, out), append(c.breakerModels, b.Fallback)
}

// steps lists the steps with their defaults, each stricter than the one before. inherited is the fallback of the track or feature.
func (s Steps) steps(inherited prompt.Fallback) []guard.Step {
	warn := 0.8
	if s.WarnAt.Set {
		warn = float64(s.WarnAt.Value)
	}
	out := []guard.Step{{At: warn, Action: guard.Warn}}
	if f := s.Fallback; f.Model.Set || f.At.Set || inherited.Model.Set {
		out = append(out, guard.Step{At: fallbackAt(f, inherited), Action: guard.Degrade})
	}
	last := guard.Refuse
	if s.HandOverAt.Set {
		last = guard.HandOver // a session that is with a human stays there
		out = append(out, guard.Step{At: float64(s.HandOverAt.Value), Action: guard.HandOver})
	}
	if s.OnLimit.Set {
		last = guard.Action(s.OnLimit.Value)
	}
	return climbing(append(out, guard.Step{At: 1, Action: last}))
}

// climbing puts steps in order and leaves out those that a stricter one, or the same, has begun before.
func climbing(steps []guard.Step) (out []guard.Step) {
	slices.SortStableFunc(steps, func(a, b guard.Step) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(b.Action, a.Action)) })
	strictest := guard.Allow
	for _, s := range steps {
		if s.Action > strictest {
			strictest, out = s.Action, append(out, s)
		}
	}
	return out
}

func fallbackAt(own, inherited prompt.Fallback) float64 {
	for _, at := range []source.At[money.Ratio]{own.At, inherited.At} {
		if at.Set {
			return float64(at.Value)
		}
	}
	return 0.9
}

func (d Dynamic) limit() guard.Dynamic {
	out := guard.Dynamic{Quantile: 0.9, Headroom: 1.5, Floor: d.Floor.Value.Pico(), Cap: d.Cap.Value.Pico(), Window: 14, Shrink: 7}
	if d.Quantile.Set {
		out.Quantile = float64(d.Quantile.Value)
	}
	if d.Headroom.Set {
		out.Headroom = d.Headroom.Value
	}
	if d.Window.Set {
		out.Window = int(time.Duration(d.Window.Value) / (24 * time.Hour))
	}
	if d.Shrink.Set {
		out.Shrink = int(d.Shrink.Value)
	}
	return out
}
