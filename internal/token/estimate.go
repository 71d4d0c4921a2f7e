package token

// Estimate is a token count with its uncertainty.
type Estimate struct {
	Tokens        int64   `json:"tokens"`
	RelativeError float64 `json:"relative_error"` // half-width as a share of Tokens; 0 when the count is exact
	Method        string  `json:"method"`         // "exact", or "o200k × 1.70 (published)" and the like
}
