package rehearsal

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/money"
)

// Result is what a rehearsal came to. All counts are of recorded calls, a record as often as it stands for one, and not
// scaled by the sampling share.
type Result struct {
	Rows     []Row // by guardrail, as the policy lists them
	Total    Row   // every call, session and user once
	Calls    int64
	Sessions int64
	Users    int64
	Spent    money.Amount // as recorded; calls without a price are not in it
	Unpriced int64        // calls without a price
	Stray    int64        // calls with an outcome and without a session
	Untimed  int64        // calls at midnight exactly: of recordings that know the day alone, so that their order is not known
	Instant  int64        // calls without a latency: known to the guardrails as soon as they start
	Bounds   int64        // calls whose recorded output is only a lower bound
	Sampled  bool         // some calls stand for others: sums over many callers are scaled to all traffic
}

// Row is what one guardrail did. A call counts in the row of the guardrail that decided: the strictest, and of equally
// strict ones the first declared. Sessions and users count in every row that touched them, by the strictest action there.
type Row struct {
	Calls      [guard.Actions]int64 // by action; those a guardrail let through count in the total alone
	Sessions   [guard.Actions]int64
	Users      [guard.Actions]int64
	Held       int64        // calls that it was held against
	Unlabelled int64        // calls that it is for and that lack the label of its scope
	Partial    int64        // calls of sampled or summed records, whose sum by caller is not known: the row is a lower bound
	Unpriced   int64        // calls without a price under a limit of cost: the row is a lower bound
	Stays      []Stay       // calls that were to be degraded and could not be
	Saved      money.Amount // recorded cost less the cost under the policy; exact but for the recounted part
	Doubt      money.Amount // how far Saved may be off by counting; 0 where no count was restated
	Opened     int64        // of a breaker: how often it opened
	Allowances []int64      // of a dynamic limit: P10, P50 and P90 over users and days, in 10^-12 dollars
	Days       int64        // of a dynamic limit: how many allowances were worked out, one a user a day
	Outcomes   []Outcome
	// Alone is how many calls the guardrail would have changed (of one that only warns, warned of) were it the only one, at
	// each of Factors times its allowance.
	Alone [len(Factors)]int64
}

// Stay counts calls that a guardrail would have degraded and that stay as they are.
type Stay struct {
	Why   string
	Calls int64
}

// Inconclusive reports that the row may be too low, because part of what was spent is not known, or that it says nothing,
// because no call was held to it.
func (r *Row) Inconclusive() bool { return r.Partial > 0 || r.Unpriced > 0 || r.Held == 0 }

func (s *stage) result() *Result {
	t := &s.tally
	last := len(t.rows) - 1
	res := &Result{Calls: t.calls, Sessions: int64(len(t.names.sessions.list) - 1), Users: int64(len(t.names.users.list) - 1), Stray: t.stray,
		Untimed: t.untimed, Instant: t.instant, Bounds: t.bounds}
	all := account{}
	for i := range s.lanes {
		l := &s.lanes[i]
		for k, u := range l.spent {
			all[k] = all[k].Add(u)
		}
		res.Unpriced += l.all.unpriced
		res.Sampled = res.Sampled || l.share < 1 && l.all.calls > 0
	}
	res.Sampled = res.Sampled || t.calls > t.records
	res.Spent = all.cost()
	for i := range t.rows {
		r := t.row(i)
		if i == last {
			res.Total = r
			break
		}
		r.Opened = s.players[0].guard.Opened(i)
		res.Rows = append(res.Rows, r)
	}
	t.outcome(res)
	return res
}

func (t *tally) row(i int) Row {
	w := &t.rows[i]
	r := Row{Calls: w.calls, Held: w.held, Unlabelled: w.unlabelled, Partial: w.partial, Unpriced: w.unpriced,
		Saved: w.before.cost().Sub(w.after.cost()), Doubt: money.New(int64(w.doubt), -12), Alone: w.alone, Days: int64(len(w.allowances))}
	for _, why := range slices.Sorted(maps.Keys(w.stays)) {
		r.Stays = append(r.Stays, Stay{why, w.stays[why]})
	}
	slices.SortStableFunc(r.Stays, func(a, b Stay) int { return cmp.Compare(b.Calls, a.Calls) })
	r.Sessions, r.Users = t.strictest(t.sessions, i), t.strictest(t.users, i)
	if len(w.allowances) > 0 {
		slices.Sort(w.allowances)
		for _, p := range [...]int{10, 50, 90} {
			r.Allowances = append(r.Allowances, w.allowances[(len(w.allowances)-1)*p/100])
		}
	}
	return r
}

// strictest counts names by the strictest action that they met in a row; Allow is left at 0.
func (t *tally) strictest(of []uint8, row int) (n [guard.Actions]int64) {
	for at := row; at < len(of); at += len(t.rows) {
		if a := of[at]; a > 0 {
			n[a]++
		}
	}
	return n
}
