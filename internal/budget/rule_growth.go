package budget

import (
	"fmt"
	"math"

	"github.com/tokengate/tokengate/internal/source"
)

var growthCeiling = Rule{source.Rule{
	ID:      "growth-ceiling",
	Summary: "a change raises spend by more than it may",
	Explain: `The same recorded calls are replayed under base and head, so the effect of a change is known to a few percent even
where the volume of a month is not. The upper end of its 95 % interval (sessions resampled, counting error included)
is held against the growth ceiling. Without a base there is no change to measure, and the report says so.`,
}, checkGrowth}

func checkGrowth(e *Evidence) (checks []Check, findings []Finding) {
	for _, c := range e.Ceilings {
		switch {
		case c.Kind != Growth:
		case !e.HasBase:
			findings = append(findings, finding(source.Info, Pass, c.Span, "", "growth ceiling of %s is not held: there is no base to compare with", c.Scope))
		default:
			checks = append(checks, growthCheck(e, c))
		}
	}
	return checks, findings
}

func growthCheck(e *Evidence, c Ceiling) Check {
	check := Check{Ceiling: c, Measure: "upper end of the effect"}
	m := e.Scopes[c.Scope]
	effect := m.CostEffect
	if c.Metric == Tokens {
		effect = m.TokensEffect
	}
	if effect == nil || math.IsInf(effect.High, 0) || math.IsNaN(effect.High) {
		check.unknown("no recorded calls on base to measure growth of "+c.Metric+" from", "record traffic for "+c.Scope.String())
		return check
	}
	if effect.Confidence == 0 {
		check.unknown("the effect on "+c.Metric+" ("+Change(effect.Ratio).Text+") has no interval: it rests on a single session", "record more sessions for "+c.Scope.String())
		return check
	}
	head := Change(effect.High)
	zero := Change(0)
	check.Base, check.Head = &zero, &head
	if head.Value > c.Limit.Value {
		check.Status = Fail
		if effect.Ratio <= c.Limit.Value {
			check.Settle = fmt.Sprintf("the effect itself is %s; the interval is what exceeds the ceiling: record more sessions, or calibrate the counter", Change(effect.Ratio).Text)
		}
	}
	check.sentence(fmt.Sprintf("%s grows by %s (%.0f%% interval %s to %s), whose upper end", c.Metric, Change(effect.Ratio).Text, effect.Confidence*100, Change(effect.Low).Text, head.Text))
	return check
}
