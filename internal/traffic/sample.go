package traffic

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
)

// Sampler draws a small recording out of a large one. What is drawn is whole sessions, or single calls where a call has
// none, so that ceilings per session still hold. They are first told to Add, then Draw decides, then Weight says of
// each call how many calls like it the drawn one stands for.
//
// Strata are track, model and size: the largest sessions of each track and model are all kept (they are what ceilings are
// about), the others are cut into classes of equal count by their tokens. A class gets its share by optimum allocation,
// in proportion to its number times the standard deviation of its tokens, divided by the root of what one unit costs, its
// calls (Cochran, Sampling Techniques, 5.5), and gives every k-th of its sessions by time, so that all days are there. Weights are whole numbers, and those of a class add up to
// the number of its sessions exactly. Nothing is random: equal calls give an equal sample, in whatever order they come.
//
// Memory is some 60 bytes a session.
type Sampler struct {
	units  map[uint64]*unit
	drawn  map[uint64]int64 // weight by unit
	strata []Stratum
}

// unit is a session, or a call without one.
type unit struct {
	hash    uint64
	track   string // of its first call, as is the model
	model   string
	first   time.Time
	tokens  int64
	calls   int64
	weights int64
}

// Stratum says what was drawn of one class.
type Stratum struct {
	Track, Model string
	Class        string // "largest", or "1 of 4" by size
	Units, Drawn int64  // sessions, or calls without one
	Calls        int64  // of all
	Tokens       int64  // of all
	Estimate     int64  // of Tokens, from what was drawn
	// StdErr is the standard error of Estimate, in tokens: N·s·sqrt((1−n/N)/n) with s from all units of the class.
	StdErr float64
}

// NewSampler makes an empty sampler.
func NewSampler() *Sampler { return &Sampler{units: map[uint64]*unit{}} }

// Add tells the sampler of a call.
func (s *Sampler) Add(c *Call) {
	h := unitHash(c)
	u := s.units[h]
	if u == nil {
		u = &unit{hash: h, track: strings.Clone(c.Track), model: strings.Clone(c.Model), first: c.Time}
		s.units[h] = u
	}
	if c.Time.Before(u.first) || c.Time.Equal(u.first) && (c.Track < u.track || c.Track == u.track && c.Model < u.model) {
		u.track, u.model, u.first = strings.Clone(c.Track), strings.Clone(c.Model), c.Time
	}
	u.calls++
	u.weights += c.Times()
	u.tokens += c.Usage.Total() * c.Times()
}

// unitHash is of the session, or of the call itself.
func unitHash(c *Call) uint64 {
	if c.Session != "" {
		return mix(1, xxhash.Sum64String(c.Session))
	}
	h := mix(mixString(mixString(2, c.ID), c.Model), uint64(c.Time.UnixNano()))
	return mix(mix(h, uint64(c.Usage.Total())), uint64(c.Usage.Output))
}

// sizeClasses is how many classes of size those that are not the largest are cut into.
const sizeClasses = 4

// leastOfClass is how many units of a class are drawn at least, or all where there are fewer: a spread can be told of them.
const leastOfClass = 5

// Draw chooses about the given number of calls, and tells what it chose by stratum. It draws more where the least of every
// class takes more.
func (s *Sampler) Draw(calls int64) []Stratum {
	s.drawn = map[uint64]int64{}
	var classes []*class
	var kept int64
	for _, group := range s.groups() {
		tail, rest := splitTail(group)
		for _, u := range tail.units {
			s.drawn[u.hash] = 1
			kept += u.calls
		}
		tail.n = len(tail.units)
		s.note(tail)
		for i := range sizeClasses {
			c := &class{name: fmt.Sprintf("%d of %d", i+1, sizeClasses), units: rest[i*len(rest)/sizeClasses : (i+1)*len(rest)/sizeClasses]}
			if len(c.units) > 0 {
				classes = append(classes, c)
			}
		}
	}
	allocate(classes, float64(max(calls-kept, 0)))
	for _, c := range classes {
		s.systematic(c)
		s.note(c)
	}
	slices.SortFunc(s.strata, func(a, b Stratum) int {
		return cmp.Or(cmp.Compare(a.Track, b.Track), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Class, b.Class))
	})
	return s.strata
}

