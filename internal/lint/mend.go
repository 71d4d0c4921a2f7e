package lint

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

// mend gives the edits for what a loader found, where it can only have been meant one way.
func (p *project) mend(d source.Diagnostic) []Edit {
	var e Edit
	ok := false
	switch d.Rule {
	case "import-trailing-punctuation":
		e, ok = p.spaceAfterImport(d)
	case "budget-block-unrecognised":
		e, ok = p.nameBudget(d)
	case "template-link-text":
		e, ok = p.importLink(d)
	case source.RuleUnknownKey:
		e, ok = p.nameKey(d)
	}
	if !ok {
		return nil
	}
	e.Rule, e.Place = d.Rule, d.Span
	return []Edit{e}
}

// spaceAfterImport parts a path from the punctuation that is read as its end.
func (p *project) spaceAfterImport(d source.Diagnostic) (e Edit, ok bool) {
	start, _, text, ok := p.span(d.Span)
	if !ok || !strings.HasPrefix(text, "@") {
		return e, false
	}
	for cut := len(text); cut > 1; {
		_, size := utf8.DecodeLastRuneInString(text[:cut])
		cut -= size
		name := strings.ReplaceAll(text[1:cut], `\ `, " ")
		file := path.Join(path.Dir(d.Span.File), name)
		if info, err := fs.Stat(p.Files, file); err == nil && !info.IsDir() {
			return Edit{Start: start + cut, End: start + cut, Text: " ", Message: "put a space after " + text[:cut] + p.loads(file)}, true
		}
	}
	return e, false
}

// loads says what sending a file that was not sent comes to: the mended text does what was meant, and costs it.
func (p *project) loads(file string) string {
	if slices.ContainsFunc(p.texts, func(x *text) bool { return x.Path == file }) {
		return ""
	}
	tokens := p.Count("").Count(string(p.content(file))).Tokens
	return fmt.Sprintf(", which is loaded from now on: %s tokens and what it imports", money.Count(tokens).Exact())
}

// blockInfo marks a fence that is a budget.
const blockInfo = "yaml tokengate"

var (
	fencePattern   = regexp.MustCompile("^(`{3,}|~{3,})[ \t]*(.*?)[ \t]*$")
	headingPattern = regexp.MustCompile(`^ {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*\r?$`)
)

// nameBudget names a fence, a key of front matter or a heading the way it has to be named to be read as a budget.
func (p *project) nameBudget(d source.Diagnostic) (e Edit, ok bool) {
	start, end, text, ok := p.span(d.Span)
	if !ok {
		return e, false
	}
	if m := fencePattern.FindStringSubmatchIndex(text); m != nil {
		info := text[m[4]:m[5]]
		if !meansBlock(info) {
			return e, false
		}
		return Edit{Start: start + m[4], End: start + m[5], Text: blockInfo, Message: fmt.Sprintf("marked the block %q, not %q", blockInfo, info)}, true
	}
	if key := strings.Trim(text, `"'`); levenshtein.ComputeDistance(strings.ToLower(key), "tokengate") <= 1 && !p.present("tokengate", d.Span) {
		return Edit{Start: start, End: end, Text: "tokengate", Message: fmt.Sprintf("named the key tokengate, not %s", key)}, true
	}
	if strings.Contains(d.Hint, `"Token budget"`) {
		return p.nameHeading(d.Span)
	}
	return e, false
}

// meansBlock reports whether an info string is that of a budget but for one letter, case, or a mark between its words.
func meansBlock(info string) bool {
	words := strings.FieldsFunc(strings.ToLower(info), func(r rune) bool { return strings.ContainsRune(" \t,:;{}", r) })
	switch {
	case len(words) == 1:
		return words[0] == "tokengate"
	case len(words) == 2:
		return slices.Contains([]string{"yaml", "yml"}, words[0]) && levenshtein.ComputeDistance(words[1], "tokengate") <= 1
	}
	return false
}

