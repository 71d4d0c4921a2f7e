package replay

import (
	"time"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/token"
)

// Key is one cell's place in a cube. Model and Band are the catalogue's here.
type Key = cube.Key

// Cube is the sums a replay leaves on one side, with the models that price them.
type Cube struct {
	sums   *cube.Cube
	book   map[string]*model
	volume func(track string) float64
}

func newCube(book map[string]*model, volume func(string) float64) *Cube {
	return &Cube{cube.New(), book, volume}
}

// Keys returns the keys of all cells in order.
func (c *Cube) Keys() []Key { return c.sums.Keys() }

// Cost is the exact cost of usage at a key's price; zero where the model has no price.
func (c *Cube) cost(k Key, u token.Usage) money.Amount {
	m := c.book[k.Model]
	if m == nil || !m.priced || !m.offers(k.Tier) {
		return money.Amount{}
	}
	return m.rates(rateKey{k.Tier, k.Band}).Cost(u)
}

// Dim is a way to group calls.
type Dim = cube.Dim

// The dimensions.
const (
	ByProject  = cube.ByProject
	ByTrack    = cube.ByTrack
	ByFeature  = cube.ByFeature
	ByModel    = cube.ByModel
	ByTemplate = cube.ByTemplate
)

var dims = [...]Dim{ByProject, ByTrack, ByFeature, ByModel, ByTemplate}

// Totals are exact sums over the recorded calls, and the same scaled up to all traffic day by day.
type Totals struct {
	Calls int64
	Usage token.Usage
	Cost  money.Amount
	Days  map[int64]*Day
}

// Day is one day of all traffic: recorded sums divided by the sampling share, times the volume. Cost is in dollars.
type Day struct {
	Cost, Tokens float64
	First, Last  time.Time
}

// Totals groups the cube along one dimension.
func (c *Cube) Totals(d Dim) map[string]*Totals {
	out := map[string]*Totals{}
	for _, k := range c.Keys() { // in order: sums of floats must not depend on the map
		cell := c.sums.Cell(k)
		t := out[k.Name(d)]
		if t == nil {
			t = &Totals{Days: map[int64]*Day{}}
			out[k.Name(d)] = t
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
		share := k.Sampling / c.volume(k.Track)
		day.Cost += cost.Float() / share
		day.Tokens += float64(cell.Usage.Total()) / share
		if first.Before(day.First) {
			day.First = first
		}
		if last.After(day.Last) {
			day.Last = last
		}
	}
	return out
}
