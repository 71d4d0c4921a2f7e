package engine

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// method gives a method of a text, list or mapping, as Python has it; nil where there is none of that name.
func (j *jinja) method(of any, name string) any {
	switch v := of.(type) {
	case string:
		if f := j.words.text[name]; f != nil {
			return &function{name, func(c *invocation) any { return f(c, v) }}
		}
	case *list:
		if f := j.words.list[name]; f != nil && (!v.tuple || name == "index" || name == "count") {
			return &function{name, func(c *invocation) any { return f(c, v) }}
		}
	case *dict:
		if f := j.words.dict[name]; f != nil {
			return &function{name, func(c *invocation) any { return f(c, v) }}
		}
	}
	return nil
}

func textMethods() map[string]func(*invocation, string) any {
	return map[string]func(*invocation, string) any{
		"upper":      func(c *invocation, s string) any { return onText(upper)(c, s) },
		"lower":      func(c *invocation, s string) any { return onText(strings.ToLower)(c, s) },
		"capitalize": func(c *invocation, s string) any { return onText(capitalize)(c, s) },
		"title":      func(c *invocation, s string) any { return onText(pythonTitle)(c, s) },
		"strip":      func(c *invocation, s string) any { return trimmed(c, s, strings.TrimFunc, strings.Trim) },
		"lstrip":     func(c *invocation, s string) any { return trimmed(c, s, strings.TrimLeftFunc, strings.TrimLeft) },
		"rstrip":     func(c *invocation, s string) any { return trimmed(c, s, strings.TrimRightFunc, strings.TrimRight) },
		"split":      func(c *invocation, s string) any { return split(c, s, false) },
		"rsplit":     func(c *invocation, s string) any { return split(c, s, true) },
		"splitlines": splitLines,
		"join": func(c *invocation, s string) any {
			return filterJoin(&invocation{j: c.j, at: c.at, args: []any{s}}, c.arg(0, "", nil))
		},
		"replace":      func(c *invocation, s string) any { return filterReplace(c, s) },
		"startswith":   func(c *invocation, s string) any { return affix(c, s, strings.HasPrefix) },
		"endswith":     func(c *invocation, s string) any { return affix(c, s, strings.HasSuffix) },
		"removeprefix": func(c *invocation, s string) any { return strings.TrimPrefix(s, c.text(0, "prefix", "")) },
		"removesuffix": func(c *invocation, s string) any { return strings.TrimSuffix(s, c.text(0, "suffix", "")) },
		"find":         func(c *invocation, s string) any { return find(c, s, c.text(0, "sub", "")) },
		"count": func(c *invocation, s string) any {
			c.j.text(c.at, len(s))
			return int64(strings.Count(s, c.text(0, "sub", "")))
		},
		"isdigit": func(c *invocation, s string) any { return every(s, unicode.IsDigit) },
		"isalpha": func(c *invocation, s string) any { return every(s, unicode.IsLetter) },
		"isspace": func(c *invocation, s string) any { return every(s, unicode.IsSpace) },
		"isupper": func(c *invocation, s string) any { return s == strings.ToUpper(s) && cased(s) },
		"islower": func(c *invocation, s string) any { return s == strings.ToLower(s) && cased(s) },
		"center": func(c *invocation, s string) any {
			return pad(c, s, c.number(0, "width", 0), c.text(1, "fillchar", " "), true, true)
		},
		"ljust": func(c *invocation, s string) any {
			return pad(c, s, c.number(0, "width", 0), c.text(1, "fillchar", " "), false, true)
		},
		"rjust": func(c *invocation, s string) any {
			return pad(c, s, c.number(0, "width", 0), c.text(1, "fillchar", " "), true, false)
		},
		"zfill": zfill,
	}
}

func every(s string, is func(rune) bool) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !is(r) })
}

func affix(c *invocation, s string, has func(s, part string) bool) any {
	if l, ok := c.arg(0, "", "").(*list); ok {
		return slices.ContainsFunc(l.items, func(v any) bool { return has(s, c.j.str(c.at, v)) })
	}
	return has(s, c.text(0, "", ""))
}

func find(c *invocation, s, part string) any {
	c.j.text(c.at, len(s))
	i := strings.Index(s, part)
	if i > 0 {
		i = utf8.RuneCountInString(s[:i])
	}
	return int64(i)
}

func zfill(c *invocation, s string) any {
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = s[:1], s[1:]
	}
	return sign + pad(c, s, c.number(0, "width", 0)-len(sign), "0", true, false)
}

// pythonTitle is str.title: a capital behind all that is no letter.
func pythonTitle(s string) string {
	inside := false
	return strings.Map(func(r rune) rune {
		was := inside
		inside = unicode.IsLetter(r)
		if was {
			return unicode.ToLower(r)
		}
		return unicode.ToTitle(r)
	}, s)
}

