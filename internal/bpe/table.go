package bpe

import "encoding/binary"

// table tells whether a whole piece is a token. Pieces of up to 7 bytes, and of up to 15, are their own keys: their bytes
// in one or two words with the length in the top byte, so that one comparison tells. Both tables are open-addressed.
type table struct {
	short     []uint64 // up to 7 bytes; 0 is an empty place
	shortBits uint
	long      [][2]uint64 // 8 to 15 bytes; a second word of 0 is an empty place
	longBits  uint
	rest      map[string]struct{}
}

const (
	mix1 = 0x9E3779B97F4A7C15
	mix2 = 0xC2B2AE3D27D4EB4F
	mix3 = 0x165667B19E3779F9
	mix4 = 0xD6E8FEB86659FD93
)

// keep masks the bytes of a word that belong to a piece of that length.
var keep = [9]uint64{0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF}

// word reads eight bytes at i; what lies behind the end is 0.
func word(b []byte, i int) uint64 {
	if i+8 <= len(b) {
		return binary.LittleEndian.Uint64(b[i:])
	}
	var w uint64
	for j := len(b) - 1; j >= i; j-- {
		w = w<<8 | uint64(b[j])
	}
	return w
}

func shortKey(w uint64, n int) uint64 { return w&keep[n] | uint64(n)<<56 }

func longKey(b []byte, i, n int) (low, high uint64) {
	return word(b, i), word(b, i+8)&keep[n-8] | uint64(n)<<56
}

func newTable(r *raw, a *arena) table {
	var short []uint64
	var long [][2]uint64
	t := table{rest: map[string]struct{}{}}
	short, long = carve[uint64](a, r.count)[:0], carve[[2]uint64](a, r.count/2)[:0]
	r.each(func(token []byte, n int) {
		switch {
		case n < 8:
			short = append(short, shortKey(word(token, 0), n))
		case n < 16:
			low, high := longKey(token, 0, n)
			long = append(long, [2]uint64{low, high})
		default:
			t.rest[string(token[:n])] = struct{}{}
		}
	})
	t.shortBits, t.longBits = bitsFor(len(short)), bitsFor(len(long))
	t.short, t.long = carve[uint64](a, 1<<t.shortBits), carve[[2]uint64](a, 1<<t.longBits)
	for _, key := range inOrder(a, short, func(key uint64) uint64 { return key * mix1 }) {
		t.short[t.shortPlace(key)] = key
	}
	for _, key := range inOrder(a, long, func(key [2]uint64) uint64 { return hash2(key[0], key[1]) }) {
		t.long[t.longPlace(key[0], key[1])] = key
	}
	return t
}

// each gives every token in byte order; what stands in the buffer behind its n bytes is of no account.
func (r *raw) each(do func(token []byte, n int)) {
	var token [256]byte
	rest := r.bytes
	for i := range r.count {
		n := int(r.shared[i])
		n += copy(token[n:], rest[:r.rest[i]])
		rest = rest[r.rest[i]:]
		do(token[:], n)
	}
}

// inOrder puts entries roughly in the order of their places in a table. Filling one at random costs a miss of every
// cache for each entry, the one of page addresses among them.
func inOrder[T uint64 | [2]uint64](a *arena, entries []T, hash func(T) uint64) []T {
	const groupBits = 6
	var start [1<<groupBits + 1]int
	for _, e := range entries {
		start[hash(e)>>(64-groupBits)+1]++
	}
	for i := 1; i < len(start); i++ {
		start[i] += start[i-1]
	}
	out := carve[T](a, len(entries))
	for _, e := range entries {
		group := hash(e) >> (64 - groupBits)
		out[start[group]] = e
		start[group]++
	}
	return out
}

// bitsFor is the size, as a power of two, of a table that n entries fill to at most three quarters.
func bitsFor(n int) uint {
	bits := uint(1)
	for 3<<bits < 4*n {
		bits++
	}
	return bits
}

func hash2(low, high uint64) uint64 { return (low*mix1 ^ high*mix2) * mix1 }

// shortPlace is where a key stands, or the empty place where it would.
func (t *table) shortPlace(key uint64) uint64 {
	h := key * mix1 >> (64 - t.shortBits)
	for t.short[h] != key && t.short[h] != 0 {
		h = (h + 1) & (1<<t.shortBits - 1)
	}
	return h
}

func (t *table) longPlace(low, high uint64) uint64 {
	h := hash2(low, high) >> (64 - t.longBits)
	for t.long[h] != [2]uint64{low, high} && t.long[h][1] != 0 {
		h = (h + 1) & (1<<t.longBits - 1)
	}
	return h
}

// has reports whether b[i:e] is a token.
func (t *table) has(b []byte, i, e int) bool {
	switch n := e - i; {
	case n < 8:
		return t.short[t.shortPlace(shortKey(word(b, i), n))] != 0
	case n < 16:
		return t.long[t.longPlace(longKey(b, i, n))][1] != 0
	}
	_, ok := t.rest[string(b[i:e])]
	return ok
}
