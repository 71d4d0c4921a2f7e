package engine

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEOF      tokenKind = iota
	tokenData               // text outside of tags
	tokenOutBegin           // {{
	tokenOutEnd             // }}
	tokenTagBegin           // {%
	tokenTagEnd             // %}
	tokenName
	tokenInt
	tokenFloat
	tokenString
	tokenOp
)

// token is a word of a Jinja template; text is the value of a string, else what is written.
type token struct {
	kind       tokenKind
	text       string
	start, end int
}

// lexer cuts a Jinja template into tokens, by the rules for white space of Jinja's own.
type lexer struct {
	m      *machine
	s      *script
	at     int
	end    int // of the text: a newline at its end is not part of it
	tokens []token
	open   []byte // brackets that are open in a tag
}

func lexJinja(m *machine, s *script) []token {
	l := &lexer{m: m, s: s, end: len(s.text)}
	if m.lang == Jinja { // Nunjucks keeps it
		l.end = len(strings.TrimSuffix(strings.TrimSuffix(s.text, "\n"), "\r"))
		if l.end < len(s.text) && s.text[len(s.text)-1] != '\n' {
			l.end = len(s.text)
		}
	}
	for l.at < l.end {
		l.data()
	}
	l.add(token{tokenEOF, "", l.end, l.end})
	return l.tokens
}

func (l *lexer) place(start, end int) place { return place{l.s, start, end} }

func (l *lexer) add(t token) {
	l.m.step(l.place(t.start, t.end), 1)
	l.tokens = append(l.tokens, t)
}

// data reads text up to a tag, and the tag.
func (l *lexer) data() {
	text := l.s.text[:l.end]
	start := l.at
	i := start
	for {
		n := strings.IndexByte(text[i:], '{')
		if n < 0 || i+n+1 >= len(text) {
			l.put(start, len(text))
			l.at = len(text)
			return
		}
		i += n
		if c := text[i+1]; c == '{' || c == '%' || c == '#' {
			break
		}
		i++
	}
	l.put(start, l.before(start, i))
	switch text[i+1] {
	case '#':
		l.comment(i)
	case '{':
		l.tag(i, tokenOutBegin, tokenOutEnd, "}}")
	default:
		if !l.raw(i) {
			l.tag(i, tokenTagBegin, tokenTagEnd, "%}")
		}
	}
}

func (l *lexer) put(start, end int) {
	if start < end {
		l.add(token{tokenData, l.s.text[start:end], start, end})
	}
}

// before gives where the text in front of the tag at i ends.
func (l *lexer) before(start, i int) int {
	text := l.s.text
	sign := byte(0)
	if i+2 < l.end {
		sign = text[i+2]
	}
	if sign == '-' {
		return start + len(strings.TrimRightFunc(text[start:i], unicode.IsSpace))
	}
	if sign == '+' || !l.m.opts.LstripBlocks || text[i+1] == '{' {
		return i
	}
	line := start + strings.LastIndexByte(text[start:i], '\n') + 1
	if line == start && start > 0 && text[start-1] != '\n' {
		return i
	}
	if strings.TrimSpace(text[line:i]) == "" {
		return line
	}
	return i
}

// after moves past what a tag's end takes with it; sign is the - or + in front of it.
func (l *lexer) after(sign byte, block bool) {
	rest := l.s.text[l.at:l.end]
	switch {
	case sign == '-':
		l.at += len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsSpace))
	case block && sign == 0 && l.m.opts.TrimBlocks:
		l.at += len(rest) - len(strings.TrimPrefix(strings.TrimPrefix(rest, "\r"), "\n"))
	}
}

func (l *lexer) comment(start int) {
	n := strings.Index(l.s.text[start+2:l.end], "#}")
	if n < 0 {
		l.m.failHint(l.place(start, start+2), "close it with #}", "the comment is not closed")
	}
	l.at = start + 2 + n + 2
	sign := byte(0)
	if c := l.s.text[l.at-3]; c == '-' || c == '+' {
		sign = c
	}
	l.after(sign, true)
}

// raw reads {% raw %}…{% endraw %}, whose inside is text.
func (l *lexer) raw(start int) bool {
	name, begin, sign := l.simpleTag(start)
	if name != "raw" {
		return false
	}
	l.at = begin
	l.after(sign, true)
	inside := l.at
	for i := inside; ; i += 2 {
		n := strings.Index(l.s.text[i:l.end], "{%")
		if n < 0 {
			l.m.failHint(l.place(start, begin), "close it with {% endraw %}", "the raw block is not closed")
		}
		i += n
		name, end, sign := l.simpleTag(i)
		if name != "endraw" {
			continue
		}
		l.put(inside, max(inside, l.before(inside, i)))
		l.at = end
		l.after(sign, true)
		return true
	}
}

// simpleTag reads a tag that is one word; the name is "" where it is not.
func (l *lexer) simpleTag(start int) (name string, end int, sign byte) {
	rest := l.s.text[start+2 : l.end]
	n := strings.Index(rest, "%}")
	if n < 0 || n > 40 {
		return "", 0, 0
	}
	word := rest[:n]
	if word != "" && (word[0] == '-' || word[0] == '+') {
		word = word[1:]
	}
	if word != "" && (word[len(word)-1] == '-' || word[len(word)-1] == '+') {
		sign, word = word[len(word)-1], word[:len(word)-1]
	}
	return strings.TrimSpace(word), start + 2 + n + 2, sign
}

