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

func (t latencyTrial) wins() bool { return t.median < worthwhile && t.tail < 1 }

// tryLatency learns a constant, a line, and a line whose residual ratios are weighed by age from the first 70 % of the
// calls, and scores them on the rest. Age has to earn its place beside a line that won without it: where tokens explain
// nothing, a line that follows the load of an hour beats the constant of a day by luck.
func tryLatency(samples []LatencySample) latencyTrial {
	cut := int(trainingShare * float64(len(samples)))
	seen, rest := samples[:cut], samples[cut:]
	constant := constantLatency(seen)
	aged := constant.fitted(seen, true)
	plain := aged
	plain.recent = false
	plain.bands = plain.residuals(seen)

	t, other := against(constant, plain, rest), against(constant, aged, rest)
	if t.wins() && other.wins() && other.median+other.tail < worthwhile*(t.median+t.tail) {
		return other
	}
	return t
}

// against holds a model's weighted pinball losses against another's: of a miss q − y, p of it below y and 1 − p of it above
// (Koenker and Bassett, Econometrica 46, 1978).
func against(other, m LatencyModel, samples []LatencySample) latencyTrial {
	var ours, theirs [2]float64
	for _, s := range samples {
		for i, p := range [2]float64{0.5, 0.95} {
			ours[i] += s.weight() * missed(s.Millis, m.Quantile(s, p), p)
			theirs[i] += s.weight() * missed(s.Millis, other.Quantile(s, p), p)
		}
	}
	return latencyTrial{share(ours[0], theirs[0]), share(ours[1], theirs[1]), m.recent}
}

func missed(y, q, p float64) float64 { return max(p*(y-q), (p-1)*(y-q)) }

// share is a ÷ b, and 1 where the two are equal: neither missed anything, or both the same.
func share(a, b float64) float64 {
	if a == b {
		return 1
	}
	return a / b
}
