package engine

import "slices"

// body reads statements up to one of the tags in ends, whose name is then the current token.
func (p *parser) body(ends ...string) []statement {
	p.m.enter(p.at(p.now()))
	defer p.m.leave()
	var out []statement
	for {
		t := p.next()
		switch t.kind {
		case tokenEOF:
			p.unclosed()
			return out
		case tokenData:
			out = append(out, statement{p.at(t), dataNode{}})
		case tokenOutBegin:
			e := p.tuple(true, false)
			if p.now().kind != tokenOutEnd {
				p.unexpected("expected %q", "}}")
			}
			p.i++
			out = append(out, statement{p.from(t), outputNode{e}})
		default:
			if p.isName(ends...) {
				return out
			}
			out = append(out, p.tag(t))
		}
	}
}

// unclosed ends the reading where the text ends within a block.
func (p *parser) unclosed() {
	if len(p.ends) == 0 {
		return
	}
	open := p.ends[len(p.ends)-1]
	p.m.failHint(open.at, "close it with {% end"+open.name+" %}", "the block %q is not closed", open.name)
}

// until reads the body of a block up to its end, which it reads too.
func (p *parser) until(block string, start token) []statement {
	p.ends = append(p.ends, openTag{block, p.from(start)})
	p.endTag()
	body := p.body("end" + block)
	p.i++
	if block == "block" && p.now().kind == tokenName {
		p.i++
	}
	p.endTag()
	p.ends = p.ends[:len(p.ends)-1]
	return body
}

func (p *parser) endTag() {
	if p.now().kind != tokenTagEnd {
		p.unexpected("expected %q", "%}")
	}
	p.i++
}

// tag reads one tag.
func (p *parser) tag(start token) statement {
	word := p.now()
	switch name := p.identifier(); name {
	case "if":
		return p.ifTag(start)
	case "for":
		return p.forTag(start)
	case "set":
		return p.setTag(start)
	case "macro":
		m := macroNode{name: p.identifier()}
		p.signature(&m)
		p.macroBody(&m, "macro", start)
		return statement{p.at(start), m}
	case "call":
		return p.callTag(start)
	case "filter":
		return p.filterTag(start)
	case "with":
		return p.withTag(start)
	case "include", "extends", "import", "from":
		return p.fileTag(start, name)
	case "block":
		return p.blockTag(start)
	case "do":
		e := p.tuple(true, false)
		p.endTag()
		return statement{p.from(start), doNode{e}}
	case "break", "continue":
		if p.loops == 0 {
			p.m.fail(p.at(word), "%q stands outside of a loop", name)
		}
		p.endTag()
		return statement{p.from(start), jumpNode{name == "break"}}
	default:
		p.unknownTag(word)
	}
	return statement{}
}

func (p *parser) unknownTag(word token) {
	hint := ""
	if len(p.ends) > 0 {
		hint = "the block that is open here is " + p.ends[len(p.ends)-1].name
	}
	p.m.failHint(p.at(word), hint, "unknown tag %q", word.text)
}

func (p *parser) ifTag(start token) statement {
	var n ifNode
	p.ends = append(p.ends, openTag{"if", p.at(start)})
	for {
		n.tests = append(n.tests, p.tuple(false, false))
		p.endTag()
		n.bodies = append(n.bodies, p.body("elif", "elseif", "else", "endif"))
		word := p.next().text
		if word == "else" {
			p.endTag()
			n.bodies = append(n.bodies, p.body("endif"))
			p.i++
		}
		if word == "else" || word == "endif" {
			p.endTag()
			p.ends = p.ends[:len(p.ends)-1]
			return statement{p.at(start), n}
		}
		if len(n.tests) > 1000 {
			p.m.limit(p.at(start), "", "more than 1000 branches")
		}
	}
}

func (p *parser) forTag(start token) statement {
	n := forNode{target: p.target()}
	p.wantName("in")
	n.over = p.tuple(false, false)
	if p.skipName("if") {
		n.test = p.expression()
	}
	n.recursive = p.skipName("recursive")
	p.ends = append(p.ends, openTag{"for", p.from(start)})
	p.endTag()
	p.loops++
	n.body = p.body("endfor", "else")
	p.loops--
	if p.next().text == "else" {
		p.endTag()
		n.none = p.body("endfor")
		p.i++
	}
	p.endTag()
	p.ends = p.ends[:len(p.ends)-1]
	return statement{p.at(start), n}
}

