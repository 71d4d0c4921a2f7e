package forecast

import (
	"errors"
	"fmt"
	"math"

	"github.com/tokengate/tokengate/internal/stats"
)

// Forecaster makes the distribution of the total of the next horizonDays from a daily history, oldest first. A history
// that it cannot forecast from is ErrNoVolume or ErrShortHistory; any other error ends a backtest.
type Forecaster func(daily []float64, horizonDays int) (Dist, error)

// VolumeAlone is Volume of a record that is complete and exactly counted: what a backtest holds against the past when it
// is given nothing else. A gate adds the errors of sampling and counting, so its own intervals are as wide or wider.
func VolumeAlone(daily []float64, horizonDays int) (Dist, error) {
	d, _, err := Volume(daily, horizonDays, Uncertainty{})
	return d, err
}

// Rolling says how a series is tested.
type Rolling struct {
	Horizon  int        // days of every total: 1 to MaxHorizon
	MinDays  int        // days of history before the first forecast, MinDays of this package at least
	Forecast Forecaster // nil is VolumeAlone
}

// Trial is one forecast of the past, held against what came. Amounts are totals of the horizon.
type Trial struct {
	Days   int                  // of history that the forecast was made from
	At     [len(levels)]float64 // its quantiles, at Levels
	Naive  [len(levels)]float64 // those of the naive method
	Recent float64              // the mean of the last 28 days, or of all, over a whole horizon
	Actual float64              // what came
}

// Backtest makes a forecast at every day of a series (whole days, oldest first) that has MinDays of history before it
// and a whole horizon behind it, and holds it against what came: rolling origins, one day apart. A forecast sees the
// days before its origin and nothing else; the naive method, and the level that ceilings are drawn at, see the last 28
// of them. silent counts the origins at which there was nothing to forecast from, because nothing was spent on the last
// 28 days; they are no trials.
//
// A series that is too short has no trials and no error. A day that is negative or not finite, and a Rolling that is out
// of range, are errors.
func Backtest(daily []float64, r Rolling) (trials []Trial, silent int, err error) {
	if err := r.usable(daily); err != nil {
		return nil, 0, err
	}
	volume := r.Forecast
	if volume == nil {
		volume = VolumeAlone
	}
	for n := r.MinDays; n+r.Horizon <= len(daily); n++ {
		history := daily[:n:n] // nothing behind the origin can be reached
		d, err := volume(history, r.Horizon)
		switch {
		case errors.Is(err, ErrNoVolume) || errors.Is(err, ErrShortHistory):
			silent++
			continue
		case err != nil:
			return nil, 0, fmt.Errorf("forecast after %d days: %w", n, err)
		}
		trials = append(trials, newTrial(history, d, r.Horizon, total(daily[n:n+r.Horizon])))
	}
	return trials, silent, nil
}

func (r Rolling) usable(daily []float64) error {
	switch {
	case r.Horizon < 1 || r.Horizon > MaxHorizon:
		return fmt.Errorf("horizon of %d days is outside 1 to %d", r.Horizon, MaxHorizon)
	case r.MinDays < MinDays:
		return fmt.Errorf("a history of %d days is under the %d that a forecast needs", r.MinDays, MinDays)
	}
	for i, v := range daily {
		if !(v >= 0) || math.IsInf(v, 1) {
			return fmt.Errorf("day %d of %d is %g, not a finite amount", i+1, len(daily), v)
		}
	}
	return nil
}

func newTrial(history []float64, d Dist, horizon int, actual float64) Trial {
	seen := history[max(0, len(history)-longestMeasured):]
	return Trial{
		Days: len(history), At: d.at, Naive: naive(seen, horizon),
		Recent: stats.Mean(seen) * float64(horizon), Actual: actual,
	}
}

// naive is what a forecast has to beat: the mean of the last 7 days goes on, with the normal noise of single days, which
// is their sample standard deviation × √horizon. A quantile below 0 is 0.
func naive(history []float64, horizon int) (q [len(levels)]float64) {
	h := float64(horizon)
	level := stats.Mean(history[max(0, len(history)-7):]) * h
	noise := stats.StdDev(history) * math.Sqrt(h)
	for i, z := range scores {
		q[i] = max(0, level+float64(z*noise))
	}
	return q
}

func total(days []float64) (sum float64) {
	for _, v := range days {
		sum += v
	}
	return sum
}

// Testable says which horizon of up to horizon days can be tested on a series of so many days, and after how many days
// of history: the horizon asked for where it fits behind a week, or else behind MinDays; and where it does not, the
// longest that does. Without room for a single day it is 0.
func Testable(days, horizon int) (fits, minDays int) {
	switch {
	case days >= shortestMeasured+horizon:
		return horizon, shortestMeasured
	case days >= 2*shortestMeasured:
		return days - shortestMeasured, shortestMeasured
	}
	return max(0, min(horizon, days-MinDays)), MinDays
}
