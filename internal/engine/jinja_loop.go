package engine

// looping is the variable loop.
type looping struct {
	items   []any
	i       int
	depth   int
	changed []any
	again   func(at place, over any) string // {% for … recursive %}
}

func (j *jinja) loop(s statement, n forNode, sc *scope) jump {
	j.loopOver(s, n, sc, j.eval(n.over, sc), 1)
	return jumpNone
}

func (j *jinja) loopOver(s statement, n forNode, sc *scope, over any, depth int) {
	j.enter(s.at)
	defer j.leave()
	all := j.iterate(n.over.at, over)
	if d, ok := over.(*dict); ok && j.js {
		all = nil
		for _, k := range d.keys {
			all = append(all, &list{items: []any{k, d.values[k]}, tuple: true})
		}
	}
	if n.test.node != nil {
		all = j.selected(n, sc, all)
	}
	if len(all) == 0 {
		j.run(n.none, sc.inner())
		return
	}
	loop := &looping{items: all, depth: depth}
	if n.recursive {
		loop.again = func(at place, over any) string {
			return j.capture(func() { j.loopOver(s, n, sc, over, depth+1) })
		}
	}
	for i, v := range all {
		j.step(s.at, 1)
		loop.i = i
		in := sc.inner()
		in.vars["loop"] = loop
		j.assign(n.target, v, in)
		if j.run(n.body, in) == jumpBreak {
			return
		}
	}
}

// selected is the items that the "if" of a loop keeps.
func (j *jinja) selected(n forNode, sc *scope, all []any) []any {
	var out []any
	for _, v := range all {
		j.step(n.test.at, 1)
		in := sc.inner()
		j.assign(n.target, v, in)
		if j.truth(n.test.at, j.eval(n.test, in)) {
			out = append(out, v)
		}
	}
	return out
}

// attribute gives loop.index and the others.
func (l *looping) attribute(name string) (any, bool) {
	n := len(l.items)
	at := func(i int) any {
		if i < 0 || i >= n {
			return undefined{"loop." + name}
		}
		return l.items[i]
	}
	switch name {
	case "index":
		return int64(l.i + 1), true
	case "index0":
		return int64(l.i), true
	case "revindex":
		return int64(n - l.i), true
	case "revindex0":
		return int64(n - l.i - 1), true
	case "first":
		return l.i == 0, true
	case "last":
		return l.i == n-1, true
	case "length":
		return int64(n), true
	case "depth":
		return int64(l.depth), true
	case "depth0":
		return int64(l.depth - 1), true
	case "previtem":
		return at(l.i - 1), true
	case "nextitem":
		return at(l.i + 1), true
	case "cycle":
		return &function{"cycle", func(c *invocation) any {
			if len(c.args) == 0 {
				c.j.fail(c.at, "loop.cycle wants values")
			}
			return c.args[l.i%len(c.args)]
		}}, true
	case "changed":
		return &function{"changed", func(c *invocation) any {
			same := l.changed != nil && c.j.equal(c.at, &list{items: l.changed}, &list{items: c.args})
			l.changed = append([]any{}, c.args...)
			return !same
		}}, true
	}
	return nil, false
}
