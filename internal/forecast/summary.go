package forecast

// Summary says in one line how the forecasts of one series held in the past.
type Summary struct {
	Horizon   int     // days of every total; less than was asked for where the series is too short
	Trials    int     // forecasts that were held against what came
	Apart     int     // of these, those that share no day of their totals
	Held      int     // trials whose actual was at or below P90
	NaiveHeld int     // trials whose actual was at or below the naive method's P90
	Loss      float64 // mean loss as a share of the naive method's: below 1 is better; NaN where that lost nothing
}

// Past tests Volume, with what a recording adds to its spread, on the series itself: at the horizon asked for, or the
// longest that fits, as Testable has it. ok is false where nothing can be tested. A gate may call it for every scope: a
// series of 90 days takes half a millisecond or less.
//
// The uncertainty is that of the whole series. At earlier origins it would have been larger, so what held here would have
// held then.
func Past(daily []float64, horizon int, u Uncertainty) (s Summary, ok bool) {
	fits, minDays := Testable(len(daily), horizon)
	if fits == 0 {
		return Summary{}, false
	}
	trials, silent, err := Backtest(daily, Rolling{Horizon: fits, MinDays: minDays, Forecast: func(daily []float64, horizonDays int) (Dist, error) {
		d, _, err := Volume(daily, horizonDays, u)
		return d, err
	}})
	if err != nil || len(trials) == 0 {
		return Summary{}, false
	}
	return NewScore(fits, trials, silent).Summary(), true
}

// Summary is the score in one line.
func (s *Score) Summary() Summary {
	return Summary{Horizon: s.Horizon, Trials: s.Trials, Apart: s.Apart, Held: s.Held(0.90).Trials, NaiveHeld: s.NaiveHeld(0.90).Trials, Loss: s.RelativeMean()}
}
