package engine

// helper gives a helper that makes a value; nil where the name is none.
func (h *handlebars) helper(name string) func(*handlebars, hbCall, *hbScope) any {
	switch name {
	case "lookup":
		return hbLookup
	case "log":
		return func(*handlebars, hbCall, *hbScope) any { return "" }
	case "if", "unless", "each", "with":
		return func(h *handlebars, c hbCall, _ *hbScope) any {
			h.failHint(c.at, "write {{#"+name+" …}}…{{/"+name+"}}", "%q is a block", name)
			return nil
		}
	case "json":
		if h.lang == Dotprompt {
			return hbJSON
		}
	}
	return nil
}

func hbLookup(h *handlebars, c hbCall, sc *hbScope) any {
	if len(c.params) != 2 {
		h.fail(c.at, "lookup wants a value and a key")
	}
	if v, ok := h.member(h.value(c.params[0], sc), h.str(c.at, h.value(c.params[1], sc))); ok {
		return v
	}
	return undefined{"lookup"}
}

// hbJSON is JSON.stringify, with indent=n.
func hbJSON(h *handlebars, c hbCall, sc *hbScope) any {
	w := &jsonWriter{printer: printer{m: h.machine, at: c.at}, indent: -1, item: ",", key: ":"}
	if n, ok := h.value(c.option("indent"), sc).(int64); ok && n > 0 {
		w.indent, w.key = int(min(n, 10)), ": "
	}
	w.value(h.first(c, sc), 0)
	return w.b.String()
}

// marked puts the mark that a helper of Dotprompt asks for; it is false for all other tags.
func (h *handlebars) marked(at place, c hbCall, sc *hbScope) bool {
	name := c.helper()
	if h.lang != Dotprompt {
		return false
	}
	switch name {
	case "history":
		h.mark(at, Mark{Kind: name})
	case "role", "section":
		h.mark(at, Mark{Kind: name, Value: h.str(at, h.first(c, sc))})
	case "media":
		url := h.str(at, h.value(c.option("url"), sc))
		h.mark(at, Mark{Kind: name, Value: url, Media: h.str(at, h.value(c.option("contentType"), sc))})
	default:
		return false
	}
	return true
}

// markBlock is {{#role "x"}}…{{/role}}.
func (h *handlebars) markBlock(b *hbBlock, sc *hbScope, body []any) {
	h.mark(b.at, Mark{Kind: b.of.helper(), Value: h.str(b.at, h.first(b.of, sc)), Block: true})
	h.run(body, sc)
}
