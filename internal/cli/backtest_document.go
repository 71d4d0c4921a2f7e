package cli

import (
	"math"
	"time"
)

// backtestSchema names the document and its version. A key that changes its meaning or goes is a new version.
const backtestSchema = "tokengate/backtest/v1"

// backtestDocument is what backtest found; it is the JSON output as it is. Rates and shares are fractions of 1; a number
// that cannot be known is null.
type backtestDocument struct {
	Schema   string             `json:"schema"`
	By       string             `json:"by"`       // track, feature, model, project; series for a CSV file
	Window   *backtestWindow    `json:"window"`   // that all series share; null for a CSV file, and without calls
	AsOf     *time.Time         `json:"as_of"`    // when prices were taken; null where nothing was priced
	Horizons []backtestHorizon  `json:"horizons"` // that were tested
	Results  []backtestResult   `json:"results"`  // by metric and horizon: the project, its parts (the largest first), and these pooled
	Untested []backtestUntested `json:"untested"` // by metric and horizon
	Unpriced []inspectUnpriced  `json:"unpriced"` // calls that are in no cost, by model, tier and reason
}

// backtestWindow is the whole days of a recording, in UTC.
type backtestWindow struct {
	First   string   `json:"first"` // YYYY-MM-DD
	Last    string   `json:"last"`
	Days    int      `json:"days"`
	Partial []string `json:"partial"` // days that were left out, as the recording begins or ends in them
}

// backtestHorizon is how many days a total spans.
type backtestHorizon struct {
	Days  int `json:"days"`
	Asked int `json:"asked"` // more than days where the history is too short for it
}

// backtestResult is how the forecasts of one series held, or of several.
type backtestResult struct {
	Metric        string             `json:"metric"`         // cost (dollars), tokens, or value (of a CSV file, in its own unit)
	Horizon       int                `json:"horizon_days"`   //
	Scope         string             `json:"scope"`          // project, the dimension of by, or pooled
	Name          string             `json:"name"`           // "" for project and pooled, and for calls that name none
	Series        int                `json:"series"`         // 1, or how many are pooled, each at equal weight
	Days          int                `json:"days"`           // of the series; the longest where pooled
	MinDays       int                `json:"min_days"`       // of history before the first forecast; the fewest where pooled
	UnpricedCalls int64              `json:"unpriced_calls"` // that are not in the series
	Windows       int                `json:"windows"`        // forecasts that were held against what came
	Apart         int                `json:"windows_apart"`  // of these, those that share no day; of parts of a project as many as of one, as they share all their days
	Silent        int                `json:"silent"`         // days without a forecast: nothing was spent on the 28 days before
	Held          []backtestHeld     `json:"held"`           // by quantile
	Loss          backtestLoss       `json:"relative_loss"`  //
	Better        int                `json:"series_better"`  // of the series, those whose mean loss is below the naive method's
	Ceilings      []backtestCeilings `json:"ceilings"`       // by quantile, then by multiple
}

// backtestHeld is how often what came was at or below a quantile.
type backtestHeld struct {
	Quantile     float64 `json:"quantile"`
	Windows      int     `json:"windows"`       // that held
	Rate         float64 `json:"rate"`          // every series at equal weight
	Low          float64 `json:"low"`           // 95 % interval (Wilson) for as many independent windows as do not overlap
	High         float64 `json:"high"`          //
	NaiveWindows int     `json:"naive_windows"` // in which the naive method's quantile held
	NaiveRate    float64 `json:"naive_rate"`    //
}

// backtestLoss is the mean pinball loss as a share of the naive method's: null where that lost nothing.
type backtestLoss struct {
	P50  *float64 `json:"p50"`
	P75  *float64 `json:"p75"`
	P90  *float64 `json:"p90"`
	P95  *float64 `json:"p95"`
	Mean *float64 `json:"mean"` // over P5, P10, P25, P50, P75, P90 and P95

	// Typical is the geometric mean over the series of their losses at P50, P90 and P95 together: the others are mostly
	// those of the wildest series. 2 % of the level is added to both sides, so that it always exists.
	Typical *float64 `json:"typical"`
}

// backtestCeilings is what a gate at one quantile would have decided under a ceiling at a multiple of the recent level:
// the mean of the last 28 days, or of all, times the days of the horizon.
type backtestCeilings struct {
	Quantile      float64  `json:"quantile"`
	Multiple      float64  `json:"multiple"`
	Over          int      `json:"over"`            // windows that went over the ceiling
	FalsePasses   int      `json:"false_passes"`    // of these, those that the gate let pass
	FalsePassRate *float64 `json:"false_pass_rate"` // every series at equal weight; null where none went over
	Within        int      `json:"within"`          // windows that stayed within it
	FalseFails    int      `json:"false_fails"`     // of these, those that the gate stopped
	FalseFailRate *float64 `json:"false_fail_rate"` // null where none stayed within
}

// backtestUntested is a series that was not tested, and why.
type backtestUntested struct {
	Metric  string `json:"metric"`
	Horizon int    `json:"horizon_days"`
	Scope   string `json:"scope"`
	Name    string `json:"name"`
	Days    int    `json:"days"` // that it has
	Reason  string `json:"reason"`
}

// numberOrNull is null for what is no number.
func numberOrNull(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	v = sixDigits(v)
	return &v
}
