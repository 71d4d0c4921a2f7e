package engine

// jinja renders Jinja and Nunjucks.
type jinja struct {
	*machine
	parsed  map[string]*parsed // files, by path
	js      bool               // values print and compare as in JavaScript
	context *scope             // holds the variables
}

// scope holds the variables of a block; what it does not know, its outer scope may.
type scope struct {
	vars  map[string]any
	outer *scope
	page  *page
}

// page is one file in rendering: what it defines on its top level, and the blocks that its children override.
type page struct {
	t      *parsed
	top    *scope
	parent *parsed
	out    *sink                    // where it writes, unless its parent is rendered in its place
	blocks map[string][]placedBlock // the innermost child's first
}

type placedBlock struct {
	block blockNode
	page  *page
}

// jump is how a body ended.
type jump uint8

const (
	jumpNone jump = iota
	jumpBreak
	jumpContinue
)

func (s *scope) inner() *scope { return &scope{map[string]any{}, s, s.page} }

// lookup gives a variable and the scope that has it; nil for none.
func (s *scope) lookup(name string) (any, *scope) {
	for ; s != nil; s = s.outer {
		if v, ok := s.vars[name]; ok {
			return v, s
		}
	}
	return nil, nil
}

func renderJinja(m *machine, s *script, vars *dict) {
	j := &jinja{machine: m, parsed: map[string]*parsed{}, js: m.lang == Nunjucks}
	globals := &scope{vars: j.globals()}
	context := &scope{vars: map[string]any{}, outer: globals}
	for _, k := range vars.keys {
		context.vars[k.(string)] = vars.values[k]
	}
	j.context = context
	j.page(parseJinja(m, s), context, map[string][]placedBlock{})
}

// page renders one file; what is above it in a chain of extends is rendered in its place.
func (j *jinja) page(t *parsed, context *scope, blocks map[string][]placedBlock) *page {
	p := &page{t: t, out: j.out, blocks: blocks}
	p.top = context.inner()
	p.top.page = p
	for name, b := range t.blocks {
		blocks[name] = append(blocks[name], placedBlock{b, p})
	}
	j.run(t.body, p.top)
	if p.parent != nil {
		j.enter(place{t.s, 0, 0})
		j.page(p.parent, p.top, blocks)
		j.leave()
	}
	return p
}

// run renders statements until one jumps out of them.
func (j *jinja) run(body []statement, sc *scope) jump {
	for _, s := range body {
		j.step(s.at, 1)
		if out := j.statement(s, sc); out != jumpNone {
			return out
		}
	}
	return jumpNone
}

func (j *jinja) statement(s statement, sc *scope) jump {
	switch n := s.node.(type) {
	case dataNode:
		j.data(s.at, sc)
	case outputNode:
		j.print(s.at, sc, j.str(s.at, j.eval(n.of, sc)))
	case ifNode:
		return j.branch(n, sc)
	case forNode:
		return j.loop(s, n, sc)
	case setNode:
		j.set(n, sc)
	case macroNode:
		sc.vars[n.name] = &macro{n, sc, s.at}
	case callNode:
		caller := &macro{n.macro, sc, s.at}
		c := n.of.node.(call)
		args := j.args(c.args, sc)
		args.names, args.named = append(args.names, "caller"), append(args.named, caller)
		j.print(s.at, sc, j.str(s.at, j.invoke(n.of.at, j.eval(c.of, sc), args)))
	case filterNode:
		text := j.capture(func() { j.run(n.body, sc.inner()) })
		j.print(s.at, sc, j.str(s.at, j.filtered(n.of, sc, text)))
	case withNode:
		return j.with(n, sc)
	case blockNode:
		if !j.silent(sc) {
			j.block(s, n, sc)
		}
	case doNode:
		j.eval(n.of, sc)
	case jumpNode:
		if n.out {
			return jumpBreak
		}
		return jumpContinue
	default:
		j.file(s, sc)
	}
	return jumpNone
}

// print writes text, unless the page is replaced by the one it extends.
func (j *jinja) print(at place, sc *scope, text string) {
	if !j.silent(sc) {
		j.write(at, text, false)
	}
}

func (j *jinja) silent(sc *scope) bool { return sc.page.parent != nil && sc.page.out == j.out }

// data writes text as it stands, with line ends as Jinja makes them.
func (j *jinja) data(at place, sc *scope) {
	if j.silent(sc) {
		return
	}
	text := at.s.text
	for from := at.start; from < at.end; {
		to := from
		for to < at.end && text[to] != '\r' {
			to++
		}
		j.write(place{at.s, from, to}, text[from:to], true)
		if to < at.end { // \r\n and \r are one line end
			next := to + 1
			if next < len(text) && text[next] == '\n' {
				next++
			}
			j.write(place{at.s, to, min(next, at.end)}, "\n", false)
			to = next
		}
		from = to
	}
}

func (j *jinja) branch(n ifNode, sc *scope) jump {
	for i, test := range n.tests {
		if j.truth(test.at, j.eval(test, sc)) {
			return j.run(n.bodies[i], sc)
		}
	}
	if len(n.bodies) > len(n.tests) {
		return j.run(n.bodies[len(n.tests)], sc)
	}
	return jumpNone
}

func (j *jinja) with(n withNode, sc *scope) jump {
	in := sc.inner()
	for i, t := range n.targets {
		j.assign(t, j.eval(n.values[i], sc), in)
	}
	return j.run(n.body, in)
}

func (j *jinja) set(n setNode, sc *scope) {
	if !n.block {
		j.assign(n.target, j.eval(n.value, sc), sc)
		return
	}
	var value any = j.capture(func() { j.run(n.body, sc.inner()) })
	if n.value.node != nil {
		value = j.filtered(n.value, sc, value)
	}
	j.assign(n.target, value, sc)
}

// assign sets a name, several at once, or an attribute of a namespace.
func (j *jinja) assign(target expr, value any, sc *scope) {
	switch t := target.node.(type) {
	case name:
		sc.vars[t.name] = value
	case attribute:
		of := j.eval(t.of, sc)
		ns, ok := of.(*namespace)
		if !ok {
			j.failHint(target.at, "make it with {% set x = namespace() %}", "attributes can be set on a namespace only")
		}
		ns.set(t.name, value)
	case items:
		values := j.iterate(target.at, value)
		if len(values) != len(t.of) {
			j.fail(target.at, "%d values for %d names", len(values), len(t.of))
		}
		for i, one := range t.of {
			j.assign(one, values[i], sc)
		}
	}
}

// block renders the innermost override of a block.
func (j *jinja) block(s statement, n blockNode, sc *scope) {
	context := sc.page.top
	if n.scoped {
		context = sc
	}
	j.override(s.at, n.name, sc.page.blocks[n.name], context)
}

func (j *jinja) override(at place, name string, chain []placedBlock, context *scope) {
	if len(chain) == 0 {
		j.fail(at, "block %q has no parent", name)
	}
	j.enter(at)
	defer j.leave()
	in := context.inner()
	in.vars["super"] = &function{"super", func(c *invocation) any {
		return j.capture(func() { j.override(at, name, chain[1:], context) })
	}}
	j.run(chain[0].block.body, in)
}
