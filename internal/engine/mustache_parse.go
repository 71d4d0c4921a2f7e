package engine

import "strings"

// Statements of Mustache.
type (
	mustacheText   struct{ at place }
	mustacheOutput struct { // {{x}}, {{{x}}} and {{&x}}
		at   place
		name string
	}
	mustacheSection struct { // {{#x}} and {{^x}}
		at       place
		name     string
		inverted bool
		body     []any
	}
	mustachePartial struct { // {{> x}}
		at     place
		name   string
		indent string
	}
)

// mustacheParser reads Mustache.
type mustacheParser struct {
	m           *machine
	s           *script
	at          int
	open, close string
}

func parseMustache(m *machine, s *script) []any {
	p := &mustacheParser{m: m, s: s, open: "{{", close: "}}"}
	return p.body(place{}, "")
}

// body reads statements up to {{/name}} or the end.
func (p *mustacheParser) body(open place, name string) (out []any) {
	p.m.enter(place{p.s, p.at, p.at})
	defer p.m.leave()
	t := p.s.text
	for {
		start := p.at
		n := strings.Index(t[start:], p.open)
		if n < 0 {
			if open.s != nil {
				p.m.failHint(open, "close it with {{/"+name+"}}", "the section %q is not closed", name)
			}
			p.at = len(t)
			return p.text(out, start, p.at)
		}
		p.at += n
		tag := p.tag()
		from, to := tag.at.start, tag.at.end
		if strings.IndexByte("#^/!=>", tag.kind) >= 0 {
			from, to = p.alone(from, to)
		}
		out = p.text(out, start, from)
		indent := t[from:tag.at.start]
		p.at = to
		switch tag.kind {
		case '#', '^':
			out = append(out, &mustacheSection{tag.at, tag.name, tag.kind == '^', p.body(tag.at, tag.name)})
		case '/':
			p.closes(tag, open, name)
			return out
		case '>':
			out = append(out, &mustachePartial{tag.at, tag.name, indent})
		case '!', '=':
		default:
			out = append(out, &mustacheOutput{tag.at, tag.name})
		}
	}
}

func (p *mustacheParser) closes(tag mustacheTag, open place, name string) {
	switch {
	case open.s == nil:
		p.m.failHint(tag.at, "no section is open here", "unexpected {{/%s}}", tag.name)
	case tag.name != name:
		p.m.failHint(tag.at, "close it with {{/"+name+"}}", "{{/%s}} closes a section that was opened as %q", tag.name, name)
	}
}

func (p *mustacheParser) text(out []any, start, end int) []any {
	if start >= end {
		return out
	}
	at := place{p.s, start, end}
	p.m.step(at, 1)
	return append(out, &mustacheText{at})
}

type mustacheTag struct {
	at   place
	kind byte // 0 for an output
	name string
}

// tag reads one tag, and changes the delimiters where it says so.
func (p *mustacheParser) tag() mustacheTag {
	t, start := p.s.text, p.at
	i := start + len(p.open)
	tag := mustacheTag{at: place{p.s, start, i}}
	p.m.step(tag.at, 1)
	closing := p.close
	if i < len(t) && strings.IndexByte("#^/!=>&{", t[i]) >= 0 {
		tag.kind = t[i]
		i++
	}
	switch tag.kind {
	case '{':
		closing = "}" + p.close
	case '=':
		closing = "=" + p.close
	}
	n := strings.Index(t[i:], closing)
	if n < 0 {
		p.m.failHint(tag.at, "close it with "+closing, "the tag is not closed")
	}
	tag.name = strings.TrimSpace(t[i : i+n])
	p.at = i + n + len(closing)
	tag.at.end = p.at
	p.check(tag)
	return tag
}

func (p *mustacheParser) check(tag mustacheTag) {
	switch {
	case tag.kind == '!':
	case tag.kind == '=':
		parts := strings.Fields(tag.name)
		if len(parts) != 2 || strings.Contains(tag.name, "=") {
			p.m.fail(tag.at, "expected two delimiters, such as {{=<< >>=}}")
		}
		p.open, p.close = parts[0], parts[1]
	case tag.name == "":
		p.m.fail(tag.at, "the tag names nothing")
	case strings.HasPrefix(tag.name, "$") || strings.HasPrefix(tag.name, "<"):
		p.m.fail(tag.at, "blocks and parents of templates are not supported")
	}
}

// alone widens a tag that stands on a line of its own to that line.
func (p *mustacheParser) alone(start, end int) (from, to int) {
	t := p.s.text
	from = start - (start - len(strings.TrimRight(t[:start], " \t")))
	rest := t[end:]
	after := len(rest) - len(strings.TrimLeft(rest, " \t"))
	if from > 0 && t[from-1] != '\n' {
		return start, end
	}
	switch rest = rest[after:]; {
	case strings.HasPrefix(rest, "\r\n"):
		return from, end + after + 2
	case strings.HasPrefix(rest, "\n"):
		return from, end + after + 1
	case rest == "":
		return from, len(t)
	}
	return start, end
}
