package render

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/report"
)

// Fan is a picture of how an amount grows over the days of a period: the median, the bands that hold it half of the time
// and nine times of ten, and a ceiling as a line across.
type Fan struct {
	Points      []report.FanPoint // days ascending; the last one ends the period
	Unit        string            // usd, tokens, or "" for a number without one
	Ceiling     float64           // 0 for none
	CeilingText string            // as people read it: "$40"
	From        time.Time         // the first day of the period; zero counts days instead of naming them
}

// fanRows is the height of the picture without its axis, dates and legend.
const fanRows = 10

// mostColumns is where a picture stops to gain from being wider.
const mostColumns = 72

// The marks of a picture, told apart by their density so that they need no colour.
const (
	markBlank = iota
	markOuter // between P5 and P95
	markInner // between P25 and P75
	markMedian
	markCeiling
)

var (
	fanMarks  = [...]string{" ", "░", "▓", "━", "═"}
	fanStyles = [...]string{"", "36", "36", "1;36", "1;33"}
	overStyle = red // of a band above the ceiling
)

// Lines draws the picture in at most width columns, 13 lines high, or 14 where the ceiling lies above it. There are none
// where nothing is spent. No line ends in a space.
func (f Fan) Lines(width int, color bool) []string {
	top := f.top()
	if !(top > 1e-300) || math.IsInf(top, 1) { // nothing is spent, or a report says what no program wrote
		return nil
	}
	ticks, ends := f.ticks(top), f.ends(top)
	left, right := widestOf(ticks), widestOf(ends)
	columns := min(width-left-right-3, mostColumns)
	if columns < 8 {
		return nil
	}
	var out []string
	if f.above() {
		out = append(out, fmt.Sprintf("%*s   %s", left, "", paint(color, fanStyles[markCeiling], clipWidth(f.out(), width-left-3, false))))
	}
	rows := f.cells(columns, top)
	for r, row := range rows {
		axis := "│"
		if ticks[r] != "" {
			axis = "┤"
		}
		line := fmt.Sprintf("%*s %s%s", left, ticks[r], axis, f.painted(row, r, top, color))
		if ends[r] != "" {
			line += " " + ends[r]
		}
		out = append(out, strings.TrimRight(line, " "))
	}
	out = append(out, fmt.Sprintf("%*s └%s", left, "", strings.Repeat("─", columns)), strings.TrimRight(fmt.Sprintf("%*s  %s", left, "", f.days(columns)), " "))
	return append(out, f.legend(left, width, color))
}

// top is the amount at the upper edge: P95 of the whole, and the ceiling where it is not out of all proportion.
func (f Fan) top() float64 {
	if len(f.Points) == 0 {
		return 0
	}
	high := f.Points[len(f.Points)-1].P95
	if f.Ceiling > 0 && !f.above() {
		high = max(high, f.Ceiling)
	}
	return high * 1.02
}

// above reports whether the ceiling is so high that with it in the picture the fan would be a streak at the bottom.
func (f Fan) above() bool { return f.Ceiling > 2.5*f.Points[len(f.Points)-1].P95 }

// out says of a ceiling above the picture how far above it is.
func (f Fan) out() string {
	return fmt.Sprintf("↑ ceiling %s, %s times P95", plain(f.CeilingText), threeDigits(f.Ceiling/f.Points[len(f.Points)-1].P95))
}

// rowOf is the row, from the top, that an amount lies in.
func rowOf(v, top float64) int {
	return min(max(fanRows-1-int(v/top*fanRows), 0), fanRows-1)
}

// cells draws the picture's inside.
func (f Fan) cells(columns int, top float64) [][]int {
	rows := make([][]int, fanRows)
	for r := range rows {
		rows[r] = make([]int, columns)
	}
	for c := range columns {
		at := f.at(float64(c+1) / float64(columns))
		for r := range rows {
			switch middle := top * (fanRows - float64(r) - 0.5) / fanRows; {
			case at.P25 <= middle && middle <= at.P75:
				rows[r][c] = markInner
			case at.P5 <= middle && middle <= at.P95:
				rows[r][c] = markOuter
			}
		}
		if f.Ceiling > 0 && !f.above() {
			rows[rowOf(f.Ceiling, top)][c] = markCeiling
		}
		rows[rowOf(at.P50, top)][c] = markMedian
	}
	return rows
}

// at is the fan at a share of the period, between its points on a straight line; at its beginning nothing is spent.
func (f Fan) at(share float64) report.FanPoint {
	day := share * float64(f.Points[len(f.Points)-1].Day)
	before := report.FanPoint{}
	for _, p := range f.Points {
		if float64(p.Day) >= day {
			s := (day - float64(before.Day)) / float64(p.Day-before.Day)
			mix := func(a, b float64) float64 { return a + s*(b-a) }
			return report.FanPoint{Day: p.Day, P5: mix(before.P5, p.P5), P25: mix(before.P25, p.P25), P50: mix(before.P50, p.P50), P75: mix(before.P75, p.P75), P95: mix(before.P95, p.P95)}
		}
		before = p
	}
	return before
}

