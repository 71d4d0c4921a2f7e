package token

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func count(t testing.TB, family, text string) Estimate {
	t.Helper()
	c, err := For(family)
	if err != nil {
		t.Fatal(err)
	}
	return c.Count(text)
}

// The counts of the first five are printed in OpenAI's own notebook on counting with tiktoken; the others follow from
// the vocabularies' rules: digits in threes, a newline run in one token, special tokens as text.
func TestCountKnown(t *testing.T) {
	cases := []struct {
		text          string
		cl100k, o200k int64
	}{
		{"antidisestablishmentarianism", 6, 6},
		{"2 + 2 = 4", 7, 7},
		{"お誕生日おめでとう", 9, 8},
		{"tiktoken is great!", 6, 6},
		{"hello world", 2, 2},
		{"", 0, 0},
		{"\n\n\n", 1, 1},
		{"1234567", 3, 3},
		{"<|endoftext|>", 7, 7},
		{"\xff", 1, 1},
		{"a\xffb", 3, 3},
	}
	for _, c := range cases {
		for family, want := range map[string]int64{"cl100k_base": c.cl100k, "o200k_base": c.o200k, "o200k_harmony": c.o200k} {
			if diff := cmp.Diff(Estimate{Tokens: want, Method: "exact"}, count(t, family, c.text)); diff != "" {
				t.Errorf("%s %q (-want +got):\n%s", family, c.text, diff)
			}
		}
	}
}

// Each byte of invalid UTF-8 counts as one U+FFFD.
func TestInvalidUTF8(t *testing.T) {
	for _, text := range []string{"\xff", "ok \xc3( end", "\xf0\x9f\x92", "\xed\xa0\x80"} {
		replaced := string([]rune(text))
		if got, want := count(t, "o200k_base", text), count(t, "o200k_base", replaced); got != want {
			t.Errorf("%q: %v, as U+FFFD %v", text, got, want)
		}
	}
}

