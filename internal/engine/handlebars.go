package engine

import (
	"path"
	"strings"
)

// handlebars renders Handlebars and Dotprompt.
type handlebars struct {
	*machine
	root   any
	data   *dict            // what @name gives
	parsed map[string][]any // partials, by path
}

// hbScope is a context with what stands around it.
type hbScope struct {
	this  any
	outer *hbScope
	data  map[string]any // @index, @key, @first, @last
	names map[string]any // block parameters
}

func renderHandlebars(m *machine, s *script, vars *dict) {
	h := &handlebars{machine: m, root: vars, parsed: map[string][]any{}}
	h.data = m.dict(place{s, 0, 0}, m.opts.Data)
	h.run(parseHandlebars(m, s), &hbScope{this: vars})
}

func (h *handlebars) run(body []any, sc *hbScope) {
	for _, n := range body {
		switch n := n.(type) {
		case *hbText:
			h.write(place{n.at.s, n.start, n.end}, n.text(), true)
		case *hbOutput:
			h.step(n.at, 1)
			if !h.marked(n.at, n.of, sc) {
				h.write(n.at, h.str(n.at, h.call(n.of, sc)), false)
			}
		case *hbBlock:
			h.step(n.at, 1)
			h.block(n, sc)
		case *hbPartial:
			h.step(n.at, 1)
			h.partial(n, sc)
		}
	}
}

// str prints a value as JavaScript does.
func (h *handlebars) str(at place, v any) string {
	p := &printer{m: h.machine, at: at}
	p.javaScript(v)
	return p.b.String()
}

// value gives an argument.
func (h *handlebars) value(n any, sc *hbScope) any {
	switch n := n.(type) {
	case hbLiteral:
		return n.value
	case hbPath:
		h.step(n.at, 1)
		return h.path(n, sc)
	case hbCall:
		h.enter(n.at)
		defer h.leave()
		return h.call(n, sc)
	}
	return undefined{}
}

// call gives the value of a tag: a helper's, or that of a path.
func (h *handlebars) call(c hbCall, sc *hbScope) any {
	h.step(c.at, 1)
	if name := c.helper(); name != "" {
		if _, own := sc.names[name]; !own {
			if f := h.helper(name); f != nil {
				return f(h, c, sc)
			}
			if len(c.params) > 0 || len(c.keys) > 0 {
				h.failHint(c.at, "helpers of the application are not known here; render the part and pass it as a variable", "helper %q is not known", name)
			}
		}
	}
	switch p := c.path.(type) {
	case hbPath:
		if len(c.params) > 0 {
			h.fail(c.at, "%q is no helper, so it takes no arguments", p.text)
		}
		return h.path(p, sc)
	case hbLiteral: // {{"a key"}} is a key
		if v, ok := h.member(sc.this, h.str(c.at, p.value)); ok {
			return v
		}
	}
	return undefined{}
}

// path looks a path up.
func (h *handlebars) path(p hbPath, sc *hbScope) any {
	var v any
	parts := p.parts
	switch {
	case p.data:
		v, parts = h.at(p, sc)
	default:
		for range p.up {
			if sc.outer != nil {
				sc = sc.outer
			}
		}
		v = sc.this
		if !p.scoped && len(parts) > 0 {
			for s := sc; s != nil; s = s.outer {
				if named, ok := s.names[parts[0]]; ok {
					v, parts = named, parts[1:]
					break
				}
			}
		}
	}
	for i, part := range parts {
		of, ok := h.member(v, part)
		if i == 0 && (!ok || v == h.root) {
			h.use(p.at, part, ok)
		}
		if !ok {
			return undefined{p.text}
		}
		v = of
	}
	if len(parts) == 0 && v == h.root {
		h.use(p.at, p.text, true)
	}
	return v
}

