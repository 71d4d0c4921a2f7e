package guard

import "time"

// breaker keeps the circuits of one Breaker, one a caller.
type breaker struct {
	*Breaker
	circuits aging[circuit]
	opened   int64
}

type phase uint8

const (
	closed phase = iota
	open
	halfOpen
)

// circuit is one caller's breaker.
type circuit struct {
	phase  phase
	until  int64 // open: when it is half-open; half-open: when a trial that never ended is given up
	trying bool  // a trial is under way
	at     int64 // what was measured when it opened
	sum    sliding
	last   outcomes
}

func newBreaker(b *Breaker) breaker {
	return breaker{Breaker: b, circuits: newAging[circuit](max(b.CoolDown, b.When.Per, SessionIdle))}
}

// decide gives the action for a caller, whether the call would be the trial of a half-open breaker, and what was measured
// when it opened.
func (b *breaker) decide(key string, now time.Time) (a Action, trial bool, at int64) {
	at64 := now.UnixNano()
	c := b.circuits.get(key, at64)
	if c.phase == open && at64 >= c.until {
		c.phase, c.trying = halfOpen, false
	}
	switch {
	case c.phase == closed:
		return Allow, false, 0
	case c.phase == halfOpen && (!c.trying || at64 >= c.until):
		return Allow, true, 0
	}
	return b.Action, false, c.at
}

// try sends a trial. One that does not end within another cool-down is given up, and the next call is the trial.
func (b *breaker) try(key string, now time.Time) {
	c := b.circuits.get(key, now.UnixNano())
	c.trying, c.until = true, now.UnixNano()+int64(b.CoolDown)
}

// book learns from a call that ended. An open breaker learns as well, but only a trial ends it.
func (b *breaker) book(key string, call *Call, u *Usage, trial bool) {
	now := u.End.UnixNano()
	c := b.circuits.get(key, now)
	if b.When.Metric == Errors {
		b.bookError(c, now, u.Failed, trial)
		return
	}
	n := c.sum.add(now, int64(b.When.Per), amount(b.When.Metric, b.Each, call, u))
	switch exceeded := n > b.When.Over; {
	case trial && (exceeded || u.Failed), c.phase == closed && exceeded:
		b.open(c, now, n)
	case trial:
		c.phase = closed
	}
}

func (b *breaker) bookError(c *circuit, now int64, failed, trial bool) {
	switch {
	case trial && failed:
		b.open(c, now, 0)
	case trial:
		c.phase, c.last = closed, outcomes{}
	case c.phase == closed:
		if n, bad := c.last.add(failed, b.When.Last); n == b.When.Last && float64(bad) > b.When.Share*float64(n) {
			b.open(c, now, 0)
			c.last = outcomes{}
		}
	}
}

func (b *breaker) open(c *circuit, now, at int64) {
	c.phase, c.until, c.at, c.trying = open, now+int64(b.CoolDown), at, false
	b.opened++
}

// parts is how many parts a sliding sum is kept in.
const parts = 10

// sliding is a sum over the time gone by, in parts of it.
type sliding struct {
	part  int64 // number of the youngest part
	sums  [parts]int64
	total int64
}

// add adds at a moment and gives the sum since per before; what is older than that is left out.
func (s *sliding) add(now, per, n int64) int64 {
	part := floorDiv(now, max(per/parts, 1))
	if part > s.part+parts {
		*s = sliding{part: part}
	}
	for ; s.part < part; s.part++ {
		next := &s.sums[mod(s.part+1)]
		s.total -= *next
		*next = 0
	}
	if part > s.part-parts {
		at := &s.sums[mod(part)]
		*at, s.total = plus(*at, n), plus(s.total, n)
	}
	return s.total
}

func mod(part int64) int64 { return ((part % parts) + parts) % parts }

// outcomes remembers which of the last calls failed.
type outcomes struct {
	failed []bool
	next   int
	bad    int
}

func (o *outcomes) add(failed bool, last int) (n, bad int) {
	if len(o.failed) < last {
		o.failed = append(o.failed, failed)
	} else {
		if o.failed[o.next] {
			o.bad--
		}
		o.failed[o.next] = failed
	}
	if o.next++; o.next == last {
		o.next = 0
	}
	if failed {
		o.bad++
	}
	return len(o.failed), o.bad
}
