package traffic

import (
	"strconv"
	"strings"
	"time"
)

// stamps are the ways times are written by tools that do not write RFC 3339: with a zone, and without.
var stamps = [...]string{"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999"}

// stamp reads a time as text or as seconds since 1970. One without a zone is taken as UTC, and noted.
func (f *file) stamp(s string) (time.Time, error) {
	if s == "" || s == "None" {
		return time.Time{}, nil
	}
	if sec, err := strconv.ParseFloat(s, 64); err == nil && sec >= 0 && sec < 1e11 {
		return time.UnixMicro(int64(sec*1e6 + 0.5)).UTC(), nil
	}
	spaced := strings.Replace(s, "T", " ", 1)
	for i, layout := range stamps {
		if t, err := time.Parse(layout, spaced); err == nil {
			f.noZone = f.noZone || i == 1
			return t.UTC(), nil
		}
	}
	return time.Time{}, bad(oddTime, "%q", clip(s))
}
