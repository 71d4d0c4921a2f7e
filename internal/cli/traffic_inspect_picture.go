package cli

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/fatih/color"
	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/tokengate/tokengate/internal/money"
)

// mostEmpty is how many bars without calls in a row are drawn; more of them become one line.
const mostEmpty = 3

// mostBars is how many bars a picture has at most: days, or else weeks, months or years.
const mostBars = 35

// bar is one line of the picture.
type bar struct {
	label string
	calls int64
	note  string // behind the number
}

// picture draws calls per day over the whole window, days without calls too.
func (s *inspectScreen) picture() {
	unit, bars := s.doc.calendar.bars()
	if len(bars) == 0 {
		return
	}
	s.title("Calls per " + unit)
	most, label, behind := int64(1), 0, 0
	for _, b := range bars {
		most, label = max(most, b.calls), max(label, len(b.label))
		behind = max(behind, twwidth.Width(b.tail()))
	}
	room := max(s.width-2-label-2-1-behind, 8)
	for _, b := range bars {
		drawn := blocks(b.calls, most, room)
		line := fmt.Sprintf("  %-*s  %s", label, b.label, s.paint(drawn, color.FgCyan))
		fmt.Fprintln(&s.b, line+ifAny(drawn != "", " ")+b.tail())
	}
}

func (b bar) tail() string {
	if b.note == "" {
		return money.Count(b.calls).String()
	}
	return money.Count(b.calls).String() + " " + b.note
}

// blocks draws n of most in at most room columns, to an eighth of one. What is not nothing is seen.
func blocks(n, most int64, room int) string {
	eighths := int(math.Round(float64(n) / float64(most) * float64(8*room)))
	if n > 0 {
		eighths = max(eighths, 1)
	}
	return strings.Repeat("█", eighths/8) + strings.TrimSpace(string([]rune(" ▏▎▍▌▋▊▉")[eighths%8]))
}

// bars groups the days by the shortest unit of which there are few enough.
func (c calendar) bars() (unit string, out []bar) {
	for _, u := range []struct {
		name  string
		label func(time.Time) string
		days  func(time.Time) int
	}{
		{"day", dayLabel, func(time.Time) int { return 1 }},
		{"week", weekLabel, func(time.Time) int { return 7 }},
		{"month", func(t time.Time) string { return t.Format("2006-01") }, func(t time.Time) int { return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day() }},
		{"year", func(t time.Time) string { return t.Format("2006") }, func(t time.Time) int { return time.Date(t.Year(), 12, 31, 0, 0, 0, 0, time.UTC).YearDay() }},
	} {
		unit, out = u.name, folded(u.name, c.grouped(u.label, u.days))
		if len(out) <= mostBars {
			return unit, out
		}
	}
	n := len(out)
	return fmt.Sprintf("year, the last %d of %d", mostBars, n), out[n-mostBars:]
}

// grouped sums days of one label. A unit that the window or a partial day cuts short says so.
func (c calendar) grouped(label func(time.Time) string, long func(time.Time) int) (out []bar) {
	covered := 0
	for i, n := range c.calls {
		at := c.day(i)
		if name := label(at); len(out) == 0 || out[len(out)-1].label != name {
			out, covered = append(out, bar{label: name}), 0
		}
		b := &out[len(out)-1]
		b.calls += n
		if !c.partial[i] {
			covered++
		}
		switch whole := long(at); {
		case covered >= whole:
			b.note = ""
		case whole == 1:
			b.note = "(partial)"
		default:
			b.note = fmt.Sprintf("(%s of %d)", number(int64(covered), "day"), whole)
		}
	}
	return out
}

// folded makes one line of a long run of bars without calls.
func folded(unit string, bars []bar) (out []bar) {
	for i := 0; i < len(bars); {
		j := i
		for j < len(bars) && bars[j].calls == 0 {
			j++
		}
		switch n := j - i; {
		case n > mostEmpty:
			out, i = append(out, bar{label: "…", note: "for " + number(int64(n), unit)}), j
		case n > 0:
			out, i = append(out, bars[i:j]...), j
		default:
			out, i = append(out, bars[i]), i+1
		}
	}
	return out
}

func dayLabel(t time.Time) string { return t.Format("2006-01-02 Mon")[:12] }

func weekLabel(t time.Time) string {
	year, week := t.ISOWeek()
	return fmt.Sprintf("%d-W%02d", year, week)
}
