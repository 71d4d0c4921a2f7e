package engine

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// filterJSON is Jinja's tojson: Python's json.dumps with sorted keys and a space after , and :, ASCII alone, and <, >, &
// and ' escaped.
func filterJSON(c *invocation, v any) any {
	w := &jsonWriter{printer: printer{m: c.j.machine, at: c.at}, indent: -1, item: ", ", key: ": ", ascii: true, sort: true, j: c.j}
	if c.j.js {
		return filterDump(c, v)
	}
	if n := c.arg(0, "indent", nil); n != nil {
		w.indent, w.item = max(c.number(0, "indent", 0), 0), ","
	}
	w.value(v, 0)
	return strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "'", `\u0027`).Replace(w.b.String())
}

// filterDump is Nunjucks' dump: JSON.stringify.
func filterDump(c *invocation, v any) any {
	w := &jsonWriter{printer: printer{m: c.j.machine, at: c.at}, indent: -1, item: ",", key: ":", j: c.j}
	if n := c.arg(0, "indent", nil); n != nil && c.number(0, "indent", 0) > 0 {
		w.indent, w.key = min(c.number(0, "indent", 0), 10), ": "
	}
	w.value(v, 0)
	return w.b.String()
}

// jsonWriter writes a value as JSON.
type jsonWriter struct {
	printer
	j         *jinja // nil outside of Jinja
	indent    int    // -1: on one line
	item, key string // what stands between items, and behind a key
	ascii     bool
	sort      bool
}

func (w *jsonWriter) value(v any, depth int) {
	w.m.enter(w.at)
	defer w.m.leave()
	switch v := v.(type) {
	case nil:
		w.put("null")
	case undefined:
		if w.j != nil && !w.j.lenient() {
			w.j.missing(w.at, v)
		}
		w.put("null")
	case bool:
		w.put(strconv.FormatBool(v))
	case int64:
		w.put(strconv.FormatInt(v, 10))
	case float64:
		if w.ascii {
			w.put(pythonFloat(v))
		} else {
			w.put(javaScriptFloat(v))
		}
	case string:
		w.quoted(v)
	case *list:
		w.nested("[", "]", len(v.items), depth, func(i int) { w.value(v.items[i], depth+1) })
	case *dict:
		keys := slices.Clone(v.keys)
		if w.sort {
			slices.SortStableFunc(keys, func(a, b any) int { return strings.Compare(jsonKey(a), jsonKey(b)) })
		}
		w.nested("{", "}", len(keys), depth, func(i int) {
			w.quoted(jsonKey(keys[i]))
			w.put(w.key)
			w.value(v.values[keys[i]], depth+1)
		})
	case *namespace:
		w.value(v.dict, depth)
	default:
		w.m.fail(w.at, "this value cannot be written as JSON")
	}
}

func jsonKey(k any) string {
	switch k := k.(type) {
	case string:
		return k
	case int64:
		return strconv.FormatInt(k, 10)
	case bool:
		return strconv.FormatBool(k)
	case float64:
		return pythonFloat(k)
	}
	return "null"
}

func (w *jsonWriter) nested(begin, end string, n, depth int, each func(int)) {
	w.put(begin)
	for i := range n {
		if i > 0 {
			w.put(w.item)
		}
		w.line(depth + 1)
		each(i)
	}
	if n > 0 {
		w.line(depth)
	}
	w.put(end)
}

func (w *jsonWriter) line(depth int) {
	if w.indent < 0 {
		return
	}
	if w.indent*depth > w.m.opts.MaxBytes {
		w.m.limit(w.at, "", "makes a text of more than %d bytes", w.m.opts.MaxBytes)
	}
	w.put("\n" + strings.Repeat(" ", w.indent*depth))
}

func (w *jsonWriter) quoted(s string) {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\f':
			b.WriteString(`\f`)
		case r < 0x20 || w.ascii && r > 0x7e && r < 0x10000:
			if r == 0x7f {
				b.WriteRune(r)
				break
			}
			b.WriteString(`\u` + zeros(strconv.FormatInt(int64(r), 16), 4))
		case w.ascii && r >= 0x10000:
			for _, half := range utf16.AppendRune(nil, r) {
				b.WriteString(`\u` + zeros(strconv.FormatInt(int64(half), 16), 4))
			}
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	w.put(b.String())
}
