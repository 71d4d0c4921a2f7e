package budget

import (
	"fmt"

	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/source"
)

var periodCeiling = Rule{source.Rule{
	ID:      "period-ceiling",
	Summary: "a period's forecast is over its ceiling",
	Explain: `The forecast of tokens or money for the period (day, week, month or quarter) is held against the declared
ceiling, at the quantile that the stage and the track's risk tolerance choose: P50 on a pull request, P75 before a
release, P90 at a release and for tracks of low tolerance. The volume of a month is wild: an honest P90 is two to three
times the recent level, so a ceiling that must hold at P90 has to leave that room. The report prints the smallest
ceiling that passes at each quantile. The ceiling of a section or a file holds what its own text costs to send, not the
calls that send it. A pull request fails only when it is over and worse than its merge base.`,
}, checkPeriod}

func checkPeriod(e *Evidence) (checks []Check, _ []Finding) {
	for _, c := range e.Ceilings {
		if c.Kind == Period {
			checks = append(checks, periodCheck(e, c))
		}
	}
	return checks, nil
}

func periodCheck(e *Evidence, c Ceiling) Check {
	check := Check{Ceiling: c, Measure: fmt.Sprintf("P%.0f", c.Quantile*100)}
	m := e.Scopes[c.Scope]
	switch {
	case check.unsent(m):
		return check
	case m.Calls == 0:
		check.unknown("no recorded calls to forecast from", "record traffic for "+c.Scope.String()+", or remove its ceiling")
		return check
	case m.Head == nil || !m.Head.Forecast:
		check.unknown(fmt.Sprintf("too little history to forecast a %s: %v", e.Period, m.Short), fmt.Sprintf("record at least %d whole days", m.NeedDays))
		return check
	}
	head := c.quantity(m.Head.dist(c.Metric).Quantile(c.Quantile))
	check.PHead = exceed(m.Head.dist(c.Metric), c.Limit.Value)
	var base *Quantity
	if m.Base != nil && m.Base.Forecast {
		q := c.quantity(m.Base.dist(c.Metric).Quantile(c.Quantile))
		base = &q
		check.PBase = exceed(m.Base.dist(c.Metric), c.Limit.Value)
	}
	hold(e, &check, base, &head, head.Value*m.Head.PeriodDoubt[c.Metric], m.CountingError)
	check.sentence(fmt.Sprintf("p%.0f %s/%s%s", c.Quantile*100, head.Text, e.Period, c.Scope.own()))
	return check
}

func exceed(d forecast.Dist, limit float64) *float64 {
	p := d.Exceed(limit)
	return &p
}

func (n *Numbers) dist(metric string) forecast.Dist {
	if metric == Cost {
		return n.Cost
	}
	return n.Tokens
}

// quantity gives a measurement the unit of the ceiling's limit.
func (c Ceiling) quantity(v float64) Quantity {
	switch c.Limit.Unit {
	case "usd":
		return DollarsOf(v)
	case "ms":
		return Quantity{Unit: "ms", Value: v, Exact: fmt.Sprintf("%.0f", v), Text: Millis(nanos(v)).Text}
	}
	return TokensOf(v)
}
