package bpe

// tree is the prefix tree of a vocabulary. The children of a node stand side by side in ascending order of their bytes.
type tree struct {
	nodes  []node
	tokens []uint32    // of a node: the token that ends there; only where the node says that one does
	labels []byte      // the byte that leads to a node from its parent
	single [256]uint32 // the token of one byte; every vocabulary has all of them
	second []uint32    // the node that two bytes lead to; 0 where none
	prefix []uint32    // of a token: the longest other token that it starts with, or noToken
}

// node is a place in the tree: the index of its first child, a bit that says whether a token ends here, and the number of
// children. What every step reads is kept as small as can be.
type node uint32

const (
	countBits = 9 // up to 256 children
	ends      = 1 << countBits
	firstBits = countBits + 1
)

func (n node) first() uint32 { return uint32(n >> firstBits) }
func (n node) count() uint32 { return uint32(n & (ends - 1)) }

// newTree builds the tree from tokens in byte order: a token adds one node for every byte that it does not share with
// the token before it. Nodes are numbered by depth and, within a depth, as they appear, which puts siblings side by side.
func newTree(r *raw, a *arena) tree {
	n := len(r.bytes) + 1
	t := tree{
		nodes: carve[node](a, n), tokens: carve[uint32](a, n), labels: carve[uint8](a, n), second: carve[uint32](a, 1<<16),
		prefix: carve[uint32](a, r.ranks),
	}
	free := r.depths() // by depth, the next node
	var path [256]uint32
	bytes := r.bytes
	for i := range r.count {
		shared, end := int(r.shared[i]), int(r.shared[i])+int(r.rest[i])
		for d := shared; d < end; d++ {
			at := free[d+1]
			free[d+1]++
			path[d+1], t.labels[at] = at, bytes[d-shared]
			if t.nodes[path[d]].count() == 0 {
				t.nodes[path[d]] |= node(at << firstBits)
			}
			t.nodes[path[d]]++
		}
		bytes = bytes[end-shared:]
		rank := r.rank.at(i)
		t.nodes[path[end]] |= ends
		t.tokens[path[end]], t.prefix[rank] = rank, noToken
		for d := end - 1; d > 0; d-- {
			if t.nodes[path[d]]&ends != 0 {
				t.prefix[rank] = t.tokens[path[d]]
				break
			}
		}
	}
	t.shortcuts()
	return t
}

// depths gives the number of the first node of each depth; the root, of depth 0, is node 0.
func (r *raw) depths() [257]uint32 {
	var first, count [257]uint32
	for i, shared := range r.shared {
		for d := range r.rest[i] {
			count[shared+d+1]++
		}
	}
	for d := 1; d < len(first); d++ {
		first[d] = first[d-1] + max(count[d-1], 1)
	}
	return first
}

// shortcuts lays out the first two levels by byte: every text starts there.
func (t *tree) shortcuts() {
	root := t.nodes[0]
	for one := root.first(); one < root.first()+root.count(); one++ {
		t.single[t.labels[one]] = t.tokens[one]
		n := t.nodes[one]
		for two := n.first(); two < n.first()+n.count(); two++ {
			t.second[int(t.labels[one])<<8|int(t.labels[two])] = two
		}
	}
}

// longest finds the longest token that b starts with. b is not empty.
func (t *tree) longest(b []byte) uint32 {
	if len(b) == 1 {
		return t.single[b[0]]
	}
	at := t.second[int(b[0])<<8|int(b[1])]
	if at == 0 {
		return t.single[b[0]]
	}
	best := uint32(0)
	n := t.nodes[at]
	for _, c := range b[2:] {
		if n&ends != 0 {
			best = at
		}
		first := n.first()
		labels := t.labels[first : first+n.count()]
		j := 0
		for ; j < len(labels) && labels[j] < c; j++ {
		}
		if j == len(labels) || labels[j] != c {
			return t.token(best, b[0])
		}
		at = first + uint32(j)
		n = t.nodes[at]
	}
	if n&ends != 0 {
		best = at
	}
	return t.token(best, b[0])
}

// token is the one that ends at a node, or that of the first byte alone where no longer one was met.
func (t *tree) token(at uint32, first byte) uint32 {
	if at == 0 {
		return t.single[first]
	}
	return t.tokens[at]
}
