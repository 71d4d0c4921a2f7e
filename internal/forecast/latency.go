package forecast

import (
	"fmt"
	"math"

	"github.com/tokengate/tokengate/internal/stats"
)

const (
	minLatencySamples = 60     // fewer calls, as many equally weighted ones as theirs are worth, do not carry a fit
	maxLatencySamples = 20_000 // more add time and no accuracy; they are thinned evenly
)

// LatencySample is one call: its tokens by what they cost in time, and its latency. Millis and Weight are ignored where a
// sample only asks for a prediction.
type LatencySample struct {
	Uncached, Cached, Output float64 // tokens
	Millis                   float64
	Weight                   float64 // calls that it stands for; 0 counts as 1
}

// Over is the mean of n calls whose tokens add up to s.
func (s LatencySample) Over(n float64) LatencySample {
	s.Uncached, s.Cached, s.Output = s.Uncached/n, s.Cached/n, s.Output/n
	return s
}

func (s LatencySample) weight() float64 {
	if s.Weight == 0 {
		return 1
	}
	return s.Weight
}

// LatencyModel predicts the latency of a call from its tokens. The zero value knows nothing: it predicts 0 and a ratio
// of 1.
type LatencyModel struct {
	calls    int
	line     latencyLine   // zero for a constant model
	bands    []latencyBand // ascending; nil for a constant model
	recent   bool          // later calls weigh more in the bands
	fastest  float64       // no prediction is below the fastest recorded call
	constant latencyGrid   // of the recorded latencies
}

// FitLatency learns latency from calls in the order they were made. The median is a line on uncached, cached and output
// tokens (least absolute deviations, no coefficient below zero); other quantiles are the line times the residual ratios
// of calls predicted alike.
//
// The line has to earn its place: learnt from the first 70 % of the calls it must predict the rest with a pinball loss
// below that of a constant, at P50 by 2 % or more and at P95. Otherwise, and with calls worth fewer than 60 of equal
// weight, the model is that constant and says so. Where ratios weighed down by age do another 2 % better on the rest, they
// are taken: a service that became faster is what it is now.
//
// Measured on 57 endpoints of 1,700 calls each, against a constant: 0.39 to 0.41 of its loss at P50 and 0.45 to 0.46 at
// P95, none above 1. Tried and not kept, for they lost on later calls: a slower token in a longer context, hinges in
// output tokens, deviations relative to the latency, additive residuals, more than eight bands.
func FitLatency(samples []LatencySample) (LatencyModel, []Warning) {
	usable, warnings := usableLatencies(samples)
	m := constantLatency(usable)
	if n := effectiveCalls(usable); n < minLatencySamples {
		return m, append(warnings, Warning{Rule: ruleLatencyConstant, Text: fmt.Sprintf("%.0f calls with a latency, %d needed to fit it on tokens", n, minLatencySamples)})
	}
	thinned := thin(usable, maxLatencySamples)
	t := tryLatency(thinned)
	if !t.wins() {
		return m, append(warnings, Warning{Rule: ruleLatencyConstant, Text: fmt.Sprintf("tokens predict the later calls no better than their quantiles do (loss %.2f of theirs at P50 and %.2f at P95; below %.2f and 1 needed)", t.median, t.tail, worthwhile)})
	}
	return m.fitted(thinned, t.recent), warnings
}

// fitted puts a line and its bands into a model.
func (m LatencyModel) fitted(samples []LatencySample, recent bool) LatencyModel {
	m.line, m.recent = fitLine(samples), recent
	m.bands = m.residuals(samples)
	return m
}

// constantLatency knows the recorded latencies alone.
func constantLatency(samples []LatencySample) LatencyModel {
	m := LatencyModel{calls: len(samples)}
	if m.calls > 0 {
		m.constant = gridOf(latencies(samples))
		m.fastest = m.constant[0]
	}
	return m
}