// tag reads {{ … }} or {% … %}.
func (l *lexer) tag(start int, begin, end tokenKind, closing string) {
	l.at = start + 2
	if l.at < l.end && (l.s.text[l.at] == '-' || l.s.text[l.at] == '+' && begin == tokenTagBegin) {
		l.at++
	}
	l.add(token{begin, "", start, l.at})
	l.open = l.open[:0]
	for {
		rest := l.s.text[l.at:l.end]
		trimmed := strings.TrimLeftFunc(rest, unicode.IsSpace)
		l.at += len(rest) - len(trimmed)
		if len(l.open) == 0 {
			if sign, ok := ends(trimmed, closing); ok {
				from := l.at
				l.at += len(closing)
				if sign != 0 {
					l.at++
				}
				l.add(token{end, "", from, l.at})
				l.after(sign, end == tokenTagEnd)
				return
			}
		}
		if trimmed == "" {
			l.m.failHint(l.place(start, start+2), "close it with "+closing, "the tag is not closed")
		}
		l.word(trimmed)
	}
}

func ends(rest, closing string) (sign byte, ok bool) {
	if strings.HasPrefix(rest, closing) {
		return 0, true
	}
	if rest != "" && (rest[0] == '-' || rest[0] == '+' && closing == "%}") && strings.HasPrefix(rest[1:], closing) {
		return rest[0], true
	}
	return 0, false
}

// operators, the longest first.
var operators = []string{"===", "!==", "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"}

// word reads one token inside of a tag.
func (l *lexer) word(rest string) {
	r, _ := utf8.DecodeRuneInString(rest)
	switch {
	case r == '"' || r == '\'':
		l.quoted(rest)
	case r >= '0' && r <= '9':
		l.number(rest)
	case r == '_' || unicode.IsLetter(r):
		n := strings.IndexFunc(rest, func(r rune) bool {
			return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
		})
		if n < 0 {
			n = len(rest)
		}
		l.take(tokenName, rest[:n], n)
	default:
		for _, op := range operators {
			if strings.HasPrefix(rest, op) && (len(op) < 3 || l.m.lang == Nunjucks) {
				l.bracket(op)
				l.take(tokenOp, op, len(op))
				return
			}
		}
		l.m.fail(l.place(l.at, l.at+1), "unexpected character %q", r)
	}
}

func (l *lexer) take(kind tokenKind, text string, length int) {
	l.add(token{kind, text, l.at, l.at + length})
	l.at += length
}

func (l *lexer) bracket(op string) {
	if i := strings.Index("([{", op); i >= 0 {
		l.open = append(l.open, ")]}"[i])
		return
	}
	if op != ")" && op != "]" && op != "}" {
		return
	}
	if len(l.open) == 0 || l.open[len(l.open)-1] != op[0] {
		l.m.fail(l.place(l.at, l.at+1), "unexpected %q", op)
	}
	l.open = l.open[:len(l.open)-1]
}

// number reads 42, 1_000, 1.5 and 1e9. A dot must be followed by a digit: 1.x is an attribute.
func (l *lexer) number(rest string) {
	digits := func(i int) int {
		for i < len(rest) && (rest[i] >= '0' && rest[i] <= '9' || rest[i] == '_' && i+1 < len(rest) && rest[i+1] >= '0' && rest[i+1] <= '9') {
			i++
		}
		return i
	}
	n, kind := digits(0), tokenInt
	if n+1 < len(rest) && rest[n] == '.' && rest[n+1] >= '0' && rest[n+1] <= '9' {
		n, kind = digits(n+1), tokenFloat
	}
	if n < len(rest) && (rest[n] == 'e' || rest[n] == 'E') {
		i := n + 1
		if i < len(rest) && (rest[i] == '+' || rest[i] == '-') {
			i++
		}
		if end := digits(i); end > i {
			n, kind = end, tokenFloat
		}
	}
	l.take(kind, strings.ReplaceAll(rest[:n], "_", ""), n)
}

// quoted reads a string with Python's escapes.
func (l *lexer) quoted(rest string) {
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case rest[0]:
			l.take(tokenString, unescape(strings.ReplaceAll(rest[1:i], "\r\n", "\n")), i+1)
			return
		}
	}
	l.m.fail(l.place(l.at, l.at+1), "the string is not closed")
}

var escapes = map[byte]string{'n': "\n", 't': "\t", 'r': "\r", '\\': "\\", '\'': "'", '"': `"`, '\n': "", 'a': "\a", 'b': "\b", 'f': "\f", 'v': "\v", '0': "\x00"}

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if length := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[i]]; length > 0 {
			if r, ok := hex(s[i+1:], length); ok {
				b.WriteRune(r)
				i += length
				continue
			}
		}
		if e, ok := escapes[s[i]]; ok {
			b.WriteString(e)
			continue
		}
		b.WriteByte('\\')
		b.WriteByte(s[i])
	}
	return b.String()
}

func hex(s string, length int) (rune, bool) {
	if len(s) < length {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[:length]) {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}
