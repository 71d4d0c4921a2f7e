package money

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Count is a whole, non-negative number as people write it: "40M", "6k", "1,500,000".
type Count int64

// UnmarshalText reads a count; see ParseCount.
func (c *Count) UnmarshalText(b []byte) error {
	v, err := ParseCount(string(b))
	*c = v
	return err
}

// ParseCount reads "40M", "6k", "1.5M", "40,000" or "40000". A fraction of one, a negative number, a unit it does not
// know or a number above 9.2e18 is an error.
func ParseCount(s string) (Count, error) {
	t := strings.TrimSpace(s)
	d, err := number(t)
	if err != nil {
		hint := "write it like 40M, 6k or 40000"
		if strings.HasSuffix(t, "m") {
			hint = "did you mean " + strings.TrimSuffix(t, "m") + "M"
		}
		return 0, fmt.Errorf("cannot read %q as a count; %s", s, hint)
	}
	if d.Sign() < 0 {
		return 0, fmt.Errorf("count %q is negative", s)
	}
	if !d.IsInteger() || !d.BigInt().IsInt64() {
		return 0, fmt.Errorf("count %q is not a whole number in range", s)
	}
	return Count(d.IntPart()), nil
}

// String prints for people: exact with grouping below 100,000, else three significant digits: "41.2M".
func (c Count) String() string {
	n := int64(c)
	abs := max(n, -n)
	if abs < 100_000 {
		s := group(strconv.FormatInt(abs, 10))
		if n < 0 {
			s = "-" + s
		}
		return s
	}
	for _, u := range []struct {
		div  float64
		name string
	}{{1e9, "B"}, {1e6, "M"}, {1e3, "k"}} {
		v := float64(n) / u.div
		if math.Abs(v) >= 0.9995 {
			places := 2 - int(math.Floor(math.Log10(math.Abs(v)*1.0005)))
			return strconv.FormatFloat(v, 'f', max(places, 0), 64) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// Exact prints every digit with grouping: "1,234,567".
func (c Count) Exact() string {
	if c < 0 {
		return "-" + group(strconv.FormatInt(-int64(c), 10))
	}
	return group(strconv.FormatInt(int64(c), 10))
}

// Ratio is a share or a growth: "90%" is 0.9. A bare number is the ratio itself: 0.9.
type Ratio float64

// UnmarshalText reads a ratio; negative, above 1000 % or unreadable is an error.
func (r *Ratio) UnmarshalText(b []byte) error {
	s := strings.TrimSpace(string(b))
	digits, percent := strings.CutSuffix(s, "%")
	d, err := decimal.NewFromString(strings.TrimSpace(digits))
	if err != nil {
		return fmt.Errorf("cannot read %q as a percentage; write it like 15%%", s)
	}
	if percent {
		d = d.Shift(-2)
	}
	v := d.InexactFloat64()
	if v < 0 || v > 10 {
		return fmt.Errorf("percentage %q is out of range (0%% to 1000%%)", s)
	}
	*r = Ratio(v)
	return nil
}

// String prints with at most one decimal: "12.5%".
func (r Ratio) String() string {
	s := strconv.FormatFloat(float64(r)*100, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0") + "%"
}

// Duration is a time.Duration that also reads days and weeks: "250ms", "4s", "90d", "2w".
type Duration time.Duration

// UnmarshalText reads a duration; a bare number or a negative one is an error.
func (d *Duration) UnmarshalText(b []byte) error {
	s := strings.TrimSpace(string(b))
	for suffix, unit := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if n, ok := strings.CutSuffix(s, suffix); ok {
			if days, err := strconv.ParseUint(n, 10, 16); err == nil {
				*d = Duration(time.Duration(days) * unit)
				return nil
			}
		}
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("cannot read %q as a duration; write it like 250ms, 4s or 90d", s)
	}
	if v < 0 {
		return fmt.Errorf("duration %q is negative", s)
	}
	*d = Duration(v)
	return nil
}

// String prints for people: "850ms", "4.2s", "90d".
func (d Duration) String() string {
	v := time.Duration(d)
	switch {
	case v >= 24*time.Hour && v%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", v/(24*time.Hour))
	case v < time.Second:
		return fmt.Sprintf("%dms", v.Milliseconds())
	case v < 100*time.Second:
		return strings.TrimSuffix(strconv.FormatFloat(v.Seconds(), 'f', 1, 64), ".0") + "s"
	}
	return v.Round(time.Second).String()
}
