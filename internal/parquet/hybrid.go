package parquet

import (
	"encoding/binary"
	"fmt"
)

// hybrid gives numbers of a fixed width, written as runs of one number and as groups of eight, bit by bit.
// Source: https://github.com/apache/parquet-format/blob/master/Encodings.md#RLE
type hybrid struct {
	b     []byte
	width int // bits, at most 32

	run    uint64 // numbers left in the run
	packed bool   // they are written out; otherwise each is value
	value  uint32
	bits   uint64 // read from b and not used
	have   int    // how many of bits
}

func (h *hybrid) next() (uint32, error) {
	for h.run == 0 {
		if err := h.head(); err != nil {
			return 0, err
		}
	}
	h.run--
	if !h.packed {
		return h.value, nil
	}
	for h.have < h.width {
		if len(h.b) == 0 {
			return 0, errCut
		}
		h.bits |= uint64(h.b[0]) << h.have
		h.b, h.have = h.b[1:], h.have+8
	}
	n := uint32(h.bits & (1<<h.width - 1))
	h.bits, h.have = h.bits>>h.width, h.have-h.width
	return n, nil
}

func (h *hybrid) head() error {
	n, k := binary.Uvarint(h.b)
	if k <= 0 {
		return errCut
	}
	h.b = h.b[k:]
	if h.packed = n&1 == 1; h.packed {
		// Groups end with a byte. Some writers leave out the end of the last: numbers that are missing are found to be when
		// asked for.
		h.run = min(n>>1, 1<<40) * 8
		return nil
	}
	size := (h.width + 7) / 8
	if len(h.b) < size {
		return errCut
	}
	h.run, h.value = n>>1, 0
	for i := range size {
		h.value |= uint32(h.b[i]) << (8 * i)
	}
	h.b = h.b[size:]
	return nil
}

// level is next for levels, which have a maximum.
func (h *hybrid) level(most int) (int, error) {
	n, err := h.next()
	if err == nil && int64(n) > int64(most) {
		err = fmt.Errorf("a level of %d over %d", n, most)
	}
	return int(n), err
}