// at looks up @root, @index and the like, and what Options.Data holds.
func (h *handlebars) at(p hbPath, sc *hbScope) (any, []string) {
	if len(p.parts) == 0 {
		return undefined{p.text}, nil
	}
	name, rest := p.parts[0], p.parts[1:]
	if name == "root" {
		return h.root, rest
	}
	up := p.up
	for s := sc; s != nil; s = s.outer {
		v, ok := s.data[name]
		if ok && up == 0 {
			return v, rest
		}
		if s.data != nil {
			up--
		}
	}
	if v, ok := h.data.get(name); ok {
		return v, rest
	}
	return undefined{p.text}, nil
}

func (h *handlebars) member(of any, name string) (any, bool) {
	switch v := of.(type) {
	case *dict:
		return v.get(name)
	case *list:
		if name == "length" {
			return int64(len(v.items)), true
		}
		for i, n := 0, int64(0); i < len(name) && i < 9; i++ {
			if name[i] < '0' || name[i] > '9' {
				break
			}
			if n = n*10 + int64(name[i]-'0'); i == len(name)-1 && n < int64(len(v.items)) {
				return v.items[n], true
			}
		}
	case string:
		if name == "length" {
			return int64(len([]rune(v))), true
		}
	}
	return nil, false
}

// partial renders a partial in the context it is given.
func (h *handlebars) partial(n *hbPartial, sc *hbScope) {
	h.enter(n.at)
	defer h.leave()
	name, ok := n.name.(string)
	if !ok {
		name = h.str(n.at, h.value(n.name, sc))
	}
	this := sc.this
	if len(n.of.params) > 0 {
		this = h.value(n.of.params[0], sc)
	}
	if len(n.of.keys) > 0 {
		this = h.extended(this, n.of, sc)
	}
	body := h.load(n.at, name)
	in := &hbScope{this: this, outer: sc, names: sc.names}
	if n.indent == "" {
		h.run(body, in)
		return
	}
	h.indented(n, func() { h.run(body, in) })
}

// indented writes what f writes with an indent in front of each line.
func (h *handlebars) indented(n *hbPartial, f func()) {
	outer := h.out
	h.out = &sink{}
	f()
	inner := h.out
	h.out = outer
	lines := strings.SplitAfter(inner.b.String(), "\n")
	for _, l := range lines {
		if l != "" {
			h.write(n.at, n.indent, false)
			h.write(n.at, l, false)
		}
	}
	for _, m := range inner.marks {
		m.Out = h.out.b.Len()
		h.out.marks = append(h.out.marks, m)
	}
}

// extended is a context with the name=value of a partial over it.
func (h *handlebars) extended(this any, c hbCall, sc *hbScope) any {
	d := newDict()
	if from, ok := this.(*dict); ok {
		h.step(c.at, len(from.keys))
		for _, k := range from.keys {
			d.set(k, from.values[k])
		}
	}
	for i, k := range c.keys {
		d.set(k, h.value(c.values[i], sc))
	}
	return d
}

// load reads a partial: a file of that name, with an underscore in front as Dotprompt has it, next to the template, in a
// folder called partials, or in one above.
func (h *handlebars) load(at place, name string) []any {
	dir, base := path.Split(name)
	var names []string
	for _, in := range []string{dir, path.Join("partials", dir) + "/", path.Join("_partials", dir) + "/"} {
		for _, ext := range []string{path.Ext(at.s.name), ".hbs", ".handlebars", ".prompt", ".html", ""} {
			names = append(names, in+"_"+base+ext, in+base+ext)
		}
	}
	s := h.read(at, names...)
	if s == nil {
		hint := "put it next to the template, or into a folder called partials, as " + name + path.Ext(at.s.name)
		if h.lang == Dotprompt {
			hint = "put it next to the template as " + dir + "_" + base + ".prompt"
		}
		h.failHint(at, hint, "partial %q does not exist", name)
	}
	if h.parsed[s.name] == nil {
		h.parsed[s.name] = append(parseHandlebars(h.machine, s), nil)
	}
	return h.parsed[s.name]
}
