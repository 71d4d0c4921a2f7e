package gate

import (
	"math"
	"strconv"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
)

// smallest gives, for every quantile a stage may choose, the smallest ceiling that would pass when held at it; nil
// without a forecast. A ceiling within the counting error of the forecast is inconclusive, so the error is on it.
func smallest(n *budget.Numbers) *report.Smallest {
	if !n.Forecast {
		return nil
	}
	at := func(d forecast.Dist, metric string) func(p float64) string {
		return func(p float64) string { return roundedUp(d.Quantile(p), n.PeriodDoubt[metric]) }
	}
	costs, toks := at(n.Cost, budget.Cost), at(n.Tokens, budget.Tokens)
	dollars := func(p float64) money.Amount { return exactly(costs(p)) }
	whole := func(p float64) int64 { return int64(math.Ceil(number(toks(p)))) }
	c80, t80 := dollars(.80), whole(.80)
	return &report.Smallest{
		Cost:   &report.CostDist{P50: dollars(.50), P75: dollars(.75), P80: &c80, P90: dollars(.90), P95: dollars(.95)},
		Tokens: &report.TokenDist{P50: whole(.50), P75: whole(.75), P80: &t80, P90: whole(.90), P95: whole(.95)},
	}
}

// roundedUp gives the next amount of three digits that clears v and its doubt, a share of it, as a plain decimal. People
// write budgets of two or three digits, and rounded to the nearest the ceiling would not pass half of the time.
func roundedUp(v, doubt float64) string {
	needed := v * (1 + doubt)
	if needed == 0 {
		return "0"
	}
	exp := int(math.Floor(math.Log10(needed))) - 2
	for digits := math.Floor(needed/math.Pow10(exp)) - 1; ; digits++ {
		text := money.New(int64(digits), int32(exp)).Decimal()
		if at := number(text); at >= needed && (doubt == 0 || at > needed) {
			return text
		}
	}
}

func number(decimal string) float64 {
	v, _ := strconv.ParseFloat(decimal, 64) // of an amount that was just printed
	return v
}

func exactly(decimal string) money.Amount {
	a, _ := money.FromDecimal(decimal)
	return a
}
