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
