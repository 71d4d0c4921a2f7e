package traffic

import (
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
)

// glob compiles a pattern of a map rule. In a path (of a request, a template or a file) * stops at a slash, ** does not,
// and [ ] and { } list what may stand there, as everywhere in the configuration; backslashes of a path are read as
// slashes. In every other value * is any run of characters, slashes among them, ? is one, and all else is literal:
// names of models and spans are full of slashes and brackets. Both are case-sensitive.
func glob(pattern string, isPath bool) func(string) bool {
	switch {
	case isPath:
		return func(s string) bool {
			ok, err := doublestar.Match(pattern, strings.ReplaceAll(s, `\`, "/"))
			return ok && err == nil
		}
	case strings.Contains(pattern, "?"):
		return func(s string) bool { return wild(pattern, s) }
	}
	head, tail, open := strings.Cut(pattern, "*")
	if !open {
		return func(s string) bool { return s == pattern }
	}
	inner := strings.Split(tail, "*")
	last := len(inner) - 1
	return func(s string) bool { return around(s, head, inner[:last], inner[last]) }
}

// around matches a text between a * on either side of each inner part, which is found as early as it stands.
func around(s, head string, inner []string, tail string) bool {
	rest, ok := strings.CutPrefix(s, head)
	if !ok || len(rest) < len(tail) {
		return false
	}
	rest, ok = strings.CutSuffix(rest, tail)
	for i := 0; ok && i < len(inner); i++ {
		_, rest, ok = strings.Cut(rest, inner[i])
	}
	return ok
}

// wild matches by going back to the last *, and no further: an earlier one could only take what the last can.
func wild(pattern, s string) bool {
	star, retry := -1, 0
	i, j := 0, 0 // in pattern and s
	for j < len(s) {
		_, width := utf8.DecodeRuneInString(s[j:])
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, retry = i, j
			i++
		case i < len(pattern) && pattern[i] == '?':
			i, j = i+1, j+width
		case i < len(pattern) && pattern[i] == s[j]:
			i, j = i+1, j+1
		case star >= 0:
			_, width = utf8.DecodeRuneInString(s[retry:])
			retry += width
			i, j = star+1, retry
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}
