package cube

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/tokengate/tokengate/internal/traffic"
)

// What bounds a cube.
const (
	MaxCells    = 250_000
	MaxName     = 4096 // bytes of one text of a key, of an outcome's name and of a reason
	MaxOutcomes = 1000 // names of outcomes
	MaxReasons  = 1000 // reasons of skipped records
)

// fault is a set of things that are wrong with what was added. Sets merge by union, so no fault depends on order.
type fault uint8

const (
	badShare fault = 1 << iota
	negative
	badDay
	longName
	overflow
	manyOutcomes
	manyReasons
)

var faultTexts = []string{
	"a sampling share is not in (0, 1]",
	"a count is negative",
	"a call is not between the years 1970 and 9999",
	fmt.Sprintf("a name is longer than %d bytes; map it to a shorter one", MaxName),
	"a sum is too large to count",
	fmt.Sprintf("there are more than %d names of outcomes; record fewer", MaxOutcomes),
	fmt.Sprintf("there are more than %d reasons of skipped records", MaxReasons),
}

// limit is why a cube cannot be used.
type limit struct {
	cells  int // how many there may be
	faults fault
	spread *spread // of the values of keys, once there are too many cells
}

// Err says why the cube cannot be used: too many cells, or something that could not be counted. Which it is does not
// depend on the order of what was added. A cube with an error has no encoding.
func (c *Cube) Err() error {
	if c.limit.spread != nil {
		name, n, exact := c.limit.spread.widest()
		about := ""
		if !exact {
			about = "about "
		}
		return fmt.Errorf("cube: more than %d cells: %s has %s%d different values; map it to fewer values, or split the recording", c.limit.cells, name, about, n)
	}
	faults := c.limit.faults
	if c.users.overflowed() || c.sessions.overflowed() {
		faults |= overflow
	}
	for i, text := range faultTexts {
		if faults&(1<<i) != 0 {
			return errors.New("cube: " + text)
		}
	}
	return nil
}

// faultsOf looks at what a call counts. Traffic has checked it, but a cube may also be fed by others.
func faultsOf(call *traffic.Call) (f fault) {
	u := &call.Usage
	if u.Input|u.CacheRead|u.CacheWrite5m|u.CacheWrite1h|u.Output|u.Reasoning|int64(call.Latency)|int64(call.FirstToken) < 0 {
		f |= negative
	}
	for name := range call.Outcome {
		if len(name) > MaxName {
			f |= longName
		}
	}
	return f
}

func (k *Key) faults() (f fault) {
	if !(k.Sampling > 0 && k.Sampling <= 1) { // also what is no number
		f |= badShare
	}
	if k.Band < 0 {
		f |= negative
	}
	if k.Day < 0 || k.Day > lastDay {
		f |= badDay
	}
	for _, s := range k.names() {
		if len(*s) > MaxName {
			f |= longName
		}
	}
	return f
}

// overflow gives up the cells. From here on only the values of keys are counted, of those given up too, so that the
// error names the same dimension whatever came first.
func (c *Cube) overflow() {
	if c.limit.spread != nil {
		return
	}
	c.limit.spread = newSpread()
	for k := range c.cells {
		c.limit.spread.add(k)
	}
	clear(c.cells)
	clear(c.texts)
	c.recent = nil
}

// spreadSize is up to how many different values of a dimension are counted; beyond, they are estimated within 3 %.
const spreadSize = 1024

var dimensions = []string{"day", "track", "feature", "template", "version", "model", "tier", "prompt length", "sampling"}

// spread counts the different values in each dimension of keys.
type spread struct{ values []Census }

func newSpread() *spread {
	s := &spread{}
	for range dimensions {
		s.values = append(s.values, newCensus(spreadSize))
	}
	return s
}

func (s *spread) add(k Key) {
	texts := []string{strconv.FormatInt(k.Day, 10), k.Track, k.Feature, k.Template, k.Version, k.Model, k.Tier, strconv.Itoa(k.Band), strconv.FormatFloat(k.Sampling, 'g', -1, 64)}
	for i, text := range texts {
		s.values[i].find(xxhash.Sum64String(text))
	}
}

func (s *spread) merge(o *spread) {
	for i := range s.values {
		s.values[i].merge(&o.values[i])
	}
}

// widest is the dimension with the most different values, the first of several.
func (s *spread) widest() (name string, n int64, exact bool) {
	for i := range s.values {
		count, err := s.values[i].Distinct()
		if int64(count) > n {
			name, n, exact = dimensions[i], int64(count), err == 0
		}
	}
	return name, n, exact
}
