package forecast

import (
	"math"

	"github.com/tokengate/tokengate/internal/stats"
)

// Bounds of the unrest between which a track goes from calm to like all others.
const (
	calmUnrest = 0.10
	wildUnrest = 0.28
)

// rhythm learns the mean of each weekday and the unrest: what varies in a history beside its weekly rhythm, as a
// coefficient of variation. That is the cv, or, from two weeks on and where it is less, the standard deviation around the
// weekdays' means ÷ mean (with n − 7 degrees of freedom, since seven means were taken). A track that rests at weekends is
// as calm as one that does not.
func (h *history) rhythm() {
	h.unrest = h.cv
	n := len(h.days)
	if n < 14 {
		return
	}
	var seen [7]float64
	for i, v := range h.days {
		h.weekdays[i%7] += v
		seen[i%7]++
	}
	for i := range h.weekdays {
		h.weekdays[i] /= seen[i]
	}
	squares := 0.0
	for i, v := range h.days {
		off := v - h.weekdays[i%7]
		squares += off * off
	}
	h.unrest = min(h.cv, math.Sqrt(squares/float64(n-7))/h.mean)
}

// calm is the weight of the track's own days: 1 up to calmUnrest, 0 from wildUnrest on, in between linear in the logarithm.
func (h history) calm() float64 {
	u := h.unrest
	if u <= calmUnrest {
		return 1
	}
	return max(0, math.Log(wildUnrest/u)/math.Log(wildUnrest/calmUnrest))
}

// The median of a steady track is not below its level by more than steadyBelow, as a logarithm.
const (
	steadyBelow  = 0.05
	steadyUnrest = 0.28 // up to here in full
	fadingUnrest = 0.80 // from here not at all
)

// steady is how far the median is held to the track's own level: 1 up to steadyUnrest, 0 from fadingUnrest on. A gate that
// asks for P50 must not be told two thirds of what a track spends every day, because others fade.
func (h history) steady() float64 {
	return min(1, max(0, math.Log(fadingUnrest/h.unrest)/math.Log(fadingUnrest/steadyUnrest)))
}

// coreTail is what is added to a calm track's normal core, as logarithms over a week: the launch or collapse that its
// history does not show. On recorded calm tracks (cv below .15) a week was .9, .96 and 1.1 of the level at P10, P50, P90.
var coreTail = [len(levels)]float64{0: -0.30, 1: -0.05, 5: 0.03, 6: 0.20}

// core is the log ratios of a calm track over so many days: lognormal around its level with σ = .05 + .6 unrest over a
// week, growing with the root of the horizon as a level that drifts does.
func (h history) core(days float64) [len(levels)]float64 {
	level, grown := math.Log(h.calmLevel()/h.mean), math.Sqrt(days/week.days)
	sigma := 0.05 + 0.6*h.unrest
	var out [len(levels)]float64
	for i, z := range scores {
		out[i] = level + grown*(z*sigma+coreTail[i]-0.02)
	}
	return out
}

// level is the smoothed level: the mean with weights that halve every 7 days.
func (h history) level() float64 { return decayed(h.days, 7) }

// calmLevel is the level where weekdays differ: of whole weeks, with weights that halve every week, so that it does not
// depend on the weekday on which the history ends.
func (h history) calmLevel() float64 {
	n := len(h.days)
	if n < 14 {
		return h.level()
	}
	sum, weights := 0.0, 0.0
	for end, w := n, 1.0; end >= 7; end, w = end-7, w/2 {
		sum += w * stats.Mean(h.days[end-7:end])
		weights += w
	}
	return sum / weights
}

// phase is the log ratio of the weekdays that lie ahead to a mean day: what a calm track owes to a horizon that is not
// whole weeks. It is 0 where there are fewer than two weeks to know the rhythm from.
func (h history) phase(days int) float64 {
	if len(h.days) < 14 || days%7 == 0 {
		return 0
	}
	ahead, all := 0.0, 0.0
	for k := range days {
		ahead += h.weekdays[(len(h.days)+k)%7]
	}
	for _, v := range h.weekdays {
		all += v
	}
	if ahead == 0 {
		return 0 // nothing is spent on these weekdays: the level stands, and a ceiling does not pass for it
	}
	return math.Log(ahead / float64(days) * 7 / all)
}
