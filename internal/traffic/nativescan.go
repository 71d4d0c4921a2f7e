package traffic

// nativeScan is what a reader keeps from line to line to read the next at sight: one pass, nothing allocated but what is
// new. It takes lines as recorders write them, and leaves what is broken, what is of another type, what has unknown keys
// or labels with escapes to nativeLine.judge. That reads the same out of the lines that are taken here: each is fuzzed
// against the other.
type nativeScan struct {
	keys, counts keyOrder
	labels       []*string // where the label of each key belongs; nil for what is no label
	last         []string  // what each label was last
	pass         passer
	lists        memo[[]string]
	outcomes     memo[map[string]float64]
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
	switch to := n.labels[k]; {
	case i >= len(b):
		return handOver
	case b[i] == 'n':
		return literal(b, i, "null")
	case to != nil:
		return n.scanLabel(to, k, b, i)
	}
	return nativeKeys[k].scan(n, b, i)
}

// keyOrder finds keys, those first that came next on the line before.
type keyOrder struct {
	texts []string // with quotes and colon
	next  []int    // after none, and after each
}

func newKeyOrder(names []string) keyOrder {
	o := keyOrder{next: make([]int, len(names)+1)}
	for _, name := range names {
		o.texts = append(o.texts, `"`+name+`":`)
	}
	return o
}

// find gives the number of the key at i and the place of its value. prev is 0 before the first key of an object, and then
// the number of the key before and one.
func (o *keyOrder) find(b []byte, i, prev int) (k, value int) {
	k = o.next[prev]
	text := o.texts[k]
	if end := i + len(text); end < len(b) && string(b[i:end]) == text && b[end] > ' ' {
		return k, end
	}
	return o.search(b, i, prev)
}

// search finds a key that comes as a surprise: most often one that follows those which the line before did not leave out.
func (o *keyOrder) search(b []byte, i, prev int) (k, value int) {
	name, value := memberName(b, i)
	if value == handOver {
		return 0, handOver
	}
	k = o.next[prev]
	for range o.texts {
		if text := o.texts[k]; len(text) == name.to-name.from+3 && text[1:len(text)-2] == string(b[name.from:name.to]) {
			o.next[prev] = k
			return k, value
		}
		if k++; k == len(o.texts) {
			k = 0
		}
	}
	return 0, handOver
}
