package prompt

import (
	"sort"

	"github.com/tokengate/tokengate/internal/source"
)

// origin converts an offset of the file's sent text to an offset of its document; ok is false inside the wrapper, and in
// a File that no loader made. The offset after the last byte gives the end of the last part that is sent.
func (f File) origin(sent int) (offset int, ok bool) {
	i := sort.Search(len(f.kept), func(i int) bool { return f.kept[i].sent > sent }) - 1
	if f.doc == nil || i < 0 {
		return 0, false
	}
	return min(f.kept[i].start+sent-f.kept[i].sent, f.kept[i].end), true
}

// point is the place of one byte of the file's sent text; a byte of the wrapper stands for the file as a whole.
func (f File) point(sent int) source.Span {
	offset, ok := f.origin(sent)
	if !ok {
		return source.Span{File: f.Path}
	}
	return source.Span{File: f.Path, Start: f.doc.pos(offset)}
}

// lineSpan is the whole lines that hold the sent bytes from start to end; when there are none, the line before start.
func (f File) lineSpan(start, end int) source.Span {
	span := source.Span{File: f.Path}
	if f.doc == nil {
		return span
	}
	last, ok := f.origin(max(end-1, 0))
	if !ok || start == end && start == 0 {
		return span
	}
	if start == end {
		if last, ok = f.origin(start - 1); ok {
			span.Start = source.Pos{Line: f.doc.line(last), Col: 1}
		}
		return span
	}
	first, ok := f.origin(start)
	if !ok { // it begins in the wrapper
		first = f.kept[0].start
	}
	span.Start = source.Pos{Line: f.doc.line(first), Col: 1}
	span.End = source.Pos{Line: f.doc.line(last) + 1, Col: 1}
	return span
}

// section is the heading under which a byte of the file's sent text stands.
func (f File) section(sent int) string {
	name := ""
	for _, s := range f.Sections {
		name = s.Heading
		if sent < len(s.Text) {
			break
		}
		sent -= len(s.Text)
	}
	return name
}
