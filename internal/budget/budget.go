// Package budget owns what is allowed: ceilings on a project, track, feature or template, the rules that hold
// evidence against them, and the verdict. It knows neither the syntax ceilings are written in nor how an outcome is
// shown or turned into an exit code.
//
// Ceilings come in three kinds, sharp to blunt: per call and per session (independent of volume), growth (the
// change's own effect) and period (what a month costs). Every declared ceiling holds on its own; none overrides another.
//
//	outcome := budget.Judge(evidence)
package budget

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

// Scope is what a ceiling is set on.
//
// A project, track, feature or template means its calls as a whole. A section ("CLAUDE.md#testing", with its subsections)
// and a file (".claude/rules/api.md") mean the text's own tokens and what these cost.
type Scope struct {
	Kind string // project, track, feature, template, section or file
	Name string // "" for the project; of a section "CLAUDE.md#testing"
}

// OwnText reports whether the scope is a text: a section, or a file, whose own tokens and their cost are held. Every other
// scope is one of calls, as a whole.
func (s Scope) OwnText() bool { return s.Kind == "section" || s.Kind == "file" }

// Text is the file and the anchor that a text scope names; the anchor is "" for a whole file.
func (s Scope) Text() (file, anchor string) {
	if at := strings.LastIndexByte(s.Name, '#'); s.Kind == "section" && at >= 0 {
		return s.Name[:at], s.Name[at+1:]
	}
	return s.Name, ""
}

// String gives "track generation", or "project".
func (s Scope) String() string {
	if s.Name == "" {
		return s.Kind
	}
	return s.Kind + " " + s.Name
}

// The kinds of ceilings.
const (
	Period     = "period"
	PerCall    = "per_call"
	PerSession = "per_session"
	Growth     = "growth"
)

// The metrics.
const (
	Cost         = "cost"
	Tokens       = "tokens"
	InputTokens  = "input_tokens"
	OutputTokens = "output_tokens"
	Latency      = "latency"
)

// Ceiling is one declared limit.
type Ceiling struct {
	Scope    Scope
	Kind     string
	Metric   string
	Limit    Quantity
	Quantile float64 // of the period's forecast that is held against the limit; chosen by stage and risk tolerance
	Owner    string
	Approver string      // who must approve an edit, where the budget itself says so
	Span     source.Span // where it stands
	From     string      // base or head: the revision it was read from
	Until    time.Time   // last day, in UTC, of one that stands in the place of others for a while; zero for good
	Incident string      // what that is for
	Reason   string      //
	Instead  []Ceiling   // those that it stands in the place of
}

// ID is stable across runs and edits: "track/generation/period/cost".
func (c Ceiling) ID() string {
	id := c.Scope.Kind
	if c.Scope.Name != "" {
		id += "/" + c.Scope.Name
	}
	return id + "/" + c.Kind + "/" + c.Metric
}

// Quantity is a number with its unit: usd, tokens, ms or ratio. Exact is a plain decimal, Text is for people.
type Quantity struct {
	Unit  string
	Value float64
	Exact string
	Text  string
}

// Dollars is a quantity of money.
func Dollars(a money.Amount) Quantity { return Quantity{"usd", a.Float(), a.Decimal(), a.String()} }

// DollarsOf is a quantity of money that is an estimate: rounded to cents, or to four digits below ten cents.
func DollarsOf(f float64) Quantity {
	q := Dollars(money.FromFloat(f))
	if parsed, err := money.Parse(q.Text); err == nil && f >= 0 {
		q.Exact = parsed.Decimal()
	}
	return q
}

// TokensOf is a quantity of tokens, rounded to whole ones.
func TokensOf(f float64) Quantity {
	n := money.Count(f + 0.5)
	return Quantity{"tokens", f, strconv.FormatInt(int64(n), 10), n.String()}
}

// Millis is a quantity of time.
func Millis(d time.Duration) Quantity {
	ms := float64(d) / 1e6
	return Quantity{"ms", ms, strconv.FormatFloat(ms, 'f', 0, 64), money.Duration(d.Round(time.Millisecond)).String()}
}

// Change is a quantity that is a relative change: 0.125 reads "+12.5%".
func Change(f float64) Quantity {
	return Quantity{"ratio", f, strconv.FormatFloat(f, 'f', 6, 64), fmt.Sprintf("%+.1f%%", f*100)}
}

// Measured is what is known of one scope. Numbers are nil where there is nothing to measure.
type Measured struct {
	Calls         int64
	Means         int64 // of them, those known only as means of several: no quantile of single calls holds them
	Days          int   // whole days of history
	NeedDays      int   // days a forecast needs
	Short         error // why there is no forecast; nil when there is one
	Base, Head    *Numbers
	CostEffect    *forecast.Effect // nil without a base
	TokensEffect  *forecast.Effect
	CountingError float64            // relative error of the counts that calls were moved by
	EffectDoubt   map[string]float64 // what that adds to the effects on cost and tokens, as a share of base
	NoLatency     []NoLatency        // models that head's latency is not known of, by name
}

// Numbers are one revision's measurements of a scope.
type Numbers struct {
	Forecast   bool // Cost and Tokens are valid
	Cost       forecast.Dist
	Tokens     forecast.Dist
	PerCall    map[string]float64 // P95 by metric; latency in ms
	CallMedian map[string]float64 // P50 by metric; for the reader, no ceiling is held against it
	PerSession map[string]float64

	// How far the counts may put these numbers off, as half-widths: a period's as a share of it, a call's and a session's
	// in the metric's unit. Absent is 0: recorded tokens are the provider's own.
	PeriodDoubt, CallDoubt, SessionDoubt map[string]float64

	LatencyP50, LatencyP95 *Range // of a call, in ms; nil where there is none
}

