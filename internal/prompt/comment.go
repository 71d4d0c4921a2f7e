package prompt

import (
	"strings"

	"github.com/tokengate/tokengate/internal/source"
	"github.com/yuin/goldmark/ast"
)

// Comment is an HTML comment of a file's text, outside code.
type Comment struct {
	Text string // between the marks, trimmed
	Span source.Span
	// Covers is the lines that the comment stands before: the section under the heading that follows, with its
	// subsections, or the block that follows. It is the file as a whole where no other text stands before the comment, and
	// nothing of one that is inline.
	Covers source.Span
	Inline bool // in a line of text: it is sent, and stands before nothing
}

// Comments lists the HTML comments of the file that is sent as Markdown, in order; none in a File that no loader made.
func (f File) Comments() []Comment {
	if f.doc == nil || !strings.Contains(f.doc.text, "<!--") {
		return nil
	}
	d := f.doc
	root, _ := d.blocks()
	var out []Comment
	first := true
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.HTMLBlock)
		spans := []region(nil)
		if ok {
			spans = d.commentSpans(h)
		}
		for _, r := range spans {
			out = append(out, Comment{Text: d.inner(r), Span: d.span(r), Covers: d.covered(h, r, spans, first)})
		}
		if len(spans) == 0 {
			out = append(out, d.inlineComments(n)...)
		}
		first = first && len(spans) > 0 && d.blank(d.htmlRegion(h).without(spans))
	}
	return out
}

// inner is the text between the marks of a comment.
func (d *document) inner(r region) string {
	return strings.TrimSpace(d.text[r.start+len("<!--") : r.end-len("-->")])
}

// covered finds what a comment stands before.
func (d *document) covered(h *ast.HTMLBlock, r region, spans []region, first bool) source.Span {
	switch {
	case !d.blank(region{r.end, d.htmlRegion(h).end}.without(spans)):
		return d.lineSpan(r.start, d.htmlRegion(h).end)
	case first:
		return source.Span{File: d.file}
	}
	next := h.NextSibling()
	for next != nil && d.onlyComments(next) {
		next = next.NextSibling()
	}
	if next == nil {
		return d.lineSpan(r.start, len(d.text))
	}
	end := next.NextSibling()
	if heading, ok := next.(*ast.Heading); ok {
		for end != nil && !endsSection(end, heading.Level) {
			end = end.NextSibling()
		}
	}
	to := len(d.text)
	if end != nil {
		to = d.opens(end)
	}
	return d.lineSpan(d.opens(next), to)
}

// opens is where the first line of a block begins; that of a fence is not among its lines.
func (d *document) opens(n ast.Node) int {
	if f, ok := n.(*ast.FencedCodeBlock); ok {
		return d.lineStart(d.md + max(f.Pos(), 0))
	}
	return d.lineStart(d.md + start(n))
}

func (d *document) onlyComments(n ast.Node) bool {
	h, ok := n.(*ast.HTMLBlock)
	if !ok {
		return false
	}
	spans := d.commentSpans(h)
	return len(spans) > 0 && d.blank(d.htmlRegion(h).without(spans))
}

func endsSection(n ast.Node, level int) bool {
	h, ok := n.(*ast.Heading)
	return ok && h.Level <= level
}

// inlineComments finds the comments in the lines of a block and of what it holds, code left out.
func (d *document) inlineComments(n ast.Node) []Comment {
	var out []Comment
	walk(n, func(n ast.Node) {
		switch n.(type) {
		case *ast.Paragraph, *ast.TextBlock, *ast.Heading, *ast.HTMLBlock:
		default:
			return
		}
		for i := range n.Lines().Len() {
			line := n.Lines().At(i)
			out = append(out, d.commentsIn(region{d.md + line.Start, d.md + line.Stop})...)
		}
	})
	return out
}

func (d *document) commentsIn(line region) []Comment {
	var out []Comment
	c, ticks := cursor{doc: d}, 0
	for at := line.start; ; {
		open := strings.Index(d.text[at:line.end], "<!--")
		if open < 0 {
			return out
		}
		closing := strings.Index(d.text[at+open:line.end], "-->")
		if closing < len("<!--") {
			return out
		}
		r := region{at + open, at + open + closing + len("-->")}
		if ticks += strings.Count(d.text[at:r.start], "`"); ticks%2 == 0 {
			span := source.Span{File: d.file, Start: c.at(r.start)}
			span.End = c.at(r.end)
			out = append(out, Comment{Text: d.inner(r), Span: span, Inline: true})
		}
		ticks += strings.Count(d.text[r.start:r.end], "`")
		at = r.end
	}
}
