package history

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tokengate/tokengate/internal/source"
)

// row is one day's amount.
type row struct {
	series string
	day    int64 // of the epoch
	value  float64
	pos    source.Pos
}

// most bounds the mistakes that are told one by one: after them a file is taken to be something else altogether.
const most = 20

// largest is the greatest amount that is read: totals of many of them are still finite.
const largest = 1e100

type parser struct {
	name        string
	content     []byte
	origin      time.Time // zero: none
	csv         *csv.Reader
	of          string // which series is looked at, for messages
	date, value int    // columns
	named       int    // column of the series' name; -1 where there is none
	width       int    // of every row
	diags       source.Diagnostics
}

func trimBOM(content []byte) []byte { return bytes.TrimPrefix(content, []byte("\ufeff")) }

// rows reads what stands up to the origin and counts by series what stands after it.
func (p *parser) rows() (rows []row, later map[string]int) {
	later = map[string]int{}
	p.csv = csv.NewReader(bytes.NewReader(p.content))
	p.csv.FieldsPerRecord, p.csv.ReuseRecord, p.csv.TrimLeadingSpace = -1, true, true
	for first := true; len(p.diags) < most; first = false {
		cells, err := p.csv.Read()
		if errors.Is(err, io.EOF) {
			return rows, later
		}
		if err != nil {
			p.malformed(err)
			return nil, nil
		}
		if first {
			if heading, ok := p.heading(cells); heading || !ok {
				if !ok {
					return nil, nil
				}
				continue
			}
		}
		r, known, ok := p.row(cells)
		switch {
		case !ok:
		case known:
			rows = append(rows, r)
		default:
			later[r.series]++
		}
	}
	p.fileWide(ruleCSV, "mend these first", "more mistakes follow")
	return nil, nil
}

// heading finds the columns. A first row that begins with a date is none: its columns are date and value.
func (p *parser) heading(cells []string) (heading, ok bool) {
	p.width, p.date, p.value, p.named = len(cells), 0, 1, -1
	if _, err := time.Parse(time.DateOnly, trimmed(cells[0])); err == nil && len(cells) == 2 {
		return false, true
	}
	names := make([]string, len(cells))
	for i, c := range cells {
		names[i] = strings.ToLower(trimmed(c))
	}
	for i, n := range names {
		if slices.Contains([]string{"date", "value", "series"}, n) && slices.Contains(names[:i], n) {
			p.at(p.posOf(i), ruleCSV, "keep one of them", "the column %s stands twice", n)
			return false, false
		}
	}
	p.date, p.value = slices.Index(names, "date"), slices.Index(names, "value")
	p.named = slices.Index(names, "series")
	if p.value < 0 && p.date >= 0 && len(names) == 2 && p.named < 0 {
		p.value = 1 - p.date // of two columns the other one is meant, whatever it is called
	}
	if p.date >= 0 && p.value >= 0 {
		return true, true
	}
	hint := "write a heading line date,value, or two columns without a heading: 2026-11-22,1200000"
	if len(cells) == 1 && strings.ContainsAny(cells[0], ";\t") {
		hint = "part the columns with commas"
	}
	p.at(p.posOf(0), ruleCSV, hint, "no columns date and value in the first line")
	return false, false
}

// row reads one row. known is false for one after the origin, whose amount is not looked at.
func (p *parser) row(cells []string) (r row, known, ok bool) {
	if len(cells) != p.width {
		p.at(p.posOf(0), ruleCSV, "part the columns with commas, and put a cell that holds one in quotes", "%d columns, where the first line has %d", len(cells), p.width)
		return row{}, false, false
	}
	r.pos = p.posOf(p.date)
	day, err := time.Parse(time.DateOnly, trimmed(cells[p.date]))
	if err != nil {
		p.at(r.pos, ruleDate, "write it as 2026-11-22", "%.40q is not a day", cells[p.date])
		return row{}, false, false
	}
	if p.named >= 0 {
		r.series = strings.Clone(trimmed(cells[p.named])) // the row is read into again
	}
	r.day = dayNumber(day)
	if !p.origin.IsZero() && day.After(p.origin) {
		return r, false, true
	}
	text := trimmed(cells[p.value])
	if wrong, hint := p.amount(text, &r.value); wrong != "" {
		p.at(p.posOf(p.value), ruleValue, hint, "%.40q %s", text, wrong)
		return row{}, false, false
	}
	return r, true, true
}

// amount reads a plain number; wrong says what is not as it should be.
func (p *parser) amount(text string, into *float64) (wrong, hint string) {
	if text == "" {
		return "is not an amount", "an empty cell is not zero: write 0, or leave the row out and pass --gaps"
	}
	if strings.Trim(text, "0123456789.eE+-") != "" { // ParseFloat also reads 0x1p-2, 1_000, inf and nan
		return "is not a plain number", "write it like 1200000 or 12.5, without a unit or separators"
	}
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) || err == nil && math.Abs(v) > largest:
		return "is too large", "check the unit"
	case err != nil:
		return "is not a plain number", "write it like 1200000 or 12.5, without a unit or separators"
	case v < 0:
		return "is negative", "a day's spend is at least 0; leave credits and refunds out"
	}
	*into = v + 0 // −0 reads as 0
	return "", ""
}

func trimmed(cell string) string { return strings.TrimSpace(cell) }

// malformed tells what the CSV reader stumbled over.
func (p *parser) malformed(err error) {
	var at *csv.ParseError
	if !errors.As(err, &at) {
		p.fileWide(ruleCSV, "", "%v", err)
		return
	}
	p.at(source.Pos{Line: at.Line, Col: at.Column}, ruleCSV, "put a cell that holds a quote in quotes, and double the quote", "%v", at.Err)
}

// posOf is where a cell of the row just read begins, its column in bytes.
func (p *parser) posOf(field int) source.Pos {
	line, column := p.csv.FieldPos(field)
	return source.Pos{Line: line, Col: column}
}

// at adds an error at a place whose column is in bytes; a diagnostic's is in code points.
func (p *parser) at(pos source.Pos, rule, hint, format string, args ...any) {
	if text, ok := source.Line(p.content, pos.Line); ok && pos.Col > 1 {
		pos.Col = 1 + utf8.RuneCount(text[:min(pos.Col-1, len(text))])
	}
	p.diags.Add(rule, source.Span{File: p.name, Start: pos}, hint, format, args...)
}

func (p *parser) fileWide(rule, hint, format string, args ...any) {
	p.diags.Add(rule, source.Span{File: p.name}, hint, format, args...)
}

func (p *parser) warn(rule, format string, args ...any) {
	p.diags.Warn(rule, source.Span{File: p.name}, "", format, args...)
}
