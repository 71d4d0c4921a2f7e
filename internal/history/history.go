// Package history owns daily series as people export them: a CSV of days and amounts, read strictly, so that every day
// up to the origin of a forecast is either known, declared to be missing, or an error with its place.
//
// It does not know what the amounts are (tokens, dollars), how they are forecast or where the bytes came from.
//
//	series, diags := history.Parse("usage.csv", content, history.Options{Origin: day, Gaps: history.GapsZero})
package history

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// What a day without a row is taken for.
const (
	GapsError   = "error"   // a mistake: the series is not complete
	GapsZero    = "zero"    // a day on which nothing was spent
	GapsMissing = "missing" // a day that nobody recorded: it is left out, and the days around it become neighbours
)

// Gaps lists the values of Options.Gaps, the default first.
var Gaps = []string{GapsError, GapsZero, GapsMissing}

// Options say what to make of a file. The zero value takes its last day for the origin and a gap for an error.
type Options struct {
	Origin time.Time // the last day known, midnight UTC; rows after it are never used
	Gaps   string    // "" is GapsError
}

// Series is what is known up to the origin. Values has one amount a day, oldest first, in the unit of the file; with
// GapsMissing it has only the days that have a row.
type Series struct {
	From, Origin time.Time // first and last day; midnight UTC
	Values       []float64
	Gaps         []Span // days without a row, oldest first
	Later        int    // rows after the origin, which were not used
}

// Span is a run of days, both ends in it.
type Span struct{ From, To time.Time }

// Days is how many days the span has.
func (s Span) Days() int { return int(dayNumber(s.To)-dayNumber(s.From)) + 1 }

// String gives "2026-11-03" or "2026-11-03 to 2026-11-05".
func (s Span) String() string {
	if s.From.Equal(s.To) {
		return s.From.Format(time.DateOnly)
	}
	return s.From.Format(time.DateOnly) + " to " + s.To.Format(time.DateOnly)
}

const (
	ruleCSV    = "history-csv"
	ruleDate   = "history-date"
	ruleValue  = "history-value"
	ruleGap    = "history-gap"
	ruleOrigin = "history-origin"
)

// Rules documents the ids of the diagnostics this package returns.
var Rules = []source.Rule{
	{ID: ruleCSV, Summary: "a history is not the CSV that was expected", Explain: "A history is a CSV of two columns, date and value, a row a day, in any order, with or without a heading. With a heading there may be other columns; those named date and value are read, and series, a name, where a file holds several."},
	{ID: ruleDate, Summary: "a date of a history cannot be read, or stands twice", Explain: "Dates are whole days, written YYYY-MM-DD. A day that stands twice could mean a sum or a correction, and the two differ: add the rows up, or remove one."},
	{ID: ruleValue, Summary: "an amount of a history cannot be read", Explain: "An amount is a plain number that is finite and not negative: no unit, no thousands separator, a point before decimals. An empty cell is not taken for zero: write 0, or leave the row out and say with --gaps what that means."},
	{ID: ruleGap, Summary: "days of a history have no row", Explain: "A forecast of a history with holes would rest on a guess about them. --gaps zero says that nothing was spent on those days; --gaps missing says that nobody recorded them, and leaves them out."},
	{ID: ruleOrigin, Summary: "a history and the origin of its forecast do not meet", Explain: "The origin is the last day that is known. Rows after it are not used, so that a forecast of the past can be held against what came; without a row up to it there is nothing to forecast from."},
}

// Parse reads a history of a file called name. Diagnostics with an error among them mean that the series cannot be used;
// warnings say what was filled, left out or not used. A file of several series is an error: days of one would be taken for
// days of another.
func Parse(name string, content []byte, o Options) (Series, source.Diagnostics) {
	all, diags := ParseAll(name, content, o)
	switch {
	case len(all) == 0:
		return Series{}, diags
	case len(all) > 1:
		diags.Add(ruleCSV, source.Span{File: name}, "keep the rows of one of them", "the file holds %d series, %q and %q among them", len(all), all[0].Name, all[1].Name)
		return Series{}, diags
	}
	return all[0].Series, diags
}

// Named is one of the series of a file; Name is "" where there is but one.
type Named struct {
	Name string
	Series
}