func split(c *invocation, s string, fromEnd bool) any {
	c.j.step(c.at, 1+len(s)/8)
	sep, most := c.arg(0, "sep", nil), c.number(1, "maxsplit", -1)
	out := &list{}
	if sep == nil {
		parts := strings.Fields(s)
		if most >= 0 && len(parts) > most+1 && !fromEnd {
			rest := s
			for _, p := range parts[:most] {
				rest = rest[strings.Index(rest, p)+len(p):]
			}
			parts = append(parts[:most], strings.TrimFunc(rest, unicode.IsSpace))
		}
		for _, p := range parts {
			out.items = append(out.items, p)
		}
		return out
	}
	by := c.j.str(c.at, sep)
	if by == "" {
		c.j.fail(c.at, "split wants a separator that is not empty")
	}
	parts := strings.Split(s, by)
	if most >= 0 && len(parts) > most+1 {
		if cut := len(parts) - most; fromEnd {
			parts = append([]string{strings.Join(parts[:cut], by)}, parts[cut:]...)
		} else {
			parts = append(parts[:most:most], strings.Join(parts[most:], by))
		}
	}
	for _, p := range parts {
		out.items = append(out.items, p)
	}
	return out
}

func splitLines(c *invocation, s string) any {
	c.j.step(c.at, 1+len(s)/8)
	out := &list{}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	for _, l := range strings.Split(strings.TrimSuffix(s, "\n"), "\n") {
		if s != "" {
			out.items = append(out.items, l)
		}
	}
	return out
}

func listMethods() map[string]func(*invocation, *list) any {
	return map[string]func(*invocation, *list) any{
		"append": func(c *invocation, l *list) any { l.items = append(l.items, c.arg(0, "", nil)); return nil },
		"extend": func(c *invocation, l *list) any {
			l.items = append(l.items, c.j.iterate(c.at, c.arg(0, "", nil))...)
			return nil
		},
		"insert": func(c *invocation, l *list) any {
			c.j.step(c.at, len(l.items))
			n := c.number(0, "", 0)
			if n < 0 {
				n += len(l.items)
			}
			l.items = slices.Insert(l.items, min(max(n, 0), len(l.items)), c.arg(1, "", nil))
			return nil
		},
		"pop": func(c *invocation, l *list) any {
			c.j.step(c.at, len(l.items))
			i := fromEnd(int64(c.number(0, "", -1)), len(l.items))
			if i < 0 {
				c.j.fail(c.at, "pop from a list that has no such item")
			}
			v := l.items[i]
			l.items = slices.Delete(l.items, i, i+1)
			return v
		},
		"index": func(c *invocation, l *list) any {
			i := slices.IndexFunc(l.items, func(v any) bool { return c.j.equal(c.at, v, c.arg(0, "", nil)) })
			if i < 0 {
				c.j.fail(c.at, "the value is not in the list")
			}
			return int64(i)
		},
		"count": func(c *invocation, l *list) any {
			n := int64(0)
			for _, v := range l.items {
				if c.j.equal(c.at, v, c.arg(0, "", nil)) {
					n++
				}
			}
			return n
		},
		"reverse": func(c *invocation, l *list) any { c.j.step(c.at, len(l.items)); slices.Reverse(l.items); return nil },
	}
}

func dictMethods() map[string]func(*invocation, *dict) any {
	return map[string]func(*invocation, *dict) any{
		"items":  func(c *invocation, d *dict) any { return filterItems(c, d) },
		"keys":   func(c *invocation, d *dict) any { return &list{items: c.j.iterate(c.at, d)} },
		"values": dictValues,
		"get": func(c *invocation, d *dict) any {
			if v, ok := d.get(c.arg(0, "key", nil)); ok {
				return v
			}
			return c.arg(1, "default", nil)
		},
		"update": func(c *invocation, d *dict) any {
			from := c.keywords()
			c.j.step(c.at, len(from.keys))
			for _, k := range from.keys {
				d.set(k, from.values[k])
			}
			return nil
		},
		"pop": func(c *invocation, d *dict) any {
			c.j.step(c.at, len(d.keys))
			v, ok := d.get(c.arg(0, "key", nil))
			if !ok {
				return c.arg(1, "default", nil)
			}
			d.remove(c.arg(0, "key", nil))
			return v
		},
		"setdefault": func(c *invocation, d *dict) any {
			k := c.arg(0, "key", nil)
			if _, ok := d.get(k); !ok {
				d.set(k, c.arg(1, "default", nil))
			}
			v, _ := d.get(k)
			return v
		},
		"copy": func(c *invocation, d *dict) any {
			return (&invocation{j: c.j, at: c.at, args: []any{d}}).keywords()
		},
	}
}

func dictValues(c *invocation, d *dict) any {
	out := &list{}
	for _, k := range c.j.iterate(c.at, d) {
		out.items = append(out.items, d.values[k])
	}
	return out
}
