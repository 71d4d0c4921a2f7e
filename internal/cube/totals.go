package cube

import (
	"cmp"
	"slices"

	"github.com/tokengate/tokengate/internal/token"
)

// Dims are the dimensions, in the order of reports.
var Dims = []Dim{ByProject, ByTrack, ByFeature, ByModel, ByTemplate, ByDay}

// Total sums the recorded calls of one name along a dimension. It is not scaled by the sampling share.
type Total struct {
	Name   string
	Counts Cell // First and Last are the window of these calls
}

// Totals groups the cells along one dimension, by name. Quantiles of latency are those of Counts.Latency.
func (c *Cube) Totals(d Dim) []Total {
	sums := map[string]*Cell{}
	for _, s := range c.slots() {
		sum := sums[s.key.Name(d)]
		if sum == nil {
			sum = &Cell{First: s.cell.First, Last: s.cell.Last}
			sums[s.key.Name(d)] = sum
		}
		sum.merge(&s.cell)
		for _, o := range s.cell.Outcomes {
			sum.outcome(o)
		}
	}
	out := make([]Total, 0, len(sums))
	for name, sum := range sums {
		out = append(out, Total{Name: name, Counts: *sum})
	}
	slices.SortFunc(out, func(a, b Total) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Usage is the sum over all calls.
func (c *Cube) Usage() (calls int64, u token.Usage) {
	for _, s := range c.cells {
		plus(&calls, s.cell.Calls)
		sumUsage(&u, &s.cell.Usage)
	}
	return calls, u
}
