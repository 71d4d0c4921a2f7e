package bpe

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Counts of the first five are printed in OpenAI's own notebook on counting with tiktoken.
func TestGet(t *testing.T) {
	cases := []struct {
		text          string
		cl100k, o200k []uint32
	}{
		{"antidisestablishmentarianism", []uint32{519, 85342, 34500, 479, 8997, 2191}, []uint32{493, 129901, 376, 160388, 21203, 2367}},
		{"2 + 2 = 4", []uint32{17, 489, 220, 17, 284, 220, 19}, []uint32{17, 659, 220, 17, 314, 220, 19}},
		{"hello world", []uint32{15339, 1917}, []uint32{24912, 2375}},
		{"\n\n\n", []uint32{1432}, []uint32{2499}},
		{"<|endoftext|>", []uint32{27, 91, 8862, 728, 428, 91, 29}, []uint32{27, 91, 419, 1440, 919, 91, 29}},
		{"", nil, nil},
	}
	for _, c := range cases {
		for name, want := range map[string][]uint32{"cl100k_base": c.cl100k, "o200k_base": c.o200k, "o200k_harmony": c.o200k} {
			e := encoding(t, name)
			if got := e.Append(nil, c.text); !slices.Equal(got, want) || e.Count(c.text) != int64(len(want)) {
				t.Errorf("%s %q: %v, want %v", name, c.text, got, want)
			}
		}
	}
	if _, err := Get("p51k_base"); err == nil {
		t.Error("an unknown encoding is handed out")
	}
}

func encoding(t testing.TB, name string) *Encoding {
	t.Helper()
	e, err := Get(name)
	if err != nil || e.Name() != name {
		t.Fatal(e, err)
	}
	return e
}

// Append keeps what is there, also where a piece has to be merged.
func TestAppend(t *testing.T) {
	e := encoding(t, "o200k_base")
	const unknown = "zxqvkjw"
	got := e.Append([]uint32{7}, unknown)
	if len(got) < 3 || got[0] != 7 || !slices.Equal(got[1:], e.Append(nil, unknown)) {
		t.Error(got)
	}
}

// Steady counting allocates nothing; a text that is not UTF-8 is copied once.
func TestAllocations(t *testing.T) {
	e := encoding(t, "o200k_base")
	for text, want := range map[string]float64{
		strings.Repeat("The gate zxqvkjw refuses, 予算を超える変更 Überprüfungsverfahren.\n", 20): 0,
		strings.Repeat("x", 5000):            0,
		"\xff" + strings.Repeat("word ", 50): 1,
	} {
		e.Count(text)
		if got := testing.AllocsPerRun(50, func() { e.Count(text) }); got > want {
			t.Errorf("%.20q: %v allocations a count", text, got)
		}
	}
}

// The scratch of one count must not show in another, whatever was remembered and whoever counts beside.
func TestConcurrent(t *testing.T) {
	e := encoding(t, "o200k_base")
	rng := rand.New(rand.NewPCG(3, 0))
	texts := make([]string, 200)
	want := make([]int64, len(texts))
	for i := range texts {
		texts[i] = tricky(rng, 200)
		want[i] = int64(len(slow(e, texts[i])))
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 4 * len(texts) {
				if got := e.Count(texts[i%len(texts)]); got != want[i%len(texts)] {
					t.Errorf("%q: %d, want %d", texts[i%len(texts)], got, want[i%len(texts)])
				}
			}
		})
	}
	all.Wait()
}

// tricky makes a text of characters of every class, many of them such that patterns end or start there.
func tricky(rng *rand.Rand, runes int) string {
	alphabet := []rune("abcXYZ  \t\n\r'sStTlLreEvVmMdDſ0129.,!?-_/*éÉ日本語カナ한국\u0301\u0300ǅʰªΩяЖ१२²\u00a0\u2028\u3000\u0085👍\u200d🏽{}()\"\u0897\U00010d40")
	s := make([]rune, rng.IntN(runes))
	for i := range s {
		s[i] = alphabet[rng.IntN(len(alphabet))]
		if i > 0 && rng.IntN(4) == 0 {
			s[i] = s[i-1]
		}
	}
	return string(s)
}

// slow encodes as the patterns and the rule of merging say, and no faster.
func slow(e *Encoding, text string) []uint32 {
	v, b := e.load(), valid(text)
	var out []uint32
	for i := 0; i < len(b); {
		end := e.scan(b, i)
		out = append(out, v.slowMerge(b[i:end])...)
		i = end
	}
	return out
}

// slowMerge joins the pair of lowest rank, the leftmost of equals first, until there is none.
func (v *vocabulary) slowMerge(piece []byte) []uint32 {
	if v.pieces.has(piece, 0, len(piece)) {
		return []uint32{v.tree.longest(piece)}
	}
	var parts []uint32
	for _, c := range piece {
		parts = append(parts, v.tree.single[c])
	}
	for {
		best, at := uint32(noToken), 0
		for i := 0; i+1 < len(parts); i++ {
			if m := v.merges.merged(parts[i], parts[i+1]); m < best {
				best, at = m, i
			}
		}
		if best == noToken {
			return parts
		}
		parts[at] = best
		parts = slices.Delete(parts, at+1, at+2)
	}
}

func FuzzCount(f *testing.F) {
	for _, s := range []string{"", "a\n#b", "\xff\n", "日本\n# x", strings.Repeat("=", 300), "/\n/\n", "'s'S'ſ", "\u0085\n#", "\u200d\u0301x", "ÀB\u0301'LL", "1²३4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 512 { // the plain rule is quadratic
			return
		}
		for name, e := range encodings {
			want := slow(e, text)
			if got := e.Append(nil, text); !slices.Equal(got, want) || e.Count(text) != int64(len(want)) {
				t.Errorf("%s %q: %v and %d, want %v", name, text, got, e.Count(text), want)
			}
		}
	})
}

func BenchmarkCount(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 0))
	words := strings.Fields("the budget gate counts every token that a change would spend before it merges and says why in one comment for its author")
	var prose strings.Builder
	for prose.Len() < 64<<10 {
		prose.WriteString(words[rng.IntN(len(words))] + [...]string{" ", " ", " ", ", ", ". ", ".\n\n"}[rng.IntN(6)])
	}
	for name, text := range map[string]string{"prose": prose.String(), "tricky": tricky(rng, 64<<10), "run": strings.Repeat("a", 64<<10)} {
		b.Run(name, func(b *testing.B) {
			e := encoding(b, "o200k_base")
			e.Count(text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				e.Count(text)
			}
		})
	}
}
