package engine

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Statements of Handlebars, and of Mustache.
type (
	hbText struct { // start and end are what is left of it once blanks around tags are cut
		at         place
		start, end int
		cutLeft    bool // blanks and a line end were cut once
		cutRight   bool
	}
	hbOutput struct {
		at   place
		of   hbCall
		edge hbEdge
	}
	hbBlock struct {
		at           place
		of           hbCall
		params       []string // as |a b|
		body, orElse []any
		inverted     bool
		hasElse      bool
		chained      bool // {{else if x}}: orElse is that block alone
		open, close  hbEdge
		middle       hbEdge
	}
	hbPartial struct {
		at     place
		name   any // string, or an hbCall that gives it
		of     hbCall
		indent string
		edge   hbEdge
	}
	hbComment struct {
		at   place
		edge hbEdge
	}
)

// hbEdge is the ~ of a tag, in front and behind.
type hbEdge struct{ before, after bool }

// Expressions of Handlebars.
type (
	hbCall struct {
		at     place
		path   any // hbPath or a literal
		params []any
		keys   []string
		values []any
	}
	hbPath struct {
		at     place
		up     int
		parts  []string
		data   bool // @x
		scoped bool // this.x, ./x or ../x: never a helper
		text   string
	}
	hbLiteral struct{ value any }
)

// hbParser reads Handlebars.
type hbParser struct {
	m  *machine
	s  *script
	at int
}

func parseHandlebars(m *machine, s *script) []any {
	p := &hbParser{m: m, s: s}
	body, end := p.body(place{}, "")
	if end.kind != 0 {
		p.m.failHint(end.at, "no block is open here", "unexpected {{%c%s}}", end.kind, end.name)
	}
	p.cut(body, true)
	return body
}

// hbEnd is the tag that ended a body: / for the end of a block, e for else, 0 for the end of the text.
type hbEnd struct {
	kind rune
	name string
	at   place
	edge hbEdge
	of   hbCall // of {{else if x}}
	as   []string
}

// body reads statements up to {{/x}}, {{else}}, {{^}} or the end.
func (p *hbParser) body(open place, name string) (out []any, end hbEnd) {
	p.m.enter(place{p.s, p.at, p.at})
	defer p.m.leave()
	for {
		start := p.at
		n := strings.Index(p.s.text[p.at:], "{{")
		if n < 0 {
			if open.s != nil {
				p.m.failHint(open, "close it with {{/"+name+"}}", "the block %q is not closed", name)
			}
			p.at = len(p.s.text)
			return p.text(out, start, p.at), end
		}
		p.at += n
		if p.escaped(&out, start) {
			continue
		}
		out = p.text(out, start, p.at)
		s, e := p.tag()
		if e.at.s != nil {
			return out, e
		}
		if s != nil {
			out = append(out, s)
		}
	}
}

func (p *hbParser) text(out []any, start, end int) []any {
	if start == end {
		return out
	}
	at := place{p.s, start, end}
	p.m.step(at, 1)
	return append(out, &hbText{at: at, start: start, end: end})
}

// escaped reads \{{x}}, which is text, and \\{{x}}, which is a backslash and a tag.
func (p *hbParser) escaped(out *[]any, start int) bool {
	t := p.s.text
	if p.at == start || t[p.at-1] != '\\' {
		return false
	}
	if p.at-1 > start && t[p.at-2] == '\\' {
		*out = p.text(*out, start, p.at-1)
		s, e := p.tag()
		if e.at.s != nil {
			p.m.fail(e.at, "a tag that ends a block cannot follow a backslash")
		}
		*out = append(*out, s)
		return true
	}
	*out = p.text(*out, start, p.at-1)
	end := strings.Index(t[p.at+2:], "{{")
	from := p.at
	if p.at = len(t); end >= 0 {
		p.at = from + 2 + end
		for range 2 { // the backslashes in front of the next tag belong to it
			if t[p.at-1] == '\\' {
				p.at--
			}
		}
	}
	*out = p.text(*out, from, p.at)
	return true
}

