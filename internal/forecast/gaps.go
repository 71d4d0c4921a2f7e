package forecast

import "time"

// Silence is a day inside a recording on which nothing at all was recorded, and which no weekly pattern explains.
type Silence struct {
	At      int  // place in the series
	Missing bool // most likely a hole in the recording: leave the day out; otherwise it may be one
}

// Silences finds the days without any record, among the whole days of a recording that begins on first, that are not
// silent by habit. A hole that counts as a zero lowers every forecast, so what cannot be told apart is named.
//
//   - A weekday that is silent more often than not, on other days than the one in question, is silent by habit: weekends
//     of office hours. Saturday and Sunday need one other such day to tell by, the others two.
//   - Where most days of the recording are busy, a silent working day is missing unless it is silent by habit, and so is
//     a silent Saturday or Sunday if most others of the recording are busy.
//   - Every other silent day may be either, and counts as a zero.
func Silences(first time.Time, recorded []bool) []Silence {
	var busy int
	var seen, active [7]int
	weekday := func(i int) time.Weekday { return first.AddDate(0, 0, i).Weekday() }
	for i, r := range recorded {
		seen[weekday(i)]++
		if r {
			busy++
			active[weekday(i)]++
		}
	}
	var out []Silence
	for i, r := range recorded {
		day := weekday(i)
		others, enough, working := seen[day]-1, 2, true
		if day == time.Saturday || day == time.Sunday {
			enough, working = 1, false
		}
		switch habit := others >= enough && 2*active[day] < others; {
		case r || habit:
		case 2*busy > len(recorded) && (working || 2*active[day] > others):
			out = append(out, Silence{i, true})
		default:
			out = append(out, Silence{i, false})
		}
	}
	return out
}
