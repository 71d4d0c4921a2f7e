package cube

import (
	"cmp"
	"encoding/binary"
	"io"
	"math"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/tokengate/tokengate/internal/token"
)

// magic begins every encoded cube; the version follows it.
const magic = "TGCUBE"

// Magic begins every encoded cube, of every version: how a file is told to be one.
const Magic = magic

// Version is the version of the encoding that is written. Every version up to it is read.
const Version = 1

// MarshalBinary encodes the cube as encoding.md says. Cubes of equal content give equal bytes. A cube with an error
// (Err) has no encoding.
func (c *Cube) MarshalBinary() ([]byte, error) {
	if err := c.Err(); err != nil {
		return nil, err
	}
	slots := c.slots()
	e := &encoder{buf: append([]byte(magic), Version)}
	e.tables(c, slots)
	e.uint(uint64(len(slots)))
	day := int64(0)
	for _, s := range slots {
		e.key(s.key, day)
		day = s.key.Day
		e.cell(&s.cell, day)
	}
	e.census(&c.users)
	e.census(&c.sessions)
	e.reading(c.reading)
	return binary.LittleEndian.AppendUint64(e.buf, xxhash.Sum64(e.buf)), nil
}

// WriteTo writes the encoding, and gives the number of bytes written.
func (c *Cube) WriteTo(w io.Writer) (int64, error) {
	b, err := c.MarshalBinary()
	if err != nil {
		return 0, err
	}
	n, err := w.Write(b)
	return int64(n), err
}

// encoder appends to buf. Texts and sampling shares stand in tables and are named by their place there.
type encoder struct {
	buf    []byte
	texts  map[string]uint64
	shares map[float64]uint64
}

func (e *encoder) uint(n uint64) { e.buf = binary.AppendUvarint(e.buf, n) }

func (e *encoder) ints(ns ...int64) {
	for _, n := range ns {
		e.uint(uint64(n))
	}
}

func (e *encoder) text(s string) { e.uint(e.texts[s]) }

// tables writes every text and every share the cube holds, each once, in order.
func (e *encoder) tables(c *Cube, slots []*slot) {
	e.texts, e.shares = map[string]uint64{}, map[float64]uint64{}
	for _, s := range slots {
		for _, name := range s.key.names() {
			e.texts[*name] = 0
		}
		e.shares[s.key.Sampling] = 0
		for _, o := range s.cell.Outcomes {
			e.texts[o.Name] = 0
		}
	}
	for _, s := range c.reading.Skipped {
		e.texts[s.Reason] = 0
	}
	e.uint(uint64(len(e.texts)))
	for _, s := range number(e.texts) {
		e.uint(uint64(len(s)))
		e.buf = append(e.buf, s...)
	}
	e.uint(uint64(len(e.shares)))
	for _, f := range number(e.shares) {
		e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(f))
	}
}

// number gives each key its place in order, and lists them.
func number[K cmp.Ordered](m map[K]uint64) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		m[k] = uint64(i)
	}
	return keys
}

// key writes a key; day is that of the key before it.
func (e *encoder) key(k Key, day int64) {
	e.ints(k.Day - day)
	for _, name := range k.names() {
		e.text(*name)
	}
	e.ints(int64(k.Band))
	e.uint(e.shares[k.Sampling])
}

func (e *encoder) cell(c *Cell, day int64) {
	midnight := day * secondsPerDay
	e.ints(c.Records, c.Calls, c.Errors, c.Bounds, c.Means)
	e.usage(c.Usage)
	e.ints(c.First-midnight, c.Last-c.First)
	e.sketch(&c.Latency)
	e.sketch(&c.FirstToken)
	e.uint(uint64(len(c.Outcomes)))
	for _, o := range c.Outcomes {
		e.text(o.Name)
		e.ints(o.Count, o.Gain, o.Loss, o.Odd)
	}
}

func (e *encoder) usage(u token.Usage) {
	e.ints(u.Input, u.CacheRead, u.CacheWrite5m, u.CacheWrite1h, u.Output, u.Reasoning)
}

func (e *encoder) sketch(s *Sketch) {
	bins, at := uint64(0), 0
	s.each(func(int, uint64) { bins++ })
	e.uint(bins)
	s.each(func(bin int, n uint64) {
		e.uint(uint64(bin - at))
		e.uint(n)
		at = bin
	})
}

func (e *encoder) census(c *Census) {
	more := uint64(0)
	if c.more {
		more = 1
	}
	e.uint(more)
	e.ints(c.unnamed)
	hashes := c.hashes()
	e.uint(uint64(len(hashes)))
	for _, h := range hashes {
		e.buf = binary.LittleEndian.AppendUint64(e.buf, h)
		e.ints(c.kept[h].Calls)
		e.usage(c.kept[h].Usage)
	}
}

func (e *encoder) reading(r Reading) {
	e.ints(r.Files, r.Lines, r.Duplicates)
	e.uint(uint64(len(r.Skipped)))
	for _, s := range r.Skipped {
		bad := uint64(0)
		if s.Bad {
			bad = 1
		}
		e.uint(bad)
		e.text(s.Reason)
		e.ints(s.Count)
	}
}
