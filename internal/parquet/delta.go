package parquet

import (
	"encoding/binary"
	"errors"
)

// delta gives whole numbers that are written as differences, in blocks of miniblocks that each have a width of their own.
type delta struct {
	b         []byte
	left      uint64 // numbers that are still to come
	value     int64  // the next of them
	perMini   uint64 // numbers of a miniblock
	minis     uint64 // miniblocks of a block
	least     int64  // the smallest difference of the block
	widths    []byte // of the block's miniblocks to come
	body      []byte // of the miniblock
	width     uint
	inMini    uint64 // numbers left in the miniblock
	bits      uint64
	have      uint
	beginning bool
}

func newDelta(b []byte) (*delta, error) {
	d := &delta{beginning: true}
	t := &thrift{b: b} // the numbers of its head are written as Thrift's are
	size, minis, n, first := t.uvarint(), t.uvarint(), t.uvarint(), t.varint()
	if t.err != nil {
		return nil, t.err
	}
	if minis == 0 || size%minis != 0 || size/minis%32 != 0 || size == 0 || size > 1<<20 {
		return nil, errors.New("differences in blocks of an impossible size")
	}
	d.b, d.left, d.value, d.perMini, d.minis = t.b, n, first, size/minis, minis
	return d, nil
}

func (d *delta) next() (int64, error) {
	if d.left == 0 {
		return 0, errCut
	}
	if d.left--; d.beginning {
		d.beginning = false
		return d.value, nil
	}
	if d.inMini == 0 {
		if err := d.mini(); err != nil {
			return 0, err
		}
	}
	d.inMini--
	d.value += d.least + int64(d.take())
	return d.value, nil
}

// mini begins the next miniblock, and the next block where the last is used up.
func (d *delta) mini() error {
	if len(d.widths) == 0 {
		least, k := binary.Varint(d.b)
		if k <= 0 || uint64(len(d.b)-k) < d.minis {
			return errCut
		}
		d.least, d.widths, d.b = least, d.b[k:][:d.minis], d.b[k:][d.minis:]
	}
	d.width, d.widths = uint(d.widths[0]), d.widths[1:]
	size := uint64(d.width) * d.perMini / 8
	if d.width > 64 || size > uint64(len(d.b)) {
		return errCut
	}
	d.body, d.b, d.inMini, d.bits, d.have = d.b[:size], d.b[size:], d.perMini, 0, 0
	return nil
}

// take reads a number of the miniblock's width. Its body is as long as its numbers need.
func (d *delta) take() (n uint64) {
	for got := uint(0); got < d.width; {
		if d.have == 0 {
			d.bits, d.have, d.body = uint64(d.body[0]), 8, d.body[1:]
		}
		k := min(d.width-got, d.have)
		n |= (d.bits & (1<<k - 1)) << got
		d.bits, d.have, got = d.bits>>k, d.have-k, got+k
	}
	return n
}

// rest gives what stands after the numbers, without giving them.
func (d *delta) rest() ([]byte, error) {
	skip := *d
	if skip.left > 0 {
		skip.left--
	}
	for skip.left > 0 {
		if err := skip.mini(); err != nil {
			return nil, err
		}
		skip.left -= min(skip.left, skip.perMini)
	}
	return skip.b, nil
}

type deltaNumbers struct {
	*delta
	narrow bool
}

func (d *deltaNumbers) next(v *Value) (err error) {
	v.Int, err = d.delta.next()
	if d.narrow {
		v.Int = int64(int32(v.Int)) // differences of 32 bits wrap around
	}
	return err
}

// deltaLength is text whose lengths stand before all of it.
type deltaLength struct {
	lengths *delta
	b       []byte
}

func newDeltaLength(b []byte) (*deltaLength, error) {
	lengths, err := newDelta(b)
	if err != nil {
		return nil, err
	}
	text, err := lengths.rest()
	return &deltaLength{lengths, text}, err
}

func (d *deltaLength) next(v *Value) error {
	n, err := d.lengths.next()
	if err != nil {
		return err
	}
	if n < 0 || n > int64(len(d.b)) {
		return errCut
	}
	v.Bytes, d.b = d.b[:n], d.b[n:]
	return nil
}

// deltaBytes is text that shares its beginning with the text before.
type deltaBytes struct {
	shared *delta
	ends   *deltaLength
	value  []byte
}

func newDeltaBytes(b []byte) (*deltaBytes, error) {
	shared, err := newDelta(b)
	if err != nil {
		return nil, err
	}
	after, err := shared.rest()
	if err != nil {
		return nil, err
	}
	ends, err := newDeltaLength(after)
	return &deltaBytes{shared: shared, ends: ends}, err
}

func (d *deltaBytes) next(v *Value) error {
	n, err := d.shared.next()
	if err != nil {
		return err
	}
	if err := d.ends.next(v); err != nil {
		return err
	}
	if n < 0 || n > int64(len(d.value)) {
		return errCut
	}
	d.value = append(d.value[:n], v.Bytes...)
	v.Bytes = d.value
	return nil
}
