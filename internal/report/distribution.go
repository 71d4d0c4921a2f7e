package report

// MillisDist is a distribution of latency, in milliseconds.
type MillisDist struct {
	P50 int64 `json:"p50"`
	P75 int64 `json:"p75"`
	P90 int64 `json:"p90"`
	P95 int64 `json:"p95"`
}

// Spread is how single calls, or single sessions, of a group are distributed: as recorded, recounted and repriced under
// one revision. No forecast is in it.
type Spread struct {
	Cost    CostDist    `json:"cost"`
	Tokens  TokenDist   `json:"tokens"`            // prompt + output
	Latency *MillisDist `json:"latency,omitempty"` // absent where it is not known under this revision
}

// Smallest is the smallest ceiling on a period that passes when it is held at each quantile: the quantile and the
// counting error on it, rounded up to three digits.
type Smallest struct {
	Cost   *CostDist  `json:"cost"`
	Tokens *TokenDist `json:"tokens"`
}

// FanPoint is what has been spent by the end of one day of the period, from its beginning: for drawing, in dollars or
// tokens of six digits. The last point of a fan is the forecast of the whole period.
type FanPoint struct {
	Day int     `json:"day"` // 1 is the first day of the period
	P5  float64 `json:"p5"`
	P25 float64 `json:"p25"`
	P50 float64 `json:"p50"`
	P75 float64 `json:"p75"`
	P95 float64 `json:"p95"`
}

// Fan is how a period's spend comes to pass: at most 16 days, oldest first, the last day among them.
type Fan struct {
	Cost   []FanPoint `json:"cost"`
	Tokens []FanPoint `json:"tokens"`
}

// Past is how forecasts of the group's own days held: at every day of the history a total was forecast from the days
// before it alone, and held against what came.
type Past struct {
	Days      int     `json:"horizon_days"`   // of every total: the period's, or a week where the history has no room for three of those
	Windows   int     `json:"windows"`        // forecasts tested
	Apart     int     `json:"windows_apart"`  // of these, those that share no day of their totals
	Held      int     `json:"p90_held"`       // windows that came to P90 of their forecast or less
	NaiveHeld int     `json:"naive_p90_held"` // the same of a method that takes the last 7 days to go on, with normal noise
	Loss      float64 `json:"loss_vs_naive"`  // mean pinball loss as a share of that method's: below 1 is better; 0 where it lost nothing
}
