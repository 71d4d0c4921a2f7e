package cube

import (
	"slices"
	"time"
)

// Keys returns the keys of all cells in order.
func (c *Cube) Keys() []Key {
	keys := make([]Key, 0, len(c.cells))
	for _, s := range c.slots() {
		keys = append(keys, s.key)
	}
	return keys
}

func (c *Cube) slots() []*slot {
	all := make([]*slot, 0, len(c.cells))
	for _, s := range c.cells {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *slot) int { return a.key.Compare(b.key) })
	return all
}

// Cell returns the cell of a key; nil when there is none. It is the cube's own.
func (c *Cube) Cell(k Key) *Cell {
	if s, ok := c.cells[k]; ok {
		return &s.cell
	}
	return nil
}

// Users are the users of the calls.
func (c *Cube) Users() *Census { return &c.users }

// Sessions are the sessions of the calls.
func (c *Cube) Sessions() *Census { return &c.sessions }

// Reading is what was noted of the reading. Its list is the cube's own.
func (c *Cube) Reading() Reading { return c.reading }

// BadShare is the share of bad records among those that were, or should have been, calls: bad / (bad + records that
// became calls + duplicates); 0 when there are none. It is traffic.Recording's, over all that was merged.
func (c *Cube) BadShare() float64 {
	var bad, records float64
	for _, s := range c.reading.Skipped {
		if s.Bad {
			bad += float64(s.Count)
		}
	}
	for _, s := range c.cells {
		records += float64(s.cell.Records) // whole numbers below 2^53: no order
	}
	all := bad + records + float64(c.reading.Duplicates)
	if all == 0 {
		return 0
	}
	return bad / all
}

// Window is the time of the first and the last call, to the second; both zero without calls.
func (c *Cube) Window() (first, last time.Time) {
	for _, s := range c.cells {
		f, l := time.Unix(s.cell.First, 0).UTC(), time.Unix(s.cell.Last, 0).UTC()
		if first.IsZero() || f.Before(first) {
			first = f
		}
		if l.After(last) {
			last = l
		}
	}
	return first, last
}
