package engine

import "strings"

// hbStrip is what a tag wants cut around it, and which of its ends may stand alone on a line.
type hbStrip struct {
	edge        hbEdge
	alone       bool // a partial or comment
	opens, ends bool // a block whose first, or last, tag is followed by, or follows, a line end
	first, last []any
}

// cut takes the blanks around tags out of a body, by the rules of Handlebars: all of them where a ~ asks for it, and
// the line of a block's tag, a partial or a comment that stands on a line of its own.
func (p *hbParser) cut(body []any, root bool) {
	for i, n := range body {
		p.m.step(place{p.s, 0, 0}, 1)
		strip, ok := p.strip(n)
		if !ok {
			continue
		}
		before, after := hbBegins(body, i, root), hbEnds(body, i, root)
		if strip.edge.after {
			textAt(body, i+1).cutStart(true)
		}
		if strip.edge.before {
			textAt(body, i-1).cutEnd(true)
		}
		if strip.alone && before && after {
			p.line(body, i)
		}
		if strip.opens && before {
			textAt(strip.first, 0).cutStart(false)
			textAt(body, i-1).cutEnd(false)
		}
		if strip.ends && after {
			textAt(body, i+1).cutStart(false)
			textAt(strip.last, len(strip.last)-1).cutEnd(false)
		}
	}
}

// line cuts the line that a tag stands alone on; a partial keeps what indented it.
func (p *hbParser) line(body []any, i int) {
	textAt(body, i+1).cutStart(false)
	before := textAt(body, i-1)
	if before.cutEnd(false) {
		if partial, ok := body[i].(*hbPartial); ok {
			text := before.original()
			partial.indent = text[len(strings.TrimRight(text, " \t")):]
		}
	}
}

// strip tells what a statement wants, after its own bodies are done.
func (p *hbParser) strip(n any) (hbStrip, bool) {
	switch n := n.(type) {
	case *hbOutput:
		return hbStrip{edge: n.edge}, true
	case *hbPartial:
		return hbStrip{edge: n.edge, alone: true}, true
	case *hbComment:
		return hbStrip{edge: n.edge, alone: true}, true
	case *hbBlock:
		return p.blockStrip(n), true
	}
	return hbStrip{}, false
}

func (p *hbParser) blockStrip(b *hbBlock) hbStrip {
	p.m.enter(b.at)
	defer p.m.leave()
	p.cut(b.body, false)
	p.cut(b.orElse, false)
	middle, last := b.orElse, b.orElse
	if b.chained {
		middle = b.orElse[0].(*hbBlock).body
		last = b.orElse[0].(*hbBlock).lastBody()
	}
	s := hbStrip{edge: hbEdge{b.open.before, b.close.after}, first: b.body, last: b.body}
	s.opens, s.ends = hbEnds(b.body, -1, false), hbBegins(b.body, len(b.body), false)
	if b.open.after {
		textAt(b.body, 0).cutStart(true)
	}
	if !b.hasElse {
		if b.close.before {
			textAt(b.body, len(b.body)-1).cutEnd(true)
		}
		return s
	}
	s.last, s.ends = b.orElse, hbBegins(middle, len(middle), false)
	if b.middle.before {
		textAt(b.body, len(b.body)-1).cutEnd(true)
	}
	if b.middle.after {
		textAt(middle, 0).cutStart(true)
	}
	if b.close.before {
		textAt(last, len(last)-1).cutEnd(true)
	}
	if hbBegins(b.body, len(b.body), false) && hbEnds(middle, -1, false) {
		textAt(b.body, len(b.body)-1).cutEnd(false)
		textAt(middle, 0).cutStart(false)
	}
	return s
}

// lastBody is the body in front of the closing tag.
func (b *hbBlock) lastBody() []any {
	for b.chained {
		b = b.orElse[0].(*hbBlock)
	}
	if b.hasElse {
		return b.orElse
	}
	return b.body
}

// hbBegins reports whether only blanks stand in front of body[i] on its line.
func hbBegins(body []any, i int, root bool) bool {
	if i == 0 {
		return root
	}
	t := textAt(body, i-1)
	if t == nil {
		return false
	}
	text := t.original()
	line := strings.LastIndexByte(text, '\n')
	if line < 0 && (i > 1 || !root) {
		return false
	}
	return strings.TrimSpace(text[line+1:]) == ""
}

// hbEnds reports whether only blanks follow body[i] on its line.
func hbEnds(body []any, i int, root bool) bool {
	if i+1 >= len(body) {
		return root
	}
	t := textAt(body, i+1)
	if t == nil {
		return false
	}
	text := t.original()
	line := strings.IndexByte(text, '\n')
	if line < 0 {
		if i+2 < len(body) || !root {
			return false
		}
		line = len(text)
	}
	return strings.TrimSpace(text[:line]) == ""
}

// textAt is the text at an index of a body, or nil where something else stands there.
func textAt(body []any, i int) *hbText {
	if i < 0 || i >= len(body) {
		return nil
	}
	t, _ := body[i].(*hbText)
	return t
}

func (t *hbText) text() string { return t.at.s.text[t.start:t.end] }

// original is the text as it is written: whether a tag stands alone does not depend on what was cut before.
func (t *hbText) original() string { return t.at.s.text[t.at.start:t.at.end] }

// cutStart takes blanks off the beginning: all, or those up to and with the first line end, once.
func (t *hbText) cutStart(all bool) {
	switch {
	case t == nil:
	case all:
		t.start = t.end - len(strings.TrimLeft(t.text(), " \t\r\n"))
	case !t.cutLeft:
		t.cutLeft = true
		rest := strings.TrimLeft(t.text(), " \t")
		if strings.HasPrefix(rest, "\r\n") {
			rest = rest[1:]
		}
		t.start = t.end - len(strings.TrimPrefix(rest, "\n"))
	}
}

// cutEnd takes blanks off the end: all, or those of the last line, once. It reports whether there were any.
func (t *hbText) cutEnd(all bool) bool {
	if t == nil || t.cutRight && !all {
		return false
	}
	was := t.end
	if all {
		t.end = t.start + len(strings.TrimRight(t.text(), " \t\r\n"))
	} else {
		t.end = t.start + len(strings.TrimRight(t.text(), " \t"))
		t.cutRight = t.end != was
	}
	return t.end != was
}
