package render

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// column is one column of a grid. A column with a floor gives up width down to it when the grid is too wide; tail keeps
// the end of a clipped text (a path's file name) instead of its start.
type column struct {
	head  string
	right bool
	floor int
	tail  bool
}

// cell is text with an optional style; an empty style paints nothing.
type cell struct {
	text  string
	style string
}

func cells(texts ...string) []cell {
	out := make([]cell, len(texts))
	for i, t := range texts {
		out[i] = cell{text: t}
	}
	return out
}

// gap stands between two columns.
const gap = 2

// extraReset is a second end of colour that tablewriter writes after a cell's padding; it would keep the padding at the
// end of a line from being trimmed.
var extraReset = regexp.MustCompile("(\x1b\\[0m *)\x1b\\[0m")

// grid lays rows out under their headings in at most width columns and returns the heading line and one line per row.
// Texts are made plain.
func grid(width int, color bool, cols []column, rows [][]cell) ([]string, error) {
	cols, rows = slices.Clone(cols), slices.Clone(rows)
	for i := range cols {
		cols[i].head = plain(cols[i].head)
	}
	for i, row := range rows {
		rows[i] = slices.Clone(row)
		for j := range row {
			rows[i][j].text = plain(row[j].text)
		}
	}
	widths := fit(width, cols, rows)
	return layOut(widths, color, cols, rows)
}

func layOut(widths []int, color bool, cols []column, rows [][]cell) ([]string, error) {
	var b bytes.Buffer
	t := tablewriter.NewTable(&b,
		tablewriter.WithEastAsian(tw.Off),
		tablewriter.WithRenderer(renderer.NewBlueprint(bare)),
		tablewriter.WithConfig(layout(cols)),
	)
	heads := make([]string, len(cols))
	for i, c := range cols {
		heads[i] = paint(color, dim, clipWidth(c.head, widths[i], c.tail))
	}
	t.Header(heads)
	for _, row := range rows {
		line := make([]string, len(cols))
		for i, c := range row {
			line[i] = paint(color, c.style, clipWidth(c.text, widths[i], cols[i].tail))
		}
		if err := t.Append(line); err != nil {
			return nil, fmt.Errorf("lay out table: %w", err)
		}
	}
	if err := t.Render(); err != nil {
		return nil, fmt.Errorf("lay out table: %w", err)
	}
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(extraReset.ReplaceAllString(lines[i], "$1"), " ")
	}
	if len(lines) != len(rows)+1 {
		return nil, fmt.Errorf("lay out table: %d lines for %d rows", len(lines), len(rows)+1)
	}
	return lines, nil
}

// fit gives every column its natural width, then takes what is too much from the widest column that may shrink. Only
// when the columns with a floor have nothing left does it clip the others: a clipped figure shows its …, a line that
// runs over the edge spoils every column.
func fit(width int, cols []column, rows [][]cell) []int {
	widths := make([]int, len(cols))
	total := gap * (len(cols) - 1)
	for i, c := range cols {
		widths[i] = display(c.head)
		for _, row := range rows {
			widths[i] = max(widths[i], display(row[i].text))
		}
		total += widths[i]
	}
	for ; total > width; total-- {
		i := widest(widths, func(i int) bool { return cols[i].floor > 0 && widths[i] > cols[i].floor })
		if i < 0 {
			i = widest(widths, func(i int) bool { return widths[i] > 4 })
		}
		if i < 0 {
			return widths
		}
		widths[i]--
	}
	return widths
}

func widest(widths []int, may func(i int) bool) int {
	best := -1
	for i, w := range widths {
		if may(i) && (best < 0 || w > widths[best]) {
			best = i
		}
	}
	return best
}

var bare = tw.Rendition{
	Borders:  tw.BorderNone,
	Symbols:  tw.NewSymbols(tw.StyleNone),
	Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
}

func layout(cols []column) tablewriter.Config {
	align := make([]tw.Align, len(cols))
	pads := make([]tw.Padding, len(cols))
	for i, c := range cols {
		align[i] = tw.AlignLeft
		if c.right {
			align[i] = tw.AlignRight
		}
		pads[i] = tw.Padding{Right: strings.Repeat(" ", gap), Overwrite: true}
	}
	section := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
		Padding:    tw.CellPadding{Global: tw.Padding{Overwrite: true}, PerColumn: pads},
		Alignment:  tw.CellAlignment{PerColumn: align},
	}
	return tablewriter.Config{Header: section, Row: section}
}

// The styles are ANSI SGR parameters.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	purple = "35"
)

func paint(on bool, style, s string) string {
	if !on || style == "" || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}
