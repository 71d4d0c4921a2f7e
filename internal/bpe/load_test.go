package bpe

import (
	"math/rand/v2"
	"path"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	loader "github.com/pkoukk/tiktoken-go-loader"
)

// What is embedded is what OpenAI published: the same bytes under the same ranks, none more, none less.
func TestVocabularies(t *testing.T) {
	for _, name := range []string{"o200k_base", "cl100k_base", "p50k_base"} {
		want, err := loader.NewOfflineLoader().LoadTiktokenBpe(path.Join("embedded", name+".tiktoken"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := encoding(t, name).Ranks()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-published +embedded):\n%s", name, diff)
		}
		v := encoding(t, name).load()
		for token, rank := range want {
			b := []byte(token)
			if !v.pieces.has(b, 0, len(b)) || v.tree.longest(b) != uint32(rank) || int(v.length[rank]) != len(b) {
				t.Fatalf("%s: token %q is not found", name, token)
			}
		}
	}
}

// All vocabularies together add less than 6 MB to the program.
func TestEmbeddedSize(t *testing.T) {
	if n := len(packedO200k) + len(packedCL100k) + len(packedP50k); n == 0 || n >= 6_000_000 {
		t.Errorf("%d bytes of vocabularies are embedded", n)
	}
}

// A vocabulary is read when it is first counted with, once, and no other is.
func TestLoadedWhenNeeded(t *testing.T) {
	var loaded []string
	names := map[*byte]string{&packedO200k[0]: "o200k", &packedCL100k[0]: "cl100k", &packedP50k[0]: "p50k"}
	all := newEncodings(func(packed []byte) (*vocabulary, error) {
		loaded = append(loaded, names[&packed[0]])
		return load(packed)
	})
	for _, step := range []struct {
		encoding string
		want     []string
	}{
		{"cl100k_base", []string{"cl100k"}}, {"cl100k_base", []string{"cl100k"}},
		{"o200k_harmony", []string{"cl100k", "o200k"}}, {"o200k_base", []string{"cl100k", "o200k"}},
	} {
		if n := all[step.encoding].Count("hello world"); n != 2 {
			t.Errorf("%s: %d tokens", step.encoding, n)
		}
		if diff := cmp.Diff(step.want, loaded); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", step.encoding, diff)
		}
	}
}

func TestLoadBroken(t *testing.T) {
	for _, packed := range [][]byte{nil, packedP50k[:len(packedP50k)/2]} {
		if _, err := load(packed); err == nil {
			t.Errorf("%d bytes of a vocabulary load", len(packed))
		}
	}
	for _, data := range [][]byte{nil, {1, 2}, {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9}} {
		if _, err := parse(data); err == nil {
			t.Errorf("%v is read", data)
		}
	}
}

// Two tokens may stand side by side just when merging their bytes gives them back. Half the pairs are the parts of a
// token's own bytes, cut anywhere, since two tokens drawn at random are nearly always neighbours.
func TestNeighbours(t *testing.T) {
	for _, name := range []string{"o200k_base", "cl100k_base", "p50k_base"} {
		v := encoding(t, name).load()
		text := v.texts()
		rng := rand.New(rand.NewPCG(2, 0))
		answers := map[bool]int{}
		for range 50_000 {
			left, right := uint32(rng.IntN(len(text))), uint32(rng.IntN(len(text)))
			if whole := text[left]; rng.IntN(2) == 0 && len(whole) > 1 {
				cut := 1 + rng.IntN(len(whole)-1)
				left, right = v.tree.longest(whole[:cut]), v.tree.longest(whole[cut:])
			}
			if len(text[left]) == 0 || len(text[right]) == 0 {
				continue
			}
			both := slices.Concat(text[left], text[right])
			want := slices.Equal(v.slowMerge(both), []uint32{left, right})
			if got := v.merges.neighbours(left, right); got != want {
				t.Fatalf("%s: %q %q: %v, want %v", name, text[left], text[right], got, want)
			}
			answers[want]++
		}
		if answers[true] < 5000 || answers[false] < 5000 {
			t.Errorf("%s: the pairs say little: %v", name, answers)
		}
	}
}

// texts gives every token's bytes, from its halves.
func (v *vocabulary) texts() [][]byte {
	out := make([][]byte, len(v.length))
	for b, rank := range v.tree.single {
		out[rank] = []byte{byte(b)}
	}
	var of func(uint32) []byte
	of = func(rank uint32) []byte {
		if out[rank] == nil && v.merges.left[rank] != rank {
			out[rank] = slices.Concat(of(v.merges.left[rank]), of(v.merges.right[rank]))
		}
		return out[rank]
	}
	for rank := range out {
		of(uint32(rank))
	}
	return out
}

func BenchmarkLoad(b *testing.B) {
	for _, name := range []string{"o200k_base", "cl100k_base", "p50k_base"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := load(encoding(b, name).packed); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