// class is one stratum: its units, and how many of them are drawn.
type class struct {
	name  string
	units []*unit
	n     int
}

// groups gives the units by track and model, each group by size.
func (s *Sampler) groups() [][]*unit {
	units := make([]*unit, 0, len(s.units))
	for _, u := range s.units {
		units = append(units, u)
	}
	slices.SortFunc(units, func(a, b *unit) int {
		return cmp.Or(cmp.Compare(a.track, b.track), cmp.Compare(a.model, b.model), cmp.Compare(a.tokens, b.tokens), cmp.Compare(a.hash, b.hash))
	})
	var out [][]*unit
	for i, from := 1, 0; i <= len(units); i++ {
		if i == len(units) || units[i].track != units[from].track || units[i].model != units[from].model {
			out = append(out, units[from:i])
			from = i
		}
	}
	return out
}

// splitTail takes the largest hundredth of a group, and 10 at least.
func splitTail(group []*unit) (tail *class, rest []*unit) {
	n := min(max(10, (len(group)+99)/100), len(group))
	return &class{name: "largest", units: group[len(group)-n:]}, group[:len(group)-n]
}

// allocate deals calls over classes, between the least and all of each.
func allocate(classes []*class, calls float64) {
	cost, shares := 0.0, make([]float64, len(classes))
	for i, c := range classes {
		shares[i] = float64(len(c.units)) * c.deviation() / math.Sqrt(c.cost())
		cost += shares[i] * c.cost()
	}
	for i, c := range classes {
		n := 0.0
		if cost > 0 {
			n = calls * shares[i] / cost
		}
		c.n = min(max(int(math.Round(n)), leastOfClass), len(c.units))
	}
}

// cost is the mean number of calls in a unit.
func (c *class) cost() float64 {
	sum := int64(0)
	for _, u := range c.units {
		sum += u.calls
	}
	return float64(sum) / float64(len(c.units))
}

// deviation is the standard deviation of the tokens of a class.
func (c *class) deviation() float64 {
	mean, sum := 0.0, 0.0
	for _, u := range c.units {
		mean += float64(u.tokens) / float64(len(c.units))
	}
	for _, u := range c.units {
		d := float64(u.tokens) - mean
		sum += d * d
	}
	return math.Sqrt(sum / max(float64(len(c.units)-1), 1))
}

// systematic draws every k-th unit by time. Each stands for those from it up to the next, and which one of them it is
// depends on the hashes of the class.
func (s *Sampler) systematic(c *class) {
	slices.SortFunc(c.units, func(a, b *unit) int { return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.hash, b.hash)) })
	for i := range c.n {
		from, to := i*len(c.units)/c.n, (i+1)*len(c.units)/c.n
		at, _ := bits.Mul64(mix(3, c.units[from].hash), uint64(to-from))
		s.drawn[c.units[from+int(at)].hash] = int64(to - from)
	}
}

func (s *Sampler) note(c *class) {
	st := Stratum{Track: c.units[0].track, Model: c.units[0].model, Class: c.name, Units: int64(len(c.units)), Drawn: int64(c.n)}
	for _, u := range c.units {
		st.Calls += u.weights
		st.Tokens += u.tokens
		st.Estimate += u.tokens * s.drawn[u.hash]
	}
	n, all := float64(c.n), float64(len(c.units))
	st.StdErr = all * c.deviation() * math.Sqrt((1-n/all)/n)
	s.strata = append(s.strata, st)
}

// Weight is how many calls like this one it stands for once Draw has chosen: 0 leaves it out.
func (s *Sampler) Weight(c *Call) int64 { return s.drawn[unitHash(c)] * c.Times() }
