package engine

import (
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// filterFunc is a filter: the value it is applied to, and its arguments.
type filterFunc func(c *invocation, v any) any

// vocabulary is the words of Jinja by name. Some look others up, so it cannot be a variable of the package.
type vocabulary struct {
	filters map[string]filterFunc
	tests   map[string]testFunc
	text    map[string]func(*invocation, string) any // methods of a str
	list    map[string]func(*invocation, *list) any
	dict    map[string]func(*invocation, *dict) any
}

func newVocabulary() *vocabulary {
	return &vocabulary{filters(), tests(), textMethods(), listMethods(), dictMethods()}
}

func filters() map[string]filterFunc {
	return map[string]filterFunc{
		"abs": filterAbs, "attr": filterAttr, "batch": filterBatch, "capitalize": onText(capitalize), "center": filterCenter, "count": filterLength,
		"d": filterDefault, "default": filterDefault, "dictsort": filterDictsort, "dump": filterDump, "e": filterEscape, "escape": filterEscape,
		"filesizeformat": filterFileSize, "first": filterFirst, "float": filterFloat, "forceescape": filterEscape, "format": filterFormat,
		"groupby": filterGroupBy, "indent": filterIndent, "int": filterInt, "items": filterItems, "join": filterJoin, "last": filterLast,
		"length": filterLength, "list": filterList, "lower": onText(strings.ToLower), "map": filterMap, "max": filterMax, "min": filterMin,
		"pprint": filterPrint, "reject": picks(false, false), "rejectattr": picks(false, true), "replace": filterReplace, "reverse": filterReverse,
		"round": filterRound, "safe": filterSafe, "select": picks(true, false), "selectattr": picks(true, true), "slice": filterSlice,
		"sort": filterSort, "string": filterString, "striptags": onText(stripTags), "sum": filterSum, "title": onText(title), "tojson": filterJSON,
		"trim": filterTrim, "truncate": filterTruncate, "unique": filterUnique, "upper": onText(upper), "urlencode": filterURL,
		"wordcount": filterWords, "wordwrap": filterWrap,
	}
}

// refused says why a filter or function that others know is not here; "" for one that nobody knows.
func refused(name string) string {
	switch name {
	case "random", "shuffle", "lipsum", "uuid":
		return "it gives another text each time, so its tokens cannot be counted"
	case "now", "strftime_now", "date", "time", "today", "utcnow", "datetime", "timeago":
		return "it depends on the clock; give the date among the variables"
	case "env", "getenv", "environ", "open", "read", "shell", "exec", "request":
		return "a template that is counted reads nothing but the project's own templates"
	case "urlize", "xmlattr":
		return "it writes HTML, which a prompt is not"
	}
	return ""
}

func onText(f func(string) string) filterFunc {
	return func(c *invocation, v any) any {
		s := c.j.str(c.at, v)
		c.j.room(c.at, len(s))
		return f(s)
	}
}

// upper is Python's, which writes ß as SS.
func upper(s string) string { return strings.ToUpper(strings.ReplaceAll(s, "ß", "SS")) }

func capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToTitle(r)) + strings.ToLower(s[n:])
}

// title begins each word, as Jinja cuts them, with a capital.
func title(s string) string {
	var b strings.Builder
	first := true
	for _, r := range s {
		if unicode.IsSpace(r) || strings.ContainsRune("-({[<", r) {
			first = true
			b.WriteRune(r)
			continue
		}
		if first {
			b.WriteRune(unicode.ToTitle(r))
		} else {
			b.WriteRune(unicode.ToLower(r))
		}
		first = false
	}
	return b.String()
}

func stripTags(s string) string {
	var b strings.Builder
	for {
		start := strings.IndexByte(s, '<')
		end := -1
		if start >= 0 {
			end = strings.IndexByte(s[start:], '>')
		}
		if end < 0 {
			b.WriteString(s)
			return strings.Join(strings.Fields(html.UnescapeString(b.String())), " ")
		}
		b.WriteString(s[:start])
		s = s[start+end+1:]
	}
}

func filterAbs(c *invocation, v any) any {
	switch n := v.(type) {
	case int64:
		return max(n, -n)
	case float64:
		return math.Abs(n)
	}
	c.j.fail(c.at, "abs wants a number, found %s", c.j.kind(v))
	return nil
}

// filterAttr gives an attribute and never a key of a mapping.
func filterAttr(c *invocation, v any) any {
	name := c.text(0, "name", "")
	if _, ok := v.(*dict); ok {
		if f := c.j.method(v, name); f != nil {
			return f
		}
		return undefined{name}
	}
	return c.j.attribute(c.at, v, name)
}

func filterCenter(c *invocation, v any) any {
	s := c.j.str(c.at, v)
	return pad(c, s, c.number(0, "width", 80), " ", true, true)
}

