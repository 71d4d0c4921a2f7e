package replay

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// sessions are the sums of sessions by lane, which the groups of a lane share. Of every group the sessions with the
// smallest hashes are kept. Limits only ever fall, so what is at or below one was never left out, and is whole.
type sessions struct {
	at   map[sessionKey]*session
	most int // sums, before they are thinned
}

type sessionKey struct {
	hash uint64
	lane int32
}

func newSessions() sessions { return sessions{at: map[sessionKey]*session{}, most: 4 * Sampled} }

// of finds the sums of a session, or begins them.
func (s *sessions) of(k sessionKey) *session {
	sum, ok := s.at[k]
	if !ok {
		sum = newSession(k)
		s.at[k] = sum
	}
	return sum
}

func newSession(k sessionKey) *session {
	return &session{sessionKey: k, lightest: math.MaxInt64, weight: math.Inf(1)}
}

// sorted lists the sums in the order of their hashes.
func (s *sessions) sorted() []*session {
	return slices.SortedFunc(maps.Values(s.at), func(a, b *session) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.lane, b.lane))
	})
}

// session books a call of a session that the recording names.
func (r *Run) session(l *lane, b *booking) {
	if b.session > l.limit {
		return
	}
	r.sessions.of(sessionKey{b.session, l.number}).book(b)
	if len(r.sessions.at) > r.sessions.most {
		r.thin()
	}
}

// thin lowers the limits of the groups, each to the last of its sessions that are kept, and drops the others.
func (r *Run) thin() {
	for _, g := range r.groups {
		g.met = 0
	}
	for _, s := range r.sessions.sorted() {
		l := r.numbered[s.lane]
		for d := range dims {
			l.base[d].meet(s.hash)
			l.head[d].meet(s.hash)
		}
	}
	r.drop()
	r.sessions.most = max(r.sessions.most, 2*len(r.sessions.at))
}

// meet counts the sessions of a group in the order of their hashes.
func (g *Group) meet(hash uint64) {
	if g.met > 0 && g.latest == hash {
		return
	}
	g.met, g.latest = g.met+1, hash
	if g.met == Sampled {
		g.limit = hash
	}
}

// drop leaves out the sums that no group of their lane keeps.
func (r *Run) drop() {
	for _, l := range r.numbered {
		l.relimit()
	}
	maps.DeleteFunc(r.sessions.at, func(k sessionKey, _ *session) bool { return k.hash > r.numbered[k.lane].limit })
}

// relimit takes the highest limit of a lane's groups.
func (l *lane) relimit() {
	l.limit = 0
	for d := range dims {
		l.limit = max(l.limit, l.base[d].limit, l.head[d].limit)
	}
}

// mergeSessions adds another run's sums. What was left out on either side is left out.
func (r *Run) mergeSessions(o *Run) {
	for key, g := range o.groups {
		ours := r.groups[key]
		ours.limit = min(ours.limit, g.limit)
	}
	for k, s := range o.sessions.at {
		l := r.lanes[o.labels[k.lane]]
		r.sessions.of(sessionKey{k.hash, l.number}).add(s, onBoth)
	}
	r.drop()
	if len(r.sessions.at) > r.sessions.most {
		r.thin()
	}
}
