package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The types of Thrift's compact protocol that are told apart.
// Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftInt64  = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

var errCut = errors.New("it is cut short")

// thrift reads the compact protocol. The first error stays; after it every read gives zeros, and every loop ends.
type thrift struct {
	b     []byte
	depth int
	err   error
}

func (t *thrift) fail(format string, args ...any) {
	if t.err == nil {
		t.err = fmt.Errorf(format, args...)
	}
	t.b = nil
}

func (t *thrift) byte() byte {
	if len(t.b) == 0 {
		if t.err == nil {
			t.err = errCut
		}
		return 0
	}
	c := t.b[0]
	t.b = t.b[1:]
	return c
}

func (t *thrift) uvarint() uint64 {
	n, k := binary.Uvarint(t.b)
	switch {
	case k == 0:
		t.b = nil
		t.byte()
		return 0
	case k < 0:
		t.fail("a number is too large")
		return 0
	}
	t.b = t.b[k:]
	return n
}

func (t *thrift) varint() int64 {
	n := t.uvarint()
	return int64(n>>1) ^ -int64(n&1)
}

// int reads an integer of any width; a value of another type is damage.
func (t *thrift) int(kind byte) int64 {
	if kind < thriftByte || kind > thriftInt64 {
		t.fail("a number is of type %d", kind)
		return 0
	}
	if kind == thriftByte {
		return int64(int8(t.byte()))
	}
	return t.varint()
}

func (t *thrift) bytes() []byte {
	n := t.uvarint()
	if n > uint64(len(t.b)) {
		t.b = nil
		t.byte()
		return nil
	}
	s := t.b[:n]
	t.b = t.b[n:]
	return s
}

// list reads the head of a list: how many elements, and of which type.
func (t *thrift) list() (n int, kind byte) {
	c := t.byte()
	size := uint64(c >> 4)
	if size == 15 {
		size = t.uvarint()
	}
	if size > uint64(len(t.b)) { // an element takes a byte at least
		t.b = nil
		t.byte()
		return 0, 0
	}
	return int(size), c & 15
}

// fields calls do with every field of the struct that comes next; do reads the value or skips it.
func (t *thrift) fields(do func(id int, kind byte)) {
	if t.depth++; t.depth > maxDepth {
		t.fail("nested too deep")
	}
	id := 0
	for t.err == nil {
		c := t.byte()
		if c == 0 || t.err != nil {
			break
		}
		if delta := int(c >> 4); delta > 0 {
			id += delta
		} else {
			id = int(int16(t.varint()))
		}
		do(id, c&15)
	}
	t.depth--
}

func (t *thrift) skip(kind byte) {
	switch kind {
	case thriftTrue, thriftFalse:
	case thriftByte:
		t.byte()
	case 4, 5, thriftInt64:
		t.varint()
	case thriftDouble:
		for range 8 {
			t.byte()
		}
	case thriftBinary:
		t.bytes()
	case thriftList, thriftSet:
		t.skipList()
	case thriftMap:
		t.skipMap()
	case thriftStruct:
		t.fields(func(_ int, kind byte) { t.skip(kind) })
	default:
		t.fail("a value is of type %d", kind)
	}
}

func (t *thrift) skipList() {
	if t.depth++; t.depth > maxDepth {
		t.fail("nested too deep")
	}
	n, kind := t.list()
	for i := 0; i < n && t.err == nil; i++ {
		t.skipElement(kind)
	}
	t.depth--
}

func (t *thrift) skipMap() {
	if t.depth++; t.depth > maxDepth {
		t.fail("nested too deep")
	}
	if n := t.uvarint(); n > 0 {
		kinds := t.byte()
		for i := uint64(0); i < n && t.err == nil; i++ {
			t.skipElement(kinds >> 4)
			t.skipElement(kinds & 15)
		}
	}
	t.depth--
}

// skipElement skips a value outside of a field, where a boolean takes a byte.
func (t *thrift) skipElement(kind byte) {
	if kind == thriftTrue || kind == thriftFalse {
		kind = thriftByte
	}
	t.skip(kind)
}
