package forecast

import "math"

// errorBlocks is how many times a model is fitted again to learn how far it may be off; errorT is Student's t at 97.5 %
// with one degree of freedom fewer.
const (
	errorBlocks = 10
	errorT      = 2.2621571628
)

// LatencyError knows how far the predictions of a model may be off for want of calls.
type LatencyError struct{ without []LatencyModel }

// ErrorOf fits m again without each of ten blocks of consecutive calls: what one stretch of the recording decided alone
// shows there. samples are those that m was learnt from, in the order they were made. Fewer than ten usable calls say
// nothing about their error.
func (m LatencyModel) ErrorOf(samples []LatencySample) LatencyError {
	usable, _ := usableLatencies(samples)
	usable = thin(usable, maxLatencySamples)
	var e LatencyError
	for k := range errorBlocks {
		from, to := k*len(usable)/errorBlocks, (k+1)*len(usable)/errorBlocks
		if from == to {
			return LatencyError{}
		}
		rest := append(append(make([]LatencySample, 0, len(usable)), usable[:from]...), usable[to:]...)
		again := constantLatency(rest)
		if !m.Constant() {
			again = again.fitted(rest, m.recent)
		}
		e.without = append(e.without, again)
	}
	return e
}

// HalfWidth is half the width of a 95 % interval of what predict makes of a model: the grouped jackknife (Shao and Tu, The
// Jackknife and Bootstrap, 1995, 1.2), √(9/10 × Σ (θₖ − θ̄)²) over the models with a block left out, times Student's t.
// Without such models it is +Inf.
func (e LatencyError) HalfWidth(predict func(LatencyModel) float64) float64 {
	n := float64(len(e.without))
	if n == 0 {
		return math.Inf(1)
	}
	values, mean := make([]float64, len(e.without)), 0.0
	for i, m := range e.without {
		values[i] = predict(m)
		mean += values[i] / n
	}
	squares := 0.0
	for _, v := range values {
		squares += float64((v - mean) * (v - mean))
	}
	return errorT * math.Sqrt((n-1)/n*squares)
}
