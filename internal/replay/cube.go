package replay

import (
	"cmp"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// Key is one cell's place in a cube. Model, Tier and Band decide its price, so money is tokens × rate, once a cell.
type Key struct {
	Day      int64 // days since 1970-01-01, UTC
	Track    string
	Feature  string
	Template string
	Version  string // as recorded
	Model    string // catalogue id; the recorded name where that is unknown
	Tier     string
	Band     int
	Sampling float64 // share of traffic recorded
}

func (k Key) compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Day, o.Day), cmp.Compare(k.Track, o.Track), cmp.Compare(k.Feature, o.Feature),
		cmp.Compare(k.Template, o.Template), cmp.Compare(k.Version, o.Version), cmp.Compare(k.Model, o.Model),
		cmp.Compare(k.Tier, o.Tier), cmp.Compare(k.Band, o.Band), cmp.Compare(k.Sampling, o.Sampling))
}

// Cell is the sum of the calls of one key.
type Cell struct {
	Calls       int64
	Usage       token.Usage
	First, Last int64 // Unix seconds of the first and last call
}

// Cube is the mergeable sum a replay leaves on one side. Adding is commutative and associative.
type Cube struct {
	cells map[Key]*Cell
	book  map[string]*model
}

func newCube(book map[string]*model) *Cube { return &Cube{map[Key]*Cell{}, book} }

const secondsPerDay = 24 * 60 * 60

func (c *Cube) add(call *traffic.Call, s state, sampling float64) {
	at := call.Time.Unix()
	k := Key{
		Day: floorDiv(at, secondsPerDay), Track: call.Track, Feature: call.Feature, Template: cleanPath(call.Template), Version: call.TemplateVersion,
		Model: s.model.ID, Tier: s.tier, Sampling: sampling,
	}
	if s.model.priced {
		k.Band = s.model.Band(s.usage.Prompt())
	}
	c.merge(k, Cell{Calls: 1, Usage: s.usage, First: at, Last: at})
}

func (c *Cube) merge(k Key, v Cell) {
	cell, ok := c.cells[k]
	if !ok {
		c.cells[k] = &v
		return
	}
	cell.Calls += v.Calls
	cell.Usage = cell.Usage.Add(v.Usage)
	cell.First, cell.Last = min(cell.First, v.First), max(cell.Last, v.Last)
}

// Keys returns the keys of all cells in order.
func (c *Cube) Keys() []Key {
	keys := make([]Key, 0, len(c.cells))
	for k := range c.cells {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, Key.compare)
	return keys
}

// Cost is the exact cost of usage at a key's price; zero where the model has no price.
func (c *Cube) cost(k Key, u token.Usage) money.Amount {
	m := c.book[k.Model]
	if m == nil || !m.priced || !m.offers(k.Tier) {
		return money.Amount{}
	}
	return m.rates(rateKey{k.Tier, k.Band}).Cost(u)
}

// Dim is a way to group calls.
type Dim string

// The dimensions.
const (
	ByProject  Dim = "project"
	ByTrack    Dim = "track"
	ByFeature  Dim = "feature"
	ByModel    Dim = "model"
	ByTemplate Dim = "template"
)

var dims = []Dim{ByProject, ByTrack, ByFeature, ByModel, ByTemplate}

func (k Key) name(d Dim) string {
	switch d {
	case ByTrack:
		return k.Track
	case ByFeature:
		return k.Feature
	case ByModel:
		return k.Model
	case ByTemplate:
		return k.Template
	case ByProject:
	}
	return ""
}

// Totals are exact sums over the recorded calls, and the same scaled up to all traffic day by day.
type Totals struct {
	Calls int64
	Usage token.Usage
	Cost  money.Amount
	Days  map[int64]*Day
}

// Day is one day of all traffic: recorded sums divided by the sampling share. Cost is in dollars.
type Day struct {
	Cost, Tokens float64
	First, Last  time.Time
}

// Totals groups the cube along one dimension.
func (c *Cube) Totals(d Dim) map[string]*Totals {
	out := map[string]*Totals{}
	for _, k := range c.Keys() { // in order: sums of floats must not depend on the map
		cell := c.cells[k]
		t := out[k.name(d)]
		if t == nil {
			t = &Totals{Days: map[int64]*Day{}}
			out[k.name(d)] = t
		}
		cost := c.cost(k, cell.Usage)
		t.Calls += cell.Calls
		t.Usage = t.Usage.Add(cell.Usage)
		t.Cost = t.Cost.Add(cost)
		first, last := time.Unix(cell.First, 0).UTC(), time.Unix(cell.Last, 0).UTC()
		day := t.Days[k.Day]
		if day == nil {
			day = &Day{First: first, Last: last}
			t.Days[k.Day] = day
		}
		day.Cost += cost.Float() / k.Sampling
		day.Tokens += float64(cell.Usage.Total()) / k.Sampling
		if first.Before(day.First) {
			day.First = first
		}
		if last.After(day.Last) {
			day.Last = last
		}
	}
	return out
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
