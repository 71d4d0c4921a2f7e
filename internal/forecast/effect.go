package forecast

import (
	"math"
	"slices"

	"github.com/tokengate/tokengate/internal/stats"
)

const (
	effectLevel     = 0.95
	effectResamples = 2000
)

// Effect is what a change does to the recorded calls: head ÷ base − 1 with its interval.
//
// Confidence is what the interval can claim: 0.95 from six clusters on, less below (stats.Achieved), and 0 when there is
// no interval; Low and High then repeat Ratio and are no bounds. Where base is zero and head is not, or a sum is not a
// number, all three are +Inf, which no limit passes and JSON cannot hold.
type Effect struct {
	Ratio      float64
	Low        float64
	High       float64
	Confidence float64
	Warnings   []Warning
}

// PairedEffect compares the same calls under head and under base, summed by cluster (a session, or a day where there are
// none). The interval is a bootstrap of whole clusters, widened in quadrature by the counting error of what changed:
// countingError is the half-width of the token counts as a share (token.Estimate.RelativeError), and what is common to
// both sides cancels, so it weighs on |Ratio| only. No change in any cluster is exactly 0, 0, 0 whatever the error.
func PairedEffect(clusters []stats.Pair, countingError float64, seed uint64) Effect {
	if len(clusters) > 0 && !slices.ContainsFunc(clusters, changed) {
		return Effect{Confidence: effectLevel}
	}
	ratio, low, high, warnings := stats.BootstrapRatio(clusters, effectLevel, effectResamples, seed)
	e := Effect{Ratio: ratio - 1, Warnings: warnings}
	counted := math.Abs(e.Ratio) * math.Abs(countingError)
	e.Low = max(e.Ratio-math.Hypot(ratio-low, counted), -1)
	e.High = e.Ratio + math.Hypot(high-ratio, counted)
	e.Confidence = stats.Achieved(effectLevel, len(stats.Clusters(clusters)))
	if math.IsInf(ratio, 0) || math.IsNaN(countingError) {
		inf := math.Inf(1)
		e.Ratio, e.Low, e.High, e.Confidence = inf, inf, inf, 0
	}
	if e.Confidence == 0 {
		e.Warnings = append(e.Warnings, Warning{Rule: ruleEffectUnmeasured, Text: "the effect of the change has no interval"})
	}
	return e
}

// changed is true for NaN as well, which is then refused as no number.
func changed(p stats.Pair) bool { return p.Base != p.Head }
