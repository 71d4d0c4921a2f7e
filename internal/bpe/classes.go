package bpe

import (
	"sync"
	"unicode"
)

// The classes of characters that the patterns tell apart. Each has one bit, so that a set of them is tested at once.
const (
	symbol  = 1 << iota // anything else: punctuation, symbols, controls, unassigned, private use
	upper               // Lu, Lt
	lower               // Ll
	letter              // Lm, Lo: letters without case
	mark                // M
	number              // N
	space               // White_Space but for the two below
	newline             // CR and LF
)

// classOf holds the class of every code point of Unicode 16.0, the version that OpenAI's tokenizer is built with.
// It is made by fillClasses and only read afterwards.
var classOf *[unicode.MaxRune + 1]uint8

var fillClasses = sync.OnceFunc(func() {
	const size = unicode.MaxRune + 1
	classOf = (*[size]uint8)(carve[uint8](&arena{free: pages(size)}, size))
	for i := range *classOf {
		classOf[i] = symbol
	}
	for _, t := range []struct {
		table *unicode.RangeTable
		class uint8
	}{
		{unicode.Lu, upper}, {unicode.Lt, upper}, {unicode.Ll, lower}, {unicode.Lm, letter}, {unicode.Lo, letter},
		{unicode.M, mark}, {unicode.N, number}, {unicode.White_Space, space},
	} {
		fill(t.table, t.class)
	}
	for _, r := range unicode16 {
		for c := r.first; c <= r.last; c++ {
			classOf[c] = r.class
		}
	}
	classOf['\n'], classOf['\r'] = newline, newline
})

func fill(t *unicode.RangeTable, class uint8) {
	for _, r := range t.R16 {
		for c := uint32(r.Lo); c <= uint32(r.Hi); c += uint32(r.Stride) {
			classOf[c] = class
		}
	}
	for _, r := range t.R32 {
		for c := r.Lo; c <= r.Hi; c += r.Stride {
			classOf[c] = class
		}
	}
}

// unicode16 is what Unicode 15.1 and 16.0 added to 15.0, the version of Go's own tables (UnicodeData.txt of 16.0.0).
// Nothing that was assigned before changed its class.
var unicode16 = []struct {
	first, last rune
	class       uint8
}{
	{0x0897, 0x0897, mark}, {0x1C89, 0x1C89, upper}, {0x1C8A, 0x1C8A, lower}, {0xA7CB, 0xA7CC, upper},
	{0xA7CD, 0xA7CD, lower}, {0xA7DA, 0xA7DA, upper}, {0xA7DB, 0xA7DB, lower}, {0xA7DC, 0xA7DC, upper},
	{0x105C0, 0x105F3, letter}, {0x10D40, 0x10D49, number}, {0x10D4A, 0x10D4F, letter}, {0x10D50, 0x10D65, upper},
	{0x10D69, 0x10D6D, mark}, {0x10D6F, 0x10D6F, letter}, {0x10D70, 0x10D85, lower}, {0x10EC2, 0x10EC4, letter},
	{0x10EFC, 0x10EFC, mark}, {0x11380, 0x11389, letter}, {0x1138B, 0x1138B, letter}, {0x1138E, 0x1138E, letter},
	{0x11390, 0x113B5, letter}, {0x113B7, 0x113B7, letter}, {0x113B8, 0x113C0, mark}, {0x113C2, 0x113C2, mark},
	{0x113C5, 0x113C5, mark}, {0x113C7, 0x113CA, mark}, {0x113CC, 0x113D0, mark}, {0x113D1, 0x113D1, letter},
	{0x113D2, 0x113D2, mark}, {0x113D3, 0x113D3, letter}, {0x113E1, 0x113E2, mark}, {0x116D0, 0x116E3, number},
	{0x11BC0, 0x11BE0, letter}, {0x11BF0, 0x11BF9, number}, {0x11F5A, 0x11F5A, mark}, {0x13460, 0x143FA, letter},
	{0x16100, 0x1611D, letter}, {0x1611E, 0x1612F, mark}, {0x16130, 0x16139, number}, {0x16D40, 0x16D6C, letter},
	{0x16D70, 0x16D79, number}, {0x18CFF, 0x18CFF, letter}, {0x1CCF0, 0x1CCF9, number}, {0x1E5D0, 0x1E5ED, letter},
	{0x1E5EE, 0x1E5EF, mark}, {0x1E5F0, 0x1E5F0, letter}, {0x1E5F1, 0x1E5FA, number}, {0x2EBF0, 0x2EE5D, letter},
}
