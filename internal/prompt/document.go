package prompt

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/tokengate/tokengate/internal/source"
)

// document is the text of one file with what is needed to find places in it. Offsets are bytes of text; its lines and
// columns are those of the file, because a byte that is no UTF-8 is replaced by one code point.
type document struct {
	file  string
	text  string
	lines []int // offset where each line starts
	front region
	body  int // where the front matter ends, or 0
	md    int // where the parsed text begins: body, or after a byte order mark
}

// region is a half-open range of bytes.
type region struct{ start, end int }

const bom = "\uFEFF"

// newDocument makes the text valid UTF-8 (bad is how many bytes were not) and finds its lines.
func newDocument(file string, content []byte) (d *document, bad int) {
	d = &document{file: file, text: string(content), lines: []int{0}}
	if !utf8.Valid(content) {
		d.text, bad = replaceInvalid(content)
	}
	d.md = len(d.text) - len(strings.TrimPrefix(d.text, bom))
	for i := range len(d.text) {
		if d.text[i] == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	return d, bad
}

// replaceInvalid gives one U+FFFD per byte that is no UTF-8. strings.ToValidUTF8 would give one per run of them.
func replaceInvalid(content []byte) (string, int) {
	var b strings.Builder
	bad := 0
	for len(content) > 0 {
		r, size := utf8.DecodeRune(content)
		if r == utf8.RuneError && size == 1 {
			bad++
		}
		b.WriteRune(r)
		content = content[size:]
	}
	return b.String(), bad
}

// line gives the number of the line that holds offset, from 1.
func (d *document) line(offset int) int {
	return sort.SearchInts(d.lines, offset+1)
}

// lineStart gives the offset of the first byte of the line that holds offset.
func (d *document) lineStart(offset int) int { return d.lines[d.line(offset)-1] }

// pos converts an offset to a position.
func (d *document) pos(offset int) source.Pos {
	start := d.lineStart(offset)
	return source.Pos{Line: d.line(offset), Col: utf8.RuneCountInString(d.text[start:offset]) + 1}
}

// span converts a region to a span.
func (d *document) span(r region) source.Span {
	return source.Span{File: d.file, Start: d.pos(r.start), End: d.pos(r.end)}
}

// cursor converts many ascending offsets, counting every line once: one line of megabytes must not cost a square.
type cursor struct {
	doc    *document
	offset int
	pos    source.Pos
}

func (c *cursor) at(offset int) source.Pos {
	line := c.doc.line(offset)
	if line != c.pos.Line || offset < c.offset {
		c.offset, c.pos = c.doc.lines[line-1], source.Pos{Line: line, Col: 1}
	}
	c.pos.Col += utf8.RuneCountInString(c.doc.text[c.offset:offset])
	c.offset = offset
	return c.pos
}

// without takes the regions of cut, ascending and disjoint, out of r.
func (r region) without(cut []region) []region {
	var out []region
	at := r.start
	for _, c := range cut {
		if c.start > at {
			out = append(out, region{at, c.start})
		}
		at = max(at, c.end)
	}
	if at < r.end {
		out = append(out, region{at, r.end})
	}
	return slices.Clip(out)
}
