package main

import (
	"fmt"
	"path"

	"github.com/pkoukk/tiktoken-go"
	loader "github.com/pkoukk/tiktoken-go-loader"
	"github.com/tiktoken-go/tokenizer"

	"github.com/tokengate/tokengate/internal/token"
)

// contender counts tokens. count is safe for concurrent use.
type contender struct {
	name  string
	count func(text string) int64
}

// libraries are the contenders, the product first. Each makes its counter of an encoding, vocabulary and all.
var libraries = []struct {
	name string
	open func(encoding string) (func(string) int64, error)
}{
	{"tokengate", openProduct},
	{"tiktoken-go", openTiktoken},
	{"tokenizer", openTokenizer},
}

// open makes every contender for an encoding and has it read its vocabulary.
func open(encoding string) ([]contender, error) {
	var all []contender
	for _, l := range libraries {
		count, err := l.open(encoding)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", l.name, encoding, err)
		}
		count("load")
		all = append(all, contender{l.name, count})
	}
	return all, nil
}

func openProduct(encoding string) (func(string) int64, error) {
	c, err := token.For(encoding)
	if err != nil {
		return nil, err
	}
	return func(text string) int64 { return c.Count(text).Tokens }, nil
}

// patterns are the published pre-tokenizers (openai/tiktoken, tiktoken_ext/openai_public.py). They are given here
// because tiktoken-go's own way to an encoding downloads the vocabulary.
var patterns = map[string]string{
	"o200k_base": `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?` +
		`|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?` +
		`|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
	"cl100k_base": `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}` +
		`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
}

func openTiktoken(encoding string) (func(string) int64, error) {
	ranks, err := loader.NewOfflineLoader().LoadTiktokenBpe(path.Join("embedded", encoding+".tiktoken"))
	if err != nil {
		return nil, err
	}
	core, err := tiktoken.NewCoreBPE(ranks, map[string]int{}, patterns[encoding])
	if err != nil {
		return nil, err
	}
	t := tiktoken.NewTiktoken(core, nil, nil)
	return func(text string) int64 { return int64(len(t.EncodeOrdinary(text))) }, nil
}

func openTokenizer(encoding string) (func(string) int64, error) {
	codec, err := tokenizer.Get(tokenizer.Encoding(encoding))
	if err != nil {
		return nil, err
	}
	return func(text string) int64 {
		n, err := codec.Count(text)
		if err != nil {
			panic(err) // of valid text only when its pattern engine fails: then the figure would mean nothing
		}
		return int64(n)
	}, nil
}
