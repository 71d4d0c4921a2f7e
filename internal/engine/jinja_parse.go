package engine

import (
	"slices"
	"strconv"
	"strings"
)

// parser reads tokens as a Jinja template. Its rules are those of Jinja 3's parser.
type parser struct {
	m      *machine
	s      *script
	tokens []token
	i      int
	loops  int
	out    *parsed
	ends   []openTag // tags that are open, outermost first
}

type openTag struct {
	name string
	at   place
}

func parseJinja(m *machine, s *script) *parsed {
	p := &parser{m: m, s: s, tokens: lexJinja(m, s), out: &parsed{s: s, blocks: map[string]blockNode{}}}
	p.out.body = p.body()
	return p.out
}

func (p *parser) now() token { return p.tokens[p.i] }

func (p *parser) peek() token { return p.tokens[min(p.i+1, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[p.i]
	if t.kind != tokenEOF {
		p.i++
	}
	return t
}

func (p *parser) at(t token) place { return place{p.s, t.start, t.end} }

// from is the place from a token to the last one that was read.
func (p *parser) from(t token) place {
	return place{p.s, t.start, max(t.end, p.tokens[max(p.i-1, 0)].end)}
}

func (p *parser) isOp(ops ...string) bool {
	return p.now().kind == tokenOp && slices.Contains(ops, p.now().text)
}

func (p *parser) isName(names ...string) bool {
	return p.now().kind == tokenName && slices.Contains(names, p.now().text)
}

func (p *parser) skipOp(op string) bool {
	if p.isOp(op) {
		p.i++
		return true
	}
	return false
}

func (p *parser) skipName(name string) bool {
	if p.isName(name) {
		p.i++
		return true
	}
	return false
}

func (p *parser) wantOp(op string) {
	if !p.skipOp(op) {
		p.unexpected("expected %q", op)
	}
}

func (p *parser) wantName(word string) {
	if !p.skipName(word) {
		p.unexpected("expected %q", word)
	}
}

func (p *parser) identifier() string {
	if p.now().kind != tokenName {
		p.unexpected("expected a name")
	}
	return p.next().text
}

// unexpected ends the reading at the token where something else was expected.
func (p *parser) unexpected(format string, args ...any) {
	t := p.now()
	what := map[tokenKind]string{tokenEOF: "the end of the text", tokenTagEnd: "the end of the tag", tokenOutEnd: "the end of the tag", tokenString: "a string"}[t.kind]
	if what == "" {
		what = strconv.Quote(t.text)
	}
	args = append(args, what)
	p.m.fail(p.at(t), format+", found %s", args...)
}

// expression reads one with "x if y else z".
func (p *parser) expression() expr { return p.conditional(true) }

func (p *parser) conditional(withIf bool) expr {
	start := p.now()
	p.m.enter(p.at(start))
	defer p.m.leave()
	e := p.or()
	for withIf && p.skipName("if") {
		test := p.or()
		no := expr{}
		if p.skipName("else") {
			no = p.expression()
		}
		e = expr{p.from(start), choice{test, e, no}}
	}
	return e
}

func (p *parser) or() expr {
	start := p.now()
	e := p.and()
	for p.skipName("or") {
		e = expr{p.from(start), binary{"or", e, p.and()}}
	}
	return e
}

func (p *parser) and() expr {
	start := p.now()
	e := p.not()
	for p.skipName("and") {
		e = expr{p.from(start), binary{"and", e, p.not()}}
	}
	return e
}

func (p *parser) not() expr {
	start := p.now()
	if !p.skipName("not") {
		return p.compare()
	}
	p.m.enter(p.at(start))
	defer p.m.leave()
	of := p.not()
	return expr{p.from(start), unary{"not", of}}
}

func (p *parser) compare() expr {
	start := p.now()
	c := compared{first: p.sum()}
	for {
		switch {
		case p.isOp("==", "!=", "<", "<=", ">", ">=", "===", "!=="):
			c.ops = append(c.ops, p.next().text[:min(2, len(p.tokens[p.i-1].text))])
		case p.skipName("in"):
			c.ops = append(c.ops, "in")
		case p.isName("not") && p.peek().kind == tokenName && p.peek().text == "in":
			p.i += 2
			c.ops = append(c.ops, "not in")
		default:
			if len(c.ops) == 0 {
				return c.first
			}
			return expr{p.from(start), c}
		}
		c.rest = append(c.rest, p.sum())
	}
}

// level reads a chain of binary operators of one rank.
func (p *parser) level(lower func() expr, ops ...string) expr {
	start := p.now()
	e := lower()
	for n := 0; p.isOp(ops...); n++ {
		if n > maxDeep*5 { // a chain nests to the left
			p.m.limit(p.at(p.now()), "", "more than %d operators in one expression", maxDeep*5)
		}
		op := p.next().text
		e = expr{p.from(start), binary{op, e, lower()}}
	}
	return e
}

func (p *parser) sum() expr     { return p.level(p.joined, "+", "-") }
func (p *parser) joined() expr  { return p.level(p.product, "~") }
func (p *parser) product() expr { return p.level(p.power, "*", "/", "//", "%") }
func (p *parser) power() expr   { return p.level(func() expr { return p.unary(true) }, "**") }

func (p *parser) unary(filters bool) expr {
	start := p.now()
	var e expr
	if p.isOp("-", "+") {
		op := p.next().text
		p.m.enter(p.at(start))
		of := p.unary(false)
		p.m.leave()
		e = expr{p.from(start), unary{op, of}}
	} else {
		e = p.primary()
	}
	e = p.postfix(start, e)
	if filters {
		e = p.filters(start, e)
	}
	return e
}

var constants = map[string]any{"true": true, "True": true, "false": false, "False": false, "none": nil, "None": nil, "null": nil}

func (p *parser) primary() expr {
	t := p.now()
	p.m.enter(p.at(t))
	defer p.m.leave()
	switch {
	case t.kind == tokenName:
		p.i++
		if v, ok := constants[t.text]; ok && (t.text != "null" || p.m.lang == Nunjucks) {
			return expr{p.at(t), literal{v}}
		}
		return expr{p.at(t), name{t.text}}
	case t.kind == tokenString:
		var b strings.Builder
		for p.now().kind == tokenString {
			b.WriteString(p.next().text)
		}
		return expr{p.from(t), literal{b.String()}}
	case t.kind == tokenInt || t.kind == tokenFloat:
		p.i++
		return expr{p.at(t), literal{p.number(t)}}
	case p.skipOp("("):
		e := p.tuple(true, true)
		p.wantOp(")")
		return e
	case p.skipOp("["):
		return p.list(t)
	case p.skipOp("{"):
		return p.mapping(t)
	}
	p.unexpected("expected a value")
	return expr{}
}

func (p *parser) number(t token) any {
	if t.kind == tokenInt {
		n, err := strconv.ParseInt(t.text, 10, 64)
		if err != nil {
			p.m.limit(p.at(t), "", "%s does not fit into 64 bits", t.text)
		}
		return n
	}
	f, err := strconv.ParseFloat(t.text, 64)
	if err != nil {
		p.m.fail(p.at(t), "%s is no number that can be held", t.text)
	}
	return f
}

// tuple reads "a, b": one expression, or several as a tuple. In parentheses it may be empty.
func (p *parser) tuple(withIf, parens bool) expr {
	start := p.now()
	if parens && p.isOp(")") {
		return expr{p.at(start), items{tuple: true}}
	}
	first := p.conditional(withIf)
	if !p.isOp(",") {
		return first
	}
	all := items{of: []expr{first}, tuple: true}
	for p.skipOp(",") {
		if p.now().kind == tokenTagEnd || p.now().kind == tokenOutEnd || p.isOp(")", "=") || p.isName("in", "recursive") {
			break
		}
		all.of = append(all.of, p.conditional(withIf))
	}
	return expr{p.from(start), all}
}

func (p *parser) list(start token) expr {
	var all items
	for !p.isOp("]") {
		if len(all.of) > 0 {
			p.wantOp(",")
			if p.isOp("]") {
				break
			}
		}
		all.of = append(all.of, p.expression())
	}
	p.wantOp("]")
	return expr{p.from(start), all}
}

func (p *parser) mapping(start token) expr {
	var all pairs
	for !p.isOp("}") {
		if len(all.keys) > 0 {
			p.wantOp(",")
			if p.isOp("}") {
				break
			}
		}
		key := p.expression()
		if n, ok := key.node.(name); ok && p.m.lang == Nunjucks { // {a: 1}, as in JavaScript
			key.node = literal{n.name}
		}
		all.keys = append(all.keys, key)
		p.wantOp(":")
		all.values = append(all.values, p.expression())
	}
	p.wantOp("}")
	return expr{p.from(start), all}
}

// postfix reads .x, [x] and (x) behind a value.
func (p *parser) postfix(start token, e expr) expr {
	for n := 0; ; n++ {
		if n > maxDeep {
			p.m.limit(p.at(p.now()), "", "more than %d attributes or calls in one expression", maxDeep)
		}
		switch {
		case p.skipOp("."):
			if p.now().kind == tokenInt {
				t := p.next()
				e = expr{p.from(start), item{e, expr{p.at(t), literal{p.number(t)}}}}
				continue
			}
			attr := p.identifier()
			e = expr{p.from(start), attribute{e, attr}}
		case p.skipOp("["):
			e = p.subscript(start, e)
		case p.isOp("("):
			args := p.arguments()
			e = expr{p.from(start), call{e, args}}
		default:
			return e
		}
	}
}

func (p *parser) subscript(start token, of expr) expr {
	var parts [3]expr
	colons := 0
	for !p.isOp("]") {
		if p.skipOp(":") {
			if colons++; colons > 2 {
				p.unexpected("expected %q", "]")
			}
			continue
		}
		if parts[colons].node != nil {
			p.unexpected("expected %q", "]")
		}
		parts[colons] = p.tuple(true, false)
	}
	p.wantOp("]")
	if colons > 0 {
		return expr{p.from(start), slice{of, parts[0], parts[1], parts[2]}}
	}
	if parts[0].node == nil {
		p.m.fail(p.from(start), "expected a key between the brackets")
	}
	return expr{p.from(start), item{of, parts[0]}}
}

func (p *parser) arguments() arguments {
	var a arguments
	p.wantOp("(")
	for n := 0; !p.isOp(")"); n++ {
		if n > 0 {
			p.wantOp(",")
			if p.isOp(")") {
				break
			}
		}
		switch {
		case p.skipOp("**"):
			a.extras = append(a.extras, p.expression())
		case p.skipOp("*"):
			a.splat = append(a.splat, p.expression())
		case p.now().kind == tokenName && p.peek().kind == tokenOp && p.peek().text == "=":
			a.names = append(a.names, p.next().text)
			p.i++
			a.named = append(a.named, p.expression())
		default:
			if len(a.names) > 0 {
				p.unexpected("a value without a name must stand before those with one")
			}
			a.args = append(a.args, p.expression())
		}
	}
	p.wantOp(")")
	return a
}

// filters reads |x and "is x" behind a value, and calls of what they give.
func (p *parser) filters(start token, e expr) expr {
	for n := 0; ; n++ {
		if n > maxDeep {
			p.m.limit(p.at(p.now()), "", "more than %d filters in one expression", maxDeep)
		}
		switch {
		case p.isOp("|"):
			e = p.filter(start, e)
		case p.isName("is"):
			e = p.test(start, e)
		case p.isOp("("):
			args := p.arguments()
			e = expr{p.from(start), call{e, args}}
		default:
			return e
		}
	}
}

func (p *parser) filter(start token, of expr) expr {
	p.wantOp("|")
	f := filtered{of: of, name: p.dotted()}
	at := p.at(p.tokens[p.i-1])
	if p.isOp("(") {
		f.args = p.arguments()
	}
	if _, ok := p.m.words.filters[f.name]; !ok {
		p.m.failHint(at, refused(f.name), "filter %q is not known", f.name)
	}
	return expr{p.from(start), f}
}

func (p *parser) dotted() string {
	n := p.identifier()
	for p.skipOp(".") {
		n += "." + p.identifier()
	}
	return n
}

func (p *parser) test(start token, of expr) expr {
	p.wantName("is")
	t := tested{of: of, not: p.skipName("not")}
	t.name = p.dotted()
	at := p.at(p.tokens[p.i-1])
	next := p.now()
	switch {
	case p.isOp("("):
		t.args = p.arguments()
	case next.kind == tokenName && !p.isName("else", "or", "and", "if", "is", "in", "not", "recursive") || next.kind == tokenString ||
		next.kind == tokenInt || next.kind == tokenFloat || p.isOp("[", "{"):
		arg := p.primary()
		t.args.args = []expr{p.postfix(next, arg)}
	}
	if _, ok := p.m.words.tests[t.name]; !ok {
		p.m.fail(at, "test %q is not known", t.name)
	}
	return expr{p.from(start), t}
}
