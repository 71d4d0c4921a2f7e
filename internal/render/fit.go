package render

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// commentLimit leaves a margin under GitHub's 65,536 characters (code points) for the newline differences of clients.
const commentLimit = 65_000

// section is a part of a comment. Rows are the lines that may be cut, from the last one back; a section left without
// rows is left out, unless it had none to begin with and rank 0. Rank orders the cutting: the highest first, 0 never.
type section struct {
	name string // in the line that says what was cut
	unit string // what a row is, singular
	rank int
	keep int // rows that stay until every other section is down to its own
	head []string
	rows []string
	foot []string

	cut int
}

// noteRoom is reserved for the line that says what a section lost.
const noteRoom = 200

// assemble joins the sections, cutting until the text has at most limit characters. Sections of rank 0 are kept whole
// even then; the caller bounds them.
func assemble(limit int, list []section) string {
	total := 0
	for i := range list {
		total += list[i].size()
	}
	for total > limit {
		s, floor := leastUseful(list)
		if s == nil {
			break
		}
		total -= s.shrink(total-limit, floor)
	}
	var b strings.Builder
	for i := range list {
		list[i].write(&b)
	}
	return b.String()
}

// leastUseful is the section to cut next and the rows to leave it: the highest rank with more rows than it keeps, and
// when there is none, the highest with any.
func leastUseful(list []section) (worst *section, floor int) {
	for _, last := range []bool{false, true} {
		for i := range list {
			s := &list[i]
			leave := s.keep
			if last {
				leave = 0
			}
			if s.rank > 0 && s.kept() > leave && (worst == nil || s.rank > worst.rank) {
				worst, floor = s, leave
			}
		}
		if worst != nil {
			return worst, floor
		}
	}
	return nil, 0
}

func (s *section) kept() int { return len(s.rows) - s.cut }

func (s *section) size() int {
	if s.rank > 0 && len(s.rows) == 0 {
		return 0
	}
	return length(s.head) + length(s.rows) + length(s.foot)
}

// shrink drops rows from the end until need characters are saved or floor rows are left; it returns what was saved,
// which is less than nothing where the note costs more than the rows.
func (s *section) shrink(need, floor int) int {
	saved := -noteRoom
	for s.kept() > floor && saved < need {
		s.cut++
		saved += length(s.rows[s.kept() : s.kept()+1])
	}
	if s.kept() == 0 {
		saved += length(s.head) + length(s.foot)
	}
	return saved
}

func (s *section) write(b *strings.Builder) {
	if s.rank > 0 && len(s.rows) == 0 {
		return
	}
	if s.kept() == 0 && s.cut > 0 {
		fmt.Fprintf(b, "\n_%s_\n", s.note())
		return
	}
	writeLines(b, s.head, s.rows[:s.kept()])
	if s.cut > 0 {
		fmt.Fprintf(b, "\n_%s_\n", s.note())
	}
	if len(s.foot) > 0 && s.foot[0] != "" {
		b.WriteByte('\n')
	}
	writeLines(b, s.foot)
}

func (s *section) note() string {
	unit := s.unit
	if unit == "" {
		unit = "line"
	}
	if s.kept() == 0 {
		return fmt.Sprintf("The %s (%s) did not fit here; the report in JSON has all.", s.name, plural(int64(s.cut), unit, unit+"s"))
	}
	return fmt.Sprintf("… and %s that did not fit here; the report in JSON has all.", plural(int64(s.cut), "more "+unit, "more "+unit+"s"))
}

func writeLines(b *strings.Builder, lists ...[]string) {
	for _, list := range lists {
		for _, line := range list {
			b.WriteString(line)
			b.WriteByte('\n')
		}
	}
}

// length counts the characters of lines with their line ends.
func length(lines []string) int {
	n := 0
	for _, line := range lines {
		n += utf8.RuneCountInString(line) + 1
	}
	return n
}

// clipList keeps the first n lines of a list that is not worth a section of its own, and says how many are missing.
func clipList(lines []string, n int) []string {
	if len(lines) <= n {
		return lines
	}
	return append(lines[:n:n], fmt.Sprintf("- … and %d more; the report in JSON has all", len(lines)-n))
}
