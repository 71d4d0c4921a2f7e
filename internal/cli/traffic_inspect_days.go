package cli

import (
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/stats"
)

// calendar is the calls of every day from the first to the last that has some.
type calendar struct {
	first   time.Time // midnight, UTC
	calls   []int64   // by day
	partial []bool    // the first and the last day only, by the forecast's rule
}

const oneDay = 24 * time.Hour

func newCalendar(days []cube.Total) calendar {
	var totals []forecast.DayTotal
	for _, d := range days {
		at := time.Unix(d.Counts.First, 0).UTC()
		totals = append(totals, forecast.DayTotal{Day: at.Truncate(oneDay), Value: float64(d.Counts.Calls), First: at, Last: time.Unix(d.Counts.Last, 0).UTC()})
	}
	if len(totals) == 0 {
		return calendar{}
	}
	c := calendar{first: totals[0].Day}
	n := c.place(totals[len(totals)-1].Day) + 1
	c.calls, c.partial = make([]int64, n), make([]bool, n)
	for i, t := range totals {
		c.calls[c.place(t.Day)] = days[i].Counts.Calls
	}
	_, dropped := forecast.Days(totals)
	for _, d := range dropped {
		c.partial[c.place(d)] = true
	}
	return c
}

// place counts in seconds: a Duration ends after 292 years.
func (c calendar) place(day time.Time) int { return int((day.Unix() - c.first.Unix()) / 86400) }

func (c calendar) day(i int) time.Time { return c.first.AddDate(0, 0, i) }

func (c calendar) name(i int) string { return c.day(i).Format(time.DateOnly) }

// week numbers the weeks, which begin on Monday; 1970-01-01 was a Thursday.
func (c calendar) week(i int) int64 { return floorWeek(c.day(i).Unix()/86400 + 3) }

func floorWeek(days int64) int64 {
	if days < 0 {
		days -= 6
	}
	return days / 7
}

// whole is how many days are not partial.
func (c calendar) whole() (n int) {
	for _, p := range c.partial {
		if !p {
			n++
		}
	}
	return n
}

// sameDays is how many days of one weekday show what is usual on it.
const sameDays = 3

// leastGap is how many calls a gap would usually have. Where calls come by chance at that rate, none at all come once in
// 20,000 times (e to the power of -10).
const leastGap = 10

// usual is how many calls each day would have, going by the others: the median of the days of its weekday in weeks that
// have calls, where there are three such days or more, so that a quiet Sunday is no gap; else the median of the days
// that have calls, or the mean of all days where that is less.
func (c calendar) usual() []float64 {
	var some []float64
	sum := 0.0
	active := map[int64]bool{}
	for i, n := range c.calls {
		sum += float64(n)
		if n > 0 {
			some = append(some, float64(n))
			active[c.week(i)] = true
		}
	}
	otherwise := min(stats.Median(some), sum/float64(len(c.calls)))
	var like [7][]float64
	for i, n := range c.calls {
		if active[c.week(i)] && !c.partial[i] {
			like[c.day(i).Weekday()] = append(like[c.day(i).Weekday()], float64(n))
		}
	}
	byDay := [7]float64{}
	for d, values := range like {
		byDay[d] = otherwise
		if len(values) >= sameDays {
			byDay[d] = stats.Median(values)
		}
	}
	out := make([]float64, len(c.calls))
	for i := range out {
		out[i] = byDay[c.day(i).Weekday()]
	}
	return out
}

// findGaps finds runs of days with less than a tenth of their usual calls that would usually have had ten calls or more
// between them. Days that usually have none and have none, such as a Sunday, prolong a run but do not begin or end one.
// A partial first or last day is no gap. What is missing within a day is not seen: a cube has no hours.
func (c calendar) findGaps() []inspectGap {
	gaps := []inspectGap{}
	if len(c.calls) == 0 {
		return gaps
	}
	usual := c.usual()
	low := func(i int) bool { return !c.partial[i] && 10*float64(c.calls[i]) < usual[i] }
	for i := 0; i < len(c.calls); i++ {
		if !low(i) {
			continue
		}
		last := i
		for j := i + 1; j < len(c.calls) && (low(j) || c.calls[j] == 0); j++ {
			if low(j) {
				last = j
			}
		}
		g := inspectGap{From: c.name(i), To: c.name(last), Days: int64(last - i + 1)}
		expected := 0.0
		for j := i; j <= last; j++ {
			g.Calls += c.calls[j]
			expected += usual[j]
		}
		if g.Usual = int64(expected + 0.5); g.Usual >= leastGap {
			gaps = append(gaps, g)
		}
		i = last
	}
	return gaps
}

// list gives the days that have calls.
func (c calendar) list() []inspectDay {
	out := []inspectDay{}
	for i, n := range c.calls {
		if n > 0 {
			out = append(out, inspectDay{Day: c.name(i), Calls: n, Partial: c.partial[i]})
		}
	}
	return slices.Clip(out)
}

func (c calendar) partialDays() []string {
	out := []string{}
	for i, p := range c.partial {
		if p {
			out = append(out, c.name(i))
		}
	}
	return out
}
