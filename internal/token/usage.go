package token

// Usage is what one call, or a sum of calls, consumed, in tokens. It is additive: no field includes another, except
// Reasoning, which is the part of Output that was thinking. Readers normalise providers' differing habits into it.
type Usage struct {
	Input        int64 `json:"input"`                    // prompt tokens that touched no cache
	CacheRead    int64 `json:"cache_read,omitempty"`     // prompt tokens read from a cache
	CacheWrite5m int64 `json:"cache_write_5m,omitempty"` // prompt tokens written to a short-lived cache (5 min; OpenAI: 30 min)
	CacheWrite1h int64 `json:"cache_write_1h,omitempty"` // prompt tokens written to a long-lived cache (1 h; OpenAI: 12 h)
	Output       int64 `json:"output"`                   // generated tokens, reasoning included
	Reasoning    int64 `json:"reasoning,omitempty"`      // the part of Output that was reasoning
}

// Prompt is every token of the prompt, cached or not: the length that context tiers look at.
func (u Usage) Prompt() int64 { return u.Input + u.CacheRead + u.CacheWrite5m + u.CacheWrite1h }

// Total is prompt plus output.
func (u Usage) Total() int64 { return u.Prompt() + u.Output }

// Add returns u + v, field by field.
func (u Usage) Add(v Usage) Usage {
	return Usage{u.Input + v.Input, u.CacheRead + v.CacheRead, u.CacheWrite5m + v.CacheWrite5m, u.CacheWrite1h + v.CacheWrite1h, u.Output + v.Output, u.Reasoning + v.Reasoning}
}

// Sub returns u − v, field by field.
func (u Usage) Sub(v Usage) Usage {
	return Usage{u.Input - v.Input, u.CacheRead - v.CacheRead, u.CacheWrite5m - v.CacheWrite5m, u.CacheWrite1h - v.CacheWrite1h, u.Output - v.Output, u.Reasoning - v.Reasoning}
}
