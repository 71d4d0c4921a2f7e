package guard

import (
	"math"
	"slices"
)

// Dynamic is an allowance that follows a user's own activity. On a day a user may spend
//
//	allowance = headroom × (n·q + k·Q) / (n + k), held to [floor, cap]
//
// where q is the quantile of what the user spent on the n days of the window on which the user spent anything, Q is that
// quantile over the days of all users, and k is how many days of one's own weigh as much as everybody's. Only days before
// today count, and only what was booked. On the first day there is nothing to go by, and the cap holds.
//
// A quantile rather than a mean, because one runaway day must not raise what follows it; it is the smallest amount that a
// share of at least Quantile of the days do not exceed. n/(n+k) is the credibility of H. Bühlmann (Experience rating and
// credibility, ASTIN Bulletin 4, 1967), there for a mean. Because only what was booked counts, a user who is held back
// grows by no more than the headroom from day to day.
type Dynamic struct {
	Quantile float64
	Headroom float64
	Floor    int64 // 10^-12 US dollars, as Cap is
	Cap      int64
	Window   int // days before today that count
	Shrink   int // k, in days
}

// activity keeps a dynamic limit: what every user spent on the days of the window.
type activity struct {
	*Limit
	turning
	day    int32 // since 1970
	users  map[string]*user
	cohort int64
	days   int64 // how many the cohort's quantile rests on
	seen   func(allowance int64)
}

type user struct {
	past      []daySpend // in order of days
	spent     int64      // today
	allowance int64
	ladder    ladder
	known     bool // the allowance of today is worked out
}

type daySpend struct {
	day   int32
	spent int64
}

func newActivity(l *Limit) *activity {
	return &activity{Limit: l, turning: turning{window: Day}, users: map[string]*user{}}
}

func (a *activity) rule() *Limit { return a.Limit }

func (a *activity) decide(key string, c *Call) (Action, int64, int64) {
	if a.turned(c.Time) {
		a.begin(int32(a.from / 86400))
	}
	u := a.users[key]
	if u == nil {
		u = &user{}
		a.users[key] = u
	}
	if !u.known {
		u.allowance, u.known = a.allow(u), true
		u.ladder = newLadder(a.Steps, u.allowance)
		if a.seen != nil {
			a.seen(u.allowance)
		}
	}
	return u.ladder.at(u.spent), u.allowance, u.spent
}

func (a *activity) admit(string, *Call) {}

func (a *activity) book(key string, c *Call, used *Usage) {
	if c.Time.Unix() < a.from {
		a.late(key, int32(floorDiv(c.Time.Unix(), 86400)), used.Cost)
		return
	}
	u := a.users[key]
	u.spent = plus(u.spent, used.Cost)
}

// late books a call that ended after its day was over. It counts in that day from tomorrow on: today's allowance stands.
func (a *activity) late(key string, day int32, cost int64) {
	u := a.users[key]
	if u == nil || cost == 0 || day < a.day-int32(a.Dynamic.Window) {
		return
	}
	i, found := slices.BinarySearchFunc(u.past, day, func(d daySpend, day int32) int { return int(d.day) - int(day) })
	if !found {
		u.past = slices.Insert(u.past, i, daySpend{day, 0})
	}
	u.past[i].spent = plus(u.past[i].spent, cost)
}

// begin closes the day before: what was spent becomes past, and what is past the window is forgotten.
func (a *activity) begin(day int32) {
	first := day - int32(a.Dynamic.Window)
	var all []int64
	for name, u := range a.users { // any order: a quantile does not depend on it
		if u.spent > 0 {
			u.past = append(u.past, daySpend{a.day, u.spent})
		}
		u.past = slices.DeleteFunc(u.past, func(d daySpend) bool { return d.day < first })
		if len(u.past) == 0 {
			delete(a.users, name)
			continue
		}
		u.spent, u.known = 0, false
		for _, d := range u.past {
			all = append(all, d.spent)
		}
	}
	a.day, a.days = day, int64(len(all))
	a.cohort = atMost(all, a.Dynamic.Quantile)
}

// allow works out a user's allowance of today.
func (a *activity) allow(u *user) int64 {
	d := a.Dynamic
	if a.days == 0 {
		return d.Cap
	}
	own := make([]int64, len(u.past))
	for i, p := range u.past {
		own[i] = p.spent
	}
	n, k := int64(len(own)), int64(d.Shrink)
	level := a.cohort
	if n+k > 0 {
		level = mean(atMost(own, d.Quantile), n, a.cohort, k)
	}
	return min(max(scaled(level, d.Headroom), d.Floor), d.Cap)
}

// mean weighs two amounts by small whole numbers, without leaving whole numbers.
func mean(x, n, y, k int64) int64 {
	if all := n + k; x < math.MaxInt64/all && y < math.MaxInt64/all {
		return (n*x + k*y) / all
	}
	return max(x, y)
}

// atMost is the smallest of the values that a share of at least p of them do not exceed; 0 of none. It sorts them.
func atMost(values []int64, p float64) int64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	i := int(math.Ceil(p*float64(len(values))-1e-9)) - 1
	return values[min(max(i, 0), len(values)-1)]
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
