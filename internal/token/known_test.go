package token

import (
	"slices"
	"testing"
	"unicode"
)

// later are the code points that Unicode 15.1 and 16.0 gave a class that tokenizers look at: letters, marks and numbers
// that Unicode 15.0 had not assigned (UnicodeData.txt of 16.0.0). OpenAI's core has the tables of 16.0, tiktoken-go those of
// Go's own package unicode, which are of 15.0. Nothing that was assigned in 15.0 changed its class.
var later = &unicode.RangeTable{
	R16: []unicode.Range16{{0x0897, 0x0897, 1}, {0x1c89, 0x1c8a, 1}, {0xa7cb, 0xa7cd, 1}, {0xa7da, 0xa7dc, 1}},
	R32: []unicode.Range32{
		{0x105c0, 0x105f3, 1}, {0x10d40, 0x10d65, 1}, {0x10d69, 0x10d6d, 1}, {0x10d6f, 0x10d85, 1}, {0x10ec2, 0x10ec4, 1},
		{0x10efc, 0x10efc, 1}, {0x11380, 0x11389, 1}, {0x1138b, 0x1138b, 1}, {0x1138e, 0x1138e, 1}, {0x11390, 0x113b5, 1},
		{0x113b7, 0x113c0, 1}, {0x113c2, 0x113c2, 1}, {0x113c5, 0x113c5, 1}, {0x113c7, 0x113ca, 1}, {0x113cc, 0x113d3, 1},
		{0x113e1, 0x113e2, 1}, {0x116d0, 0x116e3, 1}, {0x11bc0, 0x11be0, 1}, {0x11bf0, 0x11bf9, 1}, {0x11f5a, 0x11f5a, 1},
		{0x13460, 0x143fa, 1}, {0x16100, 0x16139, 1}, {0x16d40, 0x16d6c, 1}, {0x16d70, 0x16d79, 1}, {0x18cff, 0x18cff, 1},
		{0x1ccf0, 0x1ccf9, 1}, {0x1e5d0, 0x1e5fa, 1}, {0x2ebf0, 0x2ee5d, 1},
	},
}

// newerThanReference reports whether OpenAI's core knows the class of a character and tiktoken-go does not.
func newerThanReference(r rune) bool { return unicode.Is(later, r) }

// The excuse holds only for what it says: 5,055 characters, none of which Go's tables know. When Go's tables move on,
// this fails, and the table above and the counter's own have to be made anew.
func TestNewerThanReference(t *testing.T) {
	n := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !newerThanReference(r) {
			continue
		}
		n++
		if !unicode.Is(unicode.Cn, r) {
			t.Errorf("%U is assigned in Unicode %s", r, unicode.Version)
		}
	}
	if n != 5055 || unicode.Version != "15.0.0" {
		t.Errorf("%d characters newer than Unicode %s", n, unicode.Version)
	}
}

// vector is a text, its tokens by OpenAI's own core, and how many tokens tiktoken-go makes of it.
type vector struct {
	family, text string
	openai       []int
	reference    int
}

// knownDifferent are texts that tiktoken-go counts otherwise than OpenAI, and why: a contraction follows a word only,
// and tiktoken-go takes a letter (for o200k_base a mark as well) of Unicode 15.1 or 16.0 for a symbol, which takes the
// quotation mark with it. Tokens are those of tiktoken 1.0.22 (npm: the Rust core, with the patterns of 0.14.0).
var knownDifferent = []vector{
	{"o200k_base", "\u1c89's", []int{157, 110, 231, 885}, 5},          // capital letter
	{"o200k_base", "\ua7cb've", []int{166, 253, 233, 7341}, 5},        // capital letter
	{"o200k_base", "\u0897's", []int{156, 95, 245, 885}, 5},           // mark
	{"o200k_base", "\U0002ebf0's", []int{172, 106, 107, 108, 885}, 6}, // ideograph
	{"o200k_base", "\U00010d40's", []int{172, 238, 113, 222, 885}, 6}, // digit
	{"o200k_base", "!\U0001e5d0'd", []int{0, 172, 252, 245, 238, 11062}, 7},
	{"cl100k_base", "\u1c89's", []int{157, 110, 231, 596}, 5},
	{"cl100k_base", "\ua7cb've", []int{166, 253, 233, 3077}, 5},
	{"cl100k_base", "\U0002ebf0's", []int{172, 106, 107, 108, 596}, 6},
	{"cl100k_base", "\U00010d40's", []int{172, 238, 113, 222, 596}, 6},
	{"p50k_base", "\u1c89's", []int{157, 110, 231, 338}, 5},
	{"p50k_base", "\U00010d40's", []int{172, 238, 113, 222, 338}, 6},
}

// knownEqual are texts that OpenAI's core cuts into other pieces than tiktoken-go, and yet encodes alike.
//
// (?i:'s) takes the long s, U+017F, in Rust and not in Go. No token that begins inside that character goes on behind
// it, but for two of o200k_base (with U+540D and U+1784), whose ranks are higher than that of the long s itself.
//
// Since 0.8 OpenAI's pattern of cl100k_base takes the whitespace at the end of a text whole (\s++$), where before it
// ended a piece at the last newline. No token holds a newline and other whitespace behind the last.
var knownEqual = []vector{
	{"o200k_base", "a'\u017fthe", []int{64, 6, 70067, 3086}, 4},
	{"o200k_base", "'\u017f's", []int{6, 70067, 885}, 3},
	{"o200k_base", "a'\u017f\u540d", []int{64, 6, 70067, 6224}, 4},
	{"o200k_base", "a'\u017f\u1784", []int{64, 6, 70067, 12037}, 4},
	{"o200k_base", "\u0897", []int{156, 95, 245}, 3},
	{"cl100k_base", "a'\u017fthe", []int{64, 6, 129, 123, 1820}, 5},
	{"cl100k_base", "\u0897's", []int{156, 95, 245, 6, 82}, 5}, // a mark is a symbol here, known or not
	{"cl100k_base", "x\n  ", []int{87, 198, 256}, 3},
	{"cl100k_base", "\n \t\n   ", []int{198, 17934, 262}, 3},
	{"cl100k_base", "\r\n\u00a0", []int{319, 4194}, 2},
	{"p50k_base", "\n \t\n   ", []int{198, 220, 197, 198, 50258}, 5},
	{"p50k_base", "\u0897's", []int{156, 95, 245, 6, 82}, 5},
}

func TestKnownDifferences(t *testing.T) {
	known := referenceFamilies
	for _, v := range append(knownDifferent[:len(knownDifferent):len(knownDifferent)], knownEqual...) {
		if got := len(references[v.family]().encode(v.text)); got != v.reference {
			t.Errorf("%s %+q: tiktoken-go makes %d tokens, the vector says %d", v.family, v.text, got, v.reference)
		}
		if !slices.Contains(known, v.family) {
			continue
		}
		holds(t, v.family, v.text, v.openai)
	}
	for _, v := range knownEqual {
		if diff := diffIDs(v.openai, references[v.family]().encode(v.text)); diff != "" {
			t.Errorf("%s %+q: %s", v.family, v.text, diff)
		}
	}
}
