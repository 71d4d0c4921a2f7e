package lint

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tokengate/tokengate/internal/source"
)

// lines is YAML that stands in a file from some line on.
type lines struct {
	text  string
	first int // its line in the file
}

// yamlComment finds a suppression in a line: after white space or alone, and not inside quotes as far as a line can tell.
var yamlComment = regexp.MustCompile(`(?:^|\s)#\s*(` + mark + `(?:[\s:].*)?)$`)

// yaml adds the suppressions of YAML. One on a line of its own covers the key or entry that follows, with all that is
// indented below it; before everything else it covers the file. One at the end of a line covers that line.
func (c *collector) yaml(file string, l lines) {
	if !strings.Contains(l.text, mark) {
		return
	}
	all := strings.Split(l.text, "\n")
	for i, line := range all {
		line = strings.TrimRight(line, " \t\r")
		m := yamlComment.FindStringSubmatchIndex(line)
		if m == nil || strings.Count(line[:m[2]], `"`)%2 == 1 || strings.Count(line[:m[2]], `'`)%2 == 1 {
			continue
		}
		rules, reason, ok := parseIgnore(line[m[2]:m[3]])
		if !ok {
			continue
		}
		hash := m[0] + strings.IndexByte(line[m[0]:], '#')
		at := source.Span{File: file, Start: source.Pos{Line: l.first + i, Col: utf8.RuneCountInString(line[:hash]) + 1}}
		at.End = source.Pos{Line: at.Start.Line, Col: utf8.RuneCountInString(line) + 1}
		c.add(&suppression{kind: "comment", rules: rules, reason: reason, at: at, covers: covered(file, l, all, i, hash)})
	}
}

// covered is the lines that a comment in line i is about.
func covered(file string, l lines, all []string, i, hash int) source.Span {
	if strings.TrimSpace(all[i][:hash]) != "" {
		return lineRange(file, l.first+i, l.first+i+1)
	}
	if !slices.ContainsFunc(all[:i], content) {
		return whole(file)
	}
	from := i + 1
	for from < len(all) && !content(all[from]) {
		from++
	}
	if from == len(all) {
		return lineRange(file, l.first+i, l.first+i+1)
	}
	to := from + 1
	for to < len(all) && (!content(all[to]) || indent(all[to]) > indent(all[from])) {
		to++
	}
	return lineRange(file, l.first+from, l.first+to)
}

func lineRange(file string, from, to int) source.Span {
	return source.Span{File: file, Start: source.Pos{Line: from, Col: 1}, End: source.Pos{Line: to, Col: 1}}
}

// content reports whether a line of YAML holds more than a comment or the mark of a document.
func content(line string) bool {
	t := strings.TrimSpace(strings.TrimPrefix(line, "\uFEFF"))
	return t != "" && t[0] != '#' && t != "---"
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// yamlBlocks gives the YAML of a template's file: its front matter and its budget blocks.
func (x *text) yamlBlocks() []lines {
	var out []lines
	all := strings.SplitAfter(string(x.Content), "\n")
	bare := func(i int) string { return strings.TrimSpace(strings.TrimPrefix(all[i], "\uFEFF")) }
	until := func(from int, end func(string) bool) {
		for to := from; to < len(all); to++ {
			if end(bare(to)) {
				out = append(out, lines{strings.Join(all[from:to], ""), from + 1})
				return
			}
		}
	}
	if bare(0) == "---" {
		until(1, func(s string) bool { return s == "---" })
	}
	for _, b := range x.template.Budgets {
		line := b.Span.Start.Line
		if b.Span.File != x.Path || line < 1 || line > len(all) {
			continue
		}
		if open := bare(line - 1); strings.HasPrefix(open, "```") || strings.HasPrefix(open, "~~~") {
			fence := strings.Repeat(open[:1], len(open)-len(strings.TrimLeft(open, open[:1])))
			until(line, func(s string) bool { return strings.HasPrefix(s, fence) && strings.Trim(s, fence[:1]) == "" })
		}
	}
	return out
}

// yamlFiles are the configuration and the fixture files.
func (p *project) yamlFiles() []string {
	var out []string
	if p.Policy.Path != "" {
		out = append(out, p.Policy.Path)
	}
	for _, f := range p.Fixtures {
		if !slices.Contains(out, f.Span.File) {
			out = append(out, f.Span.File)
		}
	}
	return out
}
