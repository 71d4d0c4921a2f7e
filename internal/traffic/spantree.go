package traffic

import "bytes"

// spanNode is one span in its tree, with what stands at and below it.
type spanNode struct {
	parent                spanID
	carries, sums         bool // it tells usage; of a whole agent
	usageBelow, callBelow bool
	above                 answer // does a span that counts stand above
	walked                int32  // by cutCircles: the walk that came by, 0 for none
}

type answer byte

const (
	unknown answer = iota
	no
	yes
)

// tree holds all spans of all files.
type tree struct {
	index map[spanKey]int32
	nodes []spanNode
}

func newTree(files []*file) *tree {
	n := 0
	for _, f := range files {
		n += f.links.n
	}
	t := &tree{index: make(map[spanKey]int32, n), nodes: make([]spanNode, 0, n)}
	for _, f := range files {
		for l := range f.links.all() {
			if n := t.at(l.key); n == nil {
				t.index[l.key] = int32(len(t.nodes))
				t.nodes = append(t.nodes, spanNode{parent: l.parent})
			} else if bytes.Compare(l.parent[:], n.parent[:]) > 0 {
				n.parent = l.parent
			}
		}
		f.links = pile[spanLink]{}
	}
	t.cutCircles()
	return t
}

// at gives the node of a span, nil if it is not in the recording.
func (t *tree) at(k spanKey) *spanNode {
	if i, ok := t.index[k]; ok {
		return &t.nodes[i]
	}
	return nil
}

// cutCircles makes a root of the smallest span of every circle of parents, as broken exporters write them: otherwise
// each of its spans would seem to repeat the others, and none would count.
func (t *tree) cutCircles() {
	walk := int32(0)
	for start := range t.index {
		walk++
		key, n := start, t.at(start)
		for n != nil && n.walked == 0 {
			n.walked = walk
			key = spanKey{key.trace, n.parent}
			n = t.at(key)
		}
		if n == nil || n.walked != walk {
			continue
		}
		least := key
		for k := (spanKey{key.trace, n.parent}); k != key; k = (spanKey{k.trace, t.at(k).parent}) {
			if bytes.Compare(k.span[:], least.span[:]) < 0 {
				least = k
			}
		}
		t.at(least).parent = spanID{}
	}
}

// mark tells a span's node and its ancestors what stands at and below them. It stops where they know, so that it is linear.
func (t *tree) mark(s *span) {
	n := t.at(s.key)
	if n == nil {
		return
	}
	n.carries = n.carries || s.carries
	n.sums = n.sums || s.rank == aggregateSpan
	t.tell(spanKey{s.key.trace, n.parent}, s.carries)
}

// tell marks a node and its ancestors as having a call below them.
func (t *tree) tell(k spanKey, usage bool) {
	for up := t.at(k); up != nil; up = t.at(spanKey{k.trace, up.parent}) {
		if up.callBelow && (up.usageBelow || !usage) {
			return
		}
		up.callBelow = true
		up.usageBelow = up.usageBelow || usage
	}
}

// hides tells whether spans below or above a span say what it says.
func (t *tree) hides(s *span) bool {
	n := t.at(s.key)
	if n == nil {
		return false
	}
	if s.carries {
		return n.usageBelow
	}
	return n.callBelow || t.covered(s.key)
}

// covered tells whether a span above counts, and so has the usage of all below it. What it finds it notes on the way, so
// that it is linear.
func (t *tree) covered(k spanKey) bool {
	var path []*spanNode
	found := no
	for n := t.at(k); n != nil; {
		if found = n.above; found != unknown {
			break
		}
		path = append(path, n)
		n = t.at(spanKey{k.trace, n.parent})
		if n == nil {
			found = no
		} else if n.carries {
			found = no
			if !n.usageBelow {
				found = yes
			}
			break
		}
	}
	for _, n := range path {
		n.above = found
	}
	return found == yes
}
