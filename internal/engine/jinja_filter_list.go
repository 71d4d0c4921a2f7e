package engine

import (
	"slices"
	"strconv"
	"strings"
)

func filterBatch(c *invocation, v any) any {
	size, fill := c.number(0, "linecount", 0), c.arg(1, "fill_with", nil)
	if size < 1 {
		c.j.fail(c.at, "batch wants a size from 1 on")
	}
	out := &list{}
	for all := c.j.iterate(c.at, v); len(all) > 0; {
		n := min(size, len(all))
		row := slices.Clone(all[:n])
		if fill != nil {
			c.j.step(c.at, size)
			for len(row) < size {
				row = append(row, fill)
			}
		}
		out.items, all = append(out.items, &list{items: row}), all[n:]
	}
	return out
}

func filterSlice(c *invocation, v any) any {
	n, fill := c.number(0, "slices", 0), c.arg(1, "fill_with", nil)
	if n < 1 {
		c.j.fail(c.at, "slice wants a number of columns from 1 on")
	}
	c.j.step(c.at, n)
	all := c.j.iterate(c.at, v)
	each, more := len(all)/n, len(all)%n
	out := &list{}
	for i := range n {
		size := each
		if i < more {
			size++
		}
		row := slices.Clone(all[:size])
		all = all[size:]
		if fill != nil && more > 0 && i >= more {
			row = append(row, fill)
		}
		out.items = append(out.items, &list{items: row})
	}
	return out
}

func filterItems(c *invocation, v any) any {
	out := &list{}
	if d, ok := v.(*dict); ok {
		c.j.step(c.at, len(d.keys))
		for _, k := range d.keys {
			out.items = append(out.items, &list{[]any{k, d.values[k]}, true})
		}
	} else if !isUndefined(v) {
		c.j.fail(c.at, "items wants a mapping, found %s", c.j.kind(v))
	}
	return out
}

func filterJoin(c *invocation, v any) any {
	sep, attr := c.text(0, "d", ""), c.arg(1, "attribute", nil)
	p := &printer{m: c.j.machine, at: c.at}
	for i, of := range c.j.iterate(c.at, v) {
		if i > 0 {
			p.put(sep)
		}
		if attr != nil {
			of = c.path(of, attr)
		}
		p.put(c.j.str(c.at, of))
	}
	return p.b.String()
}

// path gives an attribute by a name with dots, as filters take them.
func (c *invocation) path(of, attr any) any {
	s, ok := attr.(string)
	if !ok {
		return c.j.item(c.at, of, attr)
	}
	for _, part := range strings.Split(s, ".") {
		if n, err := strconv.ParseInt(part, 10, 64); err == nil {
			of = c.j.item(c.at, of, n)
		} else {
			of = c.j.item(c.at, of, part)
		}
	}
	return of
}

func filterMap(c *invocation, v any) any {
	out := &list{}
	all := c.j.iterate(c.at, v)
	if slices.Contains(c.names, "attribute") {
		otherwise := c.arg(-1+len(c.args)+1, "default", nil)
		for _, of := range all {
			c.j.step(c.at, 1)
			of = c.path(of, c.arg(len(c.args), "attribute", ""))
			if isUndefined(of) && otherwise != nil {
				of = otherwise
			}
			out.items = append(out.items, of)
		}
		return out
	}
	if len(c.args) == 0 {
		c.j.fail(c.at, "map wants the name of a filter, or attribute=")
	}
	name := c.j.str(c.at, c.args[0])
	f := c.j.words.filters[name]
	if f == nil {
		c.j.failHint(c.at, refused(name), "filter %q is not known", name)
	}
	in := &invocation{c.j, c.at, c.args[1:], c.names, c.named}
	for _, of := range all {
		c.j.step(c.at, 1)
		out.items = append(out.items, f(in, of))
	}
	return out
}

// picks makes select, reject, selectattr and rejectattr.
func picks(keep, byAttr bool) filterFunc {
	return func(c *invocation, v any) any {
		args := c.args
		var attr any
		if byAttr {
			if len(args) == 0 {
				c.j.fail(c.at, "the name of an attribute is missing")
			}
			attr, args = args[0], args[1:]
		}
		test := func(of any) bool { return c.j.truth(c.at, of) }
		if len(args) > 0 {
			f := c.j.words.tests[c.j.str(c.at, args[0])]
			if f == nil {
				c.j.fail(c.at, "test %q is not known", c.j.str(c.at, args[0]))
			}
			in := &invocation{c.j, c.at, args[1:], c.names, c.named}
			test = func(of any) bool { return f(in, of) }
		}
		out := &list{}
		for _, of := range c.j.iterate(c.at, v) {
			c.j.step(c.at, 1)
			by := of
			if byAttr {
				by = c.path(of, attr)
			}
			if test(by) == keep {
				out.items = append(out.items, of)
			}
		}
		return out
	}
}

