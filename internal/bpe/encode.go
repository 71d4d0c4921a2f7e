package bpe

// scratch is what counting needs beside the vocabulary: room to encode a piece in, which grows with the longest piece,
// and a memo of the pieces met before. Text repeats its words, also those that are no token.
type scratch struct {
	tokens []uint32
	dead   bitset // byte offsets from which the piece cannot be completed
	memo   [1 << memoBits]counted
	pairs  [1 << pairBits]uint64 // answers of merges.neighbours: left, right, the answer, and a 1
}

// counted is a piece of up to 31 bytes, with its length in the top byte, and its tokens.
type counted struct {
	key    [4]uint64
	tokens int64
}

// memoBits is the number of remembered pieces, as a power of two. Each place holds the last piece that fell on it, whole,
// so that no count is taken for another's.
const memoBits = 12

// pairBits is the number of remembered pairs of neighbours, as a power of two.
const pairBits = 12

// maxScratch is the longest piece, in bytes, whose scratch is kept for the next one.
const maxScratch = 1 << 16

// encode appends the tokens of a piece that is no token itself. Every offset is left at most once for every token that
// ends there, so time is linear in the length of the piece.
//
// It takes the longest token that may follow the last, and goes on. Where none may, the offset is dead: it takes the
// last token back and tries the next shorter one in its place.
func (v *vocabulary) encode(s *scratch, tokens []uint32, piece []byte) []uint32 {
	from, at, dead := len(tokens), 0, s.clear(len(piece))
	next := v.tree.longest(piece)
	for {
		end := at + int(v.length[next])
		if !dead.has(uint32(end)) && (len(tokens) == from || v.neighbours(s, tokens[len(tokens)-1], next)) {
			tokens = append(tokens, next)
			if at = end; at == len(piece) {
				return tokens
			}
			next = v.tree.longest(piece[at:])
			continue
		}
		for next = v.tree.prefix[next]; next == noToken; next = v.tree.prefix[next] {
			dead.set(uint32(at))
			next = tokens[len(tokens)-1]
			tokens = tokens[:len(tokens)-1]
			at -= int(v.length[next])
		}
	}
}

// neighbours is merges.neighbours, remembered: a run of one character asks for the same few pairs without end.
func (v *vocabulary) neighbours(s *scratch, left, right uint32) bool {
	const asked, yes = 1, 2
	key := uint64(left)<<rankBits | uint64(right)
	known := &s.pairs[key*mix1>>(64-pairBits)]
	if *known&^yes != key<<2|asked {
		*known = key<<2 | asked
		if v.merges.neighbours(left, right) {
			*known |= yes
		}
	}
	return *known&yes != 0
}

// merge counts the tokens of b[i:e], which is no token itself.
func (v *vocabulary) merge(s *scratch, b []byte, i, e int) int64 {
	n := e - i
	if n > 31 {
		return v.mergeAnew(s, b[i:e])
	}
	key := [4]uint64{}
	for j := 0; j < n; j += 8 {
		key[j>>3] = word(b, i+j)
	}
	key[n>>3] &= keep[n&7]
	key[3] |= uint64(n) << 56
	known := &s.memo[(key[0]*mix1^key[1]*mix2^key[2]*mix3^key[3]*mix4)*mix1>>(64-memoBits)]
	if known.key != key {
		*known = counted{key, v.mergeAnew(s, b[i:e])}
	}
	return known.tokens
}

func (v *vocabulary) mergeAnew(s *scratch, piece []byte) int64 {
	s.tokens = v.encode(s, s.tokens[:0], piece)
	return int64(len(s.tokens))
}

// clear gives an empty set of offsets in a piece of n bytes.
func (s *scratch) clear(n int) bitset {
	words := n>>6 + 1
	if cap(s.dead) < words {
		s.dead = make(bitset, words)
	}
	s.dead = s.dead[:words]
	clear(s.dead)
	return s.dead
}
