// Package forecast owns the distributions a gate decides on: the volume of a coming period from a daily history, the
// paired effect of a change on the same recorded calls, and latency as a function of a call's tokens.
//
// Two uncertainties are kept apart. The effect of a change is paired and known to a few percent; the volume of a period
// is wild, because launches and collapses are not contained in any short history, so its spread comes from a prior
// measured across many series and is only ever widened by what one recording adds (sampling, counting).
//
// It knows nothing of ceilings, of which revision is base or head, of money or of templates: numbers come in with the
// unit the caller gives them and go out in the same unit. What weakens a number is a Warning beside it.
//
//	days, dropped := forecast.Days(totals)
//	dist, warnings, err := forecast.Volume(days, 30, forecast.Uncertainty{Sampling: forecast.SamplingError(costs, len(days))})
//	p90 := dist.Quantile(0.90)
package forecast

import (
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/stats"
)

// Warning says what weakens a result; its Rule is an id of Rules here or in stats.
type Warning = stats.Warning

const (
	ruleShortHistory     = "short-history"
	ruleHorizon          = "horizon-extrapolated"
	ruleLatencyConstant  = "latency-constant"
	ruleLatencyUnusable  = "latency-unusable"
	ruleEffectUnmeasured = "effect-unmeasured"
)

// Rules documents the ids of the warnings this package returns; those of a bootstrap are in stats.Rules.
var Rules = []source.Rule{
	{ID: ruleShortHistory, Summary: "a forecast rests on less than a week", Explain: "The spread of volume was measured on histories of 7 to 28 days. From 3 to 6 whole days a forecast is still made, its spread wider by the square root of 7 over the number of days."},
	{ID: ruleHorizon, Summary: "the period is shorter or longer than what was measured", Explain: "Spread was measured for totals of 7 and 28 days. Shorter periods take the spread of 7 days, which is wide enough for them; longer ones keep the centre of 28 days and go on widening, which was not measured."},
	{ID: ruleLatencyConstant, Summary: "latency is not explained by tokens", Explain: "With fewer than 60 usable calls, or when a fit on tokens does not predict the later 30 % of the calls better than the median and the 95th percentile of the earlier ones would, a change of tokens is taken to leave latency as it was."},
	{ID: ruleLatencyUnusable, Summary: "calls without a usable latency", Explain: "A latency that is missing, not positive or not finite, or a token count that is negative, cannot be fitted; such calls are left out and counted."},
	{ID: ruleEffectUnmeasured, Summary: "the effect of the change has no interval", Explain: "An interval needs at least two clusters of calls that differ from zero. Confidence is 0 and the interval must not be held against a limit."},
}