// nameHeading names the heading above a place "Token budget", where it is that but for an ending or a mark.
func (p *project) nameHeading(below source.Span) (e Edit, ok bool) {
	for n := below.Start.Line - 1; n > 0; n-- {
		line, _ := source.Line(p.content(below.File), n)
		m := headingPattern.FindSubmatchIndex(line)
		if m == nil {
			continue
		}
		was := string(line[m[2]:m[3]])
		start, found := offset(p.content(below.File), source.Pos{Line: n, Col: 1})
		plain := strings.Join(strings.FieldsFunc(strings.ToLower(was), func(r rune) bool { return strings.ContainsRune(" -_:*`", r) }), " ")
		if !found || !slices.Contains([]string{"token budget", "token budgets", "tokens budget", "tokenbudget"}, plain) {
			return e, false
		}
		return Edit{Start: start + m[2], End: start + m[3], Text: "Token budget", Message: fmt.Sprintf("named the heading %q, not %q", "Token budget", was)}, true
	}
	return e, false
}

var meant = regexp.MustCompile(`^did you mean "([^"]+)"\?$`)

// nameKey corrects one letter of a key of a budget block or a column of a budget table, where the right one is not there
// as well.
func (p *project) nameKey(d source.Diagnostic) (e Edit, ok bool) {
	start, end, text, ok := p.span(d.Span)
	m := meant.FindStringSubmatch(d.Hint)
	if !ok || m == nil || d.Span.File == p.Policy.Path {
		return e, false
	}
	bare := strings.ToLower(strings.Trim(text, "`*\"'"))
	if levenshtein.ComputeDistance(bare, m[1]) != 1 || text != strings.Trim(text, "`*\"'") || p.present(m[1], d.Span) || p.rival(d) {
		return e, false
	}
	right := m[1]
	if text != bare {
		right = strings.ToUpper(right[:1]) + right[1:]
	}
	return Edit{Start: start, End: end, Text: right, Message: fmt.Sprintf("named it %s, not %s", right, text)}, true
}

// rival reports whether another key nearby was meant to be the same one: which of the two is right is not known.
func (p *project) rival(d source.Diagnostic) bool {
	return slices.ContainsFunc(p.Loaded, func(o source.Diagnostic) bool {
		return o.Rule == d.Rule && o.Hint == d.Hint && o.Span.File == d.Span.File && o.Span != d.Span &&
			(o.Span.Start.Line == d.Span.Start.Line || o.Span.Start.Col == d.Span.Start.Col)
	})
}

// present reports whether a key stands somewhere near a place already: in its line, or in one that begins in its column.
func (p *project) present(key string, at source.Span) bool {
	for n := max(at.Start.Line-60, 1); n < at.Start.Line+60; n++ {
		line, ok := source.Line(p.content(at.File), n)
		if !ok {
			break
		}
		text := strings.ToLower(string(line))
		if n == at.Start.Line && slices.Contains(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t|{},:`*\"'", r) }), key) {
			return true
		}
		if trimmed := strings.TrimLeft(text, " \t"); len(text)-len(trimmed) == at.Start.Col-1 && strings.HasPrefix(strings.Trim(trimmed, `"'`), key+":") {
			return true
		}
	}
	return false
}

// importLink turns the target of a link that was checked out as text into an import. A file that git knows as a link, or
// may know as one, is left alone: the text would become the target.
func (p *project) importLink(d source.Diagnostic) (e Edit, ok bool) {
	name := d.Span.File
	if p.HeadRevision.Commit != "" {
		links, can := p.Base.(fs.ReadLinkFS)
		if !can {
			return e, false
		}
		if info, err := links.Lstat(name); err != nil || info.Mode()&fs.ModeSymlink != 0 {
			return e, false
		}
	}
	return Edit{Text: "@", Message: fmt.Sprintf("wrote @%s, so that the file is imported", p.content(name))}, true
}
