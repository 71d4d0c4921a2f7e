package lint

import (
	"bytes"
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/tokengate/tokengate/internal/source"
)

// Edit puts Text in the place of the bytes from Start to End of a file. All else stays as it is, byte for byte.
type Edit struct {
	Rule       string
	Place      source.Span
	Message    string // what it does: "put a space after @docs/a.md"
	Start, End int
	Text       string
}

// Apply makes the edits of one file, in the order of their places. Of two that touch the same bytes the first is made;
// the other may be found again in what comes out. It returns the new content and what was done.
func Apply(content []byte, edits []Edit) ([]byte, []Edit) {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	var out []byte
	var done []Edit
	at := 0
	for _, e := range edits {
		if e.Start < at || e.End < e.Start || e.End > len(content) || len(done) > 0 && e.Start == done[len(done)-1].Start {
			continue
		}
		out = append(append(out, content[at:e.Start]...), e.Text...)
		at = e.End
		done = append(done, e)
	}
	return append(out, content[at:]...), done
}

// offset is the byte of content at a position; ok is false where there is none. A byte that is no UTF-8 is one column.
func offset(content []byte, pos source.Pos) (at int, ok bool) {
	if pos.Line < 1 {
		return 0, false
	}
	for range pos.Line - 1 {
		i := bytes.IndexByte(content[at:], '\n')
		if i < 0 {
			return 0, false
		}
		at += i + 1
	}
	for range pos.Col - 1 {
		r, size := utf8.DecodeRune(content[at:])
		if size == 0 || r == '\n' {
			return 0, false
		}
		at += size
	}
	return at, true
}

// span gives the bytes of a place that begins and ends in one line, and what stands there.
func (p *project) span(s source.Span) (start, end int, text string, ok bool) {
	content := p.content(s.File)
	start, first := offset(content, s.Start)
	end, last := offset(content, s.End)
	if !first || !last || end < start || s.Start.Line != s.End.Line {
		return 0, 0, "", false
	}
	return start, end, string(content[start:end]), true
}

// removeLine takes the line of a place out, with its end; of a last line that has no end, the end of the line before.
func (p *project) removeLine(at source.Span, message string) Edit {
	content := p.content(at.File)
	start, _ := offset(content, source.Pos{Line: at.Start.Line, Col: 1})
	end := len(content)
	if i := bytes.IndexByte(content[start:], '\n'); i >= 0 {
		end = start + i + 1
	} else if start > 0 {
		start--
		if start > 0 && content[start-1] == '\r' {
			start--
		}
	}
	return Edit{Place: at, Message: message, Start: start, End: end}
}
