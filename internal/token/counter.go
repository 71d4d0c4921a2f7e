// Package token owns token counts: the usage of a call, counters for tokenizer families, and the stated error of every
// count. A count is either exact (the vocabulary is public and embedded) or an estimate that says how wide it is.
//
// Exact families are OpenAI's: o200k_base, o200k_harmony, cl100k_base and p50k_base, counted by package bpe. Every other
// family is the o200k count of the same text times a factor by family and class of content: fitted on a project's own
// traffic where a Book has a calibration, published otherwise (family.go has the table and where it comes from).
//
// Count counts text alone; what a provider puts around the messages of a call is package request's. The package does not
// know models, prices, files or the network: a model's family is pricing's to say.
//
//	c, err := token.For("claude-4.7")
//	n := c.Count(text) // n.Tokens, give or take n.RelativeError
package token

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/bpe"
)

// Counter counts text as one tokenizer family does. It holds no text and may be used from many goroutines at once.
type Counter struct {
	family family
	bpe    *bpe.Encoding

	calibration *Calibration // of the book the counter came from; see book.go
	memo        Memo
}

// For returns the counter of a tokenizer family as the price catalogue spells it, such as "o200k_base" or
// "claude-4.7". It is cheap: a vocabulary is read by the first Count that needs it, once per process. A family that is
// not in Families is an error; "other" is the family for models whose tokenizer nobody published.
func For(name string) (*Counter, error) {
	if c, ok := counters[name]; ok {
		return c, nil
	}
	return nil, fmt.Errorf("tokenizer family %q is not known; known are %s", name, strings.Join(Families(), ", "))
}

// Families lists every family For knows, sorted.
func Families() []string {
	names := make([]string, 0, len(families))
	for _, f := range families {
		names = append(names, f.name)
	}
	slices.Sort(names)
	return names
}

// counters is filled once, before main, and only read afterwards: that is what makes For safe for concurrent use.
var counters = func() map[string]*Counter {
	m := make(map[string]*Counter, len(families))
	for _, f := range families {
		encoding, err := bpe.Get(f.base)
		if err != nil {
			panic("token: family " + f.name + ": " + err.Error())
		}
		m[f.name] = &Counter{family: f, bpe: encoding}
	}
	return m
}()

// Family is the name the counter was asked for by.
func (c *Counter) Family() string { return c.family.name }

// Exact reports whether counts are exact.
func (c *Counter) Exact() bool { return c.family.exact }

// Count counts text as the body of a message: special tokens in it are ordinary text, each byte of invalid UTF-8 is one
// U+FFFD, and no frame is added.
//
// Counts are additive at a line that starts with '#': Count(a+b) is Count(a) plus Count(b) when a ends in a newline and
// b starts with '#'. The pre-tokenizers end a piece after a run of newlines, because neither a word nor a run of
// punctuation may start with one and the whitespace rule stops at the last; so no token spans that place. Estimates
// are made per such block and summed, and are additive for the same reason. Sections of a template can therefore be
// counted one by one.
func (c *Counter) Count(text string) Estimate {
	if c.family.exact {
		return Estimate{Tokens: c.tokens(text), Method: methodExact}
	}
	sum := Estimate{Method: c.family.method(1)}
	for i, block := range blocks(text) {
		e := c.scaled(c.tokens(block), Classify(block))
		if i == 0 {
			sum = e
			continue
		}
		sum = sum.Add(e)
	}
	return sum
}

// Add returns the count of two texts of the same family together. Their errors are taken to point the same way (one
// factor is wrong for both), so the result's error is the token-weighted mean, not the smaller root of squares.
func (e Estimate) Add(f Estimate) Estimate {
	sum := Estimate{Tokens: e.Tokens + f.Tokens, Method: e.Method}
	if sum.Tokens > 0 {
		wrong := e.RelativeError*float64(e.Tokens) + f.RelativeError*float64(f.Tokens)
		sum.RelativeError = wrong / float64(sum.Tokens)
	}
	switch {
	case e.Method == f.Method || f.Tokens == 0:
	case e.Tokens == 0:
		sum.Method = f.Method
	default:
		sum.Method = mixed(e.Method, f.Method)
	}
	return sum
}

// mixed names the method of a sum whose parts were counted differently: the shared first word, then that it varies.
func mixed(a, b string) string {
	base, _, _ := strings.Cut(a, " ")
	if other, _, _ := strings.Cut(b, " "); other != base {
		return "mixed"
	}
	return base + " × factor by content"
}

const methodExact = "exact"

// blocks splits text before every line that starts with '#', the places where counts are additive.
func blocks(text string) []string {
	var out []string
	for {
		i := strings.Index(text, "\n#")
		if i < 0 {
			return append(out, text)
		}
		out = append(out, text[:i+1])
		text = text[i+1:]
	}
}
