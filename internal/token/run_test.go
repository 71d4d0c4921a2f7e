package token

import (
	"encoding/base64"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/dlclark/regexp2"
)

// hostile are texts that make a tokenizer slow: long stretches without a place to split.
func hostile(bytes int) map[string]string {
	rng := rand.New(rand.NewPCG(1, 0))
	raw := make([]byte, bytes*3/4)
	for i := range raw {
		raw[i] = byte(rng.UintN(256))
	}
	random := func(from rune, n int) string {
		var b strings.Builder
		for b.Len() < bytes {
			b.WriteRune(from + rune(rng.IntN(n)))
		}
		return b.String()
	}
	texts := map[string]string{
		"base64": base64.StdEncoding.EncodeToString(raw), "letters": random('a', 26), "han": random(0x4e00, 3000), "thai": random(0x0e01, 46),
	}
	for name, unit := range map[string]string{
		"a": "a", "A": "A", "camel": "aB", "spaces": " ", "newlines": "\n", "tabs": "\t ", "equals": "=", "slashes": "/\n", "slash": "/",
		"emoji": "👩\u200d", "marks": "\u0301", "marked": "!\u0301", "digits": "1", "invalid": "\xff", "contractions": "'s", "crlf": "!\r\n",
	} {
		texts[name] = strings.Repeat(unit, bytes/len(unit))
	}
	return texts
}

// No stretch that reaches the encoder is one that either pre-tokenizer keeps whole beyond a few times MaxRun.
func TestPiecesBoundRuns(t *testing.T) {
	for name, text := range hostile(6 << 10) {
		for vocabulary, pattern := range map[string]string{"o200k": o200kPattern, "cl100k": cl100kPattern} {
			re := regexp2.MustCompile(pattern, regexp2.None)
			var whole strings.Builder
			for p := range pieces(text) {
				whole.WriteString(p.text)
				for m, _ := re.FindStringMatch(p.text); m != nil; m, _ = re.FindNextMatch(m) {
					if n := len(m.String()); n > 2*MaxRun+8 {
						t.Errorf("%s %s: a piece of %d bytes reaches the encoder", name, vocabulary, n)
					}
				}
			}
			if whole.String() != text {
				t.Errorf("%s: pieces do not add up to the text", name)
			}
		}
	}
}

// Splitting a long text at lines changes no count.
func TestPiecesExact(t *testing.T) {
	for _, kind := range []string{"prose", "code", "json"} {
		text := sample(kind, 3*chunk/2) + "\n\n  indented\n/slash\n"
		n := 0
		for p := range pieces(text) {
			n++
			if p.cut {
				t.Errorf("%s: a cut in ordinary text", kind)
			}
		}
		got, _ := encodings["o200k"]().count(text)
		if want := int64(len(encodings["o200k"]().bpe.EncodeOrdinary(text))); got != want || n < 2 {
			t.Errorf("%s: %d tokens in %d pieces, %d whole", kind, got, n, want)
		}
	}
}

// The error stated for cut runs covers what cutting really did, against the same text encoded whole.
func TestCutError(t *testing.T) {
	worst := 0.0
	for name, text := range hostile(3 << 10) {
		for _, family := range []string{"o200k_base", "cl100k_base"} {
			e := count(t, family, text)
			c, _ := For(family)
			want := len(c.bpe().bpe.EncodeOrdinary(text))
			off := math.Abs(float64(e.Tokens) - float64(want))
			if off > e.RelativeError*float64(e.Tokens)+1e-9 {
				t.Errorf("%s %s: %d tokens ± %.3f, truly %d", family, name, e.Tokens, e.RelativeError, want)
			}
			_, cuts := c.bpe().count(text)
			if (cuts > 0) != (e.Method == methodCut) || (cuts > 0) != (e.RelativeError > 0) {
				t.Errorf("%s %s: %d cuts but %+v", family, name, cuts, e)
			}
			worst = max(worst, off/float64(max(cuts, 1)))
		}
	}
	if worst == 0 {
		t.Error("no cut moved any count: the test shows nothing")
	}
	if e := count(t, "claude-3", strings.Repeat("x", 4*MaxRun)); e.RelativeError <= claude3[atOther].width {
		t.Errorf("an estimate does not carry the error of cuts: %+v", e)
	}
}

// BenchmarkHostile counts 1 MB each; every one must take seconds, not minutes.
func BenchmarkHostile(b *testing.B) {
	c, _ := For("o200k_base")
	c.Count("load")
	for name, text := range hostile(1 << 20) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				c.Count(text)
			}
		})
	}
}
