package config

import (
	"fmt"

	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// Guardrails are limits at run time: each call is let through, warned of, degraded, handed over or refused by what was
// spent before it. They are not ceilings: a ceiling is held against a forecast, per_session against the P95 of sessions.
type Guardrails struct {
	Users    Users     `yaml:"users" jsonschema_description:"What each user may use at run time."`
	Sessions Sessions  `yaml:"sessions" jsonschema_description:"What each session may use at run time. It is not per_session, which is a ceiling on the P95 of sessions."`
	Breakers []Breaker `yaml:"breakers" jsonschema_description:"Circuit breakers: what stops calls for a while where too much happens in a short time."`
}

// Quota is what may be used in a window; a call is held to each amount that is set.
type Quota struct {
	Cost   source.At[money.Amount] `yaml:"cost"`
	Tokens source.At[money.Count]  `yaml:"tokens"`
	Calls  source.At[money.Count]  `yaml:"calls"`
}

// Quotas are those of windows that begin for everyone at midnight UTC.
type Quotas struct {
	PerDay    Quota `yaml:"per_day" jsonschema_description:"A UTC day."`
	PerWeek   Quota `yaml:"per_week" jsonschema_description:"From Monday, UTC."`
	PerPeriod Quota `yaml:"per_period" jsonschema_description:"The configuration's period, as the calendar has it, UTC."`
}

// Steps say what happens as a quota is used up.
type Steps struct {
	WarnAt     source.At[money.Ratio] `yaml:"warn_at" jsonschema_description:"Share of the quota from which calls are warned of. Default 80%."`
	Fallback   prompt.Fallback        `yaml:"fallback" jsonschema_description:"Cheaper model that calls are made on from a share of the quota (at, default 90%); without a model, the one that the template, track or feature declares."`
	HandOverAt source.At[money.Ratio] `yaml:"hand_over_at" jsonschema_description:"Share of the quota from which a session is handed to a human."`
	OnLimit    source.At[Action]      `yaml:"on_limit" jsonschema_description:"What happens once the whole quota is used. Default hand_over where hand_over_at is set, else refuse."`
}

// Users limits each user.
type Users struct {
	Quotas  `yaml:",inline"`
	Dynamic source.At[Dynamic] `yaml:"dynamic" jsonschema_description:"An allowance a user a day from the user's own spending."`
	Steps   `yaml:",inline"`
}

// Dynamic is a daily allowance that follows a user's own activity; see guard.Dynamic for the formula.
type Dynamic struct {
	Quantile source.At[Quantile]       `yaml:"quantile" jsonschema_description:"Of what the user spent on active days. Default P90."`
	Headroom source.At[float64]        `yaml:"headroom" jsonschema_description:"Times the quantile. Default 1.5."`
	Floor    source.At[money.Amount]   `yaml:"floor" jsonschema_description:"Least allowance. Default $0."`
	Cap      source.At[money.Amount]   `yaml:"cap" jsonschema_description:"Largest allowance, and that of the first day. Required."`
	Window   source.At[money.Duration] `yaml:"window" jsonschema_description:"Days before today that count. Default 14d."`
	Shrink   source.At[money.Count]    `yaml:"shrink" jsonschema_description:"Active days of one's own that weigh as much as those of all users together. Default 7."`
}

// Sessions limits each session over its life.
type Sessions struct {
	Quota `yaml:",inline"`
	Steps `yaml:",inline"`
}

// Guard limits a track or a feature at run time: all its calls together, and each user and session in it.
type Guard struct {
	Quotas   `yaml:",inline"`
	Steps    `yaml:",inline"`
	Users    Users    `yaml:"users" jsonschema_description:"What each user may use of it."`
	Sessions Sessions `yaml:"sessions" jsonschema_description:"What each session may use of it."`
}

// Breaker is a circuit breaker.
type Breaker struct {
	Scope    source.At[BreakerScope]   `yaml:"scope" jsonschema_description:"Whose calls are watched and stopped: project (default), each track, feature, user or session, or one of them: track/generation."`
	When     source.At[When]           `yaml:"when" jsonschema_description:"cost per 10m > $5, tokens per 1h > 2M, calls per 1m > 100, or error rate > 20% over 50 calls. Required."`
	Action   source.At[Action]         `yaml:"action" jsonschema_description:"What happens to calls while it is open. Required."`
	CoolDown source.At[money.Duration] `yaml:"cool_down" jsonschema_description:"How long it stays open before one call is tried. Default 15m."`
	Fallback source.At[string]         `yaml:"fallback" jsonschema_description:"Model that action: degrade moves calls to; without it, the one that the template, track or feature declares."`
}

// Action is what a guardrail does: warn, degrade, hand_over or refuse.
type Action guard.Action

// UnmarshalText reads warn, degrade, hand_over or refuse.
func (a *Action) UnmarshalText(b []byte) error {
	known, ok := guard.ActionNamed(string(b))
	if !ok || known == guard.Allow {
		return fmt.Errorf("action %q is not known; write warn, degrade, hand_over or refuse", b)
	}
	*a = Action(known)
	return nil
}
