package rehearsal

import (
	"math"
	"slices"
	"strings"
)

// Outcome compares how sessions ended that a guardrail would have touched (degraded, handed over or refused; a warning
// touches nobody) with how those ended that no guardrail touched. The sessions ended before any guardrail was in force: it
// says which sessions would be met, not what meeting them does.
type Outcome struct {
	Name      string
	Touched   Mean
	Untouched Mean
	// Difference is touched less untouched, Low and High its 95 % interval by the normal approximation with unequal
	// variances (B. L. Welch, 1938). Known is false with fewer than MinSessions on a side: no interval is claimed then.
	Difference, Low, High float64
	Known                 bool
}

// Mean is over sessions: of each, the mean of what its calls recorded.
type Mean struct {
	Sessions int64
	Mean     float64
	variance float64
}

// MinSessions is how many sessions a side needs for an interval.
const MinSessions = 20

// touchedFrom is the mildest action that changes a session.
const touchedFrom = 2 // guard.Degrade

// outcome fills in the outcomes of every row, by the name of the outcome.
func (t *tally) outcome(res *Result) {
	last := len(t.rows) - 1
	for _, name := range t.outcomeNames() {
		var untouched []float64
		touched := make([][]float64, len(t.rows))
		for key, m := range t.outcomes { // any order: the values are sorted before they are summed
			if key.name != name {
				continue
			}
			v := m.sum / float64(m.n)
			marks := t.sessions[int(key.session)*len(t.rows):][:len(t.rows)]
			if marks[last] < touchedFrom {
				untouched = append(untouched, v)
			}
			for i, a := range marks {
				if a >= touchedFrom {
					touched[i] = append(touched[i], v)
				}
			}
		}
		rest := meanOf(untouched)
		for i := range res.Rows {
			res.Rows[i].Outcomes = append(res.Rows[i].Outcomes, compare(t.names.values.list[name], meanOf(touched[i]), rest))
		}
		res.Total.Outcomes = append(res.Total.Outcomes, compare(t.names.values.list[name], meanOf(touched[last]), rest))
	}
}

// outcomeNames gives the numbers of the outcomes that sessions have, by name.
func (t *tally) outcomeNames() []uint32 {
	seen := map[uint32]bool{}
	var out []uint32
	for key := range t.outcomes {
		if !seen[key.name] {
			seen[key.name] = true
			out = append(out, key.name)
		}
	}
	slices.SortFunc(out, func(a, b uint32) int { return strings.Compare(t.names.values.list[a], t.names.values.list[b]) })
	return out
}

func meanOf(values []float64) Mean {
	slices.Sort(values)
	m := Mean{Sessions: int64(len(values))}
	if len(values) == 0 {
		return m
	}
	for _, v := range values {
		m.Mean += v / float64(len(values))
	}
	for _, v := range values {
		m.variance += (v - m.Mean) * (v - m.Mean) / float64(max(len(values)-1, 1))
	}
	return m
}

func compare(name string, a, b Mean) Outcome {
	o := Outcome{Name: name, Touched: a, Untouched: b, Difference: a.Mean - b.Mean, Known: min(a.Sessions, b.Sessions) >= MinSessions}
	if o.Known {
		half := 1.959964 * math.Sqrt(a.variance/float64(a.Sessions)+b.variance/float64(b.Sessions))
		o.Low, o.High = o.Difference-half, o.Difference+half
	}
	return o
}
