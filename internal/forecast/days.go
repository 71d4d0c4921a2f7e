package forecast

import (
	"cmp"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/stats"
)

// DayTotal is what was recorded on one day: its total, and when its first and last call were made.
type DayTotal struct {
	Day         time.Time // UTC midnight; any other time stands for the UTC day it lies in
	Value       float64
	First, Last time.Time // zero where unknown: the day then counts as covered on that side
}

const (
	day = 24 * time.Hour

	// An edge day is partial when more than edgeGap of it is uncovered at that edge and its total is under edgeShare of
	// the median of the other days. Both are needed: many tracks are simply quiet at night.
	edgeGap   = 2 * time.Hour
	edgeShare = 0.6
)

// Days gives the daily series, oldest first, from the first day with a record to the last. Days in between without one
// are zeros: nothing was spent. A recording rarely starts and ends at midnight, so its first and last day are dropped
// where they look partial (more than two hours uncovered at that end, and under 60 % of the median of the other days);
// dropped names them. The order of totals does not matter; totals of the same day are added.
func Days(totals []DayTotal) (values []float64, dropped []time.Time) {
	days := merged(totals)
	if len(days) == 0 {
		return nil, nil
	}
	first, last := days[0], days[len(days)-1]
	values = make([]float64, 1+daysBetween(first.Day, last.Day))
	for _, d := range days {
		values[daysBetween(first.Day, d.Day)] = d.Value
	}
	n := len(values)
	cutFirst := n > 1 && late(first) && low(values[0], values[1:])
	cutLast := n > 1 && early(last) && low(values[n-1], values[:n-1])
	if cutLast {
		values, dropped = values[:n-1], append(dropped, last.Day)
	}
	if cutFirst {
		values, dropped = values[1:], append([]time.Time{first.Day}, dropped...)
	}
	return values, dropped
}

// daysBetween counts in seconds of the epoch: a Duration would saturate after 292 years, and one absurd time stamp must
// not make two days one.
func daysBetween(a, b time.Time) int { return int((b.Unix() - a.Unix()) / int64(day/time.Second)) }

func late(d DayTotal) bool  { return !d.First.IsZero() && d.First.Sub(d.Day) > edgeGap }
func early(d DayTotal) bool { return !d.Last.IsZero() && d.Day.Add(day).Sub(d.Last) > edgeGap }

func low(v float64, others []float64) bool { return v < edgeShare*stats.Median(others) }

// merged gives one total a day in ascending order. Equal days are ordered by value before they are added, so that the
// sum has the same rounding whatever order they came in.
func merged(totals []DayTotal) []DayTotal {
	sorted := slices.Clone(totals)
	for i := range sorted {
		sorted[i].Day = sorted[i].Day.UTC().Truncate(day)
	}
	slices.SortFunc(sorted, func(a, b DayTotal) int {
		return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Value, b.Value))
	})
	var out []DayTotal
	for _, d := range sorted {
		n := len(out)
		if n == 0 || !out[n-1].Day.Equal(d.Day) {
			out = append(out, d)
			continue
		}
		out[n-1].Value += d.Value
		out[n-1].First = earlier(out[n-1].First, d.First)
		out[n-1].Last = later(out[n-1].Last, d.Last)
	}
	return out
}

// earlier is the earlier of two times; an unknown one stays unknown, and its day covered.
func earlier(a, b time.Time) time.Time {
	if a.Before(b) { // the zero time is before every other
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.IsZero() || b.IsZero() {
		return time.Time{}
	}
	if a.After(b) {
		return a
	}
	return b
}
