package engine

import "slices"

// function is something that can be called; do gets what it is called with.
type function struct {
	name string
	do   func(*invocation) any
}

// namespace is what namespace() gives, and a module that was imported.
type namespace struct{ *dict }

// macro is one with the scope it was defined in.
type macro struct {
	macroNode
	sc *scope
	at place
}

// invocation is a call with its values.
type invocation struct {
	j     *jinja
	at    place
	args  []any
	names []string // of the values in named
	named []any
}

// arg gives the argument at a position or by name, or a default.
func (c *invocation) arg(i int, name string, otherwise any) any {
	if i < len(c.args) {
		return c.args[i]
	}
	if n := slices.Index(c.names, name); n >= 0 {
		return c.named[n]
	}
	return otherwise
}

func (c *invocation) text(i int, name, otherwise string) string {
	return c.j.str(c.at, c.arg(i, name, otherwise))
}

func (c *invocation) number(i int, name string, otherwise int64) int {
	v := c.arg(i, name, otherwise)
	n, ok := asInt(v)
	if !ok || n > 1<<40 || n < -1<<40 {
		c.j.fail(c.at, "expected a number for %s, found %s", name, c.j.kind(v))
	}
	return int(n)
}

func (c *invocation) truth(i int, name string, otherwise bool) bool {
	return c.j.truth(c.at, c.arg(i, name, otherwise))
}

// args evaluates arguments.
func (j *jinja) args(a arguments, sc *scope) *invocation {
	c := &invocation{j: j}
	for _, e := range a.args {
		c.args = append(c.args, j.eval(e, sc))
	}
	for _, e := range a.splat {
		c.args = append(c.args, j.iterate(e.at, j.eval(e, sc))...)
	}
	for i, e := range a.named {
		c.names, c.named = append(c.names, a.names[i]), append(c.named, j.eval(e, sc))
	}
	for _, e := range a.extras {
		d, ok := j.eval(e, sc).(*dict)
		if !ok {
			j.fail(e.at, "** wants a mapping")
		}
		for _, k := range d.keys {
			c.names, c.named = append(c.names, j.str(e.at, k)), append(c.named, d.values[k])
		}
	}
	return c
}

// invoke calls a value.
func (j *jinja) invoke(at place, of any, c *invocation) any {
	j.step(at, 1)
	c.at = at
	switch f := of.(type) {
	case *function:
		return f.do(c)
	case *macro:
		return j.macro(f, c)
	case *looping:
		if f.again == nil || len(c.args) != 1 {
			j.fail(at, "the loop is not recursive")
		}
		return f.again(at, c.args[0])
	case undefined:
		if refused := refused(f.name); refused != "" {
			j.failHint(at, refused, "%s() is refused", f.name)
		}
		if j.lenient() {
			return f
		}
		j.failHint(at, "give it among the variables", "%q is undefined", f.name)
	}
	j.fail(at, "%s cannot be called", j.kind(of))
	return nil
}

// macro runs a macro.
func (j *jinja) macro(m *macro, c *invocation) any {
	j.enter(c.at)
	defer j.leave()
	in := m.sc.inner()
	used := j.bind(m, c, in)
	if rest := c.args[min(len(c.args), len(m.params)):]; m.varargs {
		in.vars["varargs"] = &list{items: rest, tuple: true}
	} else if len(rest) > 0 {
		j.fail(c.at, "macro %q takes %d arguments, not %d", m.name, len(m.params), len(c.args))
	}
	more := newDict()
	for i, n := range c.names {
		switch {
		case n == "caller":
			in.vars["caller"] = c.named[i]
		case !used[n] && m.kwargs:
			more.set(n, c.named[i])
		case !used[n]:
			j.fail(c.at, "macro %q takes no argument %q", m.name, n)
		}
	}
	if m.kwargs {
		in.vars["kwargs"] = more
	}
	return j.capture(func() { j.run(m.body, in) })
}

// notGiven stands for an argument that a call does not have.
type notGiven struct{}

// bind gives the parameters of a macro their values.
func (j *jinja) bind(m *macro, c *invocation, in *scope) (used map[string]bool) {
	used = map[string]bool{}
	for i, p := range m.params {
		v := c.arg(i, p, notGiven{})
		used[p] = true
		if v == any(notGiven{}) {
			v = undefined{p}
			if d := i - (len(m.params) - len(m.defaults)); d >= 0 {
				v = j.eval(m.defaults[d], in)
			}
		}
		in.vars[p] = v
	}
	return used
}

func (j *jinja) lenient() bool { return j.opts.Lenient || j.js }
