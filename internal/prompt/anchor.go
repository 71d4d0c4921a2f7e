package prompt

import (
	"fmt"
	"strings"
	"unicode"
)

// Under gives the section of the file that is named by anchor and all sections below it: those that follow with a deeper
// heading. It is empty where the file sends no such section.
func (f File) Under(anchor string) []Section {
	for i, s := range f.Sections {
		if s.Anchor != anchor || anchor == "" {
			continue
		}
		end := i + 1
		for end < len(f.Sections) && f.Sections[end].Level > s.Level {
			end++
		}
		return f.Sections[i:end]
	}
	return nil
}

// anchors names headings the way GitHub does in links: lower case, letters, digits, "-" and "_" kept, spaces turned into
// "-", all else dropped; one that repeats gets "-1", "-2" and so on. A heading without text is "section".
func anchors(heads []heading) []string {
	used, next := map[string]bool{}, map[string]int{} // next: the first number of a heading that may be free
	out := make([]string, len(heads))
	for i, h := range heads {
		if h.level == 0 {
			continue
		}
		base := anchor(h.text)
		name := base
		for used[name] {
			next[base]++
			name = fmt.Sprintf("%s-%d", base, next[base])
		}
		used[name] = true
		out[i] = name
	}
	return out
}

func anchor(heading string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '-' || r == '_':
			return unicode.ToLower(r)
		case unicode.IsSpace(r):
			return '-'
		}
		return -1
	}, heading)
	if name == "" {
		return "section"
	}
	return name
}
