package engine

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

func filterFormat(c *invocation, v any) any {
	if len(c.named) > 0 {
		d := newDict()
		for i, n := range c.names {
			d.set(n, c.named[i])
		}
		return c.j.percent(c.at, c.j.str(c.at, v), d)
	}
	return c.j.percent(c.at, c.j.str(c.at, v), &list{c.args, true})
}

// directive is one %… of a format.
type directive struct {
	flags     string
	width     int
	precision int // -1 where none is written
	verb      byte
}

// percent is Python's "…" % value.
func (j *jinja) percent(at place, format string, value any) string {
	j.room(at, len(format))
	args := []any{value}
	if l, ok := value.(*list); ok && l.tuple {
		args = l.items
	}
	next := func() any {
		if len(args) == 0 {
			j.fail(at, "the format has more places than there are values")
		}
		v := args[0]
		args = args[1:]
		return v
	}
	p := &printer{m: j.machine, at: at}
	for {
		i := strings.IndexByte(format, '%')
		if i < 0 {
			p.put(format)
			break
		}
		p.put(format[:i])
		format = j.directive(p, format[i+1:], value, next)
	}
	if _, ok := value.(*dict); !ok && len(args) > 0 {
		j.fail(at, "the format has fewer places than there are values")
	}
	return p.b.String()
}

// directive writes one %… and gives the rest of the format.
func (j *jinja) directive(p *printer, rest string, value any, next func() any) string {
	var of any
	named := false
	if strings.HasPrefix(rest, "(") {
		end := strings.IndexByte(rest, ')')
		d, ok := value.(*dict)
		if end < 0 || !ok {
			j.fail(p.at, "the format wants a mapping")
		}
		if of, named = d.get(rest[1:end]); !named {
			j.fail(p.at, "the format asks for %q, which is not there", rest[1:end])
		}
		rest = rest[end+1:]
	}
	d := directive{precision: -1}
	n := len(rest) - len(strings.TrimLeft(rest, "#0- +"))
	d.flags, rest = rest[:n], rest[n:]
	d.width, rest = j.measure(p.at, rest, next)
	if strings.HasPrefix(rest, ".") {
		d.precision, rest = j.measure(p.at, rest[1:], next)
	}
	rest = strings.TrimLeft(rest, "hlL")
	if rest == "" {
		j.fail(p.at, "the format ends within a place")
	}
	d.verb, rest = rest[0], rest[1:]
	if d.verb == '%' {
		p.put("%")
		return rest
	}
	if !named {
		of = next()
	}
	j.room(p.at, max(d.width, 0)+max(d.precision, 0))
	p.put(d.padded(d.text(j, p.at, of)))
	return rest
}

// measure reads a width or precision: digits, or * for a value.
func (j *jinja) measure(at place, rest string, next func() any) (int, string) {
	if strings.HasPrefix(rest, "*") {
		n, _ := asInt(next())
		return int(min(max(n, 0), 1<<40)), rest[1:]
	}
	n := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	if n > 12 {
		j.limit(at, "", "makes a text of more than %d bytes", j.opts.MaxBytes)
	}
	width, _ := strconv.Atoi(rest[:n])
	return width, rest[n:]
}

func (d directive) text(j *jinja, at place, v any) (sign, text string) {
	switch d.verb {
	case 's', 'r', 'a':
		p := &printer{m: j.machine, at: at}
		p.python(v, d.verb != 's')
		s := p.b.String()
		if r := []rune(s); d.precision >= 0 && d.precision < len(r) {
			s = string(r[:d.precision])
		}
		return "", s
	case 'c':
		if n, ok := v.(int64); ok && n >= 0 && n <= utf8.MaxRune {
			return "", string(rune(n))
		}
		return "", j.str(at, v)
	}
	f, ok := asFloat(v)
	if !ok {
		j.missing(at, v)
		j.fail(at, "%%%c wants a number, found %s", d.verb, j.kind(v))
	}
	if f < 0 || f == 0 && math.Signbit(f) {
		sign = "-"
	} else if strings.Contains(d.flags, "+") {
		sign = "+"
	} else if strings.Contains(d.flags, " ") {
		sign = " "
	}
	return sign, d.number(j, at, v, f)
}

func (d directive) number(j *jinja, at place, v any, f float64) string {
	n, whole := asInt(v)
	if !whole && math.Abs(f) < 1<<62 {
		n = int64(f)
	}
	digits := strings.TrimPrefix(strconv.FormatInt(n, 10), "-")
	precision := d.precision
	if precision < 0 {
		precision = 6
	}
	switch d.verb {
	case 'd', 'i', 'u':
		return zeros(digits, max(d.precision, 0))
	case 'x', 'X', 'o':
		if !whole {
			j.fail(at, "%%%c wants an int, found a float", d.verb)
		}
		base := map[byte]int{'x': 16, 'X': 16, 'o': 8}[d.verb]
		s := strings.TrimPrefix(strconv.FormatInt(n, base), "-")
		if strings.Contains(d.flags, "#") {
			s = "0" + string(d.verb|0x20) + s
		}
		if d.verb == 'X' {
			s = strings.ToUpper(s)
		}
		return s
	case 'f', 'F', 'e', 'E':
		return strconv.FormatFloat(math.Abs(f), d.verb&^0x20|0x20, precision, 64)
	case 'g', 'G':
		return general(math.Abs(f), max(precision, 1), d.verb)
	}
	j.fail(at, "%%%c is not known in a format", d.verb)
	return ""
}

// general is %g: an exponent below 1e-4 and from the precision on, without zeros at the end.
func general(f float64, precision int, verb byte) string {
	e := strconv.FormatFloat(f, 'e', precision-1, 64)
	mantissa, exponent, _ := strings.Cut(e, "e")
	x, _ := strconv.Atoi(exponent)
	s := mantissa
	if x >= -4 && x < precision {
		s, exponent = strconv.FormatFloat(f, 'f', max(precision-1-x, 0), 64), ""
	}
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if exponent != "" {
		s += "e" + exponent
	}
	if verb == 'G' {
		s = strings.ToUpper(s)
	}
	return s
}

// padded fills a number or text up to its width.
func (d directive) padded(sign, text string) string {
	missing := d.width - len(sign) - utf8.RuneCountInString(text)
	switch {
	case missing <= 0:
		return sign + text
	case strings.Contains(d.flags, "-"):
		return sign + text + strings.Repeat(" ", missing)
	case strings.Contains(d.flags, "0") && strings.IndexByte("sracSR", d.verb) < 0:
		return sign + strings.Repeat("0", missing) + text
	}
	return strings.Repeat(" ", missing) + sign + text
}
