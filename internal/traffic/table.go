package traffic

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// Reasons for bad rows of tables.
const (
	notCSV     = "not valid CSV"
	wrongWidth = "a row of the wrong width"
)

// table yields the rows of a CSV file: cells are parted by commas, and a cell in double quotes may hold commas, line ends
// and, doubled, quotes (RFC 4180). Spaces around a cell that is not in quotes, or around its quotes, do not count.
//
// A row that goes on over lines ends where its quotes are even in number. Where that never happens, or the row makes no
// sense, its first line is given up, and from the line after it on every line must be a row: a stray quote then spoils
// what it stands in, and swallows nothing.
type table struct {
	in     *lines
	limit  int
	broken func(line int, err error)
	do     func(cells []string, line int) error

	byLine bool
	open   bool
	buf    []byte // the open row, from its first line on
	line   int    // its first line
	cells  []string
}

func (t *table) run() error {
	for {
		text, err := t.in.next()
		switch {
		case errors.Is(err, io.EOF) && !t.open:
			return nil
		case errors.Is(err, io.EOF):
			t.giveUp("a quote is not closed")
			continue
		case errors.Is(err, errLineTooLong):
			t.broken(t.in.n, bad(tooLong, "over %d bytes", t.in.limit))
			if t.open {
				t.giveUp("a quote is not closed")
			}
			continue
		case err != nil:
			return err
		}
		if bytes.IndexByte(text, 0) >= 0 {
			return notUTF8(t.in.n)
		}
		if err := t.text(text); err != nil {
			return err
		}
	}
}

// text takes one line.
func (t *table) text(text []byte) error {
	odd := bytes.Count(text, []byte(`"`))%2 == 1
	if t.open {
		t.buf = append(append(t.buf, '\n'), text...)
		t.open = !odd
		switch {
		case len(t.buf) > t.limit:
			t.giveUp("a quote is not closed within the limit")
			return nil
		case t.open:
			return nil
		}
		return t.row(string(t.buf))
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	t.line = t.in.n
	if odd && !t.byLine {
		t.open, t.buf = true, append(t.buf[:0], text...)
		return nil
	}
	return t.row(string(text))
}

func (t *table) row(text string) error {
	var err error
	t.cells, err = splitCells(text, t.cells[:0])
	switch {
	case err == nil:
		return t.do(t.cells, t.line)
	case t.in.n > t.line:
		t.giveUp(badReason(err).detail)
	default:
		t.broken(t.line, err)
	}
	return nil
}

// giveUp counts the first line of the row as broken and goes back to the line after it.
func (t *table) giveUp(why string) {
	t.broken(t.line, bad(notCSV, "%s", why))
	t.byLine, t.open = true, false
	t.in.back(append(t.buf, '\n'), t.line)
}

// splitCells appends the cells of one row.
func splitCells(s string, cells []string) ([]string, error) {
	for {
		cell, rest, more, err := nextCell(s)
		if err != nil {
			return cells, err
		}
		if cells = append(cells, cell); !more {
			return cells, nil
		}
		s = rest
	}
}

func nextCell(s string) (cell, rest string, more bool, err error) {
	quoted := strings.TrimLeft(s, " \t")
	if !strings.HasPrefix(quoted, `"`) {
		cell, rest, more = strings.Cut(s, ",")
		if strings.Contains(cell, `"`) {
			return "", "", false, bad(notCSV, "a quote inside a cell that is not quoted")
		}
		return strings.TrimSpace(cell), rest, more, nil
	}
	cell = quoted[1:]
	end := 0
	for {
		i := strings.IndexByte(cell[end:], '"')
		if i < 0 {
			return "", "", false, bad(notCSV, "a quote is not closed")
		}
		if end += i; !strings.HasPrefix(cell[end+1:], `"`) {
			break
		}
		end += 2
	}
	after := strings.TrimLeft(cell[end+1:], " \t\r")
	if after != "" && after[0] != ',' {
		return "", "", false, bad(notCSV, "text after a closing quote")
	}
	cell = strings.ReplaceAll(cell[:end], `""`, `"`)
	return cell, strings.TrimPrefix(after, ","), after != "", nil
}

// eachRow calls head with the names of the header, which may refuse them, and do with every row under it that is as wide
// as the header. The header does not count as a line.
func (f *file) eachRow(in *input, head func(names []string) error, do func(cells []string, line int) error) error {
	width := 0
	var headless error // a row before the header was broken: it may have been the header
	t := &table{in: newLines(in, maxLine), limit: maxLine}
	t.broken = func(line int, err error) {
		if f.reject(line, err); width == 0 {
			headless = &fileError{rule: ruleDialect, summary: "the header of the table cannot be read: " + err.Error(), hint: "the first line must name the columns"}
		}
	}
	t.do = func(cells []string, line int) error {
		if headless != nil {
			return headless
		}
		if width == 0 {
			width = len(cells)
			return head(cells)
		}
		if len(cells) != width {
			f.reject(line, bad(wrongWidth, "%d columns instead of %d", len(cells), width))
			return nil
		}
		return do(cells, line)
	}
	err := t.run()
	if f.lines = t.in.count; width > 0 {
		f.lines--
	}
	if err == nil {
		err = headless
	}
	return err
}

// header gives the names in the first line of a file that may be a table.
func (h head) header() []string {
	line, _, _ := strings.Cut(h.text, "\n")
	if strings.HasPrefix(line, "{") || strings.HasPrefix(line, "[") {
		return nil
	}
	names, err := splitCells(strings.TrimSpace(line), nil)
	if err != nil {
		return nil
	}
	return names
}

// isTable tells a file of rows from one of JSON values.
func isTable(in *input) bool {
	b, _ := in.Peek(headSize)
	b = bytes.TrimLeft(bytes.TrimPrefix(b, utf8BOM), " \t\r\n")
	return len(b) > 0 && b[0] != '{' && b[0] != '['
}
