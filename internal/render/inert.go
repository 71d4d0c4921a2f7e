package render

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain makes untrusted text one harmless line for a terminal: no line breaks, no control characters, nothing that
// reorders text.
func Plain(s string) string { return plain(s) }

// plain makes untrusted text one harmless line: line breaks and tabs become spaces; control characters, characters that
// reorder text and broken bytes become U+FFFD, so that they are seen and do nothing.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029' || r == '\u0085' || r == '\v' || r == '\f':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r >= 0xE0000 && r <= 0xE007F, r == '\uFEFF', r == '\u200b':
			return utf8.RuneError
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// clip shortens a text to n code points, the last of them … when something was cut.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// breaker is a zero-width space. After an @, a # or a scheme's colon it stops GitHub from making a mention, a reference
// or a link, which backslashes cannot do: those are found in the text after Markdown is done.
const breaker = "\u200b"

// inert makes untrusted text literal in Markdown, in a paragraph, a list item and a table cell alike.
func inert(s string) string {
	s = breakLinks(plain(s))
	var b strings.Builder
	for i, r := range s {
		switch r {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '\\', '`', '*', '_', '[', ']', '|', '~':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '$':
			// Amounts stay readable: a dollar sign before a digit cannot close a formula.
			if next, _ := utf8.DecodeRuneInString(s[i+1:]); next < '0' || next > '9' {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		default:
			if opensBlock(s, i) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// opensBlock reports whether the character at i would start a heading, a list or a rule at the start of s.
func opensBlock(s string, i int) bool {
	switch rest := s[i+1:]; s[i] {
	case '#', '=':
		return i == 0
	case '+', '-':
		return i == 0 && (rest == "" || rest[0] == ' ' || rest[0] == '-')
	case '.', ')':
		return i > 0 && i <= 9 && strings.Trim(s[:i], "0123456789") == "" && (rest == "" || rest[0] == ' ')
	}
	return false
}

func breakLinks(s string) string {
	var b strings.Builder
	for i, r := range s {
		b.WriteRune(r)
		rest := s[i+utf8.RuneLen(r):]
		switch {
		case r == '@',
			r == '#' && startsDigit(rest),
			r == ':' && strings.HasPrefix(rest, "//"),
			(r == 'w' || r == 'W') && strings.HasPrefix(rest, ".") && i >= 2 && strings.EqualFold(s[i-2:i], "ww"),
			(r == 'h' || r == 'H') && len(rest) > 1 && rest[0] == '-' && startsDigit(rest[1:]) && i >= 1 && strings.EqualFold(s[i-1:i], "g"):
			b.WriteString(breaker)
		}
	}
	return b.String()
}

func startsDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// code shows a path, an id or a commit in a code span where that is safe whatever surrounds it, else as inert text.
func code(s string) string {
	if s == "" || strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:-+=,") != "" {
		return inert(s)
	}
	return "`" + s + "`"
}

// token makes a value fit for a hidden HTML comment: one word, unique for every input, never closing the comment.
func token(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '.', c == '/', c == ':',
			c == '-' && i > 0 && s[i-1] != '-' && i+1 < len(s):
			b.WriteByte(c)
		default:
			const hex = "0123456789abcdef"
			b.WriteString("~" + string(hex[c>>4]) + string(hex[c&15]))
		}
	}
	return b.String()
}
