package engine

// block renders {{#x}}…{{/x}}.
func (h *handlebars) block(b *hbBlock, sc *hbScope) {
	h.enter(b.at)
	defer h.leave()
	yes, no := b.body, b.orElse
	if b.inverted {
		yes, no = no, yes
	}
	switch name := b.of.helper(); name {
	case "if", "unless":
		ok := h.holds(h.first(b.of, sc), b.of, sc) == (name == "if")
		h.either(ok, yes, no, sc)
	case "with":
		v := h.first(b.of, sc)
		if empty(v) {
			h.run(no, sc)
			return
		}
		h.run(yes, h.named(sc, v, b.params, v))
	case "each":
		h.each(b, h.first(b.of, sc), yes, no, sc)
	case "ifEquals", "unlessEquals":
		h.either(h.equals(b.of, sc) == (name == "ifEquals"), yes, no, sc)
	case "role", "section":
		if h.lang == Dotprompt {
			h.markBlock(b, sc, yes)
			return
		}
		h.section(b, yes, no, sc)
	default:
		h.section(b, yes, no, sc)
	}
}

func (h *handlebars) either(ok bool, yes, no []any, sc *hbScope) {
	if ok {
		h.run(yes, sc)
	} else {
		h.run(no, sc)
	}
}

func (h *handlebars) first(c hbCall, sc *hbScope) any {
	if len(c.params) != 1 {
		h.fail(c.at, "%q wants one value", c.name())
	}
	return h.value(c.params[0], sc)
}

// empty is what Handlebars takes for nothing: 0 is something.
func empty(v any) bool {
	switch v := v.(type) {
	case nil, undefined:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case *list:
		return len(v.items) == 0
	}
	return false
}

func (h *handlebars) holds(v any, c hbCall, sc *hbScope) bool {
	if n, ok := v.(int64); ok && n == 0 {
		include := c.option("includeZero")
		return include != nil && !empty(h.value(include, sc))
	}
	return !empty(v)
}

// equals compares as === does: no lists or mappings are equal but the same one.
func (h *handlebars) equals(c hbCall, sc *hbScope) bool {
	if len(c.params) != 2 {
		h.fail(c.at, "%q wants two values", c.name())
	}
	a, b := h.value(c.params[0], sc), h.value(c.params[1], sc)
	_, x := a.(undefined)
	_, y := b.(undefined)
	return a == b || x && y
}

// each renders a body for every item of a list, or key of a mapping.
func (h *handlebars) each(b *hbBlock, over any, yes, no []any, sc *hbScope) {
	var keys, values []any
	switch v := over.(type) {
	case *list:
		values = v.items
	case *dict:
		keys = v.keys
		for _, k := range v.keys {
			values = append(values, v.values[k])
		}
	}
	if len(values) == 0 {
		h.run(no, sc)
		return
	}
	h.step(b.at, len(values))
	for i, v := range values {
		var key any = int64(i)
		if keys != nil {
			key = keys[i]
		}
		in := h.named(sc, v, b.params, v, key)
		in.data = map[string]any{"index": int64(i), "key": key, "first": i == 0, "last": i == len(values)-1}
		h.run(yes, in)
	}
}

// named is a scope with block parameters.
func (h *handlebars) named(sc *hbScope, this any, params []string, values ...any) *hbScope {
	in := &hbScope{this: this, outer: sc}
	if len(params) > 0 {
		in.names = map[string]any{}
	}
	for i, p := range params[:min(len(params), len(values))] {
		in.names[p] = values[i]
	}
	return in
}

// section renders a block whose name is no helper: once for true, for every item of a list, within any other value.
func (h *handlebars) section(b *hbBlock, yes, no []any, sc *hbScope) {
	v := h.call(b.of, sc)
	switch v := v.(type) {
	case bool:
		h.either(v, yes, no, sc)
	case *list:
		h.each(b, v, yes, no, sc)
	default:
		if v == nil || isUndefined(v) {
			h.run(no, sc)
			return
		}
		h.run(yes, h.named(sc, v, b.params, v))
	}
}
