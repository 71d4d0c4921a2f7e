package forecast

import (
	"math"
	"slices"
)

// Score sums up how the forecasts of one series, or of several at equal weight, held in the past.
//
// Losses are mean pinball losses: a quantile at level p that misses what came by d costs p·d where it was too low and
// (1 − p)·d where it was too high, so that in the long run nothing costs less than the true quantile. They are measured
// in shares of the series' own level, the mean history over a horizon (or a fifth of what came, where a launch made that
// more: else one launch would be half of all loss).
type Score struct {
	Horizon int
	Series  int     // that have a trial
	Better  int     // of these, those whose mean loss is below the naive method's
	Trials  int     // forecasts that were held against what came
	Silent  int     // origins without a forecast: nothing was spent on the days before
	Apart   int     // of these, those whose totals share no day with another one's, of one series (see PoolParts)
	Weighs  float64 // how many independent trials the rates weigh as much as, see Held

	Gates []Gate // by quantile, then by multiple

	ours, naive method
	logRatio    float64 // sum over the series, see Typical
}

// method is how one way of forecasting did, at levels.
type method struct {
	loss  [len(levels)]float64 // mean, every series at equal weight
	held  [len(levels)]float64 // rate of trials whose actual was at or below the quantile, every series at equal weight
	count [len(levels)]int     // of these trials
}

func (m *method) add(at [len(levels)]float64, actual, unit, share float64) {
	for i, p := range levels {
		m.loss[i] += share * pinballLoss(at[i], actual, p) / unit
		if holds(at[i], actual) {
			m.count[i]++
		}
	}
}

// plus adds what another series gave; over divides the means by the number of series.
func (m *method) plus(o *method) {
	for i := range levels {
		m.loss[i] += o.loss[i]
		m.held[i] += o.held[i]
		m.count[i] += o.count[i]
	}
}

func (m *method) over(n float64) {
	for i := range levels {
		m.loss[i] /= n
		m.held[i] /= n
	}
}

// alarms is the loss of all n trials at the quantiles that a gate looks at.
func (m *method) alarms(n int) float64 {
	sum := 0.0
	for _, p := range []float64{0.50, 0.90, 0.95} {
		sum += m.loss[levelIndex(p)]
	}
	return float64(n) * sum
}

// NewScore sums up the trials of one series, which stand one day apart, and the origins that had none. Without a trial
// its rates and losses are NaN.
func NewScore(horizon int, trials []Trial, silent int) *Score {
	s := &Score{Horizon: horizon, Trials: len(trials), Silent: silent, Gates: newGates()}
	if len(trials) == 0 {
		s.unknown()
		return s
	}
	s.Series, s.Apart = 1, apart(trials, horizon)
	s.Weighs = float64(s.Apart)
	scale := levelOf(trials)
	share := 1 / float64(len(trials))
	for _, t := range trials {
		unit := max(scale, t.Actual/5)
		s.ours.add(t.At, t.Actual, unit, share)
		s.naive.add(t.Naive, t.Actual, unit, share)
		for i := range s.Gates {
			s.Gates[i].add(t, share)
		}
	}
	s.logRatio = math.Log((s.ours.alarms(len(trials)) + little) / (s.naive.alarms(len(trials)) + little))
	if total(s.ours.loss[:]) < total(s.naive.loss[:]) {
		s.Better = 1
	}
	for i := range levels {
		s.ours.held[i] = float64(s.ours.count[i]) / float64(len(trials))
		s.naive.held[i] = float64(s.naive.count[i]) / float64(len(trials))
	}
	return s
}

func (s *Score) unknown() {
	for i := range levels {
		s.ours.loss[i], s.naive.loss[i], s.ours.held[i], s.naive.held[i] = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	}
}

// Coverage is how often what came was at or below a quantile: a P90 that can be trusted holds 90 % of the time.
type Coverage struct {
	Trials    int     // that held
	Rate      float64 // every series at equal weight; NaN without a trial
	Low, High float64 // its 95 % interval
}

// Held is the coverage of the quantile at one of Levels; it panics at any other. The interval is Wilson's (1927) for as
// many independent trials as the score weighs: those of one series overlap, as they stand one day apart and their totals
// span a horizon, so they weigh no more than those among them that share no day. That is still the most they can weigh:
// one level shift may be in several of them.
func (s *Score) Held(p float64) Coverage { return s.coverage(&s.ours, p) }

// NaiveHeld is the coverage of the naive method's quantile.
func (s *Score) NaiveHeld(p float64) Coverage { return s.coverage(&s.naive, p) }

func (s *Score) coverage(m *method, p float64) Coverage {
	i := levelIndex(p)
	c := Coverage{Trials: m.count[i], Rate: m.held[i], Low: math.NaN(), High: math.NaN()}
	if s.Trials > 0 {
		c.Low, c.High = wilson(c.Rate, s.Weighs)
	}
	return c
}

// Relative is the loss at one of Levels as a share of the naive method's: below 1 is better. It is NaN without a trial,
// and where the naive method lost nothing, as on a series that never changes. It panics at another level.
func (s *Score) Relative(p float64) float64 {
	i := levelIndex(p)
	return relative(s.ours.loss[i], s.naive.loss[i])
}

// RelativeMean is the mean loss over all Levels as a share of the naive method's, which approximates the ratio of their
// continuous ranked probability scores.
func (s *Score) RelativeMean() float64 {
	return relative(total(s.ours.loss[:]), total(s.naive.loss[:]))
}

// Typical is the geometric mean over the series of their own losses at P50, P90 and P95 as shares of the naive method's.
// The pooled losses are mostly those of the wildest series; here a calm one counts as much. A loss of 2 % of a level is
// added to both sides, so that a series on which the naive method lost nothing has a ratio too. NaN without a trial.
func (s *Score) Typical() float64 {
	if s.Series == 0 {
		return math.NaN()
	}
	return math.Exp(s.logRatio / float64(s.Series))
}

const little = 0.02

// negligible is a loss, in shares of the level, that rounding alone makes.
const negligible = 1e-9

func relative(loss, naive float64) float64 {
	if !(naive > negligible) {
		return math.NaN()
	}
	return loss / naive
}

func levelIndex(p float64) int {
	i := slices.Index(levels[:], p)
	if i < 0 {
		panic("forecast: a score is known at Levels only")
	}
	return i
}

// apart counts trials, the first one first, that share no day of their totals.
func apart(trials []Trial, horizon int) (n int) {
	free := 0
	for _, t := range trials {
		if t.Days >= free {
			n, free = n+1, t.Days+horizon
		}
	}
	return n
}

// levelOf is the mean history over a horizon, of all trials. One billionth stands for nothing at all.
func levelOf(trials []Trial) float64 {
	sum := 0.0
	for _, t := range trials {
		sum += t.Recent
	}
	return max(sum/float64(len(trials)), 1e-9)
}

func pinballLoss(q, actual, p float64) float64 {
	return max(p*(actual-q), (p-1)*(actual-q))
}

// holds says that the quantile was not exceeded by more than rounding.
func holds(q, actual float64) bool { return actual <= q*(1+1e-12) }

// wilson is the 95 % interval of a rate that was seen in n independent trials.
func wilson(rate, n float64) (low, high float64) {
	const z = 1.959964
	centre := (rate + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(rate*(1-rate)/n+z*z/(4*n*n))
	return max(0, centre-half), min(1, centre+half)
}
