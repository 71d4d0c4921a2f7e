package prompt

import (
	"strings"
	"unicode/utf8"

	"github.com/tokengate/tokengate/internal/source"
)

// actor is a subagent, skill or command while a tree is made.
type actor struct {
	Member
	content []byte
	doc     *document
	head    head
	listed  string // what the main conversation is told of it beside its name; "" is the name alone
	place   region // where that stands
	hidden  bool   // it is not listed
	loaded  *loader
}

func (a *actor) read(content []byte) {
	a.content = content
	a.doc, _ = newDocument(a.Path, content)
	a.doc.findFrontMatter(ClaudeMD)
	a.head = a.doc.readHead()
}

// line is how the main conversation is told of it.
func (a *actor) line() string {
	if a.listed == "" {
		return "- " + a.Name + "\n"
	}
	return "- " + a.Name + ": " + a.listed + "\n"
}

// listing is the line as a file of the main conversation. Its place is that of the description.
func (a *actor) listing() File {
	f := File{Path: a.Path, Content: a.content, doc: a.doc}
	s := Section{Heading: Listing, Text: a.line(), Span: source.Span{File: a.Path}}
	if a.place.start < a.place.end {
		s.Span = a.doc.lineSpan(a.place.start, a.place.end)
		s.Span.End = source.Pos{Line: a.doc.line(a.place.end-1) + 1, Col: 1}
		f.kept = []piece{{len("- " + a.Name + ": "), a.place}}
	}
	f.Sections = []Section{s}
	return f
}

// listedChars bounds what is told of one skill.
const listedChars = 1536

// list decides what the main conversation is told at launch: every subagent in full; of skills and commands the names,
// and descriptions as far as the listing has room. The tool drops those used least, which no file says: here the last by
// their paths go first, and the diagnostic says so.
func (b *builder) list() {
	for _, a := range b.agents {
		if a.When != Never {
			a.Listed = a.listing()
		}
	}
	var shown []*actor
	total := 0
	for _, a := range b.skills {
		if a.When == Never || a.hidden {
			continue
		}
		shown = append(shown, a)
		total += utf8.RuneCountInString(a.line())
	}
	limit, dropped, full := b.loader.listingChars(), 0, total
	for i := len(shown) - 1; i >= 0 && total > limit; i-- {
		a := shown[i]
		if a.listed == "" {
			continue
		}
		total -= utf8.RuneCountInString(a.line())
		a.listed = ""
		total += utf8.RuneCountInString(a.line())
		a.Why = "by name only: the listing is full"
		dropped++
	}
	if dropped > 0 {
		b.diags.Warn("listing-overflow", firstLine(shown[len(shown)-1].Path), "shorten descriptions, or set disable-model-invocation for skills that people invoke",
			"the descriptions of %s come to %d characters and the listing has room for %d: those of %d are dropped (the tool drops the least used; which these are is not recorded, so the last by path are taken)",
			plural(len(shown), "skill"), full, limit, dropped)
	}
	for _, a := range shown {
		a.Listed = a.listing()
	}
}

// cut shortens a text to so many characters.
func cut(s string, chars int) string {
	if utf8.RuneCountInString(s) <= chars {
		return s
	}
	n := 0
	for i := range s {
		if n == chars {
			return s[:i]
		}
		n++
	}
	return s
}

// oneLine is a text without line breaks.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
