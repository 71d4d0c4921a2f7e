package cli

import (
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/rehearsal"
)

const guardrailsSchema = "tokengate/guardrails/v1"

// The status of a backtest of guardrails.
const (
	statusMeasured     = "measured"
	statusInconclusive = "inconclusive"
)

// guardrailsDocument is what backtest --guardrails found, and its JSON output as it is. Amounts are US dollars as decimal
// text; counts are of recorded calls, a record as often as it stands for one.
type guardrailsDocument struct {
	Schema     string          `json:"schema"`
	AsOf       time.Time       `json:"as_of"`
	Status     string          `json:"status"` // measured, or inconclusive: some spend is not known
	First      *time.Time      `json:"first,omitempty"`
	Last       *time.Time      `json:"last,omitempty"`
	Calls      int64           `json:"calls"`
	Sessions   int64           `json:"sessions"`
	Users      int64           `json:"users"`
	Spent      money.Amount    `json:"spent_usd"`      // as recorded
	Unpriced   int64           `json:"unpriced_calls"` // in no cost
	Stray      int64           `json:"outcomes_without_session"`
	Untimed    int64           `json:"calls_without_time_of_day"`
	Instant    int64           `json:"calls_without_latency"`
	Bounds     int64           `json:"output_is_lower_bound"`
	Sampled    bool            `json:"sampled"` // sums of a project, track or feature are scaled to all traffic
	Guardrails []guardrailsRow `json:"guardrails"`
	Total      guardrailsRow   `json:"total"` // every call, session and user once
}

// guardrailsRow is one guardrail, or all of them together.
type guardrailsRow struct {
	ID         string            `json:"id"`
	Place      string            `json:"place,omitempty"`
	Scope      guard.Scope       `json:"scope,omitempty"`
	Window     guard.Window      `json:"window,omitempty"`
	Allowance  *guardrailsAmount `json:"allowance,omitempty"`
	Dynamic    *guardrailsDays   `json:"dynamic,omitempty"`
	When       string            `json:"when,omitempty"` // of a breaker
	CoolDown   string            `json:"cool_down,omitempty"`
	Opened     *int64            `json:"opened,omitempty"`
	Steps      []guardrailsStep  `json:"steps,omitempty"`
	Calls      guardrailsActions `json:"calls"`
	Sessions   guardrailsActions `json:"sessions"`
	Users      guardrailsActions `json:"users"`
	Saved      money.Amount      `json:"saved_usd"`
	SavedError money.Amount      `json:"saved_error_usd"` // by counting; 0 where no count was restated
	Held       int64             `json:"held_calls"`
	Unlabelled int64             `json:"unlabelled_calls"`
	Partial    int64             `json:"partial_calls"`
	Unpriced   int64             `json:"unpriced_calls"`
	Stays      []guardrailsStay  `json:"not_degraded,omitempty"`
	Alone      []guardrailsAlone `json:"alone,omitempty"`
	Outcomes   []guardrailsMeans `json:"outcomes"`
}

type guardrailsAmount struct {
	Cost   *money.Amount `json:"usd,omitempty"`
	Tokens *int64        `json:"tokens,omitempty"`
	Calls  *int64        `json:"calls,omitempty"`
}

// guardrailsDays is what a dynamic limit allowed users, over users and days.
type guardrailsDays struct {
	Floor money.Amount  `json:"floor_usd"`
	Cap   money.Amount  `json:"cap_usd"`
	Days  int64         `json:"user_days"`
	P10   *money.Amount `json:"p10_usd,omitempty"`
	P50   *money.Amount `json:"p50_usd,omitempty"`
	P90   *money.Amount `json:"p90_usd,omitempty"`
}

type guardrailsStep struct {
	At     float64 `json:"at"`
	Action string  `json:"action"`
}

type guardrailsActions struct {
	Warned     int64 `json:"warned"`
	Degraded   int64 `json:"degraded"`
	HandedOver int64 `json:"handed_over"`
	Refused    int64 `json:"refused"`
}

func (a guardrailsActions) sum() int64 { return a.Warned + a.Degraded + a.HandedOver + a.Refused }

type guardrailsStay struct {
	Why   string `json:"why"`
	Calls int64  `json:"calls"`
}

// guardrailsAlone is how many calls the guardrail alone would change at a multiple of its allowance.
type guardrailsAlone struct {
	Factor float64 `json:"factor"`
	Calls  int64   `json:"calls"`
}

