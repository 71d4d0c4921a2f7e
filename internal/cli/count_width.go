package cli

import (
	"fmt"
	"slices"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/tokengate/tokengate/internal/render"
)

// countTable is a table before it is drawn, to be fitted to a terminal.
type countTable struct {
	header []string
	lines  [][]string
}

func (t *countTable) drop(column int) {
	t.header = slices.Delete(t.header, column, column+1)
	for i, l := range t.lines {
		t.lines[i] = slices.Delete(l, column, column+1)
	}
}

// widestSection bounds headings, also where there is no terminal whose width would.
const widestSection = 48

// fit makes the table at most as wide as the terminal; 0 is none. Methods that do not fit become numbers, and what is
// returned says which; then headings, places and names of models are shortened, down to a few characters. Numbers never
// are: in a terminal too narrow for them the table is as wide as they are.
func (t *countTable) fit(width int) (legend []string) {
	t.shorten("Section", widestSection)
	t.shorten("Detail", widestSection)
	if width <= 0 {
		return nil
	}
	if t.width() > width {
		legend = t.numberMethods()
	}
	for _, c := range []struct {
		column string
		keeps  int
	}{{"Section", 20}, {"Detail", 12}, {"Where", 20}, {"Section", 7}, {"Detail", 6}, {"Where", 5}, {"Model", 8}} {
		if over := t.width() - width; over > 0 {
			t.shorten(c.column, max(c.keeps, t.columnWidth(c.column)-over))
		}
	}
	return legend
}

func (t *countTable) width() int {
	total := 3*len(t.header) - 1 // a blank on either side of each cell, and a line between
	for _, h := range t.header {
		total += t.columnWidth(h)
	}
	return total
}

func (t *countTable) columnWidth(column string) int {
	w := twwidth.Width(column)
	if i := slices.Index(t.header, column); i >= 0 {
		for _, l := range t.lines {
			w = max(w, twwidth.Width(l[i]))
		}
	}
	return w
}

func (t *countTable) shorten(column string, to int) {
	i := slices.Index(t.header, column)
	for _, l := range t.lines {
		if i >= 0 && twwidth.Width(l[i]) > to {
			l[i] = twwidth.Truncate(l[i], to, "…")
		}
	}
}

// numberMethods puts numbers in the place of methods, in the order of their first use.
func (t *countTable) numberMethods() (legend []string) {
	i := slices.Index(t.header, "Method")
	var seen []string
	for _, l := range t.lines {
		n := slices.Index(seen, l[i])
		if n < 0 {
			n, seen = len(seen), append(seen, l[i])
			legend = append(legend, fmt.Sprintf("[%d] %s", n+1, l[i]))
		}
		l[i] = fmt.Sprintf("[%d]", n+1)
	}
	return legend
}

// wrapped breaks text between words into lines that fit; without a width it is one line.
func wrapped(text string, width int) []string {
	if width <= 0 {
		return []string{text}
	}
	return render.Wrap(text, width)
}
