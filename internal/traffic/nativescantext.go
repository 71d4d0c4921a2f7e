package traffic

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// The functions here and in nativescanpass.go pass over JSON at sight: as strict as the decoder, without its words for what is wrong.
// They take the bytes and a place in them, and give the place behind what they read, or handOver.

// handOver is the place that is given for what is not valid JSON, and for what is valid but so unusual that there is no
// need to be fast: the decoder judges it.
const handOver = -1

// blanks passes over white space.
func blanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// literal passes over null, true or false.
func literal(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return handOver
	}
	return i + len(word)
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// marked8 marks, with the highest bit of each, which of eight bytes cannot be passed over in a string: a quote, a
// backslash, a control character, and what is not ASCII. The lowest mark is right; those above it may be false, as
// differences borrow from the byte above.
func marked8(x uint64) uint64 {
	quote, escape := x^ones*'"', x^ones*'\\'
	return ((quote - ones) | (escape - ones) | (x - ones*' ') | x) & highs
}

// stringEnd gives the place of the quote that ends the string whose first character is at i, and whether nothing in it is
// escaped. The string is then its own text: valid UTF-8.
func stringEnd(b []byte, i int) (end int, plain bool) {
	for ; i+8 <= len(b); i += 8 {
		if m := marked8(binary.LittleEndian.Uint64(b[i:])); m != 0 {
			i += bits.TrailingZeros64(m) >> 3
			if b[i] == '"' {
				return i, true
			}
			return longStringEnd(b, i)
		}
	}
	return longStringEnd(b, i)
}

// longStringEnd goes on where a string has something other than plain characters, or the line is about to end.
func longStringEnd(b []byte, i int) (end int, plain bool) {
	plain = true
	for i < len(b) {
		if i+8 <= len(b) {
			m := marked8(binary.LittleEndian.Uint64(b[i:]))
			if m == 0 {
				i += 8 // as a branch: the next bytes are read ahead of the test
				continue
			}
			i += bits.TrailingZeros64(m) >> 3
		}
		switch c := b[i]; {
		case c == '"':
			return i, plain
		case c == '\\':
			plain = false
			if i = escapeEnd(b, i); i == handOver {
				return handOver, false
			}
		case c < ' ':
			return handOver, false
		case c >= utf8.RuneSelf:
			end := textEnd(b, i)
			if !utf8.Valid(b[i:end]) {
				return handOver, false
			}
			i = end
		default:
			i++
		}
	}
	return handOver, false
}

// textEnd passes over characters, ASCII or not, up to a quote, a backslash or a control character. The characters are
// checked by whoever calls it.
func textEnd(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		low := x &^ uint64(highs) // bytes that are not ASCII are taken out below: with 7 bits, nothing borrows
		m := ((low ^ ones*'"') + ones*0x7f) & ((low ^ ones*'\\') + ones*0x7f) & (low + ones*(0x80-' '))
		if m = ^(m | x) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
		i++
	}
	return i
}

// escapeEnd passes over an escape. Half a surrogate pair is handed over.
func escapeEnd(b []byte, i int) int {
	if i+1 >= len(b) {
		return handOver
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		return unicodeEnd(b, i)
	}
	return handOver
}

func unicodeEnd(b []byte, i int) int {
	r := hex4(b, i+2)
	switch {
	case r < 0:
		return handOver
	case r < 0xd800 || r > 0xdfff:
		return i + 6
	case r > 0xdbff || i+7 >= len(b) || b[i+6] != '\\' || b[i+7] != 'u':
		return handOver
	}
	if low := hex4(b, i+8); low >= 0xdc00 && low <= 0xdfff {
		return i + 12
	}
	return handOver
}

// hex4 reads four hexadecimal digits; -1 if they are not.
func hex4(b []byte, i int) rune {
	if i+4 > len(b) {
		return -1
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return r
}