// tag reads one {{…}}; it gives a statement, or the tag that ends a body.
func (p *hbParser) tag() (any, hbEnd) {
	start := p.at
	rest := p.s.text[start:]
	p.m.step(place{p.s, start, start}, 1)
	switch {
	case strings.HasPrefix(rest, "{{{{"):
		return p.raw(start), hbEnd{}
	case strings.HasPrefix(rest, "{{!"), strings.HasPrefix(rest, "{{~!"):
		return p.comment(start), hbEnd{}
	}
	p.at += 2
	edge := hbEdge{before: p.skip("~")}
	switch {
	case p.skip("{"):
		c := p.call()
		p.close("}")
		edge.after = p.skip("~")
		p.want("}}")
		return &hbOutput{p.from(start), c, edge}, hbEnd{}
	case p.skip("#>"), p.skip("#*"), p.skip("*"):
		p.m.failHint(p.from(start), "write the partial as a file and include it with {{> name}}", "inline partials and partial blocks are not supported")
	case p.skip("#"), p.skip("^"):
		return p.block(start, edge)
	case p.skip("/"):
		name := p.call()
		edge.after = p.end()
		return nil, hbEnd{kind: '/', name: name.name(), at: p.from(start), edge: edge}
	case p.skip(">"):
		return p.partial(start, edge), hbEnd{}
	case p.skip("&"):
	}
	if p.word("else") {
		end := hbEnd{kind: 'e', name: "lse", edge: edge}
		if !p.ends() {
			end.of = p.call()
			end.as = p.params()
		}
		end.edge.after = p.end()
		end.at = p.from(start)
		return nil, end
	}
	c := p.call()
	edge.after = p.end()
	return &hbOutput{p.from(start), c, edge}, hbEnd{}
}

func (p *hbParser) from(start int) place { return place{p.s, start, p.at} }

