package prompt

import (
	"slices"
	"strings"
	"unicode"

	"github.com/tokengate/tokengate/internal/source"
	"github.com/yuin/goldmark/ast"
)

// piece is a part of a document that is sent: sent is its offset in the file's sent text, wrapper included.
type piece struct {
	sent int
	region
}

// heading is a heading of the document proper; one inside a quote or a list does not begin a section.
type heading struct {
	offset int // of its line
	level  int
	text   string
}

func (d *document) headings(root ast.Node, src []byte) []heading {
	var out []heading
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			out = append(out, heading{d.lineStart(d.md + start(h)), h.Level, plain(h, src)})
		}
	}
	return out
}

// start is where a block begins. A Setext heading takes the place of its paragraph, so its lines are asked first.
func start(n ast.Node) int {
	if n.Lines().Len() > 0 {
		return n.Lines().At(0).Start
	}
	return max(n.Pos(), 0)
}

// plain is the source of a block's lines in one line; markup stays, as the author wrote it.
func plain(n ast.Node, src []byte) string {
	return strings.Join(strings.Fields(string(n.Lines().Value(src))), " ")
}

// comments finds the HTML comments that are taken out before sending: those that begin a block of the document proper
// and are closed. Text that follows a comment on its last line stays; an unclosed comment stays whole.
func (d *document) comments(root ast.Node) []region {
	var out []region
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.HTMLBlock)
		if !ok {
			continue
		}
		spans, block := d.commentSpans(h), d.htmlRegion(h)
		if len(spans) > 0 && d.blank(block.without(spans)) {
			for block.end < len(d.text) && d.blank([]region{{block.end, d.next(block.end)}}) {
				block.end = d.next(block.end)
			}
			spans = []region{block}
		}
		out = append(out, spans...)
	}
	return out
}

// htmlRegion is the lines of an HTML block, the closing one included.
func (d *document) htmlRegion(h *ast.HTMLBlock) region {
	r := region{d.md + h.Lines().At(0).Start, d.md + h.Lines().At(h.Lines().Len()-1).Stop}
	if h.HasClosure() {
		r.end = max(r.end, d.md+h.ClosureLine.Stop)
	}
	return r
}

// commentSpans gives the closed comments of an HTML block that begins with one.
func (d *document) commentSpans(h *ast.HTMLBlock) []region {
	if h.HTMLBlockType != ast.HTMLBlockType2 {
		return nil
	}
	var out []region
	block := d.htmlRegion(h)
	for at := block.start; ; {
		open := strings.Index(d.text[at:block.end], "<!--")
		if open < 0 {
			return out
		}
		inside := at + open + len("<!--")
		closing := strings.Index(d.text[inside:block.end], "-->")
		if closing < 0 {
			return out
		}
		out = append(out, region{at + open, inside + closing + len("-->")})
		at = inside + closing + len("-->")
	}
}

func (d *document) blank(rs []region) bool {
	return !slices.ContainsFunc(rs, func(r region) bool {
		return strings.TrimFunc(d.text[r.start:r.end], isSpace) != ""
	})
}

// isSpace is what the tool trims: white space and the byte order mark.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' }

// trim takes white space off both ends of a list of regions.
func (d *document) trim(rs []region) []region {
	for len(rs) > 0 {
		s := d.text[rs[0].start:rs[0].end]
		rs[0].start += len(s) - len(strings.TrimLeftFunc(s, isSpace))
		if rs[0].start < rs[0].end {
			break
		}
		rs = rs[1:]
	}
	for len(rs) > 0 {
		last := &rs[len(rs)-1]
		last.end = last.start + len(strings.TrimRightFunc(d.text[last.start:last.end], isSpace))
		if last.start < last.end {
			break
		}
		rs = rs[:len(rs)-1]
	}
	return rs
}

// sections cuts the sent regions at the headings. Every sent byte is in exactly one section; a section with nothing left
// to send is dropped.
func (d *document) sections(heads []heading, kept []region) []Section {
	kept = slices.Clone(kept)
	heads = append([]heading{{offset: d.body}}, heads...)
	names := anchors(heads)
	var out []Section
	for i, h := range heads {
		end := len(d.text)
		if i+1 < len(heads) {
			end = heads[i+1].offset
		}
		var b strings.Builder
		first := -1
		for len(kept) > 0 && kept[0].start < end {
			cut := min(kept[0].end, end)
			if first < 0 {
				first = kept[0].start
			}
			b.WriteString(d.text[kept[0].start:cut])
			if kept[0].start = cut; cut < kept[0].end {
				break
			}
			kept = kept[1:]
		}
		if b.Len() > 0 {
			out = append(out, Section{Heading: h.text, Anchor: names[i], Level: h.level, Span: d.lineSpan(first, end), Text: b.String()})
		}
	}
	return out
}

// lineSpan is the whole lines from the one that holds start to the one before end.
func (d *document) lineSpan(start, end int) source.Span {
	after := source.Pos{Line: d.line(end), Col: 1}
	if end == len(d.text) {
		after = source.Pos{Line: d.line(max(end-1, 0)) + 1, Col: 1}
	}
	return source.Span{File: d.file, Start: source.Pos{Line: d.line(start), Col: 1}, End: after}
}
