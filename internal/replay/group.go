package replay

import (
	"math"
	"slices"
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
	Calls int64 // on either side
	Means int64 // of them, those that are known only as means: they are in no Point and no Session

	clusters [Clusters]cluster
	points   stats.Smallest[seen]
	sorted   []*Point // what Points returned last
	stale    bool     // a point came in since

	run    *Run   // whose sessions the group's are among
	limit  uint64 // hashes of sessions up to it are kept
	met    int    // sessions, on a walk through all in the order of their hashes
	latest uint64 // hash that was met

	level, effect doubts // of head's sums, and of head's less base's, over all traffic
	trusts        []int64
	kinds         []trusted // what the places of trusts are
}

// cluster is the sums of a group of sessions over all traffic; costs in 10^-12 dollars.
type cluster struct{ baseCost, headCost, baseTokens, headTokens sum }

func (c *cluster) merge(o *cluster) {
	c.baseCost.add(o.baseCost)
	c.headCost.add(o.headCost)
	c.baseTokens.add(o.baseTokens)
	c.headTokens.add(o.headTokens)
}

// Point is one recorded call under both revisions. Cost is in 10^-12 dollars; Latency is as recorded, 0 when unknown.
type Point struct {
	Time                 time.Time
	BaseModel, HeadModel string
	Base, Head           token.Usage
	BaseCost, HeadCost   int64
	Doubt                Doubt // of head's numbers
	Latency              time.Duration
	Weight               float64 // calls of all traffic that it stands for: its record's weight ÷ the sampling share × the volume
}

// sides says on which sides a call belongs to a group; it may be a model's group on one side only.
type sides uint8

const (
	onBase sides = 1 << iota
	onHead
	onBoth = onBase | onHead
)

// seen is a point as a group sees it. The groups of a call share its point.
type seen struct {
	*Point
	on sides
}

// point leaves out the side on which the call does not belong to the group.
func (s seen) point() *Point {
	if s.on == onBoth {
		return s.Point
	}
	p := *s.Point
	if s.on == onHead {
		p.BaseModel, p.Base, p.BaseCost = "", token.Usage{}, 0
	} else {
		p.HeadModel, p.Head, p.HeadCost, p.Doubt = "", token.Usage{}, 0, Doubt{}
	}
	return &p
}

// booking is one call on its way into its groups.
type booking struct {
	hash, session uint64
	named         bool // the session is the recording's own
	mean          bool
	times         int64
	point         Point
	kept          *Point  // a copy that lasts, once a group wants one
	all           cluster // its share of the cluster
}

// book adds one call to the groups it belongs to on either side.
func (r *Run) book(l *lane, c *traffic.Call, m *move, times int64) {
	b, share := &r.booking, l.share()
	b.session = sessionHash(c)
	b.hash, b.named, b.mean, b.times, b.kept = callHash(c, l.digest, b.session), c.Session != "", c.UsageIsMean, times, nil
	b.point = Point{Doubt: m.level(), Time: c.Time, BaseModel: m.before.on.ID, HeadModel: m.after.on.ID, Base: m.before.usage, Head: m.after.usage,
		BaseCost: m.before.pico(), HeadCost: m.after.pico(), Latency: c.Latency, Weight: float64(times) / share}
	p := &b.point
	b.all = cluster{product(roundDiv(p.BaseCost, share), times), product(roundDiv(p.HeadCost, share), times),
		product(roundDiv(p.Base.Total(), share), times), product(roundDiv(p.Head.Total(), share), times)}
	l.level.add(p.Doubt.over(share), times)
	l.effect.add(m.effect().over(share), times)
	for i, g := range l.head {
		if was := l.base[i]; was != g {
			was.add(b, onBase)
			g.add(b, onHead)
			continue
		}
		g.add(b, onBoth)
	}
	if b.named {
		r.session(l, b)
	}
}

// add books a call.
func (g *Group) add(b *booking, on sides) {
	c := &g.clusters[b.session%Clusters]
	if on&onBase != 0 {
		c.baseCost.add(b.all.baseCost)
		c.baseTokens.add(b.all.baseTokens)
	}
	if on&onHead != 0 {
		c.headCost.add(b.all.headCost)
		c.headTokens.add(b.all.headTokens)
	}
	if b.mean {
		g.Means += b.times
	} else if g.points.Takes(b.hash) {
		if b.kept == nil {
			kept := b.point
			b.kept = &kept
		}
		g.points.Add(b.hash, seen{b.kept, on})
		g.stale = true
	}
}

func (g *Group) merge(o *Group) {
	g.Means += o.Means
	for i := range o.clusters {
		g.clusters[i].merge(&o.clusters[i])
	}
	for _, it := range o.points.Sorted() {
		g.points.Add(it.Hash, it.Value)
	}
	g.stale = true
}

// enter numbers a lane and finds its groups on either side.
func (r *Run) enter(l *lane) {
	after := l.way.last(l.recorded)
	for i, name := range l.names(l.recorded.ID) {
		l.base[i] = r.find(dims[i], name)
	}
	for i, name := range l.names(after.ID) {
		l.head[i] = r.find(dims[i], name)
	}
	l.number = int32(len(r.numbered))
	r.numbered, r.labels = append(r.numbered, l), append(r.labels, l.labels)
	l.relimit()
}

// sides tells on which sides the lane's calls belong to a group.
func (l *lane) sides(g *Group) (on sides) {
	for i := range dims {
		if l.base[i] == g {
			on |= onBase
		}
		if l.head[i] == g {
			on |= onHead
		}
	}
	return on
}

// names is what the lane is called along each of dims.
func (l *lane) names(model string) [len(dims)]string {
	return [...]string{"", l.track, l.feature, model, l.path}
}

func (r *Run) find(d Dim, name string) *Group {
	k := groupKey{d, name}
	g, ok := r.groups[k]
	if !ok {
		g = &Group{Dim: d, Name: name, points: stats.NewSmallest[seen](Sampled), run: r, limit: math.MaxUint64}
		r.groups[k] = g
	}
	return g
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
	return g.pairs(func(c *cluster) (base, head sum) { return c.baseCost, c.headCost }, 1e12)
}

// TokenPairs gives the tokens of each cluster of sessions under both revisions.
func (g *Group) TokenPairs() []stats.Pair {
	return g.pairs(func(c *cluster) (base, head sum) { return c.baseTokens, c.headTokens }, 1)
}

func (g *Group) pairs(pick func(*cluster) (base, head sum), unit float64) []stats.Pair {
	var out []stats.Pair
	for i := range g.clusters {
		if b, h := pick(&g.clusters[i]); b != (sum{}) || h != (sum{}) {
			out = append(out, stats.Pair{Key: uint64(i), Base: b.float() / unit, Head: h.float() / unit})
		}
	}
	return out
}

// Points returns the kept calls, oldest first. The slice is the group's own, and the points may be other groups' as well.
func (g *Group) Points() []*Point {
	if g.stale {
		g.sorted, g.stale = nil, false
		for _, it := range g.points.Sorted() {
			g.sorted = append(g.sorted, it.Value.point())
		}
		slices.SortStableFunc(g.sorted, func(a, b *Point) int { return a.Time.Compare(b.Time) })
	}
	return g.sorted
}

// roundDiv is n ÷ share, rounded to the nearest integer; n itself for a share of 1, however large.
func roundDiv(n int64, share float64) int64 {
	if share == 1 {
		return n
	}
	return int64(math.Round(float64(n) / share))
}