// painted joins a row's marks, a run of one kind at a time.
func (f Fan) painted(row []int, r int, top float64, color bool) string {
	over := f.Ceiling > 0 && !f.above() && r < rowOf(f.Ceiling, top)
	var b strings.Builder
	for c := 0; c < len(row); {
		n := c
		for n < len(row) && row[n] == row[c] {
			n++
		}
		style := fanStyles[row[c]]
		if over && row[c] != markBlank {
			style = overStyle
		}
		b.WriteString(paint(color, style, strings.Repeat(fanMarks[row[c]], n-c)))
		c = n
	}
	return b.String()
}

// ticks label the rows that round amounts lie in; the lowest row is 0.
func (f Fan) ticks(top float64) [fanRows]string {
	var out [fanRows]string
	step := roundStep(top / 4)
	for i := 0; float64(i)*step <= top; i++ {
		out[rowOf(float64(i)*step, top)] = brief(float64(i)*step, f.Unit)
	}
	return out
}

// roundStep is the smallest of 1, 2, 2.5 and 5 times a power of ten that is not below v.
func roundStep(v float64) float64 {
	power := math.Pow10(int(math.Floor(math.Log10(v))))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*power >= v {
			return m * power
		}
	}
	return 10 * power
}

// ends label the right edge with where the period ends. Where two fall into one row the more telling one is kept: the
// table beside the picture has all.
func (f Fan) ends(top float64) [fanRows]string {
	var out [fanRows]string
	put := func(v float64, name string) {
		if r := rowOf(v, top); out[r] == "" {
			out[r] = name
		}
	}
	if f.Ceiling > 0 && !f.above() {
		put(f.Ceiling, "ceiling "+plain(f.CeilingText))
	}
	last := f.Points[len(f.Points)-1]
	for _, e := range []struct {
		name string
		v    float64
	}{{"P50", last.P50}, {"P95", last.P95}, {"P75", last.P75}, {"P25", last.P25}, {"P5", last.P5}} {
		put(e.v, e.name+" "+brief(e.v, f.Unit))
	}
	return out
}

// days labels the lower edge: its beginning, its middle where there is room, and its end.
func (f Fan) days(columns int) string {
	last := f.Points[len(f.Points)-1].Day
	label := func(day int) string {
		if f.From.IsZero() {
			return fmt.Sprintf("day %d", day)
		}
		return f.From.AddDate(0, 0, day-1).Format("2 Jan")
	}
	line := []rune(strings.Repeat(" ", columns))
	put := func(at int, text string) { copy(line[max(at, 0):], []rune(text)) }
	first, end := label(1), label(last)
	if last == 1 {
		return first
	}
	put(columns-len(end), end)
	if middle := label((last + 1) / 2); last > 2 && len(first)+len(middle)+len(end)+8 < columns {
		put((columns-len(middle))/2, middle)
	}
	if len(first)+len(end) < columns {
		put(0, first)
	}
	return string(line)
}

// legend names the marks, under the picture where there is room, else further left.
func (f Fan) legend(left, width int, color bool) string {
	var parts []string
	wide := 0
	for _, m := range []struct {
		mark int
		text string
	}{{markMedian, " P50"}, {markInner, " P25 to P75"}, {markOuter, " P5 to P95"}, {markCeiling, " ceiling"}} {
		if m.mark != markCeiling || f.Ceiling > 0 && !f.above() {
			parts = append(parts, paint(color, fanStyles[m.mark], fanMarks[m.mark])+m.text)
			wide += 1 + len(m.text) + 3
		}
	}
	indent := min(left+2, max(width-wide+3, 0))
	return strings.Repeat(" ", indent) + strings.Join(parts, "   ")
}

func widestOf(labels [fanRows]string) (n int) {
	for _, l := range labels {
		n = max(n, display(l))
	}
	return n
}

// brief prints an amount for an axis: "$1.2k", "40M", three digits at most.
func brief(v float64, unit string) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "k"}} {
		if v >= 0.9995*u.size {
			return dollarSign(unit) + threeDigits(v/u.size) + u.name
		}
	}
	return dollarSign(unit) + threeDigits(v)
}

func dollarSign(unit string) string {
	if unit == "usd" {
		return "$"
	}
	return ""
}

// threeDigits never needs an exponent: a larger number of anything than of trillions is printed whole.
func threeDigits(v float64) string {
	if v >= 999.5 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	if v < 1e-9 {
		return "0"
	}
	places := max(2-int(math.Floor(math.Log10(v*1.0005))), 0)
	s := strconv.FormatFloat(v, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
