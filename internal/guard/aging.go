package guard

import "time"

// SessionIdle is how long a session may be silent before it is forgotten. One that speaks up later begins anew.
const SessionIdle = 7 * 24 * time.Hour

// aging is a map that forgets what was not asked for during a time. It keeps two generations: what is asked for moves to
// the younger one, and the older one is dropped as a whole.
type aging[V any] struct {
	idle       int64 // nanoseconds
	turn       int64 // when the younger generation becomes the older one
	young, old map[string]*aged[V]
}

type aged[V any] struct {
	value V
	last  int64
}

func newAging[V any](idle time.Duration) aging[V] {
	return aging[V]{idle: int64(idle), young: map[string]*aged[V]{}}
}

// get gives the value of a key, a new one where it was idle for too long.
func (m *aging[V]) get(key string, now int64) *V {
	if now >= m.turn {
		if now >= m.turn+m.idle {
			m.young = map[string]*aged[V]{}
		}
		m.old, m.young, m.turn = m.young, map[string]*aged[V]{}, now+m.idle
	}
	e := m.young[key]
	if e == nil {
		if e = m.old[key]; e != nil {
			delete(m.old, key)
		} else {
			e = &aged[V]{}
		}
		m.young[key] = e
	}
	if e.last > 0 && now-e.last > m.idle {
		*e = aged[V]{}
	}
	e.last = max(e.last, now)
	return &e.value
}

// lives sums by session, for as long as it lasts.
type lives struct {
	*Limit
	ladder
	used aging[int64]
}

func newLives(l *Limit) *lives {
	return &lives{Limit: l, ladder: newLadder(l.Steps, l.Allowance), used: newAging[int64](SessionIdle)}
}

func (l *lives) rule() *Limit { return l.Limit }

func (l *lives) decide(key string, c *Call) (Action, int64, int64) {
	used := *l.used.get(key, c.Time.UnixNano())
	return l.at(used), l.Allowance, used
}

func (l *lives) admit(key string, c *Call) {
	if l.Metric == Calls {
		l.add(key, c.Time, amount(Calls, l.Each, c, nil))
	}
}

func (l *lives) book(key string, c *Call, u *Usage) {
	if l.Metric != Calls {
		l.add(key, u.End, amount(l.Metric, l.Each, c, u))
	}
}

func (l *lives) add(key string, at time.Time, n int64) {
	used := l.used.get(key, at.UnixNano())
	*used = plus(*used, n)
}
