package traffic

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, value string
		path, want     bool
	}{
		{"rag.answer", "rag.answer", false, true},
		{"rag.answer", "rag.answers", false, false},
		{"rag.answer*", "rag.answer", false, true},
		{"rag.answer*", "rag.answer/stream", false, true},
		{"rag.answer*", "Rag.answer", false, false},
		{"*-mini", "openai/gpt-5-mini", false, true},
		{"*-mini", "gpt-5-mini-2026", false, false},
		{"a*b*c", "a-b-b-c", false, true},
		{"a*b*c", "a-c-b", false, false},
		{"step-?", "step-7", false, true},
		{"step-?", "step-é", false, true},
		{"step-?", "step-", false, false},
		{"step-?", "step-17", false, false},
		{"[a]{b}", "[a]{b}", false, true}, // names of spans hold brackets
		{"[ab]", "a", false, false},
		{`a\*`, `a\b`, false, true},
		{"**", "x", false, true},
		{"traffic/*", "traffic/a.jsonl", true, true},
		{"traffic/*", "traffic/eu/a.jsonl", true, false},
		{"traffic/**", "traffic/eu/a.jsonl", true, true},
		{"/home/*/shop/**", "/home/ann/shop/api", true, true},
		{"**/shop", "/home/ann/shop", true, true},
		{"**/shop", `C:\work\shop`, true, true},
		{"traffic/{eu,us}-*", "traffic/us-1.jsonl", true, true},
	} {
		if got := glob(c.pattern, c.path)(c.value); got != c.want {
			t.Errorf("%q matches %q (path %v): %v, want %v", c.pattern, c.value, c.path, got, c.want)
		}
	}
}

// A pattern without an end must not make a long value take forever.
func TestGlobIsNotExponential(t *testing.T) {
	if glob(strings.Repeat("a*", 50)+"b", false)(strings.Repeat("a", 20_000)) {
		t.Error("matches a text without a b")
	}
}

// FuzzGlob holds the matcher against a regular expression of the same meaning.
func FuzzGlob(f *testing.F) {
	for _, seed := range [][2]string{{"a*b*c", "aXbYbc"}, {"?*", "é"}, {"*a?*", "baab"}, {"**?", ""}, {"a.b", "axb"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(s) {
			glob(pattern, false)(s)
			return
		}
		text := regexp.QuoteMeta(pattern)
		text = strings.ReplaceAll(strings.ReplaceAll(text, `\*`, ".*"), `\?`, ".")
		want := regexp.MustCompile(`(?s)\A` + text + `\z`).MatchString(s)
		if got := glob(pattern, false)(s); got != want {
			t.Errorf("%q matches %q: %v, want %v", pattern, s, got, want)
		}
		glob(pattern, true)(s)
	})
}
