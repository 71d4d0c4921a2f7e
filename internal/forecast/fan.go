package forecast

import "fmt"

// Fan spreads the distribution of a whole period over its days: for each of days (1 to horizonDays) the distribution of
// what has come to pass by the end of that day. The shape is that of Volume over shorter horizons of the same history;
// every level is scaled so that the last day has whole itself, however whole was made. What has come never falls from a
// day to a later one, and the levels are in order on every day.
//
// Errors are those of Volume, and a day out of range.
func Fan(daily []float64, whole Dist, horizonDays int, days []int) ([]Dist, error) {
	last, _, err := Volume(daily, horizonDays, Uncertainty{})
	if err != nil {
		return nil, err
	}
	out := make([]Dist, len(days))
	for i, day := range days {
		if day < 1 || day > horizonDays {
			return nil, fmt.Errorf("day %d is outside 1 to %d", day, horizonDays)
		}
		until, _, err := Volume(daily, day, Uncertainty{})
		if err != nil {
			return nil, err
		}
		out[i] = until.towards(last, whole, float64(day)/float64(horizonDays))
	}
	return rising(out, days, whole), nil
}

// towards scales every level by what takes last to whole; share stands in where last is 0 and has no ratio.
func (d Dist) towards(last, whole Dist, share float64) Dist {
	var out Dist
	for i := range d.at {
		if out.at[i] = share * whole.at[i]; last.at[i] > 0 {
			out.at[i] = whole.at[i] * (d.at[i] / last.at[i])
		}
		if i > 0 {
			out.at[i] = max(out.at[i], out.at[i-1])
		}
	}
	return out
}

// rising keeps every day at or below those after it, and all at or below the whole. Levels stay in order: a minimum of
// ordered lists, place by place, is ordered.
func rising(fan []Dist, days []int, whole Dist) []Dist {
	for i := range fan {
		for j := range fan {
			if days[j] > days[i] {
				fan[i] = fan[i].atMost(fan[j])
			}
		}
		fan[i] = fan[i].atMost(whole)
	}
	return fan
}

func (d Dist) atMost(o Dist) Dist {
	for i := range d.at {
		d.at[i] = min(d.at[i], o.at[i])
	}
	return d
}

// FanDays chooses the days of a picture: at most 16, spread evenly, the first and the last among them.
func FanDays(horizonDays int) []int {
	const most = 16
	var days []int
	if horizonDays <= most {
		for d := 1; d <= horizonDays; d++ {
			days = append(days, d)
		}
		return days
	}
	days = append(days, 1)
	for i := 1; i < most; i++ {
		days = append(days, (i*horizonDays+most-2)/(most-1)) // rounded up: 30 days give 1, 2, 4, … 30
	}
	return days
}
