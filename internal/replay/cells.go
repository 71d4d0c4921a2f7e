package replay

import (
	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/token"
)

// cells are one lane's cells on one side. Day and band are all that varies in their keys.
type cells struct {
	at    spot
	cell  *cube.Cell // of at
	spots map[spot]*cube.Cell
}

type spot struct {
	day  int64
	band int
}

func (c *cells) add(second int64, band int, u token.Usage, times int64) {
	at := spot{cube.DayOf(second), band}
	if c.cell == nil || c.at != at {
		c.seek(at, second)
	}
	cell := c.cell
	cell.Records++
	cell.Calls += times
	cell.Usage = cell.Usage.Add(alike(u, times))
	cell.First, cell.Last = min(cell.First, second), max(cell.Last, second)
}

func (c *cells) seek(at spot, second int64) {
	cell, ok := c.spots[at]
	if !ok {
		cell = &cube.Cell{First: second, Last: second}
		if c.spots == nil {
			c.spots = map[spot]*cube.Cell{}
		}
		c.spots[at] = cell
	}
	c.at, c.cell = at, cell
}

// pour adds the cells to a cube.
func (c *cells) pour(into *Cube, l *lane, on *bill) {
	for at, cell := range c.spots {
		into.sums.AddCell(Key{Day: at.day, Track: l.track, Feature: l.feature, Template: l.path, Version: l.version,
			Model: on.ID, Tier: on.tier, Band: at.band, Sampling: l.sampling}, cell)
	}
}

// merge adds another run's cells of the same lane.
func (c *cells) merge(o *cells) {
	for at, cell := range o.spots {
		c.seek(at, cell.First)
		c.cell.Records += cell.Records
		c.cell.Calls += cell.Calls
		c.cell.Usage = c.cell.Usage.Add(cell.Usage)
		c.cell.First, c.cell.Last = min(c.cell.First, cell.First), max(c.cell.Last, cell.Last)
	}
}

// alike is the usage of so many calls alike.
func alike(u token.Usage, n int64) token.Usage {
	if n == 1 {
		return u
	}
	return token.Usage{Input: u.Input * n, CacheRead: u.CacheRead * n, CacheWrite5m: u.CacheWrite5m * n, CacheWrite1h: u.CacheWrite1h * n,
		Output: u.Output * n, Reasoning: u.Reasoning * n}
}
