package token

import (
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// pattern is a text that makes a tokenizer slow.
//
// Where the text is one unit over and over, the tokens of a power of two of units follow from the vocabulary: merging
// doubles the run, two to four to eight, up to the longest power of two that o200k_base holds. each is the bytes of that
// token (for digits, of a piece of three); 0 where there is no such formula and the reference's merge has to say.
type pattern struct {
	name, text string
	each       int
}

// adversarial are texts of about size bytes without a place to split, or with nothing but such places.
func adversarial(size int) []pattern {
	fill := func(unit string) string { return strings.Repeat(unit, max(1, size/len(unit))) }
	return []pattern{
		{"a", fill("a"), 8},
		{"spaces", fill(" "), 128},
		{"base64", randomBase64(size), 0},
		{"emoji joined", fill("👩\u200d"), 0},
		{"marks", fill("\u0301"), 2},
		{"digits", fill("7"), 3},
		{"equals", fill("="), 64},
		{"newlines", fill("\n"), 16},
		{"ab", fill("ab"), 4},
		{"random letters", randomLetters(size), 0},
		{"camel", fill("Ab"), 2},
		{"han", fill("漢"), 3},
		{"contractions", fill("'s"), 2},
		{"space newline", fill(" \n"), 4},
		{"invalid", fill("\xff"), 8},
	}
}

// runs are the adversarial texts by name.
func runs(size int) map[string]string {
	m := map[string]string{}
	for _, p := range adversarial(size) {
		m[p.name] = p.text
	}
	return m
}

func randomBase64(size int) string {
	rng := rand.New(rand.NewPCG(1, 0))
	raw := make([]byte, size*3/4)
	for i := range raw {
		raw[i] = byte(rng.UintN(256))
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func randomLetters(size int) string {
	rng := rand.New(rand.NewPCG(2, 0))
	b := make([]byte, size)
	for i := range b {
		b[i] = 'a' + byte(rng.UintN(26))
	}
	return string(b)
}

// One megabyte of every adversarial text is counted exactly, and the test's output says what it costs beside prose.
// Times are printed and not asserted: they are the machine's.
func TestAdversarial(t *testing.T) {
	const size, family = 1 << 20, "o200k_base"
	prose := sample("prose", size)
	count(t, family, prose) // reads the vocabulary
	n, base := timed(t, family, prose)
	t.Logf("%-16s %9s %12s %14s", family+", 1 MB", "tokens", "ns per byte", "times prose")
	t.Logf("%-16s %9d %12.2f %14.1f", "prose", n.Tokens, base, 1.)
	for _, p := range adversarial(size) {
		got, cost := timed(t, family, p.text)
		t.Logf("%-16s %9d %12.2f %14.1f", p.name, got.Tokens, cost, cost/base)
		if want := p.tokens(family); got != (Estimate{Tokens: want, Method: methodExact}) {
			t.Errorf("1 MB of %s: %+v, want %d tokens", p.name, got, want)
		}
	}
}

func (p pattern) tokens(family string) int64 {
	if p.each == 0 {
		return int64(len(references[family]().encodeLong(p.text)))
	}
	return int64((len(p.text) + p.each - 1) / p.each)
}

// timed counts a text twice and gives the lesser time, in nanoseconds per byte.
func timed(t *testing.T, family, text string) (Estimate, float64) {
	t.Helper()
	var e Estimate
	best := time.Duration(1<<63 - 1)
	for range 2 {
		start := time.Now()
		e = count(t, family, text)
		best = min(best, time.Since(start))
	}
	return e, float64(best.Nanoseconds()) / float64(len(text))
}
