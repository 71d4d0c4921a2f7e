package gate

import (
	"math"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
)

// smallest gives, for every quantile a stage may choose, the smallest ceiling that would pass when held at it; nil
// without a forecast. A ceiling within the counting error of the forecast is inconclusive, so the error is on it.
func smallest(n *budget.Numbers) *report.Smallest {
	if !n.Forecast {
		return nil
	}
	costs, toks := n.Cost.Quantile, n.Tokens.Quantile
	dollars := func(p float64) money.Amount { return roundedUp(costs(p), n.PeriodDoubt[budget.Cost], true) }
	whole := func(p float64) int64 {
		return int64(math.Ceil(roundedUp(toks(p), n.PeriodDoubt[budget.Tokens], false).Float()))
	}
	c80, t80 := dollars(.80), whole(.80)
	return &report.Smallest{
		Cost:   &report.CostDist{P50: dollars(.50), P75: dollars(.75), P80: &c80, P90: dollars(.90), P95: dollars(.95)},
		Tokens: &report.TokenDist{P50: whole(.50), P75: whole(.75), P80: &t80, P90: whole(.90), P95: whole(.95)},
	}
}

// roundedUp gives the next amount of three digits that clears v and its doubt, a share of it; of money from ten cents on,
// of whole cents. People write budgets of two or three digits, and rounded to the nearest the ceiling would not pass half
// of the time.
func roundedUp(v, doubt float64, cents bool) money.Amount {
	needed := v * (1 + doubt)
	if needed == 0 {
		return money.Amount{}
	}
	exp := int(math.Floor(math.Log10(needed))) - 2
	if cents && needed >= 0.1 {
		exp = max(exp, -2)
	}
	for digits := math.Floor(needed/math.Pow10(exp)) - 1; ; digits++ {
		a := money.New(int64(digits), int32(exp))
		if at := a.Float(); at >= needed && (doubt == 0 || at > needed) {
			return a
		}
	}
}
