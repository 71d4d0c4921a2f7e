package traffic

const (
	scanDepth = 64  // values within values; the decoder's own limit is 10,000
	scanNames = 256 // members of one object: a new name is held against those before it
)

// begin steps into an object or a list, whose first byte is at i: to what it holds first (more), or behind its end.
func begin(b []byte, i int, end byte) (_ int, more bool) {
	if i = blanks(b, i+1); i < len(b) && b[i] == end {
		return i + 1, false
	}
	return i, true
}

// after steps on from behind a value: to the next one (more), or behind the end of what holds it.
func after(b []byte, i int, end byte) (_ int, more bool) {
	if i == handOver {
		return handOver, false
	}
	if i = blanks(b, i); i < len(b) {
		switch b[i] {
		case ',':
			return blanks(b, i+1), true
		case end:
			return i + 1, false
		}
	}
	return handOver, false
}

// stretch is a part of a line.
type stretch struct{ from, to int }

// memberName gives the name of a member, without its quotes, and the place of its value. A name with an escape in it may repeat one that
// is written without, and is handed over.
func memberName(b []byte, i int) (name stretch, value int) {
	if i >= len(b) || b[i] != '"' {
		return stretch{}, handOver
	}
	end, plain := stringEnd(b, i+1)
	if end == handOver || !plain {
		return stretch{}, handOver
	}
	return stretch{i + 1, end}, colon(b, end+1)
}

// colon passes over the colon behind a name.
func colon(b []byte, i int) int {
	if i = blanks(b, i); i < len(b) && b[i] == ':' {
		return blanks(b, i+1)
	}
	return handOver
}

// passer passes over values of any shape.
type passer struct {
	names []stretch // of the objects around the place
	depth int
}

// value passes over the value that begins at i.
func (p *passer) value(b []byte, i int) int {
	if i == handOver || i >= len(b) {
		return handOver
	}
	switch b[i] {
	case '"':
		if end, _ := stringEnd(b, i+1); end != handOver {
			return end + 1
		}
		return handOver
	case '{', '[':
		return p.nested(b, i)
	case 't':
		return literal(b, i, "true")
	case 'f':
		return literal(b, i, "false")
	case 'n':
		return literal(b, i, "null")
	}
	return numberEnd(b, i)
}

func (p *passer) nested(b []byte, i int) int {
	if p.depth == scanDepth {
		return handOver
	}
	p.depth++
	if b[i] == '{' {
		from := len(p.names)
		i = p.object(b, i, from)
		p.names = p.names[:from]
	} else {
		var more bool
		for i, more = begin(b, i, ']'); more; {
			i, more = after(b, p.value(b, i), ']')
		}
	}
	p.depth--
	return i
}

// object passes over an object, whose names it keeps behind the first of them.
func (p *passer) object(b []byte, i, first int) int {
	var met uint64 // a bit for each name, which others may share
	i, more := begin(b, i, '}')
	for more {
		n, value := memberName(b, i)
		if value == handOver || len(p.names)-first == scanNames {
			return handOver
		}
		bit := uint64(1) << (b[n.to-1] & 63) // the last byte of the name, or the quote in front of an empty one
		if met&bit != 0 && p.has(b, n, first) {
			return handOver
		}
		met |= bit
		p.names = append(p.names, n)
		i, more = after(b, p.value(b, value), '}')
	}
	return i
}

// has tells whether a name is among those behind the first.
func (p *passer) has(b []byte, n stretch, first int) bool {
	for _, m := range p.names[first:] {
		if m.to-m.from == n.to-n.from && string(b[m.from:m.to]) == string(b[n.from:n.to]) {
			return true
		}
	}
	return false
}
