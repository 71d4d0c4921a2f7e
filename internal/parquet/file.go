// Package parquet reads Apache Parquet files column by column, and trusts nothing in them.
//
// It owns the container: the footer, the schema with its levels, pages, their compression and their encodings. It leaves
// what a column means to its callers, and does not write. What is held in memory at a time is one page and one dictionary
// of each open column, at most MaxPage each, whatever the file claims: values are decoded one by one as they are asked
// for, and nothing is set aside by a count that a file gives.
//
//	f, err := parquet.Open(r, size, 1<<30)
//	chunk, err := f.Chunk(0, f.Find("usage", "input"))
//	for chunk.Next(&v) == nil { … }
//
// Format: https://github.com/apache/parquet-format. Read are data pages of both versions, all encodings but the
// deprecated bit-packed levels, and the codecs none, snappy, gzip and zstd. Encryption is not read.
package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Limits. Writers keep pages near 1 MB, and footers under a few.
const (
	MaxPage   = 64 << 20 // bytes of a page, packed and unpacked
	maxFooter = 64 << 20
	maxNodes  = 20_000  // of a schema
	maxChunks = 500_000 // columns times row groups
	maxDepth  = 32      // of nested groups
)

// Magic begins and ends a file.
const Magic = "PAR1"

// ErrShort says that a file has no footer: it was cut, or is still being written.
var ErrShort = errors.New("there is no footer")

// Kind is how a column's values are stored.
type Kind int

// The kinds, by their numbers in the format.
const (
	Boolean Kind = iota
	Int32
	Int64
	Int96
	Float
	Double
	Bytes
	Fixed
)

// String gives the format's name.
func (k Kind) String() string {
	names := [...]string{"BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"}
	if k < 0 || int(k) >= len(names) {
		return "unknown"
	}
	return names[k]
}

// Meaning is what an annotation says of a column's values.
type Meaning int

// The meanings that callers tell apart; all others are Other, and a column without annotation is Plain.
const (
	Plain  Meaning = iota
	String         // also ENUM and JSON
	Integer
	Unsigned
	Milliseconds // since 1970; Adjusted tells whether in UTC
	Microseconds
	Nanoseconds
	UUID
	Other // DECIMAL, DATE, TIME and the like
)

// Column is a leaf of the schema.
type Column struct {
	Path     []string
	Kind     Kind
	Meaning  Meaning
	Adjusted bool // of a timestamp: it is in UTC
	Length   int  // of Fixed, in bytes
	MaxRep   int  // how many repeated nodes are on the path: 0 is one value a row
	MaxDef   int  // the definition level of a value; a lower one is null
}

// File is an open file.
type File struct {
	Columns []Column
	Groups  []Group
	r       io.ReaderAt
	size    int64
	left    int64 // bytes that may still be unpacked
}

// ErrTooBig says that what a file unpacks to is over the limit it was opened with.
var ErrTooBig = errors.New("it unpacks to more than the limit")

// Spend takes bytes from the limit. Pages do so by themselves; a caller does for what it makes of values that take no
// room in the file, such as a million rows of one value.
func (f *File) Spend(bytes int64) error {
	if f.left -= bytes; f.left < 0 || bytes < 0 {
		f.left = -1
		return ErrTooBig
	}
	return nil
}

// Group is a row group.
type Group struct {
	Rows   int64
	chunks []chunkMeta
}

type chunkMeta struct {
	codec                     int64
	values, packed            int64
	dataOffset, dictionaryOff int64
	external                  bool
}

// Open reads the footer of a file of the given size, which may unpack to limit bytes. ErrShort says that there is none; any
// other error but those of r says that it is damaged or encrypted.
func Open(r io.ReaderAt, size, limit int64) (*File, error) {
	if size < 12 {
		return nil, ErrShort
	}
	var tail [8]byte
	if _, err := r.ReadAt(tail[:], size-8); err != nil {
		return nil, fmt.Errorf("read the footer: %w", err)
	}
	if string(tail[4:]) != Magic {
		if string(tail[4:]) == "PARE" {
			return nil, errors.New("it is encrypted")
		}
		return nil, ErrShort
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	if n > min(size-12, maxFooter) {
		return nil, fmt.Errorf("the footer claims %d bytes", n)
	}
	footer := make([]byte, n)
	if _, err := r.ReadAt(footer, size-8-n); err != nil {
		return nil, fmt.Errorf("read the footer: %w", err)
	}
	f := &File{r: r, size: size, left: limit}
	if err := f.metadata(footer); err != nil {
		return nil, fmt.Errorf("the footer is damaged: %w", err)
	}
	return f, nil
}

// Find gives the number of the column with this path, or -1.
func (f *File) Find(path ...string) int {
	return slices.IndexFunc(f.Columns, func(c Column) bool { return slices.Equal(c.Path, path) })
}

func (f *File) metadata(footer []byte) error {
	t := &thrift{b: footer}
	schema := 0
	t.fields(func(id int, kind byte) {
		switch {
		case id == 2 && kind == thriftList:
			f.Columns = schemaColumns(t)
			schema++
		case id == 4 && kind == thriftList && schema == 1:
			n, _ := t.list()
			if n*len(f.Columns) > maxChunks {
				t.fail("%d row groups of %d columns", n, len(f.Columns))
			}
			for i := 0; i < n && t.err == nil; i++ {
				f.Groups = append(f.Groups, rowGroup(t, len(f.Columns)))
			}
		case id == 8:
			t.fail("it is encrypted")
		default:
			t.skip(kind)
		}
	})
	if t.err == nil && schema != 1 {
		t.fail("there is no schema")
	}
	return t.err
}

func rowGroup(t *thrift, columns int) (g Group) {
	t.fields(func(id int, kind byte) {
		switch {
		case id == 1 && kind == thriftList && g.chunks == nil:
			n, _ := t.list()
			if n != columns {
				t.fail("a row group has %d columns of %d", n, columns)
				return
			}
			g.chunks = make([]chunkMeta, n)
			for i := 0; i < n && t.err == nil; i++ {
				g.chunks[i] = columnChunk(t)
			}
		case id == 3:
			g.Rows = t.int(kind)
		default:
			t.skip(kind)
		}
	})
	if g.chunks == nil && columns > 0 || g.Rows < 0 {
		t.fail("a row group without columns")
	}
	return g
}

func columnChunk(t *thrift) (m chunkMeta) {
	t.fields(func(id int, kind byte) {
		switch {
		case id == 3 && kind == thriftStruct:
			t.fields(func(id int, kind byte) {
				switch id {
				case 4:
					m.codec = t.int(kind)
				case 5:
					m.values = t.int(kind)
				case 7:
					m.packed = t.int(kind)
				case 9:
					m.dataOffset = t.int(kind)
				case 11:
					m.dictionaryOff = t.int(kind)
				default:
					t.skip(kind)
				}
			})
		case id == 1 || id == 8: // kept in another file, or encrypted
			m.external = true
			t.skip(kind)
		default:
			t.skip(kind)
		}
	})
	return m
}
