package prompt

import (
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/tokengate/tokengate/internal/source"
)

// Hunk is one run of changed lines of what is sent. The hunks of a Diff explain the whole of it: base's text with every
// Old replaced by its New is head's text, up to the order of whole files.
type Hunk struct {
	File     string      // path in head; for a file that head does not send, path in base
	Span     source.Span // whole lines of head; for a deletion the head line after which; lines are zero in the wrapper
	BaseSpan source.Span // the same for base; for an insertion the base line after which
	Old, New string      // sent text removed and added; never both empty
	Section  string      // heading it stands under: in head, for a deletion in base; Wrapper for wrapper text
}

// Diff compares what two versions of a template send, file by file, by lines. Files are matched by path; the first ones
// are compared with each other as well when neither side has the other's path, so that a root file may be renamed. A nil
// template sends nothing, so all of the other is added or removed. Hunks are in the order of head's files, then files
// only base sends.
func Diff(base, head *Template) []Hunk {
	var out []Hunk
	matched := map[int]bool{}
	for i, f := range head.files() {
		j := match(base.files(), head.files(), i)
		if j < 0 {
			out = append(out, diffFiles(File{Path: f.Path}, f)...)
			continue
		}
		matched[j] = true
		out = append(out, diffFiles(base.Files[j], f)...)
	}
	for j, f := range base.files() {
		if !matched[j] {
			out = append(out, diffFiles(f, File{Path: f.Path})...)
		}
	}
	return out
}

func (t *Template) files() []File {
	if t == nil {
		return nil
	}
	return t.Files
}

// match finds the file of base that head's file i is compared with, or -1.
func match(base, head []File, i int) int {
	if j := placeOf(base, head[i].Path); j >= 0 {
		return j
	}
	if i == 0 && len(base) > 0 && placeOf(head, base[0].Path) < 0 {
		return 0
	}
	return -1
}

func placeOf(files []File, path string) int {
	return slices.IndexFunc(files, func(f File) bool { return f.Path == path })
}

func diffFiles(base, head File) []Hunk {
	before, after := base.Text(), head.Text()
	var out []Hunk
	shift := 0 // how much longer head is up to here
	for _, e := range settled(before, udiff.Lines(before, after)) {
		same := head.unmoved(e.Start+shift, before[e.Start:e.End], e.New)
		e.Start, e.New = e.Start+same, e.New[same:]
		h := Hunk{File: head.Path, Old: before[e.Start:e.End], New: e.New}
		from, to := e.Start+shift, e.Start+shift+len(e.New)
		h.Span, h.BaseSpan = head.lineSpan(from, to), base.lineSpan(e.Start, e.End)
		h.Section = head.section(from)
		if h.New == "" {
			h.Section = base.section(e.Start)
		}
		out = append(out, h)
		shift += len(e.New) - (e.End - e.Start)
	}
	return out
}

// unmoved is the bytes at the beginning of an edit, old and now, that are whole sections of the file, which starts with now at
// from: messages that follow each other without a line break are one line.
func (f File) unmoved(from int, old, now string) int {
	same, at := 0, 0
	for i, s := range f.Sections {
		at += len(s.Text)
		n := at - from
		if n > len(now) || n > len(old) || n > 0 && old[:n] != now[:n] {
			break
		}
		if n > 0 && i+1 < len(f.Sections) && now[n-1] != '\n' { // what ends with its line was compared as a line
			same = n
		}
	}
	return same
}

// settled moves lines that were put in or taken out past the blank lines in front of them, where as many follow behind: a
// new section then begins with its heading, and not at the end of the section before.
func settled(before string, edits []udiff.Edit) []udiff.Edit {
	for i := range edits {
		e, last := &edits[i], len(before)
		if i+1 < len(edits) {
			last = edits[i+1].Start
		}
		for e.Start == e.End && e.End < last && before[e.End] == '\n' && strings.HasPrefix(e.New, "\n") {
			e.Start, e.End, e.New = e.Start+1, e.End+1, e.New[1:]+"\n"
		}
		for e.New == "" && e.End < last && before[e.End] == '\n' && before[e.Start] == '\n' {
			e.Start, e.End = e.Start+1, e.End+1
		}
	}
	return edits
}

// FirstChange finds the first byte in which what is sent differs: offset is its place in base's Text, at its place in
// head, or the end of what head sends when head is a beginning of base, or the whole file when it lies in the wrapper. A
// provider's cache of the prompt holds up to offset at most.
func FirstChange(base, head *Template) (offset int, at source.Span, changed bool) {
	before, after := base.Text(), head.Text()
	if before == after {
		return 0, source.Span{}, false
	}
	n := min(len(before), len(after))
	for offset < n && before[offset] == after[offset] {
		offset++
	}
	if len(head.files()) == 0 {
		return offset, base.point(offset), true
	}
	return offset, head.point(offset), true
}

// point is the place of one byte of the template's text.
func (t *Template) point(offset int) source.Span {
	for i, f := range t.files() {
		length := len(f.Text())
		if offset < length || i == len(t.Files)-1 {
			return f.point(min(offset, length))
		}
		offset -= length
	}
	return source.Span{}
}

// StablePrefix is the text before the first placeholder, which is nil when there is none: the part that is equal in
// every call and that a provider's cache can keep.
func (t *Template) StablePrefix() (text string, first *Placeholder) {
	text = t.Text()
	if ps := t.Placeholders(); len(ps) > 0 {
		return strings.Clone(text[:ps[0].Offset]), &ps[0]
	}
	return text, nil
}
