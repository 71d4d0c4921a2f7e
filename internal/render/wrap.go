package render

import (
	"sort"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// display is the number of columns a text takes; characters of ambiguous width take one, whatever the locale says, so
// that equal reports give equal bytes everywhere.
func display(s string) int { return twwidth.WidthWithOptions(s, twwidth.Options{}) }

// prefix is as much of the start of a text as takes at most n columns.
func prefix(s string, n int) string {
	r := []rune(s)
	r = r[:min(len(r), 8*n)] // a long text is not measured whole
	return string(r[:sort.Search(len(r), func(i int) bool { return display(string(r[:i+1])) > n })])
}

// suffix is as much of the end of a text as takes at most n columns.
func suffix(s string, n int) string {
	r := []rune(s)
	r = r[max(0, len(r)-8*n):]
	return string(r[sort.Search(len(r), func(i int) bool { return display(string(r[i:])) <= n }):])
}

// clipWidth shortens a text to n columns, with … where something is missing.
func clipWidth(s string, n int, tail bool) string {
	switch {
	case len(s) <= n || display(s) <= n:
		return s
	case tail:
		return "…" + suffix(s, n-1)
	}
	return prefix(s, n-1) + "…"
}

// Wrap breaks a text at spaces into lines of at most n columns; a longer word is broken where it must.
func Wrap(s string, n int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		for display(word) > n {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			head := prefix(word, n)
			if head == "" { // one character wider than n: it cannot be broken, and dropping it is worse
				break
			}
			lines, word = append(lines, head), word[len(head):]
		}
		switch {
		case line == "":
			line = word
		case display(line)+1+display(word) <= n:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
