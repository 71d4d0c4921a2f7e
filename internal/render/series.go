package render

import (
	"fmt"
	"io"

	"github.com/tokengate/tokengate/internal/report"
)

// Series is the forecast of a daily series that is no part of a project: what it is of, what it rests on, and the
// quantiles of its total, in a unit that only its owner knows.
type Series struct {
	Title  string
	Facts  []string
	Totals []Total
	Fan    Fan
	Notes  []string // what weakens it
}

// Total is one quantile of a total.
type Total struct {
	Name  string // P90
	Value float64
}

// Write writes the forecast for a terminal.
func (f Series) Write(w io.Writer, o Options) error {
	s := &screen{r: &report.Report{}, width: 100, color: o.Color}
	if o.Width > 0 {
		s.width = max(o.Width, 60)
	}
	for _, line := range Wrap(clip(plain(f.Title), longText), s.width) {
		fmt.Fprintln(&s.b, paint(s.color, bold, line))
	}
	for _, fact := range f.Facts {
		s.para("  ", "", fact)
	}
	s.b.WriteString("\n")
	for _, line := range f.Fan.Lines(s.width-2, s.color) {
		fmt.Fprintln(&s.b, "  "+line)
	}
	cols, row := []column{{head: "Total", floor: 8}}, cells("forecast")
	for _, t := range f.Totals {
		cols, row = append(cols, column{head: t.Name, right: true}), append(row, cell{text: brief(t.Value, "")})
	}
	s.table(cols, [][]cell{row}, nil)
	for _, n := range f.Notes {
		s.para("  note: ", dim, n)
	}
	if s.err != nil {
		return s.err
	}
	_, err := w.Write(s.b.Bytes())
	return err
}
