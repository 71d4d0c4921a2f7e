package bpe

// merges answers the one question that encoding needs: may two tokens stand side by side?
//
// A sequence of tokens is what merging a piece's bytes leaves exactly if every two neighbours are what merging their
// bytes alone leaves: any merge across a border would have to happen at some pair of neighbours. That is how GitHub's
// bpe crate (rust-gems) encodes in linear time; its README has the argument.
type merges struct {
	left, right []uint32 // the two tokens that the last merge of a token joins; the token itself where there is none
	pairs       []uint64 // left, right and the token they make, 18 bits each; an open-addressed table, 0 is empty
	bits        uint
	seen        bitset // by hash: pairs that are not in the table, but for about one in ten; small enough to stay close
}

const (
	rankBits = 18
	seenBits = 3 // bits of seen, as a power of two, for each place of pairs
)

type bitset []uint64

func (b bitset) set(i uint32)      { b[i>>6] |= 1 << (i & 63) }
func (b bitset) has(i uint32) bool { return b[i>>6]>>(i&63)&1 != 0 }

func newMerges(r *raw, a *arena) merges {
	m := merges{left: carve[uint32](a, r.ranks), right: carve[uint32](a, r.ranks), bits: bitsFor(r.count)}
	m.pairs, m.seen = carve[uint64](a, 1<<m.bits), carve[uint64](a, 1<<(m.bits+seenBits-6))
	pairs := carve[uint64](a, r.count)[:0]
	for i := range m.left {
		left, right := r.left.at(i), r.right.at(i)
		m.left[i], m.right[i] = left, right
		if left != uint32(i) {
			pairs = append(pairs, (uint64(left)<<rankBits|uint64(right))<<rankBits|uint64(i))
		}
	}
	for _, pair := range inOrder(a, pairs, func(pair uint64) uint64 { return pair >> rankBits * mix1 }) {
		key := pair >> rankBits
		m.seen.set(uint32(key * mix1 >> (64 - m.bits - seenBits)))
		m.pairs[m.place(key)] = pair
	}
	return m
}

func (m *merges) place(key uint64) uint64 {
	h := key * mix1 >> (64 - m.bits)
	for m.pairs[h] != 0 && m.pairs[h]>>rankBits != key {
		h = (h + 1) & (1<<m.bits - 1)
	}
	return h
}

// merged is the token that two tokens make, or noToken.
func (m *merges) merged(left, right uint32) uint32 {
	key := uint64(left)<<rankBits | uint64(right)
	if !m.seen.has(uint32(key * mix1 >> (64 - m.bits - seenBits))) {
		return noToken
	}
	e := m.pairs[m.place(key)]
	if e == 0 {
		return noToken
	}
	return uint32(e & (1<<rankBits - 1))
}

// neighbours reports whether merging the bytes of two tokens leaves just these two. It undoes the merges that made them,
// the latest first, and asks at each step whether a merge across the border would have come before the one undone.
func (m *merges) neighbours(left, right uint32) bool {
	limit := uint32(noToken)
	for {
		if m.merged(left, right) < limit {
			return false
		}
		if left > right {
			limit = left
			if left = m.right[left]; left != limit {
				continue
			}
			limit = right + 1
			if right = m.left[right]; right+1 == limit {
				return true
			}
			continue
		}
		limit = right + 1
		if right = m.left[right]; right+1 != limit {
			continue
		}
		limit = left
		if left = m.right[left]; left == limit {
			return true
		}
	}
}
