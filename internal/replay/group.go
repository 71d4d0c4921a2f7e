package replay

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/tokengate/tokengate/internal/stats"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// Sampled bounds what is kept of single calls and single sessions in one group. The ones with the smallest hashes are
// kept, so which they are depends neither on the order nor on the split of the recording, and up to this many
// quantiles are exact; beyond, a quantile's rank is off by at most about 0.5 points at P50 and 0.2 at P95.
const Sampled = 10_000

// Clusters is the number of groups that sessions are hashed into for the bootstrap of the paired effect. Whole
// sessions stay together, so their correlation is kept, while memory is bounded.
const Clusters = 256

type groupKey struct {
	dim  Dim
	name string
}

// Group holds the statistics of single calls and sessions along one dimension. Exact sums are in the cubes.
type Group struct {
	Dim   Dim
	Name  string
	Calls int64

	clusters [Clusters]cluster
	points   smallest[*Point]
	sorted   []*Point // what Points returned last
	stale    bool     // a point came in since
	sessions map[uint64]*Session
	bound    smallest[struct{}] // the session hashes that are kept

	level, effect Doubt // of head's sums, and of head's less base's, over all traffic
	trusts        []int64
	kinds         []trusted // what the places of trusts are
}

type cluster struct{ baseCost, headCost, baseTokens, headTokens int64 }

// Point is one recorded call under both revisions. Cost is in 10^-12 dollars; Latency is as recorded, 0 when unknown.
type Point struct {
	Time                 time.Time
	BaseModel, HeadModel string
	Base, Head           token.Usage
	BaseCost, HeadCost   int64
	Doubt                Doubt // of head's numbers
	Latency              time.Duration
}

// Session is one session's sums under both revisions.
type Session struct {
	Calls              int64
	Base, Head         token.Usage
	BaseCost, HeadCost int64
	Doubt              Doubt // of head's numbers
	Latency            time.Duration
}

// book adds one call to the groups it belongs to on either side.
func (r *run) book(c *traffic.Call, m move, sampling float64) {
	before, after := m.before, m.after
	p := &Point{Doubt: m.level(), Time: c.Time, BaseModel: before.model.ID, HeadModel: after.model.ID, Base: before.usage, Head: after.usage,
		BaseCost: before.pico(), HeadCost: after.pico(), Latency: c.Latency}
	id, session := callHash(c), sessionHash(c)
	key := Key{Track: c.Track, Feature: c.Feature, Template: cleanPath(c.Template)}
	for _, d := range dims {
		key.Model = before.model.ID
		was := key.Name(d)
		key.Model = after.model.ID
		now := key.Name(d)
		g := r.group(d, now)
		g.add(p, id, session, c.Session != "", sampling, was == now, true)
		g.doubt(p.Doubt, m.effect(), sampling)
		g.trust(r.trusts)
		if was != now {
			r.group(d, was).add(p, id, session, c.Session != "", sampling, true, false)
		}
	}
}

func (r *run) group(d Dim, name string) *Group {
	k := groupKey{d, name}
	g, ok := r.groups[k]
	if !ok {
		g = &Group{Dim: d, Name: name, points: newSmallest[*Point](Sampled), sessions: map[uint64]*Session{}, bound: newSmallest[struct{}](Sampled)}
		r.groups[k] = g
	}
	return g
}

// add books a point; onBase and onHead say on which sides the call belongs to this group.
func (g *Group) add(p *Point, id, session uint64, named bool, sampling float64, onBase, onHead bool) {
	g.Calls++
	q := p
	if !onBase {
		q = &Point{Time: p.Time, Head: p.Head, HeadCost: p.HeadCost, HeadModel: p.HeadModel, Doubt: p.Doubt, Latency: p.Latency}
	}
	if !onHead {
		q = &Point{Time: p.Time, Base: p.Base, BaseCost: p.BaseCost, BaseModel: p.BaseModel, Latency: p.Latency}
	}
	c := &g.clusters[session%Clusters]
	c.baseCost += roundDiv(q.BaseCost, sampling)
	c.headCost += roundDiv(q.HeadCost, sampling)
	c.baseTokens += roundDiv(q.Base.Total(), sampling)
	c.headTokens += roundDiv(q.Head.Total(), sampling)
	g.points.add(id, q)
	g.stale = true
	if named {
		g.session(session, q)
	}
}

