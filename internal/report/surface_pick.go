package report

import (
	"path"
	"slices"
	"strings"
)

// picker is what one name asks for: "CLAUDE.md", "docs", "." or "CLAUDE.md#testing".
type picker struct {
	name         string
	path, anchor string
	met          bool
}

type pickerList []*picker

func pickers(names []string) (out pickerList) {
	for _, name := range names {
		p := &picker{name: name, path: path.Clean(name)}
		if at := strings.LastIndexByte(name, '#'); at >= 0 {
			p.path, p.anchor = path.Clean(name[:at]), name[at+1:]
		}
		out = append(out, p)
	}
	return out
}

func (l pickerList) unknown() (names []string) {
	for _, p := range l {
		if !p.met {
			names = append(names, p.name)
		}
	}
	return names
}

// file gives what was asked for of a file; nil for none of it.
func (l pickerList) file(f *FileCost) *SurfaceFile {
	taken, some := l.sections(f)
	if !some {
		return nil
	}
	out := &SurfaceFile{Path: f.Path, When: f.When, Templates: f.Templates, Error: f.Error, Why: f.Why, Sections: []Section{}}
	for i, s := range f.Sections {
		if taken[i] {
			out.Sections = append(out.Sections, s)
			out.Tokens += s.Tokens
			out.Carry = out.Carry.WithText(s.Carry)
		}
	}
	if whole := f.Carry.cost().Float(); whole > 0 {
		out.Share = f.Share * out.Carry.cost().Float() / whole
	}
	return out
}

// sections tells which sections of a file were asked for, and whether the file was at all.
func (l pickerList) sections(f *FileCost) (taken []bool, some bool) {
	taken = make([]bool, len(f.Sections))
	if len(l) == 0 {
		return slices.Repeat([]bool{true}, len(taken)), true
	}
	for _, p := range l {
		from, to, ok := p.of(f)
		if p.met, some = p.met || ok, some || ok; ok {
			for i := from; i < to; i++ {
				taken[i] = true
			}
		}
	}
	return taken, some
}

// of gives the sections from ≤ i < to of a file that go by the name: all, or one with what stands below its heading.
func (p *picker) of(f *FileCost) (from, to int, ok bool) {
	if p.anchor == "" {
		return 0, len(f.Sections), p.path == f.Path || p.path == "." || strings.HasPrefix(f.Path, p.path+"/")
	}
	from = slices.IndexFunc(f.Sections, func(s Section) bool { return s.Anchor == p.anchor })
	if p.path != f.Path || from < 0 {
		return 0, 0, false
	}
	to = from + 1
	for to < len(f.Sections) && f.Sections[to].Level > f.Sections[from].Level {
		to++
	}
	return from, to, true
}

// change tells whether a change is in what was asked for. One in a file that head no longer sends goes by its path.
func (l pickerList) change(c Cause, files []FileCost) bool {
	f := &FileCost{Path: c.Place.File}
	if i := slices.IndexFunc(files, func(f FileCost) bool { return f.Path == c.Place.File }); i >= 0 {
		f = &files[i]
	}
	taken, some := l.sections(f)
	if !slices.Contains(taken, false) {
		return some
	}
	for i, s := range f.Sections {
		if line := c.Place.Start.Line; taken[i] && s.Place.Start.Line <= line && line < s.Place.End.Line {
			return true
		}
	}
	return false
}