// guardrailsMeans compares how sessions ended; the interval is 95 %.
type guardrailsMeans struct {
	Outcome           string   `json:"outcome"`
	TouchedSessions   int64    `json:"touched_sessions"`
	TouchedMean       float64  `json:"touched_mean"`
	UntouchedSessions int64    `json:"untouched_sessions"`
	UntouchedMean     float64  `json:"untouched_mean"`
	Difference        *float64 `json:"difference,omitempty"`
	Low               *float64 `json:"low,omitempty"`
	High              *float64 `json:"high,omitempty"`
}

func newGuardrailsDocument(declared *config.Declaration, res *rehearsal.Result, at time.Time) *guardrailsDocument {
	d := &guardrailsDocument{Schema: guardrailsSchema, AsOf: at, Status: statusMeasured, Calls: res.Calls, Sessions: res.Sessions, Users: res.Users,
		Spent: res.Spent, Unpriced: res.Unpriced, Stray: res.Stray, Untimed: res.Untimed, Instant: res.Instant, Bounds: res.Bounds, Sampled: res.Sampled, Total: rowOf(&res.Total)}
	d.Total.ID = "total"
	for i := range res.Rows {
		r := rowOf(&res.Rows[i])
		if i < len(declared.Limits) {
			r.limit(&declared.Limits[i], &res.Rows[i])
		} else {
			r.breaker(&declared.Breakers[i-len(declared.Limits)], &res.Rows[i])
		}
		for f, n := range res.Rows[i].Alone {
			r.Alone = append(r.Alone, guardrailsAlone{rehearsal.Factors[f], n})
		}
		d.Guardrails = append(d.Guardrails, r)
		if res.Rows[i].Inconclusive() {
			d.Status = statusInconclusive
		}
	}
	return d
}

func rowOf(r *rehearsal.Row) guardrailsRow {
	out := guardrailsRow{Calls: actionsOf(r.Calls), Sessions: actionsOf(r.Sessions), Users: actionsOf(r.Users), Saved: r.Saved, SavedError: r.Doubt,
		Held: r.Held, Unlabelled: r.Unlabelled, Partial: r.Partial, Unpriced: r.Unpriced, Outcomes: []guardrailsMeans{}}
	for _, s := range r.Stays {
		out.Stays = append(out.Stays, guardrailsStay(s))
	}
	for _, o := range r.Outcomes {
		m := guardrailsMeans{Outcome: o.Name, TouchedSessions: o.Touched.Sessions, TouchedMean: sixDigits(o.Touched.Mean),
			UntouchedSessions: o.Untouched.Sessions, UntouchedMean: sixDigits(o.Untouched.Mean)}
		if o.Known {
			m.Difference, m.Low, m.High = new(sixDigits(o.Difference)), new(sixDigits(o.Low)), new(sixDigits(o.High))
		}
		out.Outcomes = append(out.Outcomes, m)
	}
	return out
}

func actionsOf(n [guard.Actions]int64) guardrailsActions {
	return guardrailsActions{n[guard.Warn], n[guard.Degrade], n[guard.HandOver], n[guard.Refuse]}
}

func (r *guardrailsRow) limit(l *guard.Limit, found *rehearsal.Row) {
	r.ID, r.Place, r.Scope, r.Window = l.ID, l.Span.String(), l.Each, l.Window
	for _, s := range l.Steps {
		r.Steps = append(r.Steps, guardrailsStep{s.At, s.Action.String()})
	}
	if d := l.Dynamic; d != nil {
		r.Dynamic = &guardrailsDays{Floor: money.New(d.Floor, -12), Cap: money.New(d.Cap, -12), Days: found.Days}
		for i, n := range found.Allowances {
			*[]**money.Amount{&r.Dynamic.P10, &r.Dynamic.P50, &r.Dynamic.P90}[i] = new(money.New(n, -12))
		}
		return
	}
	r.Allowance = &guardrailsAmount{}
	switch l.Metric {
	case guard.Cost:
		r.Allowance.Cost = new(money.New(l.Allowance, -12))
	case guard.Calls:
		r.Allowance.Calls = new(l.Allowance / guard.OneCall)
	case guard.Tokens, guard.Errors:
		r.Allowance.Tokens = new(l.Allowance)
	}
}

func (r *guardrailsRow) breaker(b *guard.Breaker, found *rehearsal.Row) {
	r.ID, r.Place, r.Scope, r.When, r.CoolDown = b.ID, b.Span.String(), b.Each, config.When(b.When).String(), strings.Replace(money.Duration(b.CoolDown).String(), "m0s", "m", 1)
	r.Steps, r.Opened = []guardrailsStep{{1, b.Action.String()}}, &found.Opened
}
