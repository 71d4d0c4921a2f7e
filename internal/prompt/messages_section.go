package prompt

import (
	"strings"

	"github.com/tokengate/tokengate/internal/source"
)

// sections cuts the text of a message at its headings. begin is where it begins in the file's sent text.
func (p *program) sections(f *File, m *Message, begin int) {
	d, _ := newDocument(f.Path, []byte(m.Text))
	root, src := d.blocks()
	heads := append([]heading{{}}, d.headings(root, src)...)
	for i, h := range heads {
		end := len(m.Text)
		if i+1 < len(heads) {
			end = heads[i+1].offset
		}
		if h.offset == end {
			continue
		}
		s := Section{Heading: h.text, Level: h.level, Text: m.Text[h.offset:end], Span: f.wide(begin+h.offset+blank(m.Text[h.offset:end]), begin+end)}
		if m.Role != "" {
			s.Level = min(h.level+1, 6)
			s.Heading = m.Role
			if h.text != "" {
				s.Heading += " / " + h.text
			}
		}
		f.Sections = append(f.Sections, s)
	}
}

// blank is the length of the white space that a text begins with, 0 where it is nothing else: a place should show a word.
func blank(text string) int {
	rest := strings.TrimLeft(text, " \t\r\n")
	if rest == "" {
		return 0
	}
	return len(text) - len(rest)
}

// name gives the sections their anchors.
func (p *program) name(f *File) {
	heads := make([]heading, len(f.Sections))
	for i, s := range f.Sections {
		heads[i] = heading{0, s.Level, s.Heading}
	}
	for i, name := range anchors(heads) {
		f.Sections[i].Anchor = name
	}
}

// wide is the whole lines that a run of the sent text comes from, from the first to the last of them: a loop sends the
// same lines many times.
func (f File) wide(start, end int) source.Span {
	first, last := -1, -1
	for i, k := range f.kept {
		next := end
		if i+1 < len(f.kept) {
			next = f.kept[i+1].sent
		}
		if k.sent >= end || next <= start {
			continue
		}
		from, to := k.start+max(min(start-k.sent, k.end-k.start), 0), min(k.start+max(end-k.sent, 0), k.end)
		if first < 0 || from < first {
			first = from
		}
		last = max(last, to)
	}
	if first < 0 {
		return source.Span{File: f.Path}
	}
	return source.Span{File: f.Path, Start: source.Pos{Line: f.doc.line(first), Col: 1}, End: source.Pos{Line: f.doc.line(max(last-1, first)) + 1, Col: 1}}
}
