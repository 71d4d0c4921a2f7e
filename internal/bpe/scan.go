package bpe

import (
	"math/bits"
	"unicode/utf8"
)

// scanner finds where the piece that starts at i ends, as one of the published patterns does. Text is valid UTF-8 and i
// stands on the first byte of a character.
type scanner func(text []byte, i int) int

// class gives the class and the width of the character at i; 0 and 0 at the end of the text.
func class(text []byte, i int) (uint8, int) {
	if i >= len(text) {
		return 0, 0
	}
	if c := text[i]; c < utf8.RuneSelf {
		return classOf[c], 1
	}
	c, w := utf8.DecodeRune(text[i:])
	return classOf[c], w
}

// run ends a run of characters of a set of classes that starts at i.
func run(text []byte, i int, set uint8) int {
	for {
		k, w := class(text, i)
		if k&set == 0 {
			return i
		}
		i += w
	}
}

const (
	lanes = 0x0101010101010101
	tops  = 0x80 * lanes
)

// lowers counts the bytes a to z at the start of a word of text.
func lowers(w uint64) int { return leading(w, 'a') }

// leading counts the bytes at the start of a word that are among the 26 from first on: added to a byte below 128, 128
// less a bound sets the top bit from that bound on.
func leading(w uint64, first uint64) int {
	low := w &^ tops
	in := (low + (0x80-first)*lanes) &^ (low + (0x80-first-26)*lanes) &^ w & tops
	return bits.TrailingZeros64(^in&tops) >> 3
}

// letters ends a run of lower-case ASCII letters.
func lowerRun(text []byte, i int) int {
	for {
		n := lowers(word(text, i))
		i += n
		if n < 8 {
			return i
		}
	}
}

// contraction gives the length of 's 't 're 've 'm 'll 'd at i, in either case if fold is set. Folding makes a long s (ſ)
// an s too.
func contraction(text []byte, i int, fold bool) int {
	if i+1 >= len(text) || text[i] != '\'' {
		return 0
	}
	a, b := text[i+1], byte(0)
	if i+2 < len(text) {
		b = text[i+2]
	}
	if fold {
		if a == 0xC5 && b == 0xBF {
			return 3
		}
		a, b = a|0x20, b|0x20 // no other byte than the letter's capital becomes one of those asked for
	}
	switch {
	case a == 's' || a == 't' || a == 'm' || a == 'd':
		return 2
	case a == 'r' && b == 'e' || a == 'v' && b == 'e' || a == 'l' && b == 'l':
		return 3
	}
	return 0
}

// digits ends a run of at most three numbers.
func digits(text []byte, i int) int {
	for range 3 {
		k, w := class(text, i)
		if k != number {
			break
		}
		i += w
	}
	return i
}

// blanks ends a piece of whitespace: up to the last line break of the run, else the run, but for its last character
// where something else follows.
func blanks(text []byte, i int) int {
	end, last, broken := whitespace(text, i)
	if broken > 0 {
		return broken
	}
	return beforeLast(text, i, end, last)
}

// whitespace follows a run of whitespace: where it ends, where its last character starts, and where its last line break
// ends, or 0.
func whitespace(text []byte, i int) (end, last, broken int) {
	for end, last = i, i; ; {
		k, w := class(text, end)
		if k&(space|newline) == 0 {
			return end, last, broken
		}
		last = end
		end += w
		if k == newline {
			broken = end
		}
	}
}

// beforeLast leaves the last character of a run to what follows, if something does and it is not the only one.
func beforeLast(text []byte, start, end, last int) int {
	if end < len(text) && last > start {
		return last
	}
	return end
}
