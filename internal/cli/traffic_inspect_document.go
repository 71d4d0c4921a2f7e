package cli

import (
	"time"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/token"
)

// inspectSchema names the document and its version. A key that changes its meaning or goes is a new version.
const inspectSchema = "tokengate/traffic-inspect/v1"

// inspectDocument is what traffic inspect found; it is the JSON output as it is. Numbers are of the recorded calls: they
// are not scaled by the sampling share. A call that was recorded as standing for n calls counts n times.
type inspectDocument struct {
	Schema    string            `json:"schema"`
	AsOf      time.Time         `json:"as_of"`      // when prices were taken
	Files     []inspectFile     `json:"files"`      // recordings, by name; also those that cannot be read
	Cubes     []inspectCube     `json:"cubes"`      // cube files, as they were named
	Reading   inspectReading    `json:"reading"`    // of all of them
	Window    *inspectWindow    `json:"window"`     // null without calls
	Total     inspectGroup      `json:"total"`      // all calls; its name is ""
	Users     inspectCensus     `json:"users"`      //
	Sessions  inspectCensus     `json:"sessions"`   //
	Sampling  []inspectSampling `json:"sampling"`   // by share
	Models    []inspectGroup    `json:"models"`     // as recorded; the dearest first, then those of most tokens, then by name
	Tracks    []inspectGroup    `json:"tracks"`     // in the same order; "" names the calls that have none
	Features  []inspectGroup    `json:"features"`   //
	Templates []inspectGroup    `json:"templates"`  //
	Unpriced  []inspectUnpriced `json:"unpriced"`   // by model, tier and reason
	Days      []inspectDay      `json:"days"`       // those that have calls, in order
	Gaps      []inspectGap      `json:"gaps"`       // in order
	NotKnown  []inspectNotKnown `json:"not_known"`  // what the recordings do not say
	Quantiles inspectQuantiles  `json:"quantiles"`  // what quantiles of latency rest on
	Unread    int               `json:"unreadable"` // problems for which a file could not be read, or not to its end; the exit code is then 2

	calendar calendar // for the picture
}

// inspectFile is one recording.
type inspectFile struct {
	Name     string  `json:"name"`
	Dialect  string  `json:"dialect,omitempty"` // absent where it could not be told
	Lines    int64   `json:"lines"`             // not blank
	Calls    int64   `json:"calls"`             // records that were counted here; one that stands in several files counts in one
	Sampling float64 `json:"sampling"`          // share of all traffic that it holds
}

// inspectCube is one cube file, and what was read to make it.
type inspectCube struct {
	Name  string `json:"name"`
	Cells int    `json:"cells"`
	Files int64  `json:"files"`
	Lines int64  `json:"lines"`
	Calls int64  `json:"calls"`
}

// inspectReading counts what was read.
type inspectReading struct {
	Files      int64         `json:"files"`
	Lines      int64         `json:"lines"`
	Records    int64         `json:"records"`    // that were counted as calls
	Duplicates int64         `json:"duplicates"` // records that repeated a call
	Replaced   *int64        `json:"replaced"`   // calls on records that differ, of which the most complete was counted; null where a cube is among the input
	Bad        int64         `json:"bad"`        // records that should have been calls
	BadShare   float64       `json:"bad_share"`  // bad / (bad + records + duplicates)
	Skipped    []inspectSkip `json:"skipped"`    // bad ones first, then by reason
}

// inspectSkip counts records that became no call.
type inspectSkip struct {
	Reason string `json:"reason"`
	Bad    bool   `json:"bad"`
	Count  int64  `json:"count"`
}

// inspectWindow is when calls were made, in UTC.
type inspectWindow struct {
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Days    int64     `json:"days"`    // from the first to the last, both counted
	Partial []string  `json:"partial"` // of the first and the last day those that a forecast would leave out, as YYYY-MM-DD
}

// inspectGroup sums the calls of one name along a dimension.
type inspectGroup struct {
	Name          string          `json:"name"`
	Calls         int64           `json:"calls"`
	Share         float64         `json:"share_of_calls"`
	Tokens        inspectTokens   `json:"tokens"`
	Cost          *money.Amount   `json:"cost"`           // in dollars, exact, of the calls that have a price; null where none has
	CostShare     float64         `json:"share_of_cost"`  // of what is priced
	UnpricedCalls int64           `json:"unpriced_calls"` // they are not in cost, and not free
	Errors        int64           `json:"errors"`         // calls with status "error"
	Bounds        int64           `json:"bounds"`         // calls whose output is only a lower bound
	Means         int64           `json:"means"`          // calls whose usage is the mean of several
	Latency       *inspectLatency `json:"latency"`        // null where no call states it
	FirstToken    *inspectLatency `json:"first_token"`    // null where no call states it
}

// inspectTokens is token.Usage, whose keys say what each means, with every key.
type inspectTokens struct {
	Input        int64 `json:"input"`
	CacheRead    int64 `json:"cache_read"`
	CacheWrite5m int64 `json:"cache_write_5m"`
	CacheWrite1h int64 `json:"cache_write_1h"`
	Output       int64 `json:"output"`
	Reasoning    int64 `json:"reasoning"`
}

func (t inspectTokens) prompt() int64 { return token.Usage(t).Prompt() }
func (t inspectTokens) total() int64  { return token.Usage(t).Total() }

// inspectLatency is what calls say of a duration.
type inspectLatency struct {
	Calls int64 `json:"calls"` // that state it
	P50   int64 `json:"p50_us"`
	P95   int64 `json:"p95_us"`
}

// inspectQuantiles says how far quantiles can be trusted.
type inspectQuantiles struct {
	RelativeError float64 `json:"relative_error"` // at most
}

// inspectCensus counts users or sessions.
type inspectCensus struct {
	Distinct      int64   `json:"distinct"`
	RelativeError float64 `json:"relative_error"` // standard error; 0 where they were counted one by one
	UnnamedCalls  int64   `json:"unnamed_calls"`  // calls that name none
}

// inspectSampling counts the calls that were recorded at one share of all traffic.
type inspectSampling struct {
	Share float64 `json:"share"`
	Calls int64   `json:"calls"`
}

// inspectUnpriced sums calls without a price.
type inspectUnpriced struct {
	Model  string        `json:"model"`
	Tier   string        `json:"tier"`
	Reason string        `json:"reason"`
	Calls  int64         `json:"calls"`
	Tokens inspectTokens `json:"tokens"`
}

// inspectDay counts the calls of one day.
type inspectDay struct {
	Day     string `json:"day"` // YYYY-MM-DD, UTC
	Calls   int64  `json:"calls"`
	Partial bool   `json:"partial"`
}

// inspectGap is a run of days with far fewer calls than usual; see findGaps for the rule.
type inspectGap struct {
	From  string `json:"from"` // YYYY-MM-DD
	To    string `json:"to"`   // the last of its days
	Days  int64  `json:"days"`
	Calls int64  `json:"calls"`
	Usual int64  `json:"usual"` // calls that days like these have
}

// inspectNotKnown is something that calls do not say.
type inspectNotKnown struct {
	What  string  `json:"what"`  // track, feature, user, session, template, template_version, latency, first_token, output, single_calls, price, history
	Calls int64   `json:"calls"` // that do not say it
	Share float64 `json:"share"` // of all calls
	Means string  `json:"means"` // for a gate
	Do    string  `json:"do"`
}