func (p *hbParser) skip(s string) bool {
	if strings.HasPrefix(p.s.text[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

func (p *hbParser) want(s string) {
	if !p.skip(s) {
		p.unexpected("expected %q", s)
	}
}

func (p *hbParser) spaces() {
	rest := p.s.text[p.at:]
	p.at += len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsSpace))
}

func (p *hbParser) unexpected(format string, args ...any) {
	what := "the end of the text"
	if r, n := utf8.DecodeRuneInString(p.s.text[p.at:]); n > 0 {
		what = strconv.Quote(string(r))
	}
	p.m.fail(place{p.s, p.at, p.at}, format+", found %s", append(args, what)...)
}

// ends reports whether the tag ends here.
func (p *hbParser) ends() bool {
	p.spaces()
	rest := p.s.text[p.at:]
	return strings.HasPrefix(rest, "}}") || strings.HasPrefix(rest, "~}}")
}

// end reads the end of a tag; it reports a ~.
func (p *hbParser) end() bool {
	p.spaces()
	after := p.skip("~")
	p.want("}}")
	if strings.HasPrefix(p.s.text[p.at:], "}") && !after {
		p.m.failHint(place{p.s, p.at, p.at + 1}, "leave a space, or open the tag with {{{", "a tag that begins with {{ ends with }}, not }}}")
	}
	return after
}

func (p *hbParser) close(s string) {
	p.spaces()
	p.want(s)
}

// word reads a name that stands alone.
func (p *hbParser) word(w string) bool {
	at := p.at
	p.spaces()
	if p.skip(w) {
		if r, _ := utf8.DecodeRuneInString(p.s.text[p.at:]); !idRune(r) {
			return true
		}
	}
	p.at = at
	return false
}

func (p *hbParser) comment(start int) any {
	closing := "}}"
	if rest := strings.TrimPrefix(p.s.text[start+2:], "~"); strings.HasPrefix(rest, "!--") {
		closing = "--}}"
		if i, j := strings.Index(rest, "--}}"), strings.Index(rest, "--~}}"); j >= 0 && (i < 0 || j < i) {
			closing = "--~}}"
		}
	}
	n := strings.Index(p.s.text[start+3:], closing)
	if n < 0 {
		p.m.failHint(place{p.s, start, start + 3}, "close it with "+closing, "the comment is not closed")
	}
	p.at = start + 3 + n + len(closing)
	return &hbComment{p.from(start), hbEdge{p.s.text[start+2] == '~', p.s.text[p.at-3] == '~'}}
}

// raw reads {{{{x}}}}…{{{{/x}}}}, whose inside is text for the helper x.
func (p *hbParser) raw(start int) any {
	p.at += 4
	c := p.call()
	p.close("}}}}")
	open, inside := p.from(start), p.at
	closing := "{{{{/" + c.name() + "}}}}"
	n := strings.Index(p.s.text[p.at:], closing)
	if n < 0 {
		p.m.failHint(open, "close it with "+closing, "the raw block %q is not closed", c.name())
	}
	p.at += n + len(closing)
	return &hbBlock{at: open, of: c, body: p.text(nil, inside, inside+n)}
}

// block reads {{#x}} or {{^x}} with all that belongs to it.
func (p *hbParser) block(start int, edge hbEdge) (any, hbEnd) {
	b := &hbBlock{inverted: p.s.text[p.at-1] == '^', open: edge}
	if b.inverted && p.ends() { // {{^}} is {{else}}
		edge.after = p.end()
		return nil, hbEnd{kind: 'e', name: "lse", at: p.from(start), edge: edge}
	}
	b.of = p.call()
	b.params = p.params()
	b.open.after = p.end()
	b.at = p.from(start)
	p.rest(b, b.of.name())
	return b, hbEnd{}
}

// rest reads the bodies of a block and its end, which must name it.
func (p *hbParser) rest(b *hbBlock, name string) {
	var end hbEnd
	b.body, end = p.body(b.at, name)
	switch {
	case end.kind == 'e' && end.of.path != nil: // {{else if x}} is a block within else, closed by the same tag
		inner := &hbBlock{at: end.at, of: end.of, params: end.as, open: hbEdge{false, end.edge.after}}
		p.m.enter(end.at)
		p.rest(inner, name)
		p.m.leave()
		b.orElse, b.hasElse, b.chained, b.middle, b.close = []any{inner}, true, true, end.edge, inner.close
		return
	case end.kind == 'e':
		b.hasElse, b.middle = true, end.edge
		b.orElse, end = p.body(b.at, name)
	}
	if end.kind != '/' {
		p.m.fail(end.at, "a block has one {{else}} only")
	}
	if end.name != name {
		p.m.failHint(end.at, "close it with {{/"+name+"}}", "{{/%s}} closes a block that was opened as %q", end.name, name)
	}
	b.close = end.edge
}

func (p *hbParser) partial(start int, edge hbEdge) any {
	t := &hbPartial{edge: edge}
	p.spaces()
	if p.skip("(") {
		t.name = p.call()
		p.close(")")
	} else {
		t.name = p.partialName()
	}
	t.of = p.arguments(hbCall{at: place{p.s, p.at, p.at}})
	t.edge.after = p.end()
	t.at = p.from(start)
	return t
}

// partialName reads a name as it stands in {{> name}}: it may hold dots, dashes and slashes.
func (p *hbParser) partialName() string {
	if r := p.s.text[p.at:]; r != "" && (r[0] == '"' || r[0] == '\'') {
		return p.quoted()
	}
	start := p.at
	for p.at < len(p.s.text) {
		r, n := utf8.DecodeRuneInString(p.s.text[p.at:])
		if !idRune(r) && r != '.' && r != '/' && r != '@' {
			break
		}
		p.at += n
	}
	if start == p.at {
		p.unexpected("expected the name of a partial")
	}
	return p.s.text[start:p.at]
}

// params reads "as |a b|".
func (p *hbParser) params() []string {
	at := p.at
	if !p.word("as") {
		return nil
	}
	p.spaces()
	if !p.skip("|") {
		p.at = at
		return nil
	}
	var out []string
	for {
		p.spaces()
		if p.skip("|") {
			return out
		}
		out = append(out, p.id())
	}
}
