package config

import (
	"fmt"
	"strings"
	"time"
)

// Period is what a ceiling is per. A rolling one is so many days from the day of the run on; a calendar one is the
// week, month or quarter that the day of the run lies in.
type Period struct {
	Name     string // as written
	Days     int    // of a rolling one
	Calendar bool
}

// Periods lists the periods that can be named.
var Periods = []Period{
	{"day", 1, false}, {"week", 7, false}, {"month", 30, false}, {"quarter", 91, false},
	{"calendar_week", 7, true}, {"calendar_month", 30, true}, {"calendar_quarter", 91, true},
}

// UnmarshalText reads the name of a period.
func (p *Period) UnmarshalText(b []byte) error {
	for _, known := range Periods {
		if known.Name == string(b) {
			*p = known
			return nil
		}
	}
	return fmt.Errorf("period %q is not known; write day, week, month or quarter, or calendar_week, calendar_month or calendar_quarter", b)
}

func periodNames() (names []any) {
	for _, p := range Periods {
		names = append(names, p.Name)
	}
	return names
}

// Word is what the period is called in a sentence: a calendar_month is a month.
func (p Period) Word() string { return strings.TrimPrefix(p.Name, "calendar_") }

// Window gives the first day of the period that holds a time, and its length in days. Days are those of UTC, as the days
// of recordings are; a week begins on Monday. A rolling period begins with the day itself.
func (p Period) Window(at time.Time) (first time.Time, days int) {
	y, m, d := at.UTC().Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if !p.Calendar {
		return today, p.Days
	}
	switch p.Word() {
	case "week":
		return today.AddDate(0, 0, -(int(today.Weekday())+6)%7), 7
	case "month":
		first = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		return first, daysTo(first, first.AddDate(0, 1, 0))
	}
	first = time.Date(y, m-(m-1)%3, 1, 0, 0, 0, 0, time.UTC)
	return first, daysTo(first, first.AddDate(0, 3, 0))
}

func daysTo(a, b time.Time) int { return int(b.Sub(a) / (24 * time.Hour)) }
