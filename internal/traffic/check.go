package traffic

import (
	"errors"
	"fmt"
	"time"

	"github.com/tokengate/tokengate/internal/token"
)

// badRecord is why a record that should have been a call is not one. Reason is one of few, so that it can be counted.
type badRecord struct{ reason, detail, hint string }

// Error gives the reason and, where there is one, the detail.
func (b *badRecord) Error() string {
	if b.detail == "" {
		return b.reason
	}
	return b.reason + ": " + b.detail
}

func bad(reason, format string, args ...any) error {
	return &badRecord{reason: reason, detail: fmt.Sprintf(format, args...)}
}

// Reasons for bad records that several readers share.
const (
	notJSON      = "not valid JSON"
	wrongType    = "a value of the wrong type"
	noTime       = "no time"
	noModel      = "no model"
	noUsage      = "no usage"
	impossible   = "impossible token counts"
	tooLong      = "record too long"
	oddTime      = "unreadable time"
	notAnObject  = "not an object"
	unknownField = "unknown key"
)

func badReason(err error) *badRecord {
	var b *badRecord
	if errors.As(err, &b) {
		return b
	}
	return &badRecord{reason: notJSON, detail: err.Error()}
}

// maxTokens is more than any model takes or gives in one request; a larger count is a broken record.
const maxTokens = 1_000_000_000

// maxWeight is more calls than one record can stand for; times maxTokens, hundreds of them still fit a sum of 64 bits.
const maxWeight = 10_000_000

// maxLatency is longer than any request takes, batches of a day included; a longer one is a broken time.
const maxLatency = 30 * 24 * time.Hour

// check holds what must be true of every call, whatever wrote it.
func check(c *Call) error {
	switch {
	case c.Time.IsZero():
		return &badRecord{reason: noTime, hint: "set defaults.day of the recording, or --assume day=2026-11-22, if its calls were made on one day"}
	case c.Model == "":
		return &badRecord{reason: noModel, hint: "set defaults.model of the recording if all its calls used one model"}
	case c.Latency < 0 || c.Latency > maxLatency || c.FirstToken < 0 || c.FirstToken > maxLatency:
		return bad(oddTime, "it took %v, the first token %v", c.Latency, c.FirstToken)
	case c.Time.Year() < 1970 || c.Time.Year() > 9999:
		return bad(oddTime, "the year %d", c.Time.Year())
	}
	return checkUsage(c.Usage)
}

func checkUsage(u token.Usage) error {
	for _, n := range []int64{u.Input, u.CacheRead, u.CacheWrite5m, u.CacheWrite1h, u.Output, u.Reasoning} {
		if n < 0 {
			return bad(impossible, "%d tokens", n)
		}
		if n > maxTokens {
			return bad(impossible, "%d tokens in one call, over %d", n, int64(maxTokens))
		}
	}
	if u.Reasoning > u.Output {
		return bad(impossible, "%d reasoning tokens among %d of output", u.Reasoning, u.Output)
	}
	return nil
}
