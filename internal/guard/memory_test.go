package guard

import (
	"fmt"
	"testing"
	"time"
)

// Users and sessions gone by are forgotten: what is kept does not grow with the days.
func TestForgets(t *testing.T) {
	steps := []Step{{At: 1, Action: Refuse}}
	p := Policy{Limits: []Limit{
		{Each: User, Window: Day, Metric: Cost, Allowance: 100, Steps: steps},
		{Each: Session, Window: Life, Metric: Cost, Allowance: 100, Steps: steps},
		{Each: User, Window: Day, Metric: Cost, Steps: steps, Dynamic: &Dynamic{Quantile: 0.9, Headroom: 1, Cap: 100, Window: 5, Shrink: 1}},
	}, Breakers: []Breaker{{Each: Session, When: Condition{Metric: Calls, Over: 9 * OneCall, Per: time.Minute}, Action: Warn, CoolDown: time.Minute}}}
	g := New(p)
	for day := range 60 {
		for n := range 100 {
			name := fmt.Sprint(day, "-", n)
			c := &Call{Time: time.Date(2026, 1, 1+day, 0, 0, n, 0, time.UTC), User: name, Session: name}
			d := g.Decide(c)
			g.Book(c, &d, &Usage{End: c.Time, Cost: 1})
		}
	}
	day := g.limits[0].(*windows)
	lives := g.limits[1].(*lives).used
	users := g.limits[2].(*activity).users
	circuits := g.breakers[0].circuits
	for name, n := range map[string][2]int{"users of today": {len(day.used), 100}, "sessions": {len(lives.young) + len(lives.old), 2 * 8 * 100},
		"users of the window": {len(users), 6 * 100}, "circuits": {len(circuits.young) + len(circuits.old), 2 * 8 * 100}} {
		if n[0] > n[1] {
			t.Errorf("%d %s are kept, want at most %d", n[0], name, n[1])
		}
	}
}

func TestBounds(t *testing.T) {
	at := time.Date(2026, 11, 24, 13, 5, 0, 0, time.FixedZone("east", 14*3600)) // the 23rd, a Monday, 23:05 UTC
	for _, c := range []struct {
		window   Window
		from, to string
	}{
		{Day, "2026-11-23", "2026-11-24"},
		{Week, "2026-11-23", "2026-11-30"},
		{Month, "2026-11-01", "2026-12-01"},
		{Quarter, "2026-10-01", "2027-01-01"},
	} {
		from, to := c.window.bounds(at)
		text := func(s int64) string { return time.Unix(s, 0).UTC().Format("2006-01-02") }
		if text(from) != c.from || text(to) != c.to {
			t.Errorf("%s: %s to %s, want %s to %s", c.window, text(from), text(to), c.from, c.to)
		}
	}
	sunday := time.Date(2026, 11, 29, 23, 59, 59, 0, time.UTC)
	if from, _ := Week.bounds(sunday); time.Unix(from, 0).UTC().Day() != 23 {
		t.Error("a Sunday is not the end of its week")
	}
}

func TestAtMost(t *testing.T) {
	for _, c := range []struct {
		values []int64
		p      float64
		want   int64
	}{
		{nil, 0.9, 0}, {[]int64{7}, 0.9, 7}, {[]int64{3, 1, 2}, 0.5, 2}, {[]int64{1, 2, 3, 4}, 0.5, 2},
		{[]int64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 0.9, 9}, {[]int64{1, 2, 3}, 1, 3}, {[]int64{1, 2, 3}, 0, 1},
	} {
		if got := atMost(c.values, c.p); got != c.want {
			t.Errorf("P%.0f of %v: %d, want %d", c.p*100, c.values, got, c.want)
		}
	}
}
