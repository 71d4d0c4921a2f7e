package token

import (
	"fmt"
	"sync"

	"github.com/pkoukk/tiktoken-go"

	"github.com/tokengate/tokengate/internal/bpe"
)

// referencePatterns are the pre-tokenizers as tiktoken-go has them and as they were first published with the
// vocabularies (openai/tiktoken, tiktoken_ext/openai_public.py, 0.7.0). The later spellings make the same tokens.
var referencePatterns = map[string]string{
	"o200k_base": `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?` +
		`|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?` +
		`|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
	"cl100k_base": `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}` +
		`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
	"p50k_base": `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
}

// Reference counts text of an exact family with tiktoken-go, an implementation that shares nothing with this one but the
// vocabulary file, so that a count can be audited. It is some thirty times slower, and quadratic in the longest word:
// not for text that is not one's own. A family without a public vocabulary is an error.
//
// The two differ on purpose where tiktoken-go knows only Unicode 15.0: see TestKnownDifferences.
func (c *Counter) Reference(text string) (int64, error) {
	if !c.family.exact {
		return 0, fmt.Errorf("family %s has no public vocabulary to count with", c.family.name)
	}
	r, err := auditors[c.family.base]()
	if err != nil {
		return 0, err
	}
	return int64(len(r.EncodeOrdinary(text))), nil
}

// auditors make an encoder for each vocabulary, once. tiktoken.GetEncoding is not used: it goes through a process-wide
// loader whose default downloads.
var auditors = func() map[string]func() (*tiktoken.Tiktoken, error) {
	m := make(map[string]func() (*tiktoken.Tiktoken, error), len(referencePatterns))
	for name, pattern := range referencePatterns {
		m[name] = sync.OnceValues(func() (*tiktoken.Tiktoken, error) { return auditor(name, pattern) })
	}
	return m
}()

func auditor(name, pattern string) (*tiktoken.Tiktoken, error) {
	encoding, err := bpe.Get(name)
	if err != nil {
		return nil, err
	}
	ranks, err := encoding.Ranks()
	if err != nil {
		return nil, err
	}
	core, err := tiktoken.NewCoreBPE(ranks, map[string]int{}, pattern)
	if err != nil {
		return nil, fmt.Errorf("reference for %s: %w", name, err)
	}
	return tiktoken.NewTiktoken(core, nil, nil), nil
}