// pad fills a text up to a width, with Python's choice of the longer side.
func pad(c *invocation, s string, width int, fill string, left, right bool) string {
	missing := width - utf8.RuneCountInString(s)
	if missing <= 0 {
		return s
	}
	c.j.room(c.at, len(s)+missing*len(fill))
	before := 0
	if left {
		before = missing
		if right {
			before = missing/2 + missing&width&1
		}
	}
	return strings.Repeat(fill, before) + s + strings.Repeat(fill, missing-before)
}

func filterDefault(c *invocation, v any) any {
	if isUndefined(v) || c.truth(1, "boolean", false) && !c.j.truth(c.at, v) || c.j.js && v == nil {
		return c.arg(0, "default_value", "")
	}
	return v
}

func filterEscape(c *invocation, v any) any {
	s := c.j.str(c.at, v)
	c.j.room(c.at, 5*len(s))
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(s)
}

func filterFirst(c *invocation, v any) any { return end(c, v, false) }
func filterLast(c *invocation, v any) any  { return end(c, v, true) }

func end(c *invocation, v any, last bool) any {
	all := c.j.iterate(c.at, v)
	if len(all) == 0 {
		return undefined{"an item of an empty list"}
	}
	if last {
		return all[len(all)-1]
	}
	return all[0]
}

func filterFloat(c *invocation, v any) any {
	if f, ok := asFloat(v); ok {
		return f
	}
	if s, ok := v.(string); ok {
		if f, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil {
			return f
		}
	}
	return c.arg(0, "default", 0.0)
}

func filterInt(c *invocation, v any) any {
	otherwise := c.arg(0, "default", int64(0))
	switch n := v.(type) {
	case float64:
		if math.Abs(n) < 1<<62 {
			return int64(n)
		}
	case string:
		s, base := strings.ReplaceAll(strings.TrimSpace(n), "_", ""), c.number(1, "base", 10)
		if i, err := strconv.ParseInt(s, base, 64); base >= 2 && base <= 36 && err == nil {
			return i
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < 1<<62 {
			return int64(f)
		}
	}
	if i, ok := asInt(v); ok {
		return i
	}
	return otherwise
}

func filterIndent(c *invocation, v any) any {
	s, width := c.j.str(c.at, v), c.arg(0, "width", int64(4))
	prefix, ok := width.(string)
	if !ok {
		n := max(c.number(0, "width", 4), 0)
		c.j.room(c.at, n)
		prefix = strings.Repeat(" ", n)
	}
	lines := strings.Split(s, "\n")
	c.j.room(c.at, len(s)+len(lines)*len(prefix))
	first, blank := c.truth(1, "first", false), c.truth(2, "blank", false)
	for i, l := range lines {
		if (i > 0 || first) && (l != "" || blank) {
			lines[i] = prefix + l
		}
	}
	return strings.Join(lines, "\n")
}

func filterLength(c *invocation, v any) any {
	switch v := v.(type) {
	case string:
		c.j.text(c.at, len(v))
		return int64(utf8.RuneCountInString(v))
	case *list:
		return int64(len(v.items))
	case *dict:
		return int64(len(v.keys))
	case undefined:
		return int64(0)
	}
	c.j.fail(c.at, "%s has no length", c.j.kind(v))
	return nil
}

func filterList(c *invocation, v any) any { return &list{items: c.j.iterate(c.at, v)} }

func filterPrint(c *invocation, v any) any {
	p := &printer{m: c.j.machine, at: c.at}
	p.python(v, true)
	return p.b.String()
}

func filterReplace(c *invocation, v any) any {
	s, old, next := c.j.str(c.at, v), c.text(0, "old", ""), c.text(1, "new", "")
	n := c.arg(2, "count", nil)
	limit := -1
	if n != nil {
		limit = c.number(2, "count", -1)
	}
	return c.j.replace(c.at, s, old, next, limit)
}

func (j *jinja) replace(at place, s, old, next string, limit int) string {
	times := strings.Count(s, old)
	if limit >= 0 {
		times = min(times, limit)
	}
	j.room(at, len(s))
	j.room(at, max(len(s)+times*(len(next)-len(old)), 0))
	return strings.Replace(s, old, next, limit)
}

func filterReverse(c *invocation, v any) any {
	all := c.j.iterate(c.at, v)
	slices.Reverse(all)
	if _, ok := v.(string); !ok {
		return &list{items: all}
	}
	var b strings.Builder
	for _, r := range all {
		b.WriteString(r.(string))
	}
	return b.String()
}

func filterRound(c *invocation, v any) any {
	f, ok := asFloat(v)
	if !ok {
		c.j.missing(c.at, v)
		c.j.fail(c.at, "round wants a number, found %s", c.j.kind(v))
	}
	digits := c.number(0, "precision", 0)
	if n, ok := asInt(v); ok && c.text(1, "method", "common") == "common" && digits >= 0 {
		return n
	}
	scale := math.Pow(10, float64(digits))
	var r float64
	switch how := c.text(1, "method", "common"); how {
	case "ceil":
		r = math.Ceil(f*scale) / scale
	case "floor":
		r = math.Floor(f*scale) / scale
	case "common":
		if r = f; digits >= 0 && digits < 300 {
			r, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'f', digits, 64), 64) // half to even of the exact value, as Python
		} else if digits < 0 {
			r = math.RoundToEven(f*scale) / scale
		}
	default:
		c.j.fail(c.at, "round knows common, ceil and floor, not %q", how)
	}
	if _, whole := asInt(v); c.j.js || whole && c.text(1, "method", "common") == "common" {
		return whole64(r)
	}
	return r
}

