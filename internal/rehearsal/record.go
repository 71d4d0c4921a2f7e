package rehearsal

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// record is what is kept of a call until all can be put in order: 104 bytes, and its names once for all.
type record struct {
	at, end                      int64  // nanoseconds since 1970; end is at plus the latency
	tie                          uint64 // a hash of all that the call says, so that calls of one moment have an order of their own
	lane, user, session, outcome uint32 // of names; 0 is none, but for lanes
	usage                        token.Usage
	times                        int64
	failed, mean, bound          bool
}

// labels is what decides the price of a call and which guardrails hold for it.
type labels struct {
	track, feature, template, model, tier string
	share                                 float64
}

// names are the texts of all calls, each once.
type names struct {
	lanes    map[labels]uint32
	laneList []labels
	users    index
	sessions index
	outcomes index // encoded, see encodeOutcome
	outcome  [][]valued
	values   index // names of outcomes
	buf      []byte
}

type valued struct {
	name  uint32
	value float64
}

func newNames() names {
	return names{lanes: map[labels]uint32{}, users: newIndex(), sessions: newIndex(), outcomes: newIndex(), values: newIndex(), outcome: [][]valued{nil}}
}

// index numbers texts from 1; "" is 0.
type index struct {
	of   map[string]uint32
	list []string
}

func newIndex() index { return index{of: map[string]uint32{}, list: []string{""}} }

func (x *index) number(s string) uint32 {
	if s == "" {
		return 0
	}
	n, ok := x.of[s]
	if !ok {
		s, n = strings.Clone(s), uint32(len(x.list))
		x.of[s], x.list = n, append(x.list, s)
	}
	return n
}

func (n *names) record(c *traffic.Call, share float64) record {
	at := c.Time.UnixNano()
	return record{
		at: at, end: at + max(0, int64(c.Latency)), tie: n.tie(c), lane: n.lane(c, share), user: n.users.number(c.User), session: n.sessions.number(c.Session),
		outcome: n.outcomeOf(c.Outcome), usage: c.Usage, times: c.Times(), failed: c.Status == "error", mean: c.UsageIsMean, bound: c.OutputIsBound,
	}
}

func (n *names) lane(c *traffic.Call, share float64) uint32 {
	key := labels{c.Track, c.Feature, c.Template, c.Model, c.Tier, share}
	i, ok := n.lanes[key]
	if !ok {
		i = uint32(len(n.laneList))
		for _, s := range [...]*string{&key.track, &key.feature, &key.template, &key.model, &key.tier} {
			*s = strings.Clone(*s)
		}
		n.lanes[key], n.laneList = i, append(n.laneList, key)
	}
	return i
}

// tie hashes a call by what it says and not by where it was read. Calls with equal hashes are alike in all that matters.
func (n *names) tie(c *traffic.Call) uint64 {
	b := n.buf[:0]
	for _, s := range [...]string{c.ID, c.Session, c.User, c.Track, c.Feature, c.Template, c.Model, c.Tier, c.Status} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	u := c.Usage
	for _, v := range [...]int64{u.Input, u.CacheRead, u.CacheWrite5m, u.CacheWrite1h, u.Output, u.Reasoning, int64(c.Latency), c.Times()} {
		b = binary.AppendVarint(b, v)
	}
	n.buf = n.encodeOutcome(b, c.Outcome)
	return xxhash.Sum64(n.buf)
}

func (n *names) encodeOutcome(b []byte, outcome map[string]float64) []byte {
	if len(outcome) == 0 {
		return b
	}
	for _, name := range slices.Sorted(maps.Keys(outcome)) {
		b = binary.AppendUvarint(b, uint64(len(name)))
		b = append(b, name...)
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(outcome[name]))
	}
	return b
}

func (n *names) outcomeOf(outcome map[string]float64) uint32 {
	if len(outcome) == 0 {
		return 0
	}
	n.buf = n.encodeOutcome(n.buf[:0], outcome)
	i := n.outcomes.number(string(n.buf))
	if int(i) == len(n.outcome) {
		var list []valued
		for _, name := range slices.Sorted(maps.Keys(outcome)) {
			list = append(list, valued{n.values.number(name), outcome[name]})
		}
		n.outcome = append(n.outcome, list)
	}
	return i
}
