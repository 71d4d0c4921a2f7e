// Package report owns the published document of a run: one versioned JSON value that every output format is made
// from. Order, counts and wording are decided here, once; how any format looks is decided in render.
//
// Numbers that are exact stay exact: money is a decimal string of dollars, tokens are integers. A Quantity carries
// its unit and the text a person reads.
//
//	r, err := report.Read(f)
package report

import (
	"time"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

// SchemaID names the version of the document; a reader refuses another major version.
const SchemaID = "tokengate/report/v1"

// Status is the outcome of a check, a group or the run.
type Status string

// The statuses, best to worst.
const (
	Pass         Status = "pass"
	Warn         Status = "warn"         // inside every ceiling, or over one it inherited from base
	Inconclusive Status = "inconclusive" // cannot be judged; never a pass
	Fail         Status = "fail"
)

// Report is the document.
type Report struct {
	Schema      string       `json:"schema"`
	Tool        Tool         `json:"tool"`
	GeneratedAt time.Time    `json:"generated_at"` // the time the run was given, UTC
	Project     Project      `json:"project"`
	Stage       string       `json:"stage"`  // pull_request, pre_release or release
	Period      Period       `json:"period"` // what period ceilings and forecasts are per
	Base        *Revision    `json:"base"`   // null when nothing was compared with
	Head        Revision     `json:"head"`   //
	Verdict     Verdict      `json:"verdict"`
	Checks      []Check      `json:"checks"`            // every ceiling held, failures first
	Total       Group        `json:"total"`             // the project
	Tracks      []Group      `json:"tracks"`            // in the order declared, undeclared ones last
	Features    []Group      `json:"features"`          //
	Models      []Group      `json:"models"`            //
	Causes      []Cause      `json:"causes"`            // why head differs from base, largest cost first
	Templates   []Template   `json:"templates"`         // tokens per file and section, head
	Files       []FileCost   `json:"files,omitempty"`   // what sending each file of the templates costs, largest first
	Findings    []Finding    `json:"findings"`          // worst first, then by place
	Review      []ReviewItem `json:"review"`            // the post-implementation review checklist
	Waivers     []Waiver     `json:"waivers,omitempty"` // permissions in force that the run took into account
	WhatIf      *Matrix      `json:"what_if,omitempty"` // the variants of the configuration, beside head; they decide nothing
	Provenance  Provenance   `json:"provenance"`
	Method      []string     `json:"method"` // how the numbers were made, one sentence each
}

// Tool is the program that made the report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Project is the charter: whose budget this is.
type Project struct {
	Name     string `json:"name"`
	Owner    string `json:"owner,omitempty"`
	Purpose  string `json:"purpose,omitempty"`
	Approver string `json:"approver,omitempty"`
}

// Period is the length of time a period ceiling covers. A rolling one begins today and has 1, 7, 30 or 91 days; a calendar
// one has its first and last day, and how many of its days are past and recorded: their spend is certain.
type Period struct {
	Name     string `json:"name"` // day, week, month or quarter
	Days     int    `json:"days"`
	Calendar bool   `json:"calendar,omitempty"`
	From     string `json:"from,omitempty"`          // first day of a calendar period
	Until    string `json:"until,omitempty"`         // and its last
	Recorded int    `json:"recorded_days,omitempty"` // of a calendar period
}

// Revision is one side of the comparison.
type Revision struct {
	Ref    string    `json:"ref"`              // as asked for, e.g. origin/main or "working tree"
	Commit string    `json:"commit,omitempty"` // full object id
	Time   time.Time `json:"time,omitzero"`    // commit time, UTC
	Config string    `json:"config,omitempty"` // path of the configuration read there; "" when there is none
}

// Verdict is the answer.
type Verdict struct {
	Status   Status   `json:"status"`
	Headline string   `json:"headline"` // one line, no Markdown
	Reasons  []string `json:"reasons"`  // one line each, the deciding ones first
}

// Quantity is a number with its unit. Value is a plain decimal: dollars, tokens, milliseconds or a ratio.
type Quantity struct {
	Unit  string `json:"unit"`  // usd, tokens, ms or ratio
	Value string `json:"value"` //
	Text  string `json:"text"`  // for people: "$412.10", "41.2M", "4.2s", "+12.5%"
}

// Check is one ceiling held against its measurement.
type Check struct {
	ID       string    `json:"id"`    // stable: "track/generation/period/cost"
	Rule     string    `json:"rule"`  // rule id: period-ceiling, unit-ceiling, growth-ceiling
	Scope    string    `json:"scope"` // project, track, feature or template; section or file: the text's own tokens
	Name     string    `json:"name"`  // name within the scope; "" for the project
	Kind     string    `json:"kind"`  // period, per_call, per_session or growth
	Metric   string    `json:"metric"`
	Measure  string    `json:"measure"` // what is held against the limit: "P50", "P95", "upper end of the effect"
	Limit    Quantity  `json:"limit"`
	Base     *Quantity `json:"base"` // null without a base, or when it cannot be measured
	Head     *Quantity `json:"head"` // null when it cannot be measured
	PBase    *float64  `json:"p_over_base,omitempty"`
	PHead    *float64  `json:"p_over_head,omitempty"` // probability of exceeding the limit; period ceilings only
	Used     float64   `json:"used"`                  // head ÷ limit; 0 when unknown
	Status   Status    `json:"status"`
	Inherits bool      `json:"inherited,omitempty"` // over on base as well, and not made worse
	Since    time.Time `json:"since,omitzero"`      // when an inherited breach began, as far as known
	Owner    string    `json:"owner,omitempty"`
	Text     string    `json:"text"`             // the check in one line: "p50 $412/month is over the ceiling of $350"
	Declared Place     `json:"declared"`         // where the ceiling stands
	From     string    `json:"from"`             // base or head: the revision the ceiling was read from
	Settle   string    `json:"settle,omitempty"` // for inconclusive: the number that would settle it

	Emergency *Emergency `json:"emergency,omitempty"` // the ceiling holds for a while in the place of others
}

// Emergency is why and how long a ceiling holds in the place of others.
type Emergency struct {
	Until    string    `json:"until"` // YYYY-MM-DD, its last day in UTC
	Incident string    `json:"incident,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Instead  []Instead `json:"instead"` // what would hold otherwise
}

// Instead is a ceiling that another stands in the place of.
type Instead struct {
	Limit    Quantity `json:"limit"`
	Declared Place    `json:"declared"`
}

// Place is a position in a file of the project.
type Place = source.Span

// CostDist is a distribution of money, in exact dollars rounded to cents, or to four digits below ten cents.
type CostDist struct {
	P50 money.Amount  `json:"p50"`
	P75 money.Amount  `json:"p75"`
	P80 *money.Amount `json:"p80,omitempty"` // of a period
	P90 money.Amount  `json:"p90"`
	P95 money.Amount  `json:"p95"`
}

// TokenDist is a distribution of tokens.
type TokenDist struct {
	P50 int64  `json:"p50"`
	P75 int64  `json:"p75"`
	P80 *int64 `json:"p80,omitempty"` // of a period
	P90 int64  `json:"p90"`
	P95 int64  `json:"p95"`
}

// Side is one revision's numbers of a group.
type Side struct {
	RecordedCost   money.Amount `json:"recorded_cost"`   // exact cost of the recorded calls under this revision
	RecordedTokens int64        `json:"recorded_tokens"` // exact, prompt + output
	Cost           *CostDist    `json:"cost"`            // forecast for the period; null with too little history
	Tokens         *TokenDist   `json:"tokens"`
	CallCostP50    money.Amount `json:"call_cost_p50"`
	CallCostP95    money.Amount `json:"call_cost_p95"`
	LatencyP50     *int64       `json:"latency_p50_ms"` // null when no latency was recorded
	LatencyP95     *int64       `json:"latency_p95_ms"`
	PerCall        *Spread      `json:"per_call,omitempty"`
	PerSession     *Spread      `json:"per_session,omitempty"`      // absent where no call names its session
	Smallest       *Smallest    `json:"smallest_ceiling,omitempty"` // of head, where there is a forecast
	Fan            *Fan         `json:"fan,omitempty"`              // of head: the project, the tracks and what was declared

	LatencyP50Range *MillisRange `json:"latency_p50_range,omitempty"` // where the P50 of a call may lie; absent where it is not known
	LatencyP95Range *MillisRange `json:"latency_p95_range,omitempty"`
}

// MillisRange is an interval of a latency: what the recording leaves open and, on head, what the fit that moved the calls does.
type MillisRange struct {
	Low        int64   `json:"low_ms"`
	High       int64   `json:"high_ms"`
	Confidence float64 `json:"confidence"` // 0.95, or less where the recording holds too few calls for it
}

// Effect is the paired effect of the change on the same recorded calls: head ÷ base − 1 with its interval.
type Effect struct {
	Ratio      float64 `json:"ratio"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"` // 0.95; 0 when there is no interval: low and high then repeat the ratio
}

// Group is a track, feature, model or the project.
type Group struct {
	Name      string   `json:"name"`
	Owner     string   `json:"owner,omitempty"`
	Declared  bool     `json:"declared"` // named in the configuration or a budget block
	Calls     int64    `json:"calls"`
	Sessions  int64    `json:"sessions"`
	Base      *Side    `json:"base"`
	Head      *Side    `json:"head"` // null when there are no calls
	Cost      *Effect  `json:"cost_effect"`
	Tokens    *Effect  `json:"tokens_effect"`
	Checks    []string `json:"checks"`           // ids of the checks that hold here
	Status    Status   `json:"status,omitempty"` // worst of its checks; absent when no ceiling is held here
	Notes     []string `json:"notes,omitempty"`
	LatencyBy string   `json:"latency_method,omitempty"` // how head latency was obtained
	Past      *Past    `json:"past,omitempty"`           // of the money of the project, of tracks and of what is declared; absent where nothing can be tested
}

// Cause is one reason why head costs more or less than base.
type Cause struct {
	Place     Place        `json:"place"`
	Kind      string       `json:"kind"`              // template, retrieval, input_cap, output_cap, model, tokenizer, cache
	Section   string       `json:"section,omitempty"` // heading that changed text stands under
	Summary   string       `json:"summary"`           // "Answering rules: +1,240 tokens a call"
	Tokens    int64        `json:"tokens"`            // per call that uses it, signed; 0 when it is not per call
	PerPeriod int64        `json:"tokens_per_period"`
	Cost      money.Amount `json:"cost_per_period"` // P50 level of volume
	Share     float64      `json:"share"`           // of the whole change's absolute cost
	Error     float64      `json:"relative_error"`  // counting error of the token figure
	Calls     int64        `json:"calls"`           // recorded calls moved
}

// Template is a template's size at head, with its change from base.
type Template struct {
	Path   string         `json:"path"`
	Model  string         `json:"model"` // counted for
	Tokens int64          `json:"tokens"`
	Base   *int64         `json:"base_tokens"`
	Error  float64        `json:"relative_error"`
	Method string         `json:"method"`
	Calls  int64          `json:"calls"` // recorded calls that used it
	Files  []TemplateFile `json:"files"`
	Carry  *Carry         `json:"carry,omitempty"` // what sending its text costs; absent where no call used it or nothing can be forecast
}

// Carry is what sending a text over and over costs: a template, a file or a section of one. Only its own tokens count, not
// the calls as a whole.
type Carry struct {
	Calls     int64        `json:"calls_per_period"`  // that send it, at the P50 level of volume
	Tokens    int64        `json:"tokens_per_period"` // of the text, over those calls
	Cost      money.Amount `json:"cost_per_period"`   // of these tokens, in the price class each call had them in
	Saved     money.Amount `json:"saved_by_cache"`    // what they would cost more if all were plain input
	CacheRead float64      `json:"cache_read"`        // share of the tokens that was read from a cache
	Subagents float64      `json:"subagents"`         // share of the calls that subagents made
}

// TemplateFile is one file of a template.
type TemplateFile struct {
	Path     string    `json:"path"`
	Tokens   int64     `json:"tokens"`
	Sections []Section `json:"sections"`
	Carry    *Carry    `json:"carry,omitempty"`
}

// Section is the size of one section.
type Section struct {
	Heading string `json:"heading"`
	Anchor  string `json:"anchor,omitempty"` // names it within its file: "token-budget"
	Level   int    `json:"level,omitempty"`  // of its heading, 1 to 6; absent without one
	Place   Place  `json:"place"`
	When    string `json:"when,omitempty"` // where it is not sent when its file is: launch, for what a conversation is told of a subagent or a skill
	Tokens  int64  `json:"tokens"`
	Carry   *Carry `json:"carry,omitempty"`
}

// Finding is one thing worth saying about a place.
type Finding struct {
	Rule     string          `json:"rule"`
	Severity source.Severity `json:"severity"`
	Message  string          `json:"message"`
	Hint     string          `json:"hint,omitempty"`
	Place    Place           `json:"place,omitzero"`
	Approver string          `json:"approver,omitempty"` // who must approve, when someone must
}

// ReviewItem is one line of the post-implementation review. IDs are stable so that ticked boxes survive an update.
type ReviewItem struct {
	ID    string `json:"id"`   // "cost-track-generation"
	Area  string `json:"area"` // cost, latency, user impact, rollback
	Text  string `json:"text"`
	Owner string `json:"owner,omitempty"`
}

// Waiver is a bounded permission to be over one ceiling, such as an emergency envelope that holds in its place; a run shows
// every waiver it took into account.
type Waiver struct {
	Check   string    `json:"check"` // id of the ceiling it covers
	Reason  string    `json:"reason"`
	By      string    `json:"by"`      // who granted it
	Expires time.Time `json:"expires"` // after this time it covers nothing
	Place   Place     `json:"place,omitzero"`
}

// Provenance says what the numbers rest on.
type Provenance struct {
	Recordings    []Recording  `json:"recordings"`
	Calls         int64        `json:"calls"`
	Sessions      int64        `json:"sessions"`
	MoreSessions  bool         `json:"more_sessions,omitempty"` // there are more: so many are kept
	Lines         int64        `json:"lines"`
	Skipped       []Skipped    `json:"skipped"`
	Duplicates    int64        `json:"duplicates"`
	Replaced      int64        `json:"replaced,omitempty"` // calls on records that differ: the most complete of them was counted
	Unmapped      *Unmapped    `json:"unmapped,omitempty"` // absent where every call belongs to a track
	From          time.Time    `json:"from,omitzero"`
	To            time.Time    `json:"to,omitzero"`
	Days          int          `json:"days"`           // whole days the forecast rests on
	CountingError float64      `json:"counting_error"` // relative error of the counts that calls were moved by, weighed by tokens
	CountingBy    string       `json:"counting_method"`
	Calibration   *Calibration `json:"calibration,omitempty"`   // absent where counts rest on published factors only
	PricesOldest  string       `json:"prices_oldest,omitempty"` // YYYY-MM-DD of the oldest price used
	PricesNewest  string       `json:"prices_newest,omitempty"`
	PricesFrom    []string     `json:"prices_from"`   // "builtin catalogue 2026-11-22" or the override's path
	ConfigDigest  string       `json:"config_digest"` // sha256 of the configuration the ceilings came from
	Assumptions   []string     `json:"assumptions"`   // what had to be assumed, one sentence each
	Notes         []string     `json:"notes,omitempty"`
}

// Calibration is the file of fitted factors that tokens were counted with.
type Calibration struct {
	Path     string   `json:"path"`
	Digest   string   `json:"digest"`   // sha256 over its values
	Families []string `json:"families"` // tokenizers that it has factors for
	Samples  int64    `json:"samples"`  // requests that the factors were fitted on
}

// Recording is one file of recorded traffic.
type Recording struct {
	Path     string  `json:"path"`
	Dialect  string  `json:"dialect"`
	Lines    int64   `json:"lines"`
	Calls    int64   `json:"calls"`
	Sampling float64 `json:"sampling"` // share of all traffic that was recorded; 1 is all
}

// Unmapped is what belongs to no track. In the list of tracks it is the one without a name.
type Unmapped struct {
	Calls int64   `json:"calls"`
	Share float64 `json:"share"` // of head's spend, or of its tokens
	Of    string  `json:"of"`    // spend, or tokens where nothing recorded costs anything
}

// Skipped counts records that were not calls or could not be read.
type Skipped struct {
	Reason string `json:"reason"`
	Bad    bool   `json:"bad"` // counts against the allowed share of bad lines
	Count  int64  `json:"count"`
}
