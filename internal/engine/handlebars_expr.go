package engine

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// idRune reports whether a rune may stand in a name.
func idRune(r rune) bool {
	return r != utf8.RuneError && !unicode.IsSpace(r) && !strings.ContainsRune("!\"#%&'()*+,./;<=>@[\\]^`{|}~", r)
}

func (p *hbParser) id() string {
	start := p.at
	for p.at < len(p.s.text) {
		r, n := utf8.DecodeRuneInString(p.s.text[p.at:])
		if !idRune(r) {
			break
		}
		p.at += n
	}
	if start == p.at {
		p.unexpected("expected a name")
	}
	return p.s.text[start:p.at]
}

// call reads what stands in a tag: a path or literal, and arguments.
func (p *hbParser) call() hbCall {
	p.spaces()
	c := hbCall{at: place{p.s, p.at, p.at}}
	c.path = p.value()
	if sub, ok := c.path.(hbCall); ok {
		p.m.fail(sub.at, "a helper is called by its name")
	}
	return p.arguments(c)
}

func (p *hbParser) arguments(c hbCall) hbCall {
	for {
		p.spaces()
		rest := p.s.text[p.at:]
		if rest == "" || rest[0] == '}' || rest[0] == '~' || rest[0] == ')' {
			c.at.end = p.at
			return c
		}
		at := p.at
		if p.word("as") {
			p.spaces()
			bar := strings.HasPrefix(p.s.text[p.at:], "|")
			p.at = at
			if bar {
				c.at.end = at
				return c
			}
		}
		if key, ok := p.key(); ok {
			c.keys, c.values = append(c.keys, key), append(c.values, p.value())
			continue
		}
		if len(c.keys) > 0 {
			p.unexpected("expected name=value")
		}
		c.params = append(c.params, p.value())
	}
}

// key reads "name=".
func (p *hbParser) key() (string, bool) {
	at := p.at
	r, _ := utf8.DecodeRuneInString(p.s.text[p.at:])
	if !idRune(r) {
		return "", false
	}
	name := p.id()
	if p.skip("=") {
		p.spaces()
		return name, true
	}
	p.at = at
	return "", false
}

var hbWords = map[string]any{"true": true, "false": false, "null": nil, "undefined": undefined{"undefined"}}

// value reads a path, a literal, or a call in parentheses.
func (p *hbParser) value() any {
	p.spaces()
	start := place{p.s, p.at, p.at}
	p.m.step(start, 1)
	rest := p.s.text[p.at:]
	switch {
	case rest == "":
		p.unexpected("expected a value")
	case rest[0] == '"' || rest[0] == '\'':
		return hbLiteral{p.quoted()}
	case rest[0] == '(':
		p.m.enter(start)
		defer p.m.leave()
		p.at++
		c := p.call()
		p.close(")")
		return c
	case rest[0] >= '0' && rest[0] <= '9' || rest[0] == '-' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
		if n, ok := p.number(rest); ok {
			return hbLiteral{n}
		}
	}
	path := p.path()
	if v, ok := hbWords[path.text]; ok {
		return hbLiteral{v}
	}
	return path
}

func (p *hbParser) quoted() string {
	quote, start := p.s.text[p.at], p.at
	var b strings.Builder
	for p.at++; p.at < len(p.s.text); p.at++ {
		switch c := p.s.text[p.at]; {
		case c == quote:
			p.at++
			return b.String()
		case c == '\\' && p.at+1 < len(p.s.text) && p.s.text[p.at+1] == quote:
			p.at++
			b.WriteByte(quote)
		default:
			b.WriteByte(c)
		}
	}
	p.m.fail(place{p.s, start, start + 1}, "the string is not closed")
	return ""
}

func (p *hbParser) number(rest string) (any, bool) {
	n := strings.IndexFunc(rest, func(r rune) bool { return !idRune(r) && r != '.' })
	if n < 0 {
		n = len(rest)
	}
	f, err := strconv.ParseFloat(rest[:n], 64)
	if err != nil || strings.ContainsAny(rest[:n], "xXpP_") {
		return nil, false
	}
	p.at += n
	return whole64(f), true
}

// path reads this.a.b, ../a, @root.a and a/b.
func (p *hbParser) path() hbPath {
	start := p.at
	out := hbPath{data: p.skip("@")}
	for {
		switch {
		case p.skip(".."):
			out.up, out.scoped = out.up+1, true
		case p.skip("."):
			out.scoped = true
		case p.skip("["):
			n := strings.IndexByte(p.s.text[p.at:], ']')
			if n < 0 {
				p.unexpected("expected %q", "]")
			}
			out.parts = append(out.parts, p.s.text[p.at:p.at+n])
			p.at += n + 1
		default:
			if id := p.id(); id != "this" || len(out.parts) > 0 {
				out.parts = append(out.parts, id)
			} else {
				out.scoped = true
			}
		}
		if len(out.parts) > maxDeep || out.up > maxDeep {
			p.m.limit(place{p.s, start, p.at}, "", "a path of more than %d parts", maxDeep)
		}
		if !p.skip("/") && !p.skip(".") {
			break
		}
	}
	out.at, out.text = p.from(start), p.s.text[start:p.at]
	return out
}

// name is how a block is closed.
func (c hbCall) name() string {
	switch path := c.path.(type) {
	case hbPath:
		return path.text
	case hbLiteral:
		if s, ok := path.value.(string); ok {
			return s
		}
	}
	return c.at.s.text[c.at.start:c.at.end]
}

// helper is the name that a call may be of a helper by; "" for a path.
func (c hbCall) helper() string {
	path, ok := c.path.(hbPath)
	if !ok || path.data || path.scoped || len(path.parts) != 1 {
		return ""
	}
	return path.parts[0]
}

func (c hbCall) option(name string) any {
	if i := slices.Index(c.keys, name); i >= 0 {
		return c.values[i]
	}
	return nil
}
