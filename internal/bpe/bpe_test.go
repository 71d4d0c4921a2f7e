package bpe

import (
	"math/rand/v2"
	"os"
	"path"
	"testing"
	"time"

	"github.com/pkoukk/tiktoken-go"
	loader "github.com/pkoukk/tiktoken-go-loader"
)

var pats = map[string]string{
	"o200k_base":  `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
	"cl100k_base": `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
	"p50k_base":   `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
}

func ref(t testing.TB, name string) *tiktoken.Tiktoken {
	ranks, err := loader.NewOfflineLoader().LoadTiktokenBpe(path.Join("embedded", name+".tiktoken"))
	if err != nil {
		t.Fatal(err)
	}
	core, err := tiktoken.NewCoreBPE(ranks, map[string]int{}, pats[name])
	if err != nil {
		t.Fatal(err)
	}
	return tiktoken.NewTiktoken(core, nil, nil)
}

func TestScratch(t *testing.T) {
	start := time.Now()
	load("o200k_base")
	t.Log("load", time.Since(start))
	start = time.Now()
	load("o200k_base")
	t.Log("load", time.Since(start))
	for name := range pats {
		r := ref(t, name)
		e, _ := Get(name)
		rng := rand.New(rand.NewPCG(1, 2))
		alpha := []rune("abcXYZ  \t\n\r'sStTlLreEvVmMdD0129.,!?-_/*\u00e9\u00c9日本語カナ한국\u0301\u0300ǅʰªΩяЖ١२\u00a0\u2028👍\u200d🏽{}()\"")
		bad := 0
		for i := range 200000 {
			n := rng.IntN(24)
			s := make([]rune, n)
			for j := range s {
				s[j] = alpha[rng.IntN(len(alpha))]
			}
			got := e.Append(nil, string(s))
			want := r.EncodeOrdinary(string(s))
			same := len(got) == len(want) && int64(len(got)) == e.Count(string(s))
			for k := range got {
				same = same && int(got[k]) == want[k]
			}
			if !same {
				bad++
				t.Errorf("%s %q: %v want %v", name, string(s), got, want)
				if bad > 5 {
					break
				}
			}
			_ = i
		}
	}
}

func BenchmarkC(b *testing.B) {
	for _, f := range []string{"prose", "code", "json", "multi"} {
		text, err := os.ReadFile("/tmp/corp/" + f)
		if err != nil {
			b.Skip()
		}
		s := string(text)
		e, _ := Get("o200k_base")
		e.Count(s)
		b.Run(f, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				e.Count(s)
			}
		})
	}
}
