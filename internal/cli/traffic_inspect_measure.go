package cli

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/traffic"
)

// measuring makes groups of a cube's cells.
type measuring struct {
	cube        *cube.Cube
	bill        *cube.Bill
	calls       int64
	unversioned int64 // calls that name a template but not its version
}

func newMeasuring(c *cube.Cube, catalog *pricing.Catalog, at time.Time) *measuring {
	m := &measuring{cube: c, bill: c.Price(catalog, at)}
	m.calls, _ = c.Usage()
	for _, k := range c.Keys() {
		if k.Template != "" && k.Version == "" {
			m.unversioned += c.Cell(k).Calls
		}
	}
	return m
}

func (m *measuring) total() inspectGroup {
	if groups := m.groups(cube.ByProject); len(groups) > 0 {
		return groups[0]
	}
	return inspectGroup{}
}

// groups sums the cells along a dimension, the dearest first.
func (m *measuring) groups(d cube.Dim) []inspectGroup {
	cost, priced := m.bill.ByName(d), map[string]int64{}
	for _, c := range m.bill.Charges {
		priced[c.Key.Name(d)] += m.cube.Cell(c.Key).Calls
	}
	out := []inspectGroup{}
	for _, t := range m.cube.Totals(d) {
		n := &t.Counts
		g := inspectGroup{Name: t.Name, Calls: n.Calls, Share: shareOf(n.Calls, m.calls), Tokens: inspectTokens(n.Usage), UnpricedCalls: n.Calls - priced[t.Name],
			Errors: n.Errors, Bounds: n.Bounds, Means: n.Means, Latency: latencyOf(&n.Latency), FirstToken: latencyOf(&n.FirstToken)}
		if amount, ok := cost[t.Name]; ok {
			g.Cost = &amount
			if m.bill.Total.Sign() != 0 {
				g.CostShare = sixDigits(amount.Float() / m.bill.Total.Float())
			}
		}
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b inspectGroup) int {
		return cmp.Or(compareCosts(b.Cost, a.Cost), cmp.Compare(b.Tokens.total(), a.Tokens.total()), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func compareCosts(a, b *money.Amount) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return a.Cmp(*b)
}

func latencyOf(s *cube.Sketch) *inspectLatency {
	n := s.Count()
	if n == 0 {
		return nil
	}
	return &inspectLatency{Calls: n, P50: s.Quantile(0.5).Microseconds(), P95: s.Quantile(0.95).Microseconds()}
}

func (m *measuring) sampling() []inspectSampling {
	calls := map[float64]int64{}
	for _, k := range m.cube.Keys() {
		calls[k.Sampling] += m.cube.Cell(k).Calls
	}
	out := []inspectSampling{}
	for share, n := range calls {
		out = append(out, inspectSampling{share, n})
	}
	slices.SortFunc(out, func(a, b inspectSampling) int { return cmp.Compare(a.Share, b.Share) })
	return out
}

func (m *measuring) unpriced() []inspectUnpriced {
	out := []inspectUnpriced{}
	for _, u := range m.bill.Unpriced {
		out = append(out, inspectUnpriced{Model: u.Model, Tier: u.Tier, Reason: u.Reason.Error(), Calls: u.Calls, Tokens: inspectTokens(u.Usage)})
	}
	return out
}

func (s *inspected) files() []inspectFile {
	out := []inspectFile{}
	if s.sum != nil {
		for _, f := range s.sum.Files {
			out = append(out, inspectFile{Name: f.Name, Dialect: f.Dialect, Lines: f.Lines, Calls: f.Calls, Sampling: cmp.Or(f.Sampling, 1)})
		}
	}
	return out
}

func (s *inspected) cubeList() []inspectCube {
	out := []inspectCube{}
	for _, c := range s.cubes {
		r := c.cube.Reading()
		calls, _ := c.cube.Usage()
		out = append(out, inspectCube{Name: c.name, Cells: len(c.cube.Keys()), Files: r.Files, Lines: r.Lines, Calls: calls})
	}
	return out
}

func (s *inspected) reading() inspectReading {
	r := s.all.Reading()
	out := inspectReading{Files: r.Files, Lines: r.Lines, Duplicates: r.Duplicates, BadShare: sixDigits(s.all.BadShare()), Skipped: []inspectSkip{}}
	for _, t := range s.all.Totals(cube.ByProject) {
		out.Records = t.Counts.Records
	}
	if s.sum != nil && len(s.cubes) == 0 {
		out.Replaced = &s.sum.Replaced
	}
	for _, k := range r.Skipped {
		out.Skipped = append(out.Skipped, inspectSkip(traffic.Skip{Reason: k.Reason, Bad: k.Bad, Count: k.Count}))
		if k.Bad {
			out.Bad += k.Count
		}
	}
	return out
}

func windowOf(c *cube.Cube, days calendar) *inspectWindow {
	if len(days.calls) == 0 {
		return nil
	}
	first, last := c.Window()
	return &inspectWindow{First: first, Last: last, Days: int64(len(days.calls)), Partial: days.partialDays()}
}

func censusOf(c *cube.Census) inspectCensus {
	n, off := c.Distinct()
	return inspectCensus{Distinct: int64(math.Round(n)), RelativeError: sixDigits(off), UnnamedCalls: c.Unnamed()}
}

func shareOf(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return sixDigits(float64(part) / float64(whole))
}

// sixDigits is as much of a share as anybody reads, so that equal numbers look equal.
func sixDigits(v float64) float64 { return math.Round(v*1e6) / 1e6 }
