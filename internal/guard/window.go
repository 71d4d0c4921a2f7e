package guard

import "time"

// Window is how long a sum runs before it begins anew.
type Window string

// The windows. All but Life begin for everyone at once, at midnight UTC.
const (
	Life    Window = "life"    // of a session; see SessionIdle
	Day     Window = "day"     // UTC
	Week    Window = "week"    // from Monday
	Month   Window = "month"   // of the calendar
	Quarter Window = "quarter" // of the calendar
)

// bounds gives the window that a moment falls in, in seconds: from is in it, to is not.
func (w Window) bounds(t time.Time) (from, to int64) {
	t = t.UTC()
	y, m, d := t.Date()
	length := 0
	switch w {
	case Week:
		d, length = d-(int(t.Weekday())+6)%7, 7
	case Month:
		return date(y, m, 1), date(y, m+1, 1)
	case Quarter:
		m -= (m - 1) % 3
		return date(y, m, 1), date(y, m+3, 1)
	case Day, Life:
		length = 1
	}
	return date(y, m, d), date(y, m, d+length)
}

func date(y int, m time.Month, d int) int64 {
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()
}

// turning tells when a window ends and the next begins.
type turning struct {
	window   Window
	from, to int64
}

// turned reports whether a moment is beyond the window under way, and begins the one that it is in.
func (w *turning) turned(t time.Time) bool {
	if t.Unix() < w.to {
		return false
	}
	w.from, w.to = w.window.bounds(t)
	return true
}

// windows sums by caller in windows that turn for all at once, so that nothing of an old one is kept.
type windows struct {
	*Limit
	ladder
	turning
	used map[string]int64
}

func newWindows(l *Limit) *windows {
	return &windows{Limit: l, ladder: newLadder(l.Steps, l.Allowance), turning: turning{window: l.Window}, used: map[string]int64{}}
}

func (w *windows) rule() *Limit { return w.Limit }

func (w *windows) decide(key string, c *Call) (Action, int64, int64) {
	if w.turned(c.Time) {
		w.used = map[string]int64{}
	}
	used := w.used[key]
	return w.at(used), w.Allowance, used
}

func (w *windows) admit(key string, c *Call) {
	if w.Metric == Calls {
		w.used[key] = plus(w.used[key], amount(Calls, w.Each, c, nil))
	}
}

// book counts a call in the window that it began in; where that is over, in none.
func (w *windows) book(key string, c *Call, u *Usage) {
	if w.Metric != Calls && c.Time.Unix() >= w.from {
		w.used[key] = plus(w.used[key], amount(w.Metric, w.Each, c, u))
	}
}
