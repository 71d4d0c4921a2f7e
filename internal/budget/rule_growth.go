package budget

import (
	"fmt"
	"math"

	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/source"
)

var growthCeiling = Rule{source.Rule{
	ID:      "growth-ceiling",
	Summary: "a change raises spend by more than it may",
	Explain: `The same recorded calls are replayed under base and head, so the effect of a change is known to a few percent even
where the volume of a month is not. The upper end of its 95 % interval (sessions resampled, counting error included)
is held against the growth ceiling. Where only the counting error takes it over, the check is inconclusive. Without a base there is no change to measure, and the report says so.`,
}, checkGrowth}

func checkGrowth(e *Evidence) (checks []Check, findings []Finding) {
	for _, c := range e.Ceilings {
		switch {
		case c.Kind != Growth:
		case !e.HasBase:
			findings = append(findings, finding(source.Info, Pass, c.Span, "", "growth ceiling of %s is not held: there is no base to compare with", c.Scope))
		default:
			if f, fresh := newText(c, e.Scopes[c.Scope]); fresh {
				findings = append(findings, f)
				continue
			}
			checks = append(checks, growthCheck(e, c))
		}
	}
	return checks, findings
}

func growthCheck(e *Evidence, c Ceiling) Check {
	check := Check{Ceiling: c, Measure: "upper end of the effect"}
	m := e.Scopes[c.Scope]
	if check.unsent(m) {
		return check
	}
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
		check.grown(effect, m.EffectDoubt[c.Metric], m.CountingError)
	}
	check.sentence(fmt.Sprintf("%s grows by %s (%.0f%% interval %s to %s), whose upper end", c.Metric, Change(effect.Ratio).Text, effect.Confidence*100, Change(effect.Low).Text, head.Text))
	return check
}

// grown judges an upper end over the limit. The interval is sampling and counting added in quadrature; without the part
// that counting has in it, the upper end is sampled. The breach is certain only if sampled stays over the limit when the
// counts are wrong by all their error; else the check says which error of the counts would decide it.
func (c *Check) grown(effect *forecast.Effect, doubt, counted float64) {
	limit, room := c.Ceiling.Limit.Value, c.Ceiling.Limit.Value-effect.Ratio
	spread := math.Sqrt(max(0, math.Pow(effect.High-effect.Ratio, 2)-doubt*doubt))
	sampled := effect.Ratio + spread
	needed := sampled - limit
	if sampled <= limit {
		needed = math.Sqrt(room*room - spread*spread)
	}
	switch {
	case doubt > 0 && sampled-doubt <= limit:
		c.Status = Inconclusive
		c.Settle = Settled(counted*needed/doubt, counted) + settleBy
	default:
		c.Status = Fail
		if effect.Ratio <= limit {
			c.Settle = fmt.Sprintf("the effect itself is %s; the interval is what exceeds the ceiling: record more sessions", Change(effect.Ratio).Text)
		}
	}
}
