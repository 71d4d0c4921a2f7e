package engine

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// str is how a value prints: as Python's str, or as JavaScript's String.
func (j *jinja) str(at place, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case undefined:
		return ""
	case int64:
		return strconv.FormatInt(v, 10)
	}
	p := &printer{m: j.machine, at: at}
	if j.js {
		p.javaScript(v)
	} else {
		p.python(v, false)
	}
	return p.b.String()
}

// printer writes a value, charging each part: a list that holds another twice, and so on, prints without end.
type printer struct {
	m  *machine
	at place
	b  strings.Builder
}

func (p *printer) put(s string) {
	if p.b.Len()+len(s) > p.m.opts.MaxBytes {
		p.m.limit(p.at, "", "makes a text of more than %d bytes", p.m.opts.MaxBytes)
	}
	p.m.text(p.at, len(s))
	p.b.WriteString(s)
}

// python writes str(v), or repr(v) where it stands inside of another value.
func (p *printer) python(v any, repr bool) {
	p.m.enter(p.at)
	defer p.m.leave()
	switch v := v.(type) {
	case nil:
		p.put("None")
	case undefined:
		if repr {
			p.put("Undefined")
		}
	case bool:
		if v {
			p.put("True")
		} else {
			p.put("False")
		}
	case int64:
		p.put(strconv.FormatInt(v, 10))
	case float64:
		p.put(pythonFloat(v))
	case string:
		if repr {
			v = pythonQuoted(v)
		}
		p.put(v)
	case *list:
		p.sequence(v)
	case *dict:
		p.mapping(v)
	case *namespace:
		p.put("<Namespace ")
		p.mapping(v.dict)
		p.put(">")
	case *macro:
		p.put("<Macro " + pythonQuoted(v.name) + ">")
	case *counter:
		p.put(v.print())
	default:
		p.m.fail(p.at, "this value has no text")
	}
}

func (p *printer) sequence(l *list) {
	brackets := "[]"
	if l.tuple {
		brackets = "()"
	}
	p.put(brackets[:1])
	for i, v := range l.items {
		if i > 0 {
			p.put(", ")
		}
		p.python(v, true)
	}
	if l.tuple && len(l.items) == 1 {
		p.put(",")
	}
	p.put(brackets[1:])
}

func (p *printer) mapping(d *dict) {
	p.put("{")
	for i, k := range d.keys {
		if i > 0 {
			p.put(", ")
		}
		p.python(k, true)
		p.put(": ")
		p.python(d.values[k], true)
	}
	p.put("}")
}

// pythonFloat is repr of a float: the shortest digits that give it back, with an exponent below 1e-4 and from 1e16 on.
func pythonFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// pythonQuoted is repr of a text.
func pythonQuoted(s string) string {
	quote := "'"
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = `"`
	}
	var b strings.Builder
	b.WriteString(quote)
	for _, r := range s {
		switch {
		case string(r) == quote || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == ' ' || unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			b.WriteString(`\x` + zeros(strconv.FormatInt(int64(r), 16), 2))
		case r < 0x10000:
			b.WriteString(`\u` + zeros(strconv.FormatInt(int64(r), 16), 4))
		default:
			b.WriteString(`\U` + zeros(strconv.FormatInt(int64(r), 16), 8))
		}
	}
	return b.String() + quote
}

func zeros(s string, width int) string { return strings.Repeat("0", max(0, width-len(s))) + s }

// javaScript writes String(v).
func (p *printer) javaScript(v any) {
	p.m.enter(p.at)
	defer p.m.leave()
	switch v := v.(type) {
	case nil, undefined:
	case bool:
		p.put(strconv.FormatBool(v))
	case int64:
		p.put(strconv.FormatInt(v, 10))
	case float64:
		p.put(javaScriptFloat(v))
	case string:
		p.put(v)
	case *list:
		for i, of := range v.items {
			if i > 0 {
				p.put(",")
			}
			p.javaScript(of)
		}
	case *dict, *namespace:
		p.put("[object Object]")
	default:
		p.m.fail(p.at, "this value has no text")
	}
}

// javaScriptFloat is Number.prototype.toString: an exponent below 1e-6 and from 1e21 on.
func javaScriptFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		s := strconv.FormatFloat(f, 'e', -1, 64)
		mantissa, exponent, _ := strings.Cut(s, "e")
		return mantissa + "e" + exponent[:1] + strings.TrimLeft(exponent[1:], "0")
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
