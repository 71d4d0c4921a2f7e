package token

import (
	"fmt"
	"path"
	"sync"

	"github.com/pkoukk/tiktoken-go"
	loader "github.com/pkoukk/tiktoken-go-loader"
)

// The pre-tokenizers, as published with the vocabularies in openai/tiktoken (tiktoken_ext/openai_public.py).
const (
	o200kPattern = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?` +
		`|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?` +
		`|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	cl100kPattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}` +
		`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// encodings hands out each embedded vocabulary, read at most once per process.
var encodings = map[string]func() *encoding{
	"o200k":  sync.OnceValue(func() *encoding { return mustLoad("o200k_base", o200kPattern) }),
	"cl100k": sync.OnceValue(func() *encoding { return mustLoad("cl100k_base", cl100kPattern) }),
}

// encoding is the one place that knows the library which encodes.
type encoding struct{ bpe *tiktoken.Tiktoken }

// load builds the encoder straight from the embedded vocabulary. tiktoken.GetEncoding is not used: it goes through a
// process-wide loader whose default downloads.
func load(vocabulary, pattern string) (*encoding, error) {
	ranks, err := loader.NewOfflineLoader().LoadTiktokenBpe(path.Join("embedded", vocabulary+".tiktoken"))
	if err != nil {
		return nil, fmt.Errorf("embedded vocabulary %s: %w", vocabulary, err)
	}
	core, err := tiktoken.NewCoreBPE(ranks, map[string]int{}, pattern)
	if err != nil {
		return nil, fmt.Errorf("embedded vocabulary %s: %w", vocabulary, err)
	}
	return &encoding{tiktoken.NewTiktoken(core, nil, nil)}, nil
}

// mustLoad panics on a vocabulary that was compiled in broken: no input can cause it and no count would be right.
func mustLoad(vocabulary, pattern string) *encoding {
	e, err := load(vocabulary, pattern)
	if err != nil {
		panic("token: " + err.Error())
	}
	return e
}

// count encodes piece by piece and returns the number of tokens and of cuts made in runs too long to encode whole.
func (e *encoding) count(text string) (tokens, cuts int64) {
	for p := range pieces(text) {
		tokens += int64(len(e.bpe.EncodeOrdinary(p.text)))
		if p.cut {
			cuts++
		}
	}
	return tokens, cuts
}
