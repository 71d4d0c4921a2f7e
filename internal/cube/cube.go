// Package cube owns the sums that recorded calls leave: one cell a day, track, feature, template, version, model, tier
// and class of prompt length, with exact token sums, sketches of latency and outcomes; a sample of users and sessions
// with whole sums; and what was read. It owns their published encoding too (encoding.md).
//
// Cubes form a commutative monoid: New is the identity, Merge is associative and commutative, to the byte of the
// encoding. So calls may be split over goroutines, files, machines and days in any way, and merged in any order. It is
// bounded: too many cells are an error that says which dimension to map to fewer values, never a cube without some.
//
// It does not know what a call costs, which template it should have used or what a budget is. Price multiplies its sums
// with a catalogue's rates, once a cell.
//
//	c := cube.New()
//	c.Add(&call, 1)
//	c.Merge(other)
//	if err := c.Err(); err != nil { … }
//	_, err := c.WriteTo(w)
package cube

import (
	"path"
	"strings"

	"github.com/tokengate/tokengate/internal/traffic"
)

// Cube is a mergeable sum of calls. It is for one goroutine at a time: give each its own and merge.
type Cube struct {
	cells    map[Key]*slot
	texts    map[string]string // one copy of each text of a key, so that no buffer a call was read from is kept alive
	outcomes map[string]string // one copy of each name of an outcome
	users    Census
	sessions Census
	reading  Reading
	limit    limit

	recent []recent // cells that were added to lately, by a cheap hash of the call
}

// slot is a cell with its key.
type slot struct {
	key  Key
	cell Cell
}

// New returns an empty cube: the identity of Merge.
func New() *Cube { return newCube(MaxCells, Sampled) }

func newCube(cells, sampled int) *Cube {
	return &Cube{cells: map[Key]*slot{}, texts: map[string]string{}, outcomes: map[string]string{},
		users: newCensus(sampled), sessions: newCensus(sampled), limit: limit{cells: cells}}
}

// Add counts a call that was recorded from a share of all traffic, in (0, 1]; 0 is 1. What cannot be counted (a share
// out of range, a negative count, a time before 1970, a name of over MaxName bytes) is in Err.
func (c *Cube) Add(call *traffic.Call, sampling float64) {
	if sampling == 0 {
		sampling = 1
	}
	if f := faultsOf(call); f != 0 {
		c.limit.faults |= f
		return
	}
	at := call.Time.Unix()
	s := c.find(call, DayOf(at), sampling)
	if s == nil {
		return
	}
	if s.cell.Records == 0 {
		s.cell.First, s.cell.Last = at, at
	}
	n := call.Times()
	usage := call.Usage
	if n > 1 {
		usage = scaled(usage, n)
	}
	if !s.cell.add(call, at, n, &usage) {
		c.limit.faults |= overflow
	}
	for name, v := range call.Outcome {
		c.outcome(&s.cell, outcomeOf(name, v, n))
	}
	c.users.add(call.User, n, &usage)
	c.sessions.add(call.Session, n, &usage)
}

// AddCell counts a cell of calls, or part of one, under a key. The cell stays as it is. It is for those who change
// calls before they are summed; users and sessions are not known then. A cell without records adds nothing.
func (c *Cube) AddCell(k Key, cell *Cell) {
	if cell.Records == 0 {
		return
	}
	s := c.slot(k)
	if s == nil {
		return
	}
	if s.cell.Records == 0 {
		s.cell.First, s.cell.Last = cell.First, cell.Last
	}
	if !s.cell.merge(cell) {
		c.limit.faults |= overflow
	}
	for _, o := range cell.Outcomes {
		c.outcome(&s.cell, o)
	}
}

// Note counts what was read.
func (c *Cube) Note(r Reading) {
	if r.negative() {
		c.limit.faults |= negative
		return
	}
	for _, s := range r.Skipped {
		if len(s.Reason) > MaxName {
			c.limit.faults |= longName
			return
		}
	}
	if !c.reading.merge(r) {
		c.limit.faults |= overflow
	}
	if len(c.reading.Skipped) > MaxReasons {
		c.limit.faults |= manyReasons
		c.reading.Skipped = c.reading.Skipped[:MaxReasons]
	}
}

// Merge adds what o holds, its error too; o stays as it is, and is not c.
func (c *Cube) Merge(o *Cube) {
	c.limit.faults |= o.limit.faults
	if o.limit.spread != nil {
		c.overflow()
		c.limit.spread.merge(o.limit.spread)
	}
	for k, s := range o.cells { // sums do not depend on order
		c.AddCell(k, &s.cell)
	}
	c.users.merge(&o.users)
	c.sessions.merge(&o.sessions)
	c.Note(o.reading)
}

// slot gives the cell of a key, a new one where there is none, and nil when the key is faulty or there are too many.
func (c *Cube) slot(k Key) *slot {
	if f := k.faults(); f != 0 {
		c.limit.faults |= f
		return nil
	}
	k.Template, k.Tier = cleanPath(k.Template), tierName(k.Tier)
	if s, ok := c.cells[k]; ok {
		return s
	}
	if c.limit.spread == nil && len(c.cells) >= c.limit.cells {
		c.overflow()
	}
	if c.limit.spread != nil {
		c.limit.spread.add(k)
		return nil
	}
	for _, s := range k.names() {
		*s = c.text(*s)
	}
	s := &slot{key: k}
	c.cells[k] = s
	return s
}

func (c *Cube) text(s string) string {
	own, ok := c.texts[s]
	if !ok {
		own = strings.Clone(s)
		c.texts[own] = own
	}
	return own
}

// outcome counts an outcome in a cell, unless the cube knows too many of them.
func (c *Cube) outcome(cell *Cell, o Outcome) {
	if _, ok := c.outcomes[o.Name]; !ok {
		if len(c.outcomes) >= MaxOutcomes {
			c.limit.faults |= manyOutcomes
			return
		}
		name := strings.Clone(o.Name)
		c.outcomes[name] = name
	}
	o.Name = c.outcomes[o.Name]
	if !cell.outcome(o) {
		c.limit.faults |= overflow
	}
}

func cleanPath(p string) string {
	if p == "" {
		return ""
	}
	return path.Clean(p)
}

func tierName(t string) string {
	if t == "" {
		return "standard"
	}
	return t
}
