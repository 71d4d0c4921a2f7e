package engine

// file runs the statements that read another file.
func (j *jinja) file(s statement, sc *scope) {
	j.enter(s.at)
	defer j.leave()
	switch n := s.node.(type) {
	case includeNode:
		j.include(s.at, n, sc)
	case extendsNode:
		if sc.page.parent != nil {
			j.fail(s.at, "a template extends one other only")
		}
		sc.page.parent = j.load(s.at, j.eval(n.of, sc), false)
	case importNode:
		j.imports(s.at, n, sc)
	}
}

// load gives the first of the files that a value names.
func (j *jinja) load(at place, value any, lax bool) *parsed {
	var names []string
	if l, ok := value.(*list); ok {
		for _, n := range l.items {
			names = append(names, j.str(at, n))
		}
	} else {
		names = []string{j.str(at, value)}
	}
	for _, n := range names {
		s := j.read(at, n)
		if s == nil {
			continue
		}
		if j.parsed[s.name] == nil {
			j.parsed[s.name] = parseJinja(j.machine, s)
		}
		return j.parsed[s.name]
	}
	if !lax {
		j.failHint(at, "the path is taken relative to the template and to every folder above it", "template %q does not exist", names)
	}
	return nil
}

func (j *jinja) include(at place, n includeNode, sc *scope) {
	t := j.load(at, j.eval(n.of, sc), n.lax)
	if t == nil {
		return
	}
	context := sc
	if n.closed {
		context = root(sc)
	}
	render := func() { j.page(t, context, map[string][]placedBlock{}) }
	if j.silent(sc) {
		j.capture(render)
		return
	}
	render()
}

// root is the scope of the globals alone.
func root(sc *scope) *scope {
	for sc.outer != nil {
		sc = sc.outer
	}
	return sc
}

// imports runs a file for what it defines and takes names from it.
func (j *jinja) imports(at place, n importNode, sc *scope) {
	t := j.load(at, j.eval(n.of, sc), false)
	context := root(sc)
	if n.open {
		context = sc
	}
	var p *page
	j.capture(func() { p = j.page(t, context, map[string][]placedBlock{}) })
	if n.as != "" {
		module := newDict()
		for _, k := range sortedKeys(p.top.vars) {
			module.set(k, p.top.vars[k])
		}
		sc.vars[n.as] = &namespace{module}
		return
	}
	for i, name := range n.names {
		v, ok := p.top.vars[name]
		if !ok {
			v = undefined{name}
		}
		sc.vars[n.alias[i]] = v
	}
}