func TestFor(t *testing.T) {
	if _, err := For("gpt-9"); err == nil || !strings.Contains(err.Error(), `"gpt-9"`) || !strings.Contains(err.Error(), "claude-4.7") {
		t.Errorf("error %v does not name the family and the known ones", err)
	}
	for _, name := range Families() {
		c, err := For(name)
		if err != nil || c.Family() != name {
			t.Errorf("For(%q) = %v, %v", name, c, err)
		}
		exact := slices.Contains([]string{"o200k_base", "o200k_harmony", "cl100k_base", "p50k_base"}, name)
		if c.Exact() != exact {
			t.Errorf("%s: exact %v", name, c.Exact())
		}
		e := c.Count("The gate counts tokens before they are spent.")
		if exact != (e.RelativeError == 0) || e.Tokens < 9 {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if !slices.IsSorted(Families()) || len(Families()) != len(counters) {
		t.Error("families are not sorted, or one stands twice")
	}
}

func TestEstimates(t *testing.T) {
	prose := strings.Repeat("The gate refuses a build that would spend more than its budget. ", 40)
	base := count(t, "o200k_base", prose).Tokens
	cases := []struct {
		family    string
		low, high float64 // of the ratio to o200k
		minErr    float64
		methodHas string
	}{
		{"claude-3", 1.10, 1.25, .05, "published"},
		{"claude-4.7", 1.50, 1.80, .10, "o200k × 1.64 (published)"},
		{"o200k_base?", 1, 1, .10, "o200k × 1.00 (assumed)"},
		{"llama3", 1, 1.1, .05, "derived"},
		{"other", 1.05, 1.3, .30, "assumed"},
	}
	for _, c := range cases {
		e := count(t, c.family, prose)
		ratio := float64(e.Tokens) / float64(base)
		if ratio < c.low || ratio > c.high || e.RelativeError < c.minErr || !strings.Contains(e.Method, c.methodHas) {
			t.Errorf("%s: %+v, ratio %.3f", c.family, e, ratio)
		}
	}
}

// additive checks Count(a+b) = Count(a) + Count(b), methods aside.
func additive(t *testing.T, family, a, b string) {
	t.Helper()
	whole, parts := count(t, family, a+b), count(t, family, a).Tokens+count(t, family, b).Tokens
	if whole.Tokens != parts {
		t.Errorf("%s: %q + %q: %d together, %d apart", family, a, b, whole.Tokens, parts)
	}
}

func TestAdditiveAtHeadings(t *testing.T) {
	befores := []string{"text\n", "text.\n\n\n", "  \n", "```\n}\n", "日本語\r\n", "https://x.y/\n/\n", "!\n", "\n", "caf\u0301\n", "{\"a\": 1}\n", "x := f();\n\t\n"}
	afters := []string{"# Heading\n\ntext", "#", "## Two", "#!/bin/sh\n", "#\n#\n", "#/x"}
	for _, family := range []string{"o200k_base", "cl100k_base", "claude-4.7", "claude-3", "llama3"} {
		for _, a := range befores {
			for _, b := range afters {
				additive(t, family, a, b)
			}
		}
	}
}

func TestConcurrent(t *testing.T) {
	want := count(t, "claude-4.7", "# One\n\nSome text.\n# Two\n")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := count(t, "claude-4.7", "# One\n\nSome text.\n# Two\n"); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	wg.Wait()
}

func TestAdd(t *testing.T) {
	a := Estimate{Tokens: 100, RelativeError: .1, Method: "o200k × 1.17 (published)"}
	b := Estimate{Tokens: 300, RelativeError: .2, Method: "o200k × 1.30 (published)"}
	// 100 × 0.1 + 300 × 0.2 = 70 tokens of 400.
	if diff := cmp.Diff(Estimate{400, .175, "o200k × factor by content"}, a.Add(b)); diff != "" {
		t.Error(diff)
	}
	if got := a.Add(Estimate{Method: "exact"}); got != a {
		t.Errorf("adding nothing gives %+v", got)
	}
	if got := (Estimate{Method: "exact"}).Add(a); got != a {
		t.Errorf("adding to nothing gives %+v", got)
	}
	if got := a.Add(Estimate{Tokens: 1, Method: methodExact}).Method; got != "mixed" {
		t.Errorf("method %q", got)
	}
}

func FuzzCount(f *testing.F) {
	for _, s := range []string{"", "a\n#b", "\xff\n", "日本\n# x", strings.Repeat("=", 700), "/\n/\n", "'s'S'ſ", "\u0085\n#", "\u200d\u0301x"} {
		f.Add(s, "# tail")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 8<<10 {
			return
		}
		e := count(t, "o200k_base", a)
		if runes := int64(len([]rune(a))); e.Tokens < 0 || e.Tokens > 4*runes || runes > 0 && e.Tokens == 0 {
			t.Errorf("%d tokens for %d runes", e.Tokens, runes)
		}
		additive(t, "o200k_base", a+"\n", "#"+b)
		additive(t, "claude-4.7", a+"\n", "#"+b)
	})
}

// sample makes text of a kind; the same seed makes the same text.
func sample(kind string, bytes int) string {
	rng := rand.New(rand.NewPCG(7, 0))
	words := strings.Fields("the budget gate counts every token that a change would spend before it merges and says why in one comment for its author")
	word := func() string { return words[rng.IntN(len(words))] }
	var b strings.Builder
	for b.Len() < bytes {
		switch kind {
		case "prose":
			b.WriteString(word() + [...]string{" ", " ", " ", ", ", ". ", ".\n\n"}[rng.IntN(6)])
		case "code":
			b.WriteString("func " + word() + "() {\n\tif " + word() + "." + word() + "(" + word() + ") != nil {\n\t\treturn fmt.Errorf(\"" + word() + " %d\", " + word() + ")\n\t}\n}\n")
		case "json":
			b.WriteString(`{"` + word() + `": {"id": ` + "1234" + `, "` + word() + `": ["` + word() + `", true, null]}}` + ",\n")
		}
	}
	return b.String()
}

func BenchmarkCount(b *testing.B) {
	for _, kind := range []string{"prose", "code", "json"} {
		b.Run(kind, func(b *testing.B) {
			text := sample(kind, 64<<10)
			c, err := For("o200k_base")
			if err != nil {
				b.Fatal(err)
			}
			c.Count("load")
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				c.Count(text)
			}
		})
	}
}
