package rehearsal

import (
	"math"
	"time"

	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/token"
)

// tally counts what happened under the whole policy.
type tally struct {
	*Rehearsal
	rows     []row   // by guardrail, and one for all of them
	sessions []uint8 // by session and row: the strictest action
	users    []uint8 // likewise
	outcomes map[sessionOutcome]*mean
	stray    int64 // calls with an outcome and without a session
	calls    int64
	records  int64

	untimed, instant, bounds int64
}

type sessionOutcome struct{ session, name uint32 }

type mean struct {
	sum float64
	n   int64
}

// row is what one guardrail did.
type row struct {
	calls         [guard.Actions]int64
	held          int64 // calls that it was held against
	unlabelled    int64 // calls without the label of its scope
	partial       int64 // calls that stand for others, whose sum by caller is not known
	unpriced      int64 // calls without a price under a limit of cost
	stays         map[string]int64
	before, after account
	doubt         float64 // 10^-12 dollars
	alone         [len(Factors)]int64
	allowances    []int64
}

func newTally(r *Rehearsal) tally {
	rows := r.plan.Policy.Len() + 1
	t := tally{Rehearsal: r, rows: make([]row, rows), sessions: make([]uint8, rows*len(r.names.sessions.list)),
		users: make([]uint8, rows*len(r.names.users.list)), outcomes: map[sessionOutcome]*mean{}}
	for i := range t.rows {
		t.rows[i].stays, t.rows[i].before, t.rows[i].after = map[string]int64{}, account{}, account{}
	}
	return t
}

func (t *tally) allowance(guardrail int, allowance int64) {
	t.rows[guardrail].allowances = append(t.rows[guardrail].allowances, allowance)
}

// call counts a call and what became of it: u is its usage under the policy, why says why it was not degraded.
func (t *tally) call(l *lane, r *record, d *guard.Decision, u token.Usage, why string) {
	t.calls, t.records = t.calls+r.times, t.records+1
	l.all.calls += r.times
	if l.on.err != nil {
		l.all.unpriced += r.times
	}
	l.spent.add(l.on, r.usage, r.times)
	t.meet(l, r)
	t.lack(r)
	t.note(r)
	action := d.Action
	if why != "" {
		t.rows[d.By].stays[why] += r.times
		action = guard.Allow
	}
	last := len(t.rows) - 1
	t.rows[last].calls[action] += r.times
	if action == guard.Allow {
		return
	}
	t.rows[d.By].calls[action] += r.times
	for _, i := range [...]int{d.By, last} {
		t.mark(i, r, action)
		if action > guard.Warn {
			t.rows[i].save(l, r, u, action, d.By)
		}
	}
}

// save books what a call cost as recorded, and what it would have cost.
func (w *row) save(l *lane, r *record, u token.Usage, action guard.Action, by int) {
	w.before.add(l.on, r.usage, r.times)
	if f := &l.fallbacks[by]; action == guard.Degrade {
		w.after.add(f.to, u, r.times)
		w.doubt += math.Round(float64(f.to.cost(u)) * f.err * float64(r.times))
	}
}

// mark keeps the strictest action that a session and a user met.
func (t *tally) mark(row int, r *record, a guard.Action) {
	for _, m := range [...]struct {
		of   []uint8
		name uint32
	}{{t.sessions, r.session}, {t.users, r.user}} {
		if m.name > 0 {
			at := &m.of[int(m.name)*len(t.rows)+row]
			*at = max(*at, uint8(a))
		}
	}
}

// meet counts the call for every guardrail that is for it, with what keeps the guardrail from being held against it.
func (t *tally) meet(l *lane, r *record) {
	for i := range l.meets {
		m, w := &l.meets[i], &t.rows[i]
		if !m.ok {
			continue
		}
		if t.lacks(l, r, m.each) {
			w.unlabelled += r.times
			continue
		}
		w.held += r.times
		if l.on.err != nil && m.metric == guard.Cost {
			w.unpriced += r.times
		}
		// A drawn session is whole, so its own sum is known; a user's is not.
		if m.each.Personal() && (l.share < 1 || r.mean || r.times > 1 && m.each == guard.User) {
			w.partial += r.times
		}
	}
}

func (t *tally) lacks(l *lane, r *record, s guard.Scope) bool {
	switch s {
	case guard.Session:
		return r.session == 0
	case guard.User:
		return r.user == 0
	case guard.Track:
		return l.track == ""
	case guard.Feature:
		return l.feature == ""
	case guard.Project:
	}
	return false
}

// lack counts what the record does not say.
func (t *tally) lack(r *record) {
	if r.at%(24*int64(time.Hour)) == 0 {
		t.untimed += r.times
	}
	if r.end == r.at {
		t.instant += r.times
	}
	if r.bound {
		t.bounds += r.times
	}
}

// note keeps the outcomes of sessions.
func (t *tally) note(r *record) {
	if r.outcome == 0 {
		return
	}
	if r.session == 0 {
		t.stray += r.times
		return
	}
	for _, v := range t.names.outcome[r.outcome] {
		key := sessionOutcome{r.session, v.name}
		m := t.outcomes[key]
		if m == nil {
			m = &mean{}
			t.outcomes[key] = m
		}
		m.sum, m.n = m.sum+v.value, m.n+1
	}
}
