package forecast

import "math"

// Quantiles that a gate decides at, and the ceilings it is tried with, as multiples of the recent level: what the last
// 28 days, or all there were, come to over a whole horizon.
var (
	gateQuantiles = []float64{0.50, 0.75, 0.90}
	gateMultiples = []float64{1, 1.25, 1.5, 2, 3}
)

// GateQuantiles are the quantiles that Score.Gates are of, ascending.
func GateQuantiles() []float64 { return append([]float64(nil), gateQuantiles...) }

// GateMultiples are the ceilings that Score.Gates are of, in multiples of the recent level, ascending.
func GateMultiples() []float64 { return append([]float64(nil), gateMultiples...) }

// Gate counts what a gate at one quantile, under a ceiling at one multiple of the recent level, would have decided. It
// lets a forecast pass whose quantile is at or below the ceiling.
type Gate struct {
	Quantile, Multiple float64
	Over, Passed       int // trials that went over the ceiling; of these, those let pass: false passes
	Within, Failed     int // trials that stayed within it; of these, those stopped: false fails

	over, passed, within, failed float64 // the same, every series at equal weight
}

func newGates() []Gate {
	var out []Gate
	for _, q := range gateQuantiles {
		for _, m := range gateMultiples {
			out = append(out, Gate{Quantile: q, Multiple: m})
		}
	}
	return out
}

func (g *Gate) add(t Trial, share float64) {
	ceiling := g.Multiple * t.Recent
	passes := holds(ceiling, t.At[levelIndex(g.Quantile)])
	if !holds(ceiling, t.Actual) {
		g.Over, g.over = g.Over+1, g.over+share
		if passes {
			g.Passed, g.passed = g.Passed+1, g.passed+share
		}
		return
	}
	g.Within, g.within = g.Within+1, g.within+share
	if !passes {
		g.Failed, g.failed = g.Failed+1, g.failed+share
	}
}

func (g *Gate) merge(o Gate) {
	g.Over, g.Passed, g.Within, g.Failed = g.Over+o.Over, g.Passed+o.Passed, g.Within+o.Within, g.Failed+o.Failed
	g.over, g.passed, g.within, g.failed = g.over+o.over, g.passed+o.passed, g.within+o.within, g.failed+o.failed
}

// FalsePassRate is the share of those that went over that was let pass, every series at equal weight; NaN where none
// went over.
func (g Gate) FalsePassRate() float64 { return rate(g.passed, g.over) }

// FalseFailRate is the share of those that stayed within that was stopped, every series at equal weight; NaN where none
// stayed within.
func (g Gate) FalseFailRate() float64 { return rate(g.failed, g.within) }

func rate(part, whole float64) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return part / whole
}
