package parquet

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"strings"
)

// Value is one value of a column. Which of Int, Float and Bytes holds it depends on the column's kind.
type Value struct {
	Rep, Def int // levels; Rep 0 begins a row
	Null     bool
	Int      int64 // Boolean (0 or 1), Int32, Int64; Int96 as nanoseconds since 1970
	Float    float64
	Bytes    []byte // valid until the next call of Next
}

// Chunk gives the values of one column in one row group, in order.
type Chunk struct {
	file   *File
	column Column
	meta   chunkMeta
	r      *bufio.Reader
	left   int64 // bytes of the chunk that no page has taken
	values int64 // of the chunk that no page has held

	packed, plain []byte // buffers of a page
	inPage        int64  // values left in the page
	reps, defs    *hybrid
	data          values
	dictionary    values
	rep, def      int // of the next value, once known
	known         bool
}

// Chunk opens a column of a row group.
func (f *File) Chunk(group, column int) (*Chunk, error) {
	c := &Chunk{file: f, column: f.Columns[column], meta: f.Groups[group].chunks[column]}
	m := &c.meta
	start := m.dataOffset
	if m.dictionaryOff > 0 && m.dictionaryOff < start {
		start = m.dictionaryOff
	}
	switch {
	case m.external:
		return nil, c.wrap(errors.New("it is encrypted, or kept in another file"))
	case start < int64(len(Magic)) || m.packed < 0 || m.values < 0 || start > f.size-m.packed:
		return nil, c.wrap(fmt.Errorf("%d bytes at %d are outside of the file", m.packed, start))
	}
	c.left, c.values = m.packed, m.values
	c.r = bufio.NewReaderSize(io.NewSectionReader(f.r, start, m.packed), maxHeader)
	return c, nil
}

func (c *Chunk) wrap(err error) error {
	return fmt.Errorf("column %s: %w", strings.Join(c.column.Path, "."), err)
}

// More tells whether the next value belongs to the row of the last one.
func (c *Chunk) More() (bool, error) {
	err := c.levels()
	if errors.Is(err, errEnd) {
		return false, nil
	}
	return err == nil && c.rep > 0, err
}

// errEnd is the end of a chunk; it is not io.EOF, which a damaged page may cause.
var errEnd = errors.New("no more values")

// Next gives the next value; after the last it gives io.EOF. Any other error says that the file is damaged, or is the
// reader's.
func (c *Chunk) Next(v *Value) error {
	if err := c.levels(); err != nil {
		if errors.Is(err, errEnd) {
			return io.EOF
		}
		return err
	}
	c.known = false
	v.Rep, v.Def, v.Null = c.rep, c.def, c.def < c.column.MaxDef
	if v.Null {
		return nil
	}
	if err := c.data.next(v); err != nil {
		return c.wrap(err)
	}
	return nil
}

// levels reads the levels of the next value, if they are not known yet.
func (c *Chunk) levels() (err error) {
	if c.known {
		return nil
	}
	for c.inPage == 0 {
		if c.values <= 0 {
			return errEnd
		}
		if err := c.page(); err != nil {
			return c.wrap(err)
		}
	}
	c.rep, c.def = 0, c.column.MaxDef
	if c.reps != nil {
		if c.rep, err = c.reps.level(c.column.MaxRep); err != nil {
			return c.wrap(err)
		}
	}
	if c.defs != nil {
		if c.def, err = c.defs.level(c.column.MaxDef); err != nil {
			return c.wrap(err)
		}
	}
	c.inPage--
	c.known = true
	return nil
}

// maxHeader is the largest head of a page; what makes one large are the smallest and the largest value of a column.
const maxHeader = 64 << 10

type pageHeader struct {
	kind, packed, plain        int64
	crc                        int64
	hasCRC                     bool
	values, encoding           int64
	defEncoding, repEncoding   int64
	repLength, defLength, rows int64
	stored                     bool // version 2: the values are not compressed
}

// Kinds of pages.
const (
	dataPage       = 0
	dictionaryPage = 2
	dataPage2      = 3
)

// page reads the next page: one of data is then ready, a dictionary is kept.
func (c *Chunk) page() error {
	h, err := c.header()
	if err != nil {
		return err
	}
	if h.packed < 0 || h.plain < 0 || h.values < 0 || h.packed > min(c.left, MaxPage) || h.plain > MaxPage {
		return fmt.Errorf("a page of %d bytes, unpacked %d, with %d left and at most %d to unpack", h.packed, h.plain, c.left, MaxPage)
	}
	if err := c.file.Spend(h.plain); err != nil {
		return err
	}
	c.left -= h.packed
	c.packed = sized(c.packed, h.packed)
	if _, err := io.ReadFull(c.r, c.packed); err != nil {
		return fmt.Errorf("a page is cut short: %w", noEOF(err))
	}
	if h.hasCRC && crc32.ChecksumIEEE(c.packed) != uint32(h.crc) {
		return errors.New("a page fails its checksum")
	}
	switch h.kind {
	case dictionaryPage:
		return c.takeDictionary(h)
	case dataPage, dataPage2:
		return c.takeData(h)
	}
	return nil // index pages, of which there are none in practice
}

// noEOF keeps an end of the file from being taken for the end of the column.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return err
}

