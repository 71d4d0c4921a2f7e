package traffic

import "encoding/binary"

// nativeScan is what a reader keeps from line to line to read the next at sight: one pass, nothing allocated but what is
// new. It takes lines as recorders write them, and leaves what is broken, what is of another type, what has unknown keys
// or labels with escapes to nativeLine.judge. That reads the same out of the lines that are taken here: each is fuzzed
// against the other.
type nativeScan struct {
	keys, counts keyOrder
	last         []string // the label that each key had
	pass         passer
	lists        memo[[]string]
	outcomes     memo[map[string]float64]
}

func newNativeScan() nativeScan {
	return nativeScan{keys: newKeyOrder(nativeNames()), counts: newKeyOrder(usageNames[:]), last: make([]string, len(nativeKeys))}
}

// scan reads one line into n.call, or gives it up.
func (n *nativeLine) scan(b []byte) bool {
	if len(b) == 0 || b[0] != '{' {
		return false
	}
	var met uint64
	prev := 0
	i, more := begin(b, 0, '}')
	for more {
		k, at := n.keys.find(b, i, prev)
		if at == handOver || met>>k&1 != 0 {
			return false
		}
		met, prev = met|1<<k, k+1
		i, more = after(b, n.scanMember(k, b, at), '}')
	}
	return i != handOver && blanks(b, i) == len(b) && n.hasUsage
}

func (n *nativeLine) scanMember(k int, b []byte, i int) int {
	key := &nativeKeys[k]
	switch {
	case i >= len(b):
		return handOver
	case b[i] == 'n':
		return literal(b, i, "null")
	case key.label != nil:
		return n.scanLabel(key.label(&n.call), k, b, i)
	}
	return key.scan(n, b, i)
}

// keyOrder finds keys, those first that came next on the line before.
type keyOrder struct {
	keys []quotedKey
	next []int // after none, and after each
}

// quotedKey is a key in its quotes, and the first eight bytes of that.
type quotedKey struct {
	text       string
	head, mask uint64
}

func newKeyOrder(names []string) keyOrder {
	o := keyOrder{next: make([]int, len(names)+1)}
	for _, name := range names {
		k := quotedKey{text: `"` + name + `"`}
		for i := range min(len(k.text), 8) {
			k.head |= uint64(k.text[i]) << (8 * i)
			k.mask |= 0xff << (8 * i)
		}
		o.keys = append(o.keys, k)
	}
	return o
}

// find gives the number of the key at i and the place of its value. prev is 0 before the first key of an object, and then
// the number of the key before and one.
func (o *keyOrder) find(b []byte, i, prev int) (k, value int) {
	if i+8 > len(b) {
		return 0, handOver // the decoder reads the last member of the shortest lines
	}
	head := binary.LittleEndian.Uint64(b[i:])
	k = o.next[prev]
	for range o.keys {
		if key := &o.keys[k]; (head^key.head)&key.mask == 0 && (len(key.text) <= 8 || len(b)-i > len(key.text) && string(b[i:i+len(key.text)]) == key.text) {
			o.next[prev] = k
			return k, colon(b, i+len(key.text))
		}
		if k++; k == len(o.keys) {
			k = 0
		}
	}
	return 0, handOver
}