// ParseAll is Parse of a file that may hold several series, told apart by a column called series. They come by name.
func ParseAll(name string, content []byte, o Options) ([]Named, source.Diagnostics) {
	p := &parser{name: name, content: trimBOM(content), origin: o.Origin}
	rows, later := p.rows()
	if p.diags.HasErrors() {
		return nil, p.diags
	}
	of := map[string][]row{}
	for _, r := range rows {
		of[r.series] = append(of[r.series], r)
	}
	for series := range later {
		if _, ok := of[series]; !ok {
			of[series] = nil // it lies after the origin as a whole, and series says so
		}
	}
	if len(of) == 0 {
		p.fileWide(ruleCSV, "write a row a day: 2026-11-22,1200000", "the file has no rows")
	}
	var out []Named
	for _, series := range slices.Sorted(maps.Keys(of)) {
		if p.of = ""; series != "" {
			p.of = fmt.Sprintf(" of %q", series)
		}
		out = append(out, Named{series, p.series(of[series], later[series], o)})
	}
	if p.diags.HasErrors() {
		return nil, p.diags
	}
	return out, p.diags
}

// series puts the rows of one series in order, and says what is wrong with them.
func (p *parser) series(rows []row, later int, o Options) Series {
	s := Series{Origin: o.Origin, Later: later}
	if len(rows) == 0 {
		p.fileWide(ruleOrigin, "name a later --origin, or a file that begins earlier", "no row%s up to the origin of %s", p.of, o.Origin.Format(time.DateOnly))
		return s
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.day, b.day) })
	if p.twice(rows) {
		return s
	}
	s.From = dayOf(rows[0].day)
	if s.Origin.IsZero() {
		s.Origin = dayOf(rows[len(rows)-1].day)
	}
	s.fill(rows, o.Gaps)
	p.say(s, o.Gaps)
	return s
}

// fill lays the rows out from the first day to the origin.
func (s *Series) fill(rows []row, gaps string) {
	next := rows[0].day
	missing := func(until int64) {
		if next == until {
			return
		}
		s.Gaps = append(s.Gaps, Span{dayOf(next), dayOf(until - 1)})
		if gaps == GapsZero {
			s.Values = append(s.Values, make([]float64, until-next)...)
		}
	}
	for _, r := range rows {
		missing(r.day)
		s.Values = append(s.Values, r.value)
		next = r.day + 1
	}
	missing(dayNumber(s.Origin) + 1)
}

// twice finds days with more than one row; rows are in the order of their days, those of one day in that of the file.
func (p *parser) twice(rows []row) (found bool) {
	for i := 1; i < len(rows); i++ {
		if rows[i].day == rows[i-1].day {
			p.at(rows[i].pos, ruleDate, "add the rows up, or remove one", "%s%s stands twice, first at line %d", dayOf(rows[i].day).Format(time.DateOnly), p.of, rows[i-1].pos.Line)
			found = true
		}
	}
	return found
}

// say words what the series leaves open.
func (p *parser) say(s Series, gaps string) {
	if s.Later > 0 {
		p.warn(ruleOrigin, "%s not used, being after the origin of %s", rowsAre(s.Later), s.Origin.Format(time.DateOnly))
	}
	if len(s.Gaps) == 0 {
		return
	}
	days := 0
	for _, g := range s.Gaps {
		days += g.Days()
	}
	what := fmt.Sprintf("%s%s without a row: %s", daysAre(days), p.of, list(s.Gaps))
	switch gaps {
	case GapsZero:
		p.warn(ruleGap, "%s; nothing was spent then, as --gaps zero says", what)
	case GapsMissing:
		p.warn(ruleGap, "%s; left out, as --gaps missing says", what)
	default:
		p.fileWide(ruleGap, "add the rows, or say what they are: --gaps zero (nothing was spent) or --gaps missing (not recorded)", "%s", what)
	}
}

// listed is how many spans a message names.
const listed = 5

func list(spans []Span) string {
	var out []string
	for _, s := range spans[:min(len(spans), listed)] {
		out = append(out, s.String())
	}
	if rest := len(spans) - listed; rest > 0 {
		out = append(out, fmt.Sprintf("and %d more", rest))
	}
	return strings.Join(out, ", ")
}

func daysAre(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

func rowsAre(n int) string {
	if n == 1 {
		return "1 row is"
	}
	return fmt.Sprintf("%d rows are", n)
}

// dayNumber counts days of the epoch; a Duration would saturate after 292 years.
func dayNumber(t time.Time) int64 { return t.Unix() / 86400 }

func dayOf(n int64) time.Time { return time.Unix(n*86400, 0).UTC() }