func sized(b []byte, n int64) []byte {
	if int64(cap(b)) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// header reads the head of a page, whose length only its content tells.
func (c *Chunk) header() (h pageHeader, err error) {
	for n := 256; ; n *= 4 {
		b, stopped := c.r.Peek(int(min(int64(n), maxHeader, c.left)))
		if stopped != nil && !errors.Is(stopped, io.EOF) {
			return h, stopped
		}
		t := &thrift{b: b}
		h = readHeader(t)
		switch {
		case t.err == nil:
			size := len(b) - len(t.b)
			c.left -= int64(size)
			_, err := c.r.Discard(size)
			return h, err
		case !errors.Is(t.err, errCut) || len(b) < n || n >= maxHeader:
			return h, fmt.Errorf("the head of a page: %w", t.err)
		}
	}
}

func readHeader(t *thrift) (h pageHeader) {
	t.fields(func(id int, kind byte) {
		switch {
		case id == 1:
			h.kind = t.int(kind)
		case id == 2:
			h.plain = t.int(kind)
		case id == 3:
			h.packed = t.int(kind)
		case id == 4:
			h.crc, h.hasCRC = t.int(kind), true
		case (id == 5 || id == 7) && kind == thriftStruct:
			readFields(t, &h.values, &h.encoding, &h.defEncoding, &h.repEncoding)
		case id == 8 && kind == thriftStruct:
			var nulls int64
			h.stored = readFields(t, &h.values, &nulls, &h.rows, &h.encoding, &h.defLength, &h.repLength)
		default:
			t.skip(kind)
		}
	})
	return h
}

// readFields reads numbers into the fields 1, 2, … and tells whether the one after them is false.
func readFields(t *thrift, to ...*int64) (no bool) {
	t.fields(func(id int, kind byte) {
		switch {
		case id >= 1 && id <= len(to):
			*to[id-1] = t.int(kind)
		case id == len(to)+1 && kind == thriftFalse:
			no = true
		default:
			t.skip(kind)
		}
	})
	return no
}

func (c *Chunk) takeDictionary(h pageHeader) error {
	if c.dictionary != nil {
		return errors.New("a second dictionary")
	}
	if h.encoding != encPlain && h.encoding != encPlainDictionary {
		return fmt.Errorf("a dictionary in the encoding %d", h.encoding)
	}
	b, err := unpack(c.meta.codec, bytes.Clone(c.packed), nil, h.plain)
	if err != nil {
		return err
	}
	c.dictionary, err = newDictionary(&c.column, b, h.values)
	return err
}

func (c *Chunk) takeData(h pageHeader) (err error) {
	if h.values > c.values {
		return fmt.Errorf("pages hold more than the %d values of the column", c.meta.values)
	}
	var reps, defs, body []byte
	if h.kind == dataPage2 {
		reps, defs, body, err = c.splitV2(h)
	} else {
		reps, defs, body, err = c.splitV1(h)
	}
	if err != nil {
		return err
	}
	c.reps, c.defs = nil, nil
	if c.column.MaxRep > 0 {
		c.reps = &hybrid{b: reps, width: bits.Len(uint(c.column.MaxRep))}
	}
	if c.column.MaxDef > 0 {
		c.defs = &hybrid{b: defs, width: bits.Len(uint(c.column.MaxDef))}
	}
	c.inPage = h.values
	c.values -= h.values
	c.data, err = newValues(&c.column, h.encoding, body, c.dictionary)
	return err
}

// splitV1 unpacks a page whose levels are packed with its values, each with its length before it.
func (c *Chunk) splitV1(h pageHeader) (reps, defs, body []byte, err error) {
	if c.plain, err = unpack(c.meta.codec, c.packed, c.plain, h.plain); err != nil {
		return nil, nil, nil, err
	}
	body = c.plain
	for _, l := range []struct {
		max      int
		encoding int64
		to       *[]byte
	}{{c.column.MaxRep, h.repEncoding, &reps}, {c.column.MaxDef, h.defEncoding, &defs}} {
		if l.max == 0 {
			continue
		}
		if l.encoding != encRLE {
			return nil, nil, nil, fmt.Errorf("levels in the encoding %d", l.encoding)
		}
		if *l.to, body, err = prefixed(body); err != nil {
			return nil, nil, nil, err
		}
	}
	return reps, defs, body, nil
}

// prefixed takes bytes that stand after their length.
func prefixed(b []byte) (part, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errCut
	}
	n := int64(binary.LittleEndian.Uint32(b))
	if b = b[4:]; n > int64(len(b)) {
		return nil, nil, errCut
	}
	return b[:n], b[n:], nil
}

// splitV2 takes a page whose levels stand unpacked before its values.
func (c *Chunk) splitV2(h pageHeader) (reps, defs, body []byte, err error) {
	n := h.repLength + h.defLength
	if h.repLength < 0 || h.defLength < 0 || n > int64(len(c.packed)) || n > h.plain {
		return nil, nil, nil, errCut
	}
	reps, defs, body = c.packed[:h.repLength], c.packed[h.repLength:n], c.packed[n:]
	if h.stored {
		return reps, defs, body, nil
	}
	c.plain, err = unpack(c.meta.codec, body, c.plain, h.plain-n)
	return reps, defs, c.plain, err
}
