package cube

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/cespare/xxhash/v2"
)

// MaxBytes is the largest encoding that is read: a cube of MaxCells cells is far smaller.
const MaxBytes = 512 << 20

// Read reads one encoded cube, to the end of r. Whatever r holds, no more is allocated than a fixed multiple of what it
// gave. An error says what is wrong and at which byte; a cube that is read encodes to the same bytes again.
func Read(r io.Reader) (*Cube, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read cube: %w", err)
	}
	c := New()
	if err := c.UnmarshalBinary(b); err != nil {
		return nil, err
	}
	return c, nil
}

// UnmarshalBinary makes c the encoded cube. After an error c is empty.
func (c *Cube) UnmarshalBinary(b []byte) error {
	*c = *New()
	if err := checkFrame(b); err != nil {
		return fmt.Errorf("read cube: %w", err)
	}
	d := &decoder{buf: b[:len(b)-checksumBytes], at: len(magic) + 1}
	d.cube(c)
	if d.err == nil && d.at < len(d.buf) {
		d.fail("%d bytes after the end", len(d.buf)-d.at)
	}
	if d.err != nil {
		*c = *New()
		return fmt.Errorf("read cube: %w", d.err)
	}
	return nil
}

const checksumBytes = 8

// checkFrame looks at what stands around the content: magic, version, checksum.
func checkFrame(b []byte) error {
	head := len(magic) + 1
	switch {
	case len(b) > MaxBytes:
		return fmt.Errorf("it is larger than %d bytes", MaxBytes)
	case len(b) < len(magic) || string(b[:len(magic)]) != magic:
		return errors.New("byte 0: this is not a cube; one is written by tokengate traffic profile")
	case len(b) < head+checksumBytes:
		return fmt.Errorf("byte %d: the cube is cut short", len(b))
	case b[len(magic)] > Version:
		return fmt.Errorf("byte %d: the cube is of version %d, this program reads up to %d; use a newer tokengate", len(magic), b[len(magic)], Version)
	case b[len(magic)] == 0:
		return fmt.Errorf("byte %d: there is no version 0", len(magic))
	}
	sum := len(b) - checksumBytes
	if binary.LittleEndian.Uint64(b[sum:]) != xxhash.Sum64(b[:sum]) {
		return fmt.Errorf("byte %d: the checksum differs: the cube is cut short or damaged", sum)
	}
	return nil
}

// decoder reads version 1 from buf. After the first error it reads zeros, and err stays.
type decoder struct {
	buf    []byte
	at     int
	err    error
	texts  []string
	used   []bool // of texts
	shares []float64
	shared []bool // of shares
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("byte %d: %s", d.at, fmt.Sprintf(format, args...))
	}
}

// uint reads a number of at most limit, in the shortest form.
func (d *decoder) uint(what string, limit uint64) uint64 {
	if d.err != nil {
		return 0
	}
	n, size := binary.Uvarint(d.buf[d.at:])
	switch {
	case size == 0:
		d.fail("%s: the cube is cut short", what)
	case size < 0:
		d.fail("%s: a number of more than 64 bits", what)
	case size > 1 && d.buf[d.at+size-1] == 0:
		d.fail("%s: a number is not in its shortest form", what)
	case n > limit:
		d.fail("%s: %d is over %d", what, n, limit)
	default:
		d.at += size
		return n
	}
	return 0
}

// sum reads a sum that did not overflow.
func (d *decoder) sum(what string, limit int64) int64 {
	return int64(d.uint(what, uint64(min(limit, maxSum-1))))
}

func (d *decoder) bytes(what string, n int) []byte {
	if d.err == nil && len(d.buf)-d.at < n {
		d.fail("%s: the cube is cut short", what)
	}
	if d.err != nil {
		return make([]byte, 8) // at most what a fixed number takes
	}
	d.at += n
	return d.buf[d.at-n : d.at]
}

func (d *decoder) fixed(what string) uint64 { return binary.LittleEndian.Uint64(d.bytes(what, 8)) }

// count reads how many things follow, each of at least size bytes.
func (d *decoder) count(what string, limit, size int) int {
	n := int(d.uint(what, uint64(limit)))
	if d.err == nil && n > (len(d.buf)-d.at)/size {
		d.fail("%s: %d of them do not fit the rest of the cube", what, n)
		return 0
	}
	return n
}

func (d *decoder) cube(c *Cube) {
	d.tables()
	n := d.count("cells", c.limit.cells, cellBytes)
	var last Key
	for i := 0; i < n && d.err == nil; i++ {
		start := d.at
		k, cell := d.key(last.Day), Cell{}
		d.cell(&cell, k)
		if d.err == nil && i > 0 && last.Compare(k) >= 0 {
			d.at = start
			d.fail("cells are not in order")
		}
		if d.err == nil {
			d.take(c, k, &cell)
		}
		last = k
	}
	d.census("users", &c.users)
	d.census("sessions", &c.sessions)
	d.reading(&c.reading)
	for i, used := range d.used {
		if !used {
			d.fail("text %d of the table is not used", i)
		}
	}
	for i, used := range d.shared {
		if !used {
			d.fail("sampling share %d of the table is not used", i)
		}
	}
}

// take puts a cell into the cube as Add would have.
func (d *decoder) take(c *Cube, k Key, cell *Cell) {
	c.AddCell(k, cell)
	if c.Cell(k) == nil || c.limit.faults != 0 {
		d.fail("the cell before holds what no call can have")
	}
}

const maxTexts = 6*MaxCells + MaxOutcomes + MaxReasons

func (d *decoder) tables() {
	n := d.count("texts", maxTexts, 1)
	for i := 0; i < n && d.err == nil; i++ {
		s := string(d.bytes("text", d.count("length of a text", MaxName, 1)))
		if d.err == nil && i > 0 && s <= d.texts[i-1] {
			d.fail("texts are not in order")
		}
		d.texts = append(d.texts, s)
	}
	d.used = make([]bool, len(d.texts))
	n = d.count("sampling shares", MaxCells, 8)
	for i := 0; i < n && d.err == nil; i++ {
		f := math.Float64frombits(d.fixed("sampling share"))
		if d.err == nil && (!(f > 0 && f <= 1) || i > 0 && f <= d.shares[i-1]) {
			d.fail("sampling shares are not in order within (0, 1]")
		}
		d.shares = append(d.shares, f)
	}
	d.shared = make([]bool, len(d.shares))
}

// place reads a place in a table of n and marks it as used.
func (d *decoder) place(what string, used []bool) (int, bool) {
	if d.err == nil && len(used) == 0 {
		d.fail("%s: its table is empty", what)
	}
	i := int(d.uint(what, uint64(max(len(used), 1)-1)))
	if d.err != nil {
		return 0, false
	}
	used[i] = true
	return i, true
}

func (d *decoder) text(what string) string {
	if i, ok := d.place(what, d.used); ok {
		return d.texts[i]
	}
	return ""
}