// target reads what is assigned to: a name, names with commas, or x.y of a namespace.
func (p *parser) target() expr {
	start := p.now()
	one := func() expr {
		if p.skipOp("(") {
			e := p.target()
			p.wantOp(")")
			return e
		}
		t := p.now()
		e := expr{p.at(t), name{p.identifier()}}
		for p.skipOp(".") {
			attr := p.identifier()
			e = expr{p.from(t), attribute{e, attr}}
		}
		return e
	}
	p.m.enter(p.at(start))
	defer p.m.leave()
	first := one()
	if !p.isOp(",") {
		return first
	}
	all := items{of: []expr{first}, tuple: true}
	for p.skipOp(",") {
		if p.now().kind != tokenName && !p.isOp("(") || p.isName("in") {
			break
		}
		all.of = append(all.of, one())
	}
	return expr{p.from(start), all}
}

func (p *parser) setTag(start token) statement {
	n := setNode{target: p.target()}
	if p.skipOp("=") {
		n.value = p.tuple(true, false)
		p.endTag()
		return statement{p.from(start), n}
	}
	n.block = true
	if p.isOp("|") {
		n.value = p.filters(p.now(), expr{})
	}
	n.body = p.until("set", start)
	return statement{p.at(start), n}
}

// signature reads the parameters of a macro.
func (p *parser) signature(m *macroNode) {
	p.wantOp("(")
	for n := 0; !p.isOp(")"); n++ {
		if n > 0 {
			p.wantOp(",")
		}
		m.params = append(m.params, p.identifier())
		if p.skipOp("=") {
			m.defaults = append(m.defaults, p.expression())
		} else if len(m.defaults) > 0 {
			p.unexpected("a parameter without a value must stand before those with one")
		}
	}
	p.wantOp(")")
}

func (p *parser) callTag(start token) statement {
	n := callNode{macro: macroNode{name: "caller"}}
	if p.isOp("(") {
		p.signature(&n.macro)
	}
	n.of = p.expression()
	if _, ok := n.of.node.(call); !ok {
		p.m.fail(n.of.at, "expected a call of a macro")
	}
	p.macroBody(&n.macro, "call", start)
	return statement{p.at(start), n}
}

// macroBody reads the body of a macro, and whether it takes more arguments than it names.
func (p *parser) macroBody(m *macroNode, block string, start token) {
	first := p.i
	m.body = p.until(block, start)
	for _, t := range p.tokens[first:p.i] {
		m.varargs = m.varargs || t.kind == tokenName && t.text == "varargs"
		m.kwargs = m.kwargs || t.kind == tokenName && t.text == "kwargs"
	}
}

func (p *parser) filterTag(start token) statement {
	at := p.now()
	p.i-- // as if a | stood before the name
	p.tokens[p.i] = token{tokenOp, "|", at.start, at.start}
	n := filterNode{of: p.filters(at, expr{})}
	n.body = p.until("filter", start)
	return statement{p.at(start), n}
}

func (p *parser) withTag(start token) statement {
	var n withNode
	for p.now().kind == tokenName {
		n.targets = append(n.targets, p.target())
		p.wantOp("=")
		n.values = append(n.values, p.expression())
		if !p.skipOp(",") {
			break
		}
	}
	n.body = p.until("with", start)
	return statement{p.at(start), n}
}

// fileTag reads the tags that name another file.
func (p *parser) fileTag(start token, word string) statement {
	of := p.expression()
	var s any
	switch word {
	case "extends":
		s = extendsNode{of}
	case "include":
		n := includeNode{of: of}
		if p.isName("ignore") && p.peek().text == "missing" {
			p.i += 2
			n.lax = true
		}
		n.closed = !p.context(true)
		s = n
	case "import":
		p.wantName("as")
		s = importNode{of: of, as: p.identifier(), open: p.context(false)}
	default:
		s = p.names(of)
	}
	p.endTag()
	return statement{p.from(start), s}
}

// context reads "with context" and "without context"; given is what holds without either.
func (p *parser) context(given bool) bool {
	if p.isName("with", "without") && p.peek().text == "context" {
		given = p.now().text == "with"
		p.i += 2
	}
	return given
}

func (p *parser) names(of expr) importNode {
	n := importNode{of: of}
	p.wantName("import")
	for !slices.Contains([]tokenKind{tokenTagEnd, tokenEOF}, p.now().kind) && !(p.isName("with", "without") && p.peek().text == "context") {
		if len(n.names) > 0 {
			p.wantOp(",")
		}
		n.names = append(n.names, p.identifier())
		alias := n.names[len(n.names)-1]
		if p.skipName("as") {
			alias = p.identifier()
		}
		n.alias = append(n.alias, alias)
	}
	n.open = p.context(false)
	return n
}

func (p *parser) blockTag(start token) statement {
	word := p.now()
	n := blockNode{name: p.identifier()}
	n.scoped = p.skipName("scoped")
	p.skipName("required")
	n.body = p.until("block", start)
	if _, ok := p.out.blocks[n.name]; ok {
		p.m.fail(p.at(word), "block %q is defined twice", n.name)
	}
	p.out.blocks[n.name] = n
	return statement{p.at(start), n}
}
