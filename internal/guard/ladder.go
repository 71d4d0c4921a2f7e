package guard

import "math"

// ladder is the steps of a limit in amounts.
type ladder struct {
	least  []int64 // amount used at which the step begins
	action []Action
}

func newLadder(steps []Step, allowance int64) ladder {
	l := ladder{}
	for _, s := range steps {
		from := allowance
		if s.At != 1 {
			from = int64(math.Ceil(float64(allowance) * s.At))
		}
		l.least, l.action = append(l.least, from), append(l.action, s.Action)
	}
	return l
}

// at gives the strictest action that an amount used has reached.
func (l *ladder) at(used int64) Action {
	a := Allow
	for i, from := range l.least {
		if used >= from {
			a = max(a, l.action[i])
		}
	}
	return a
}