// sorted orders values by a key, keeping the order of equals. Texts compare without regard to case unless asked.
func (c *invocation) sorted(all []any, key func(any) any, cased, reverse bool) []any {
	keys := map[int]any{}
	order := make([]int, len(all))
	for i, v := range all {
		order[i], keys[i] = i, key(v)
		if s, ok := keys[i].(string); ok && !cased {
			keys[i] = strings.ToLower(s)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if reverse {
			a, b = b, a
		}
		return c.j.order(c.at, keys[a], keys[b])
	})
	out := make([]any, len(all))
	for i, from := range order {
		out[i] = all[from]
	}
	return out
}

// by is the key that filters take as attribute=, one or several with commas.
func (c *invocation) by(attr any) func(any) any {
	if attr == nil {
		return func(v any) any { return v }
	}
	s, ok := attr.(string)
	if !ok || !strings.Contains(s, ",") {
		return func(v any) any { return c.path(v, attr) }
	}
	return func(v any) any {
		key := &list{}
		for _, part := range strings.Split(s, ",") {
			key.items = append(key.items, c.path(v, strings.TrimSpace(part)))
		}
		return key
	}
}

func filterSort(c *invocation, v any) any {
	reverse, cased := c.truth(0, "reverse", false), c.truth(1, "case_sensitive", false)
	return &list{items: c.sorted(c.j.iterate(c.at, v), c.by(c.arg(2, "attribute", nil)), cased, reverse)}
}

func filterDictsort(c *invocation, v any) any {
	cased, by, reverse := c.truth(0, "case_sensitive", false), c.text(1, "by", "key"), c.truth(2, "reverse", false)
	at := map[string]int64{"key": 0, "value": 1}[by]
	all := filterItems(&invocation{j: c.j, at: c.at}, v).(*list)
	return &list{items: c.sorted(all.items, func(of any) any { return of.(*list).items[at] }, cased, reverse)}
}

func filterGroupBy(c *invocation, v any) any {
	attr := c.arg(0, "attribute", nil)
	otherwise := c.arg(1, "default", nil)
	key := func(of any) any {
		k := c.path(of, attr)
		if isUndefined(k) && otherwise != nil {
			return otherwise
		}
		return k
	}
	cased := c.truth(2, "case_sensitive", false)
	out := &list{}
	var group *list
	var last any
	for _, of := range c.sorted(c.j.iterate(c.at, v), key, cased, false) {
		k := key(of)
		fold := k
		if s, ok := k.(string); ok && !cased {
			fold = strings.ToLower(s)
		}
		if group == nil || !c.j.equal(c.at, fold, last) {
			group, last = &list{}, fold
			pair := newDict()
			pair.set("grouper", k)
			pair.set("list", group)
			out.items = append(out.items, &list{[]any{k, group}, true})
		}
		group.items = append(group.items, of)
	}
	return out
}

func filterMax(c *invocation, v any) any { return c.extreme(v, true) }
func filterMin(c *invocation, v any) any { return c.extreme(v, false) }

func (c *invocation) extreme(v any, largest bool) any {
	all := c.sorted(c.j.iterate(c.at, v), c.by(c.arg(1, "attribute", nil)), c.truth(0, "case_sensitive", false), largest)
	if len(all) == 0 {
		return undefined{"an item of an empty list"}
	}
	return all[0]
}

func filterSum(c *invocation, v any) any {
	key := c.by(c.arg(0, "attribute", nil))
	sum := c.arg(1, "start", int64(0))
	for _, of := range c.j.iterate(c.at, v) {
		sum = c.j.arithmetic(c.at, "+", sum, key(of))
	}
	return sum
}

func filterUnique(c *invocation, v any) any {
	cased, key := c.truth(0, "case_sensitive", false), c.by(c.arg(1, "attribute", nil))
	out, seen := &list{}, &dict{values: map[any]any{}}
	var others []any // that are no keys of a mapping
	for _, of := range c.j.iterate(c.at, v) {
		k := key(of)
		if s, ok := k.(string); ok && !cased {
			k = strings.ToLower(s)
		}
		if _, compound := k.(*list); compound {
			if slices.ContainsFunc(others, func(o any) bool { return c.j.equal(c.at, o, k) }) {
				continue
			}
			others = append(others, k)
		} else if _, ok := seen.get(k); ok {
			continue
		} else {
			seen.set(k, true)
		}
		out.items = append(out.items, of)
	}
	return out
}
