package token

import (
	"math"
	"strings"
	"testing"
)

func TestConvert(t *testing.T) {
	cases := []struct {
		from, to string
		class    Class
		want     int64   // of 1000
		width    float64 // relative error
		method   string
	}{
		{"claude-3", "claude-3", Code, 1000, 0, "exact"},
		{"o200k_base", "o200k_harmony", Prose, 1000, 0, "exact"},
		// published directly: 1.46 on technical Markdown
		{"claude-3", "claude-4.7", Markdown, 1460, .06, "claude-3 → claude-4.7 × 1.46 (published)"},
		{"claude-4.7", "claude-3", Markdown, 685, .06, "claude-4.7 → claude-3 × 0.68 (published)"},
		// 1.30 ± 12 % and exact
		{"o200k_base", "claude-3", Code, 1300, .12, "o200k_base → claude-3 × 1.30 (published)"},
		// 1.18 ÷ 1.02; √(0.10² + 0.03²) = 0.1044
		{"cl100k_base", "claude-3", Markdown, 1157, .1044, "cl100k_base → claude-3 × 1.16 (published)"},
		// 1.25 ÷ 1.22; √(0.50² + 0.20²) = 0.5385
		{"claude-3", "no-such-family", Other, 1025, .5385, "claude-3 → no-such-family × 1.02 (assumed)"},
		{"claude-3", "llama3", "", 902, .2828, "claude-3 → llama3 × 0.90 (derived)"},
	}
	for _, c := range cases {
		e := Convert(1000, c.from, c.to, c.class)
		if e.Tokens != c.want || math.Abs(e.RelativeError-c.width) > 5e-4 || e.Method != c.method {
			t.Errorf("%s → %s %s: %+v, want %d ± %.4f %q", c.from, c.to, c.class, e, c.want, c.width, c.method)
		}
	}
}

// Factors lie where the published table and the vendors' words put them, and every estimate has an error.
func TestFactorTable(t *testing.T) {
	for _, f := range families {
		for i, by := range f.factors {
			if by.ratio < .9 || by.ratio > 3.3 || by.width >= .6 {
				t.Errorf("%s class %d: %+v", f.name, i, by)
			}
			if !f.exact && by.width <= 0 {
				t.Errorf("%s class %d claims no error", f.name, i)
			}
		}
		if f.exact == (f.origin != "") || counters[f.name] == nil {
			t.Errorf("%s: origin %q, base %q", f.name, f.origin, f.base)
		}
	}
	// The product of the two published columns: prose about 1.6, Markdown about 1.7, Python 1.5–1.7.
	for class, want := range map[int][2]float64{atProse: {1.58, 1.66}, atMarkdown: {1.67, 1.75}, atCode: {1.5, 1.7}, atJSON: {1.5, 1.7}, atCJK: {1.1, 1.3}} {
		if r := claude47[class].ratio; r < want[0] || r > want[1] {
			t.Errorf("claude-4.7 class %d: %.3f, want %v", class, r, want)
		}
	}
}

// cl100k and o200k are both exact here, so their stated ratio can be checked against texts.
func TestFactorMeasured(t *testing.T) {
	for _, kind := range []string{"prose", "code", "json"} {
		text := sample(kind, 20<<10)
		got := float64(count(t, "cl100k_base", text).Tokens) / float64(count(t, "o200k_base", text).Tokens)
		by := cl100k[atProse]
		if math.Abs(got/by.ratio-1) > by.width {
			t.Errorf("%s: cl100k ÷ o200k = %.3f, stated %.2f ± %.2f", kind, got, by.ratio, by.width)
		}
	}
	cjk := strings.Repeat("予算を超える変更はマージの前に止めます。理由はコメントに書かれます。", 50) + strings.Repeat("Бюджет проверяется до слияния изменений. ", 50)
	got := float64(count(t, "cl100k_base", cjk).Tokens) / float64(count(t, "o200k_base", cjk).Tokens)
	if by := cl100k[atCJK]; math.Abs(got/by.ratio-1) > by.width {
		t.Errorf("cjk: cl100k ÷ o200k = %.3f, stated %.2f ± %.2f", got, by.ratio, by.width)
	}
}