// session sums a session that is kept. One that is dropped has a hash above every kept one and is never let in again,
// so the sums of those that remain are whole.
func (g *Group) session(hash uint64, p *Point) {
	s, ok := g.sessions[hash]
	if !ok {
		dropped, kept := g.bound.add(hash, struct{}{})
		if dropped != nil {
			delete(g.sessions, *dropped)
		}
		if !kept {
			return
		}
		s = &Session{}
		g.sessions[hash] = s
	}
	s.Calls++
	s.Base, s.Head = s.Base.Add(p.Base), s.Head.Add(p.Head)
	s.BaseCost += p.BaseCost
	s.HeadCost += p.HeadCost
	s.Doubt = s.Doubt.add(p.Doubt)
	s.Latency += p.Latency
}

// Group returns the statistics of one name along a dimension; nil when no call belongs to it on either side.
func (r *Result) Group(d Dim, name string) *Group { return r.groups[groupKey{d, name}] }

// Names lists the names along a dimension in order.
func (r *Result) Names(d Dim) []string {
	var out []string
	for k := range r.groups {
		if k.dim == d {
			out = append(out, k.name)
		}
	}
	slices.Sort(out)
	return out
}

// CostPairs gives the cost of each cluster of sessions under both revisions, in dollars, for the paired effect.
func (g *Group) CostPairs() []stats.Pair {
	return g.pairs(func(c cluster) (int64, int64) { return c.baseCost, c.headCost }, 1e12)
}

// TokenPairs gives the tokens of each cluster of sessions under both revisions.
func (g *Group) TokenPairs() []stats.Pair {
	return g.pairs(func(c cluster) (int64, int64) { return c.baseTokens, c.headTokens }, 1)
}

func (g *Group) pairs(pick func(cluster) (int64, int64), unit float64) []stats.Pair {
	var out []stats.Pair
	for i, c := range g.clusters {
		if b, h := pick(c); b != 0 || h != 0 {
			out = append(out, stats.Pair{Key: uint64(i), Base: float64(b) / unit, Head: float64(h) / unit})
		}
	}
	return out
}

// Points returns the kept calls, oldest first. The slice is the group's own.
func (g *Group) Points() []*Point {
	if g.stale {
		g.sorted, g.stale = g.points.values(), false
		slices.SortStableFunc(g.sorted, func(a, b *Point) int { return a.Time.Compare(b.Time) })
	}
	return g.sorted
}

// Sessions returns the sums of the kept sessions, in an order that depends on their ids only. Sessions is empty where the
// recording names none.
func (g *Group) Sessions() []Session {
	out := make([]Session, 0, len(g.sessions))
	for _, h := range sortedKeys(g.sessions) {
		out = append(out, *g.sessions[h])
	}
	return out
}

// callHash identifies a call by what it is, not by where it was read, so that a split of the file changes nothing.
func callHash(c *traffic.Call) uint64 {
	u := c.Usage
	return hash(c.ID, c.Session, c.Model, c.Time.UTC().Format(time.RFC3339Nano), strconv.FormatInt(u.Input, 36), strconv.FormatInt(u.CacheRead, 36), strconv.FormatInt(u.Output, 36))
}

// sessionHash gives calls of one session one hash. A call without a session clusters with its user's calls of the hour.
func sessionHash(c *traffic.Call) uint64 {
	if c.Session != "" {
		return hash("session", c.Session)
	}
	return hash("hour", cmp.Or(c.User, "-"), strconv.FormatInt(c.Time.Unix()/3600, 36))
}

// hash is 64-bit FNV-1a with murmur3's finaliser, which spreads it over all bits.
func hash(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