// Evidence is everything the rules look at. It is a value: the same evidence gives the same outcome.
type Evidence struct {
	Now       time.Time
	Stage     string // pull_request, pre_release or release
	Period    string // day, week, month or quarter, for the wording
	HasBase   bool
	FromHead  bool // ceilings are head's, since base declares nothing
	Approver  string
	Ceilings  []Ceiling // in force
	Proposed  []Ceiling // as head declares them
	Policy    []Setting // other policy settings on base
	PolicyNew []Setting // and on head
	Scopes    map[Scope]Measured
	Declared  []Declared // tracks that were declared, in order
	BadShare  float64
	MaxBad    float64
	BadPlace  source.Span
	Unpriced  []Unpriced
	Unmapped  Unmapped
	Prices    []Price
	MaxAge    time.Duration // of a price before it is worth a warning
	Templates []TemplateSize
	Emergency []Emergency // in force, or over and still written down
	Models    []ModelUse
	Retrieval []Retrieval
	Outputs   []Output
	Toggles   []Toggle
	Reviews   []Review
	Given     []Finding // findings that other packages made
}

// Setting is one policy setting as text, for telling whether it was changed.
type Setting struct {
	Name, Value string
	Span        source.Span
	Cap         float64  // of a cap on what a call may be: lower is tighter; 0 for a setting that is none
	Allowed     []string // of a list of what is allowed: fewer are tighter
	Of          string   // the scope or place that a guardrail is of; "" for other settings
	Approver    string   // who must approve an edit, where the budget itself says so
}

// Declared is a scope that the configuration names.
type Declared struct {
	Scope Scope
	Span  source.Span
}

// Unpriced is a model in the recording that has no price.
type Unpriced struct {
	Name  string
	Calls int64
	Why   string
	Hint  string
	Place source.Span
}

// Unmapped is what belongs to no track: calls, and their share of head's spend, or of its tokens where nothing costs
// anything.
type Unmapped struct {
	Calls int64
	Share float64
	Of    string // "spend" or "tokens"
}

// Price is a price that was used.
type Price struct {
	Model   string
	AsOf    time.Time
	Retires time.Time
	Place   source.Span // where the model is named, when it is
}

// TemplateSize is the fixed size of a template with the cap it declares on a call's input.
type TemplateSize struct {
	Path       string
	Base, Head int64 // tokens; Base −1 when there is none
	Error      float64
	Cap        int64
	Span       source.Span // of the cap
	Owner      string
	Own        bool // it is a section or a file, whose own text is capped
}

// Status is the outcome of a check or a run.
type Status int

// The statuses, best to worst: a run's is the worst of its parts.
const (
	Pass Status = iota
	Warn
	Inconclusive
	Fail
)

// Check is one ceiling held against its measurement.
type Check struct {
	Ceiling   Ceiling
	Rule      string
	Measure   string
	Base      *Quantity
	Head      *Quantity
	PBase     *float64
	PHead     *float64
	Status    Status
	Inherited bool
	Text      string
	Settle    string
}

// Used is head ÷ limit, 0 when unknown.
func (c Check) Used() float64 {
	if c.Head == nil || c.Ceiling.Limit.Value == 0 {
		return 0
	}
	return c.Head.Value / c.Ceiling.Limit.Value
}

// Finding is one thing wrong or worth knowing, with its effect on the verdict.
type Finding struct {
	source.Diagnostic
	Status   Status // what the run is at least, because of it
	Approver string
}

// Outcome is what the rules found.
type Outcome struct {
	Status   Status
	Checks   []Check
	Findings []Finding
}

// Rule is one rule: its text for `explain`, and what it does.
type Rule struct {
	source.Rule
	Check func(*Evidence) ([]Check, []Finding)
}

// Rules is every rule in the order they run.
var Rules = []Rule{
	periodCeiling, unitCeiling, growthCeiling, contextCap, retrievalCap, outputCap, modelNotAllowed, toggleUnmeasured,
	emergencyInForce, emergencyOver, ceilingChanged, policyChanged, sectionGone, reviewOverdue, noBudget, noTraffic,
	unmappedCalls, badLines, unpricedModel, stalePrice, retiredModel,
}

// Judge runs every rule. Checks are sorted worst first, findings worst first and then by place.
func Judge(e Evidence) Outcome {
	out := Outcome{Findings: slices.Clone(e.Given)}
	for _, r := range Rules {
		checks, findings := r.Check(&e)
		for i := range checks {
			checks[i].Rule = r.ID
		}
		for i := range findings {
			findings[i].Rule = r.ID
		}
		out.Checks = append(out.Checks, checks...)
		out.Findings = append(out.Findings, findings...)
	}
	for _, c := range out.Checks {
		out.Status = max(out.Status, c.Status)
	}
	for _, f := range out.Findings {
		out.Status = max(out.Status, f.Status)
	}
	slices.SortStableFunc(out.Checks, func(a, b Check) int {
		return cmp.Or(cmp.Compare(b.Status, a.Status), cmp.Compare(b.Used(), a.Used()))
	})
	slices.SortStableFunc(out.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Status, a.Status), cmp.Compare(a.Span.File, b.Span.File), cmp.Compare(a.Span.Start.Line, b.Span.Start.Line))
	})
	return out
}
