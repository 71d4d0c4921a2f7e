package forecast

import "math"

// What a track's own past says of its spread.
const (
	ownStep   = 7   // days between origins, and of every forecast that is looked back at
	ownLeast  = 14  // days of history before an origin
	ownMost   = 12  // origins: a quarter
	ownPrior  = 8.0 // origins that the prior counts for
	ownWidest = 1.5 // times the prior's spread
	ownReach  = 0.6 // of a distance in logarithms that is stretched: the tail of a wild track is long enough
	ownClip   = 2.5 // an error counts for no more than so many standard deviations
)

// ownErrors looks back at the forecasts of a week that would have been made on the track's own days, the latest at most a
// quarter ago, and gives by what factors the prior's spread below and above the median has to be stretched: the root of
// the mean squared error in the prior's own standard deviations, drawn towards 1 as if the prior had been right on eight
// origins. It is never below 1, since a quiet past is no promise, and 1 where fewer than three weeks are recorded.
func ownErrors(daily []float64) (below, above float64) {
	var squares [2]float64
	n := 0
	for end := len(daily) - ownStep; end >= ownLeast && n < ownMost; end -= ownStep {
		h := newHistory(daily[:end])
		if h.mean == 0 {
			continue
		}
		n++
		r := h.ratios(&week, &temperWeek, h.features())
		came := 0.0
		for _, v := range daily[end : end+ownStep] {
			came += v
		}
		off := math.Log(came/(h.mean*ownStep)) - r[median]
		if off < 0 {
			squares[0] += square(off * scores[5] / (r[median] - r[1]))
		} else {
			squares[1] += square(off * scores[5] / (r[5] - r[median]))
		}
	}
	stretch := func(s float64) float64 { // half of the errors are expected on either side
		half := float64(n) / 2
		return min(math.Sqrt(1+max(0, s-half-math.Sqrt(float64(n)))/(ownPrior/2+half)), ownWidest)
	}
	return stretch(squares[0]), stretch(squares[1])
}

// square is the square of a standard score, clipped; a spread of nothing that was missed counts as far as any.
func square(z float64) float64 {
	if math.IsNaN(z) {
		return 0 // nothing missed by nothing
	}
	z = min(math.Abs(z), ownClip)
	return z * z
}
