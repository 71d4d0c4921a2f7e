package engine

import (
	"path"
	"strings"
)

// mustache renders Mustache. Its contexts are a stack: a name is looked up from the innermost outwards.
type mustache struct {
	*machine
	stack  []any
	parsed map[string][]any // partials, by path and indent
}

func renderMustache(m *machine, s *script, vars *dict) {
	r := &mustache{machine: m, stack: []any{vars}, parsed: map[string][]any{}}
	r.run(parseMustache(m, s))
}

func (r *mustache) run(body []any) {
	for _, n := range body {
		switch n := n.(type) {
		case *mustacheText:
			r.write(n.at, n.at.s.text[n.at.start:n.at.end], true)
		case *mustacheOutput:
			r.step(n.at, 1)
			p := &printer{m: r.machine, at: n.at}
			p.javaScript(r.lookup(n.at, n.name))
			r.write(n.at, p.b.String(), false)
		case *mustacheSection:
			r.step(n.at, 1)
			r.section(n)
		case *mustachePartial:
			r.step(n.at, 1)
			r.partial(n)
		}
	}
}

// lookup finds a.b: a from the innermost context that has it, b in what that is.
func (r *mustache) lookup(at place, name string) any {
	if name == "." {
		r.use(at, name, true)
		return r.stack[len(r.stack)-1]
	}
	first, rest, _ := strings.Cut(name, ".")
	var v any = undefined{name}
	for i := len(r.stack) - 1; i >= 0; i-- {
		r.step(at, 1)
		if d, ok := r.stack[i].(*dict); ok {
			if of, ok := d.get(first); ok {
				v = of
				break
			}
		}
	}
	r.use(at, name, !isUndefined(v))
	for rest != "" {
		first, rest, _ = strings.Cut(rest, ".")
		r.step(at, 1)
		d, ok := v.(*dict)
		if !ok {
			return undefined{name}
		}
		if v, ok = d.get(first); !ok {
			return undefined{name}
		}
	}
	return v
}

func (r *mustache) section(n *mustacheSection) {
	r.enter(n.at)
	defer r.leave()
	v := r.lookup(n.at, n.name)
	l, isList := v.(*list)
	if isNothing := empty(v) || v == int64(0); isNothing || n.inverted {
		if isNothing && n.inverted {
			r.run(n.body)
		}
		return
	}
	of := []any{v}
	if isList {
		of = l.items
	}
	for _, v := range of {
		r.step(n.at, 1)
		r.stack = append(r.stack, v)
		r.run(n.body)
		r.stack = r.stack[:len(r.stack)-1]
	}
}

// partial renders a partial, each of its lines indented as its tag is. One that does not exist is nothing, as the
// specification has it, and here an error: a text that is missing would be counted as none.
func (r *mustache) partial(n *mustachePartial) {
	r.enter(n.at)
	defer r.leave()
	ext := path.Ext(n.at.s.name)
	s := r.read(n.at, n.name+ext, n.name+".mustache", n.name, "partials/"+n.name+ext, "partials/"+n.name+".mustache")
	if s == nil {
		r.failHint(n.at, "put it next to the template, or into a folder called partials, as "+n.name+ext, "partial %q does not exist", n.name)
	}
	key := s.name + "\x00" + n.indent
	if r.parsed[key] == nil {
		text := s.text
		if n.indent != "" {
			r.text(n.at, len(text)+len(n.indent)*strings.Count(text, "\n"))
			text = indentLines(text, n.indent)
		}
		r.parsed[key] = append(parseMustache(r.machine, newScript(s.name, text)), nil)
	}
	r.run(r.parsed[key])
}

func indentLines(text, indent string) string {
	var b strings.Builder
	for l := range strings.SplitAfterSeq(text, "\n") {
		if l != "" {
			b.WriteString(indent + l)
		}
	}
	return b.String()
}
