package forecast

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

const ruleSeries = "series-unreadable"

// maxProblems bounds what is said of one file.
const maxProblems = 20

// Series is a daily series with its name.
type Series struct {
	Name  string    // "" where a file has but one
	First time.Time // its first day, midnight UTC
	Daily []float64 // a value a day, oldest first
}

// ReadSeries reads daily series from CSV with a header: the columns date (YYYY-MM-DD) and value, and series, a name,
// where there are several; in any order. Rows may stand in any order too; the series come by name. Every day from a
// series' first to its last needs its row, as a day without one may have cost nothing or not have been recorded. What is
// wrong is a diagnostic under the name of the file, at its line and column; no series come then.
func ReadSeries(file string, content []byte) ([]Series, source.Diagnostics) {
	r := &seriesReader{file: file, rows: map[string][]seriesRow{}}
	r.read(bytes.TrimPrefix(content, []byte("\ufeff")))
	var out []Series
	for _, name := range slices.Sorted(maps.Keys(r.rows)) {
		out = append(out, r.series(name))
	}
	if len(out) == 0 && len(r.diags) == 0 {
		r.wrong(source.Pos{}, "the file has no rows", "write a row a day: date,value")
	}
	if len(r.diags) > 0 {
		return nil, r.diags
	}
	return out, nil
}

type seriesReader struct {
	file                    string
	dateAt, valueAt, nameAt int // columns; -1 is none
	rows                    map[string][]seriesRow
	diags                   source.Diagnostics
}

type seriesRow struct {
	day   time.Time
	value float64
	line  int
}

func (r *seriesReader) wrong(at source.Pos, summary, hint string) {
	if len(r.diags) < maxProblems {
		r.diags = append(r.diags, source.Diagnostic{Rule: ruleSeries, Severity: source.Error, Summary: summary, Hint: hint, Span: source.Span{File: r.file, Start: at}})
	}
}

func (r *seriesReader) read(content []byte) {
	in := csv.NewReader(bytes.NewReader(content))
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		r.broken(err)
		return
	}
	if !r.header(header) {
		return
	}
	for len(r.diags) < maxProblems {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.broken(err)
			return
		}
		r.row(record, func(column int) source.Pos {
			line, col := in.FieldPos(column)
			return source.Pos{Line: line, Col: col}
		})
	}
}

// broken says what encoding/csv found wrong; it reads no further.
func (r *seriesReader) broken(err error) {
	var parse *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		r.wrong(source.Pos{}, "the file is empty", "write a header, date,value or series,date,value, and a row a day")
	case errors.As(err, &parse):
		r.wrong(source.Pos{Line: parse.Line, Col: parse.Column}, parse.Err.Error(), "write as many fields in every row as in the header, and quotes in pairs")
	default:
		r.wrong(source.Pos{}, err.Error(), "")
	}
}

func (r *seriesReader) header(names []string) bool {
	r.dateAt, r.valueAt, r.nameAt = -1, -1, -1
	for i, name := range names {
		var at *int
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "date":
			at = &r.dateAt
		case "value":
			at = &r.valueAt
		case "series":
			at = &r.nameAt
		default:
			r.wrong(source.Pos{Line: 1}, fmt.Sprintf("column %d is named %q", i+1, name), "name the columns date, value and, for several series, series")
			return false
		}
		if *at >= 0 {
			r.wrong(source.Pos{Line: 1}, fmt.Sprintf("the column %s stands twice", name), "keep one of them")
			return false
		}
		*at = i
	}
	if r.dateAt < 0 || r.valueAt < 0 {
		r.wrong(source.Pos{Line: 1}, "the header lacks date or value", "begin the file with date,value or series,date,value")
		return false
	}
	return true
}

func (r *seriesReader) row(record []string, at func(column int) source.Pos) {
	day, err := time.Parse(time.DateOnly, strings.TrimSpace(record[r.dateAt]))
	if err != nil {
		r.wrong(at(r.dateAt), fmt.Sprintf("%q is not a day", record[r.dateAt]), "write it as 2026-11-22")
		return
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(record[r.valueAt]), 64)
	if err != nil || !(v >= 0) || math.IsInf(v, 1) {
		r.wrong(at(r.valueAt), fmt.Sprintf("%q is not an amount", record[r.valueAt]), "write a number that is not negative, with a point and without separators")
		return
	}
	name := ""
	if r.nameAt >= 0 {
		name = strings.Clone(record[r.nameAt]) // the record is read into again
	}
	r.rows[name] = append(r.rows[name], seriesRow{day, v, at(r.dateAt).Line})
}

// series puts rows in order and wants each day once.
func (r *seriesReader) series(name string) Series {
	rows := r.rows[name]
	slices.SortFunc(rows, func(a, b seriesRow) int { return cmp.Or(a.day.Compare(b.day), cmp.Compare(a.line, b.line)) })
	s := Series{Name: name, First: rows[0].day}
	of := ""
	if name != "" {
		of = fmt.Sprintf(" of %q", name)
	}
	for i, row := range rows {
		if i > 0 {
			switch last := rows[i-1]; daysBetween(last.day, row.day) {
			case 1:
			case 0:
				r.wrong(source.Pos{Line: row.line}, fmt.Sprintf("%s%s stands on line %d too", row.day.Format(time.DateOnly), of, last.line), "keep one row a day")
			default:
				r.wrong(source.Pos{Line: row.line}, fmt.Sprintf("%s%s has no row, and the days go on with %s", last.day.AddDate(0, 0, 1).Format(time.DateOnly), of, row.day.Format(time.DateOnly)),
					"write a row for every day, with 0 where nothing was spent")
			}
		}
		s.Daily = append(s.Daily, row.value)
	}
	return s
}
