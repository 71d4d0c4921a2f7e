package forecast

const (
	trainingShare = 0.7  // of the calls, in order; the rest decides whether the fit is used
	worthwhile    = 0.98 // of the other's loss; what wins by less has won by luck
)

// latencyTrial is how a fit did on calls that it had not seen: its pinball losses at P50 and P95 as shares of a constant's.
type latencyTrial struct {
	median, tail float64
	recent       bool // later calls weighed more
}

func (t latencyTrial) wins() bool { return t.median < worthwhile && t.tail < worthwhile }

// tryLatency learns a constant, a line, and a line whose residual ratios are weighed by age from the first 70 % of the
// calls, and scores them on the rest. Age has to earn its place beside the line as the line has beside the constant.
func tryLatency(samples []LatencySample) latencyTrial {
	cut := int(trainingShare * float64(len(samples)))
	seen, rest := samples[:cut], samples[cut:]
	constant := constantLatency(seen)
	aged := constant.fitted(seen, true)
	plain := aged
	plain.recent = false
	plain.bands = plain.residuals(seen)

	median, tail := latencyLoss(constant, rest)
	against := func(m LatencyModel) latencyTrial {
		a, b := latencyLoss(m, rest)
		return latencyTrial{share(a, median), share(b, tail), m.recent}
	}
	t, other := against(plain), against(aged)
	if other.wins() && (!t.wins() || other.median+other.tail < worthwhile*(t.median+t.tail)) {
		return other
	}
	return t
}

// latencyLoss is the weighted pinball loss at P50 and at P95: of a miss q − y, p of it below y and 1 − p of it above
// (Koenker and Bassett, Econometrica 46, 1978).
func latencyLoss(m LatencyModel, samples []LatencySample) (median, tail float64) {
	for _, s := range samples {
		median += s.weight() * missed(s.Millis, m.Quantile(s, 0.5), 0.5)
		tail += s.weight() * missed(s.Millis, m.Quantile(s, 0.95), 0.95)
	}
	return median, tail
}

func missed(y, q, p float64) float64 { return max(p*(y-q), (p-1)*(y-q)) }

// share is a ÷ b, and 1 where the two are equal: neither missed anything, or both the same.
func share(a, b float64) float64 {
	if a == b {
		return 1
	}
	return a / b
}