func latencies(samples []LatencySample) []stats.Weighted {
	out := make([]stats.Weighted, len(samples))
	for i, s := range samples {
		out[i] = stats.Weighted{Value: s.Millis, Weight: s.weight()}
	}
	return out
}

func effectiveCalls(samples []LatencySample) float64 { return stats.EffectiveSize(latencies(samples)) }

// Calls is the number of recorded calls that the model rests on.
func (m LatencyModel) Calls() int { return m.calls }

// Method names how latency is predicted, for people.
func (m LatencyModel) Method() string {
	switch {
	case m.calls == 0:
		return "no recorded latency"
	case m.bands == nil:
		return fmt.Sprintf("constant: recorded latencies of %d calls", m.calls)
	case m.recent:
		return fmt.Sprintf("median fit on uncached, cached and output tokens of %d calls, later ones weighing more in its spread", m.calls)
	}
	return fmt.Sprintf("median fit on uncached, cached and output tokens of %d calls", m.calls)
}

// Constant reports whether the model ignores tokens.
func (m LatencyModel) Constant() bool { return m.bands == nil }

// Predict is the typical latency of a call, in milliseconds: the line, or the median of the recorded latencies. It never
// falls when a call holds more tokens of any kind.
func (m LatencyModel) Predict(s LatencySample) float64 {
	if m.bands == nil {
		return m.constant.at(0.5)
	}
	return max(m.line.at(s), m.fastest)
}

// Quantile is the p-quantile of the latency of a call, in milliseconds. It is above 0 and does not fall as p rises. Away
// from the median it may fall when a call holds more tokens, where it was the short calls that hung. Between whole
// percents p is interpolated.
func (m LatencyModel) Quantile(s LatencySample, p float64) float64 {
	if m.bands == nil {
		return m.constant.at(p)
	}
	return m.curve(m.Predict(s), p)
}

// Rank is the inverse of Quantile, to a ten-thousandth: the share of calls like s that are at least as fast as Millis says.
func (m LatencyModel) Rank(s LatencySample) float64 {
	low, high := 0.0, 1.0
	for range 14 {
		if p := (low + high) / 2; m.Quantile(s, p) < s.Millis {
			low = p
		} else {
			high = p
		}
	}
	return (low + high) / 2
}

// Ratio is the predicted latency of head ÷ that of base, by which a recorded latency is moved when a change alters a
// call's tokens. A constant model gives 1.
func (m LatencyModel) Ratio(base, head LatencySample) float64 {
	if m.bands == nil {
		return 1
	}
	return m.Predict(head) / m.Predict(base)
}

// Carry takes a recorded call to another model: one that was slower than nine in ten of its like there is slower than
// nine in ten of its like here. The level and the spread are those of the model it goes to.
func (m LatencyModel) Carry(to LatencyModel, base, head LatencySample) float64 {
	return to.Quantile(head, m.Rank(base))
}

// usableLatencies leaves out calls that cannot be fitted and says how many.
func usableLatencies(samples []LatencySample) ([]LatencySample, []Warning) {
	var out []LatencySample
	for _, s := range samples {
		tokens, sum := min(s.Uncached, s.Cached, s.Output), s.Uncached+s.Cached+s.Output+s.Millis+s.Weight
		if tokens >= 0 && s.Millis > 0 && s.Weight >= 0 && !math.IsInf(sum, 0) {
			out = append(out, s)
		}
	}
	if left := len(samples) - len(out); left > 0 {
		return out, []Warning{{Rule: ruleLatencyUnusable, Text: fmt.Sprintf("%d of %d calls have no usable latency", left, len(samples))}}
	}
	return out, nil
}

// thin keeps at most limit samples, evenly spaced and in order.
func thin(samples []LatencySample, limit int) []LatencySample {
	if len(samples) <= limit {
		return samples
	}
	out := make([]LatencySample, limit)
	for i := range out {
		out[i] = samples[i*len(samples)/limit]
	}
	return out
}
