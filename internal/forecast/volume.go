package forecast

import (
	"errors"
	"fmt"
	"math"
)

// Bounds of what Volume answers, in days.
const (
	MinDays    = 3  // whole days of history
	MaxHorizon = 91 // a quarter
)

// ErrShortHistory is in the chain of a ShortHistoryError; ErrNoVolume says that every day looked at is zero.
var (
	ErrShortHistory = errors.New("history too short")
	ErrNoVolume     = errors.New("no volume")
)

// ShortHistoryError says how many whole days there are and how many are needed.
type ShortHistoryError struct{ Have, Need int }

// Error names both numbers.
func (e *ShortHistoryError) Error() string {
	return fmt.Sprintf("%v: %s, %d needed", ErrShortHistory, counted(e.Have, "whole day"), e.Need)
}

// Unwrap makes errors.Is(err, ErrShortHistory) true.
func (e *ShortHistoryError) Unwrap() error { return ErrShortHistory }

// Uncertainty is what a recording adds to the spread of volume, as relative standard deviations (for a 95 % half-width,
// divide by 1.96). Both are 0 for a complete, exactly counted record of all traffic.
type Uncertainty struct {
	Counting float64 // of the token counts
	Sampling float64 // of the recorded level as an estimate of the true one: SamplingError
}

// Volume forecasts the total of the next horizonDays (1 to MaxHorizon) from whole daily totals, oldest first. The result
// has the unit of the history and scales with it.
//
// The quantiles are those of the tempered prior (see temper.go) at 7 and 28 days, and in between linear in the logarithm of
// the horizon; see atHorizon for shorter and longer ones. Their distances from the median are stretched where the track's
// own past forecasts missed by more (ownErrors), and under 7 days of history by √(7 ÷ days), which kept P90 at the coverage
// of a full week on 58 series. Uncertainty is added to the distances, as logarithms, in quadrature. What a calm track owes
// to the weekdays ahead moves all quantiles alike (phase).
//
// Fewer than MinDays days give a *ShortHistoryError, a history whose last 28 days are all zero ErrNoVolume; a value that
// is negative or not finite, or a horizon out of range, an error that names it.
func Volume(daily []float64, horizonDays int, u Uncertainty) (Dist, []Warning, error) {
	warnings, err := Check(daily, horizonDays)
	if err == nil {
		err = u.usable()
	}
	if err != nil {
		return Dist{}, nil, err
	}
	h := newHistory(daily)
	x := h.features()
	ratios := h.spread(daily, atHorizon(h.ratios(&week, &temperWeek, x), h.ratios(&month, &temperMonth, x), float64(horizonDays)), u)
	rhythm := h.calm() * h.phase(horizonDays)
	var at [len(levels)]float64
	for i, r := range ratios {
		at[i] = h.mean * float64(horizonDays) * math.Exp(r+rhythm)
	}
	d, err := NewDist(at)
	return d, warnings, err
}

// Check gives the warnings and the errors that Volume has about a history, without forecasting it.
func Check(daily []float64, horizonDays int) ([]Warning, error) {
	if err := usable(daily, horizonDays); err != nil {
		return nil, err
	}
	days := daily[max(0, len(daily)-longestMeasured):]
	if len(activeDays(days)) == 0 {
		return nil, fmt.Errorf("%w on any of the last %d days", ErrNoVolume, len(days))
	}
	return cautions(len(days), horizonDays), nil
}

// spread widens log ratios by what is not in the prior: the track's own errors, a short history, and what the recording
// adds.
func (h history) spread(daily []float64, ratios [len(levels)]float64, u Uncertainty) [len(levels)]float64 {
	below, above := ownErrors(daily)
	short := math.Sqrt(max(1, float64(shortestMeasured)/float64(len(h.days))))
	return widen(ratios, func(z, dev float64) float64 {
		own := above
		if z < 0 {
			own = below
		}
		return math.Hypot((dev+(own-1)*min(dev, ownReach))*short, z*math.Hypot(u.Counting, u.Sampling))
	})
}

func usable(daily []float64, horizonDays int) error {
	if horizonDays < 1 || horizonDays > MaxHorizon {
		return fmt.Errorf("horizon of %d days is outside 1 to %d", horizonDays, MaxHorizon)
	}
	if len(daily) < MinDays {
		return &ShortHistoryError{Have: len(daily), Need: MinDays}
	}
	for i, v := range daily {
		if !(v >= 0) || math.IsInf(v, 1) {
			return fmt.Errorf("day %d of %d is %g, not a finite amount", i+1, len(daily), v)
		}
	}
	return nil
}

func (u Uncertainty) usable() error {
	for _, sd := range []float64{u.Counting, u.Sampling} {
		if !(sd >= 0) || math.IsInf(sd, 1) {
			return fmt.Errorf("relative error %g is not a finite share", sd)
		}
	}
	return nil
}

// atHorizon takes the log ratios of 7 and of 28 days to those of h days. Under 7 days those of 7 stand: on 58 series they
// covered 1 to 3 days at P90 89–97 % of the time, and adding the noise of single days only cost sharpness. Over 28 days the
// median stays, a trend is never extrapolated, and the distances from it grow with the fourth root of the horizon: a level
// that drifts freely would make it the square root, one that returns makes it less.
func atHorizon(r7, r28 [len(levels)]float64, h float64) [len(levels)]float64 {
	if h > month.days {
		grown := math.Pow(h/month.days, 0.25)
		return widen(r28, func(_, dev float64) float64 { return grown * dev })
	}
	share := max(0, math.Log(h/week.days)/math.Log(month.days/week.days))
	var r [len(levels)]float64
	for i := range r {
		r[i] = r7[i] + share*(r28[i]-r7[i])
	}
	return r
}

// widen replaces the distance of every log ratio from the median by what by makes of it and of the level's normal score.
func widen(r [len(levels)]float64, by func(z, dev float64) float64) [len(levels)]float64 {
	out := r
	for i := range r {
		switch dev := by(scores[i], math.Abs(r[i]-r[median])); {
		case i < median:
			out[i] = r[median] - dev
		case i > median:
			out[i] = r[median] + dev
		}
	}
	return out
}

// counted gives "1 day" or "3 days".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func cautions(days, horizon int) []Warning {
	var ws []Warning
	if days < shortestMeasured {
		ws = append(ws, Warning{Rule: ruleShortHistory, Text: fmt.Sprintf("the forecast rests on %s; its spread was measured on %d to %d", counted(days, "whole day"), shortestMeasured, longestMeasured)})
	}
	if h := float64(horizon); h < week.days || h > month.days {
		ws = append(ws, Warning{Rule: ruleHorizon, Text: fmt.Sprintf("a period of %s is outside the %g to %g days that spread was measured on", counted(horizon, "day"), week.days, month.days)})
	}
	return ws
}
