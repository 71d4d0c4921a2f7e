package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Encodings, by their numbers in the format.
const (
	encPlain           = 0
	encPlainDictionary = 2
	encRLE             = 3
	encDelta           = 5
	encDeltaLength     = 6
	encDeltaBytes      = 7
	encDictionary      = 8
	encSplit           = 9
)

// values decodes the values of a page one by one. At the end of its bytes it fails: how many values there are, the page
// says.
type values interface{ next(v *Value) error }

// newValues chooses the decoder of a page.
// Source: https://github.com/apache/parquet-format/blob/master/Encodings.md
func newValues(c *Column, encoding int64, b []byte, dict values) (values, error) {
	numbers := c.Kind == Int32 || c.Kind == Int64
	switch {
	case encoding == encPlain:
		return newPlain(c, b), nil
	case encoding == encDictionary || encoding == encPlainDictionary:
		d, ok := dict.(*dictionary)
		switch {
		case !ok:
			return nil, errors.New("there is no dictionary")
		case len(b) == 0:
			return &indexed{dictionary: d}, nil // all values are null
		case b[0] > 32:
			return nil, fmt.Errorf("indexes of %d bits", b[0])
		}
		return &indexed{dictionary: d, indexes: hybrid{b: b[1:], width: int(b[0])}}, nil
	case encoding == encRLE && c.Kind == Boolean:
		b, _, err := prefixed(b)
		return &flags{hybrid{b: b, width: 1}}, err
	case encoding == encDelta && numbers:
		d, err := newDelta(b)
		return &deltaNumbers{d, c.Kind == Int32}, err
	case encoding == encDeltaLength && c.Kind == Bytes:
		return newDeltaLength(b)
	case encoding == encDeltaBytes && (c.Kind == Bytes || c.Kind == Fixed):
		return newDeltaBytes(b)
	case encoding == encSplit && width(c) > 0:
		return newSplit(c, b)
	}
	return nil, fmt.Errorf("%s in the encoding %d", c.Kind, encoding)
}

// width is how many bytes a plain value takes; 0 for those that vary.
func width(c *Column) int {
	switch c.Kind {
	case Int32, Float:
		return 4
	case Int64, Double:
		return 8
	case Int96:
		return 12
	case Fixed:
		return c.Length
	default:
		return 0
	}
}

// plain values stand one after the other.
type plain struct {
	kind  Kind
	width int
	b     []byte
	bit   int // Boolean: of the first byte
}

func newPlain(c *Column, b []byte) *plain { return &plain{kind: c.Kind, width: width(c), b: b} }

func (p *plain) next(v *Value) error {
	switch {
	case p.kind == Boolean:
		return p.flag(v)
	case p.kind == Bytes:
		part, rest, err := prefixed(p.b)
		v.Bytes, p.b = part, rest
		return err
	case len(p.b) < p.width:
		return errCut
	}
	number(p.kind, p.b[:p.width], v)
	p.b = p.b[p.width:]
	return nil
}

func (p *plain) flag(v *Value) error {
	if len(p.b) == 0 {
		return errCut
	}
	v.Int = int64(p.b[0] >> p.bit & 1)
	if p.bit++; p.bit == 8 {
		p.bit, p.b = 0, p.b[1:]
	}
	return nil
}

// number reads a value of fixed width.
func number(kind Kind, b []byte, v *Value) {
	switch kind {
	case Int32:
		v.Int = int64(int32(binary.LittleEndian.Uint32(b)))
	case Int64:
		v.Int = int64(binary.LittleEndian.Uint64(b))
	case Float:
		v.Float = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case Double:
		v.Float = math.Float64frombits(binary.LittleEndian.Uint64(b))
	case Int96:
		const epoch = 2440588 // the Julian day of 1970-01-01
		nanos, day := int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint32(b[8:]))
		v.Int = (day-epoch)*86400e9 + nanos
	default:
		v.Bytes = b
	}
}

// dictionary holds the values that pages refer to by number: of text, where in b each begins and ends.
type dictionary struct {
	plain
	n    int64
	ends []uint32 // Bytes only
}

// newDictionary takes n plain values. A count that the bytes do not hold is damage.
func newDictionary(c *Column, b []byte, n int64) (*dictionary, error) {
	d := &dictionary{plain: *newPlain(c, b), n: n}
	switch {
	case c.Kind == Boolean:
		return nil, errors.New("a dictionary of truth values")
	case c.Kind != Bytes:
		if n > int64(len(b)/d.width) {
			return nil, errCut
		}
		return d, nil
	case n > int64(len(b)/4):
		return nil, errCut
	}
	d.ends = make([]uint32, n)
	at := uint32(0)
	for i := range n {
		part, _, err := prefixed(b[at:])
		if err != nil {
			return nil, err
		}
		at += 4 + uint32(len(part))
		d.ends[i] = at
	}
	return d, nil
}

func (d *dictionary) at(i uint32, v *Value) error {
	if int64(i) >= d.n {
		return fmt.Errorf("the value %d of a dictionary of %d", i, d.n)
	}
	if d.ends != nil {
		begin := uint32(4)
		if i > 0 {
			begin += d.ends[i-1]
		}
		v.Bytes = d.b[begin:d.ends[i]]
		return nil
	}
	number(d.kind, d.b[int(i)*d.width:][:d.width], v)
	return nil
}

// indexed values are numbers of a dictionary.
type indexed struct {
	dictionary *dictionary
	indexes    hybrid
}

func (x *indexed) next(v *Value) error {
	i, err := x.indexes.next()
	if err != nil {
		return err
	}
	return x.dictionary.at(i, v)
}

// flags are truth values as runs.
type flags struct{ hybrid }

func (f *flags) next(v *Value) error {
	n, err := f.hybrid.next()
	v.Int = int64(n)
	return err
}

// split values have their first bytes together, then their second ones, and so on.
type split struct {
	kind     Kind
	b, value []byte
	at, n    int
}

func newSplit(c *Column, b []byte) (*split, error) {
	w := width(c)
	if len(b)%w != 0 {
		return nil, errCut
	}
	return &split{kind: c.Kind, b: b, value: make([]byte, w), n: len(b) / w}, nil
}

func (s *split) next(v *Value) error {
	if s.at >= s.n {
		return errCut
	}
	for i := range s.value {
		s.value[i] = s.b[i*s.n+s.at]
	}
	s.at++
	number(s.kind, s.value, v)
	return nil
}
