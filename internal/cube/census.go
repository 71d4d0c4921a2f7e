package cube

import (
	"maps"
	"math"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/tokengate/tokengate/internal/stats"
	"github.com/tokengate/tokengate/internal/token"
)

// Sampled is how many users, and how many sessions, a cube keeps the sums of: those with the smallest hashes. Which
// they are depends on their names alone, so the sums of those that are kept are whole however the calls were split.
const Sampled = 4096

// Sum is what one user or session consumed.
type Sum struct {
	Calls int64
	Usage token.Usage
}

// Census counts the distinct users, or sessions, of a cube and keeps the sums of a sample of them. Two names of one
// hash (xxHash64, seed 0) count as one; among a million names that happens with a probability below 10^-7.
//
// A hash hides no name that can be guessed. Recordings that leave the house are redacted first.
type Census struct {
	limit   int // names that are kept
	kept    map[uint64]*Sum
	bound   stats.Smallest[struct{}] // of the hashes in kept
	more    bool                     // there are more names than are kept
	unnamed int64                    // calls without a name

	lastHash uint64
	last     *Sum // of lastHash; it may be dropped by now, and its sum is nobody's then
}

func newCensus(limit int) Census {
	return Census{limit: limit, kept: map[uint64]*Sum{}, bound: stats.NewSmallest[struct{}](limit)}
}

func (c *Census) add(name string, calls int64, u *token.Usage) {
	if name == "" {
		plus(&c.unnamed, calls)
		return
	}
	c.sum(xxhash.Sum64String(name), calls, u)
}

// sum adds to a name that is kept. One that is dropped has a hash above every kept one and is never let in again, so
// the sums of those that remain are whole.
func (c *Census) sum(hash uint64, calls int64, u *token.Usage) {
	s := c.last
	if s == nil || c.lastHash != hash {
		if s = c.find(hash); s == nil {
			return
		}
		c.last, c.lastHash = s, hash
	}
	plus(&s.Calls, calls)
	sumUsage(&s.Usage, u)
}

// find gives the sum of a hash, nil when it is not kept.
func (c *Census) find(hash uint64) *Sum {
	if bound, full := c.bound.Bound(); full && hash > bound {
		c.more = true
		return nil
	}
	if s, ok := c.kept[hash]; ok {
		return s
	}
	if out, dropped, _ := c.bound.Add(hash, struct{}{}); dropped {
		delete(c.kept, out.Hash)
		c.more = true
	}
	s := &Sum{}
	c.kept[hash] = s
	return s
}

func (c *Census) merge(o *Census) {
	for _, hash := range o.hashes() {
		s := o.kept[hash]
		c.sum(hash, s.Calls, &s.Usage)
	}
	c.more = c.more || o.more
	plus(&c.unnamed, o.unnamed)
}

func (c *Census) hashes() []uint64 { return slices.Sorted(maps.Keys(c.kept)) }

// overflowed tells whether a sum overflowed. It looks at those that are kept only: which others did depends on order.
func (c *Census) overflowed() bool {
	over := c.unnamed == maxSum
	for _, s := range c.kept {
		u := s.Usage
		over = over || max(s.Calls, u.Input, u.CacheRead, u.CacheWrite5m, u.CacheWrite1h, u.Output, u.Reasoning) == maxSum
	}
	return over
}

// Distinct is how many names there are, and the relative standard error of that number: 0 up to Sampled names, which are
// counted; beyond, (k−1)/h of the k-th smallest hash h as a share of all hashes, whose error is 1/√(k−2), 1.6 %
// (Bar-Yossef et al., 2002; Beyer et al., 2007).
func (c *Census) Distinct() (n, relativeError float64) {
	bound, full := c.bound.Bound()
	if !full || !c.more {
		return float64(len(c.kept)), 0
	}
	share := (float64(bound) + 1) / (1 << 64)
	return float64(c.limit-1) / share, 1 / math.Sqrt(float64(c.limit-2))
}

// Unnamed is how many calls name nobody.
func (c *Census) Unnamed() int64 { return c.unnamed }

// Sums are those of the sampled names, by hash: all of them up to Sampled names.
func (c *Census) Sums() []Sum {
	out := make([]Sum, 0, len(c.kept))
	for _, h := range c.hashes() {
		out = append(out, *c.kept[h])
	}
	return out
}

// Of gives the sum of one name; ok is false where it is not in the sample, or nobody has it.
func (c *Census) Of(name string) (sum Sum, ok bool) {
	s, ok := c.kept[xxhash.Sum64String(name)]
	if !ok {
		return Sum{}, false
	}
	return *s, true
}
