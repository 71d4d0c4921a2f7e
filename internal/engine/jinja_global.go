package engine

// globals are the functions of every template.
func (j *jinja) globals() map[string]any {
	of := func(name string, do func(*invocation) any) any { return &function{name, do} }
	return map[string]any{
		"range":           of("range", globalRange),
		"dict":            of("dict", func(c *invocation) any { return c.keywords() }),
		"namespace":       of("namespace", func(c *invocation) any { return &namespace{c.keywords()} }),
		"cycler":          of("cycler", func(c *invocation) any { return newCounter(c) }),
		"joiner":          of("joiner", globalJoiner),
		"raise_exception": of("raise_exception", globalRaise),
	}
}

// globalRaise is what the chat templates of models call to refuse a conversation.
func globalRaise(c *invocation) any {
	c.j.fail(c.at, "the template refuses: %s", c.text(0, "message", "no reason given"))
	return nil
}

func globalRange(c *invocation) any {
	if len(c.args) == 0 || len(c.args) > 3 {
		c.j.fail(c.at, "range wants one to three numbers")
	}
	from, to, by := 0, c.number(0, "stop", 0), 1
	if len(c.args) > 1 {
		from, to = c.number(0, "start", 0), c.number(1, "stop", 0)
	}
	if len(c.args) > 2 {
		by = c.number(2, "step", 1)
	}
	if by == 0 {
		c.j.fail(c.at, "range cannot step by 0")
	}
	out := &list{}
	for i := from; by > 0 && i < to || by < 0 && i > to; i += by {
		c.j.step(c.at, 1)
		out.items = append(out.items, int64(i))
	}
	return out
}

func (c *invocation) keywords() *dict {
	d := newDict()
	for _, v := range c.args {
		from, ok := v.(*dict)
		if !ok {
			c.j.fail(c.at, "expected a mapping, found %s", c.j.kind(v))
		}
		for _, k := range from.keys {
			d.set(k, from.values[k])
		}
	}
	for i, n := range c.names {
		d.set(n, c.named[i])
	}
	return d
}

// counter is what cycler() gives.
type counter struct {
	of []any
	i  int
	c  *invocation
}

func newCounter(c *invocation) any {
	if len(c.args) == 0 {
		c.j.fail(c.at, "cycler wants values")
	}
	return &counter{of: c.args, c: c}
}

func (k *counter) attribute(name string) any {
	switch name {
	case "current":
		return k.of[k.i]
	case "next":
		return &function{name, func(*invocation) any {
			v := k.of[k.i]
			k.i = (k.i + 1) % len(k.of)
			return v
		}}
	case "reset":
		return &function{name, func(*invocation) any { k.i = 0; return nil }}
	}
	return undefined{name}
}

func (k *counter) print() string { return "<Cycler>" }

func globalJoiner(c *invocation) any {
	sep, used := c.text(0, "sep", ", "), false
	return &function{"joiner", func(*invocation) any {
		if used {
			return sep
		}
		used = true
		return ""
	}}
}