func filterSafe(c *invocation, v any) any { return v }

func filterString(c *invocation, v any) any { return c.j.str(c.at, v) }

func filterTrim(c *invocation, v any) any {
	return trimmed(c, c.j.str(c.at, v), strings.TrimFunc, strings.Trim)
}

// trimmed takes white space, or given characters, off a text.
func trimmed(c *invocation, s string, space func(string, func(rune) bool) string, chars func(string, string) string) string {
	c.j.text(c.at, len(s))
	set := c.arg(0, "chars", nil)
	if set == nil {
		return space(s, unicode.IsSpace)
	}
	cut := c.j.str(c.at, set)
	c.j.step(c.at, 1+len(s)*min(len(cut), 256)/64)
	return chars(s, cut)
}

func filterTruncate(c *invocation, v any) any {
	s, length, kill := c.j.str(c.at, v), c.number(0, "length", 255), c.truth(1, "killwords", false)
	end, leeway := c.text(2, "end", "..."), c.number(3, "leeway", 5)
	c.j.text(c.at, len(s))
	r := []rune(s)
	keep := length - utf8.RuneCountInString(end)
	if len(r) <= length+leeway {
		return s
	}
	if keep < 0 {
		c.j.fail(c.at, "truncate to %d is shorter than its end %q", length, end)
	}
	out := string(r[:keep])
	if i := strings.LastIndexByte(out, ' '); !kill && i >= 0 {
		out = out[:i]
	}
	return out + end
}

func filterURL(c *invocation, v any) any {
	s := c.j.str(c.at, v)
	c.j.room(c.at, 3*len(s))
	var b strings.Builder
	for _, x := range []byte(s) {
		if x < 0x80 && (unicode.IsLetter(rune(x)) || unicode.IsDigit(rune(x)) || strings.IndexByte("_.-~/", x) >= 0) {
			b.WriteByte(x)
		} else {
			b.WriteString("%" + strings.ToUpper(zeros(strconv.FormatInt(int64(x), 16), 2)))
		}
	}
	return b.String()
}

func filterWords(c *invocation, v any) any {
	s := c.j.str(c.at, v)
	c.j.text(c.at, len(s))
	return int64(len(strings.FieldsFunc(s, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})))
}

// filterWrap breaks lines at spaces, and words that are longer than a line.
func filterWrap(c *invocation, v any) any {
	s, width, breaks := c.j.str(c.at, v), max(c.number(0, "width", 79), 1), c.truth(1, "break_long_words", true)
	with := c.text(2, "wrapstring", "\n")
	c.j.room(c.at, len(s)*(1+len(with)))
	var out []string
	for _, line := range strings.Split(s, "\n") {
		out = append(out, strings.Join(wrapped(line, width, breaks), with))
	}
	return strings.Join(out, with)
}

func wrapped(line string, width int, breaks bool) []string {
	var out []string
	var now []rune
	flush := func() {
		if text := strings.TrimRight(string(now), " "); text != "" {
			out = append(out, text)
		}
		now = now[:0]
	}
	for _, word := range strings.SplitAfter(line, " ") {
		r := []rune(word)
		bare := len([]rune(strings.TrimRight(word, " ")))
		if len(now)+bare > width && len(now) > 0 && !(breaks && bare > width) {
			flush()
		}
		for breaks && bare > width && len(now)+bare > width {
			room := width - len(now)
			now = append(now, r[:room]...)
			r, bare = r[room:], bare-room
			flush()
		}
		now = append(now, r...)
	}
	flush()
	return out
}

func filterFileSize(c *invocation, v any) any {
	f, ok := asFloat(v)
	if !ok {
		c.j.fail(c.at, "filesizeformat wants a number, found %s", c.j.kind(v))
	}
	base, units := 1000.0, []string{"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"}
	if c.truth(0, "binary", false) {
		base, units = 1024, []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"}
	}
	switch {
	case f == 1:
		return "1 Byte"
	case f < base:
		return strconv.FormatInt(int64(f), 10) + " Bytes"
	}
	unit := 0
	for f /= base; f >= base && unit < len(units)-1; unit++ {
		f /= base
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + " " + units[unit]
}
