package traffic

import (
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// maxAhead is how far a clock may be ahead of ours: a time written without a zone can be, by the width of the earth.
const maxAhead = 24 * time.Hour

// ahead notes calls whose time lies in the future.
type ahead struct {
	n    int64
	most time.Duration
}

// check refuses a call that cannot have been made yet; what a clock that is not set right, or one of another zone, can
// explain, is counted.
func (a *ahead) check(c *Call, now time.Time) error {
	if now.IsZero() || !c.Time.After(now) {
		return nil
	}
	by := c.Time.Sub(now)
	if by > maxAhead {
		return &badRecord{reason: oddTime, detail: c.Time.Format(time.RFC3339) + " lies in the future", hint: "set the clock of the recorder"}
	}
	a.n++
	a.most = max(a.most, by)
	return nil
}

func (a *ahead) absorb(part ahead) {
	a.n += part.n
	a.most = max(a.most, part.most)
}

func (a *ahead) report(file string) source.Diagnostics {
	var diags source.Diagnostics
	if a.n > 0 {
		diags.Warn(ruleAhead, source.Span{File: file}, "set the clock of the recorder, or write times with their zone", "%d calls lie in the future, by up to %v; they were counted", a.n, a.most.Round(time.Minute))
	}
	return diags
}
