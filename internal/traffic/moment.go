package traffic

import (
	"math"
	"strconv"
	"time"
)

// moment reads the time of a log entry: RFC 3339, or seconds or milliseconds since 1970. A number that would fall before
// 2001 is not a time but a duration.
func (f *file) moment(s string) (time.Time, error) {
	n, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil:
		return f.stamp(s)
	case n >= 1e12 && n < 1e14:
		return time.UnixMicro(int64(math.Round(n * 1e3))).UTC(), nil
	case n < 1e9 || n >= 1e11 || math.IsNaN(n):
		return time.Time{}, bad(oddTime, "%s is neither seconds nor milliseconds since 1970", clip(s))
	}
	return f.stamp(s)
}

// span reads a duration in milliseconds.
func (d decimal) span() (time.Duration, error) {
	if !(d.f >= 0 && d.f <= float64(maxLatency.Milliseconds())) {
		return 0, bad(oddTime, "it took %v ms", d.f)
	}
	return time.Duration(math.Round(d.f * 1e6)), nil
}
