package parquet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	reference "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

// The tests write with a library and hold what is read against what that library reads.

// row has a column of every kind and nesting, in every encoding that the library writes for it.
type row struct {
	Flag      bool              `parquet:"flag"`
	Small     int32             `parquet:"small"`
	SmallDict int32             `parquet:"small_dict,dict"`
	SmallDiff int32             `parquet:"small_diff,delta"`
	Large     int64             `parquet:"large"`
	LargeDiff int64             `parquet:"large_diff,delta"`
	Half      float32           `parquet:"half"`
	HalfSplit float32           `parquet:"half_split,split"`
	Double    float64           `parquet:"double"`
	DblSplit  float64           `parquet:"double_split,split"`
	Text      string            `parquet:"text"`
	TextDict  string            `parquet:"text_dict,dict"`
	TextDiff  string            `parquet:"text_diff,delta"`
	Key       [16]byte          `parquet:"key,uuid"`
	Maybe     *int64            `parquet:"maybe,optional"`
	MaybeText *string           `parquet:"maybe_text,optional,dict"`
	Inner     *inner            `parquet:"inner,optional"`
	List      []string          `parquet:"list,list"`
	Plain     []int64           `parquet:"plain"`
	Map       map[string]string `parquet:"map"`
	Nested    []inner           `parquet:"nested,list"`
}

type inner struct {
	A int64    `parquet:"a"`
	B []string `parquet:"b,list"`
}

func rows(n int, seed uint64) []row {
	r := rand.New(rand.NewPCG(seed, 1))
	word := func() string { return strings.Repeat(fmt.Sprint("wörd", r.IntN(50)), r.IntN(4)) }
	words := func() (out []string) {
		for range r.IntN(4) {
			out = append(out, word())
		}
		return out
	}
	out := make([]row, n)
	for i := range out {
		w := &out[i]
		*w = row{Flag: r.IntN(2) == 0, Small: int32(r.Uint32()), SmallDict: int32(r.IntN(9)), SmallDiff: int32(r.Uint32()),
			Large: int64(r.Uint64()), LargeDiff: int64(i) * 1000, Half: r.Float32(), HalfSplit: r.Float32(), Double: r.NormFloat64(), DblSplit: r.NormFloat64(),
			Text: word(), TextDict: word(), TextDiff: fmt.Sprintf("prefix-%08d", i), List: words(), Plain: []int64{1, 2, 3}[:r.IntN(4)]}
		for j := range w.Key {
			w.Key[j] = byte(r.Uint32())
		}
		if i%3 == 0 {
			w.Maybe, w.Inner = &w.Large, &inner{A: int64(i), B: words()}
		}
		if s := word(); i%5 != 0 {
			w.MaybeText = &s
		}
		if i%4 == 0 {
			w.Map = map[string]string{word(): word()}
		}
		for range r.IntN(3) {
			w.Nested = append(w.Nested, inner{A: r.Int64(), B: words()})
		}
	}
	return out
}

func write(t testing.TB, in []row, groups int, opts ...reference.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := reference.NewGenericWriter[row](&b, opts...)
	for i := range groups {
		if _, err := w.Write(in[len(in)*i/groups : len(in)*(i+1)/groups]); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// dump gives the values of a column as text, with their levels.
func dump(t testing.TB, f *File, column int) (out []string) {
	t.Helper()
	for g := range f.Groups {
		c, err := f.Chunk(g, column)
		if err != nil {
			t.Fatal(err)
		}
		for {
			var v Value
			more, err := c.More()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Next(&v); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if more != (v.Rep > 0) {
				t.Errorf("more is %v before a value at level %d", more, v.Rep)
			}
			s := "null"
			switch kind := f.Columns[column].Kind; {
			case v.Null:
			case kind == Float || kind == Double:
				s = fmt.Sprint(v.Float)
			case kind == Bytes || kind == Fixed:
				s = fmt.Sprintf("%q", v.Bytes)
			default:
				s = fmt.Sprint(v.Int)
			}
			out = append(out, fmt.Sprintf("%d %d %s", v.Rep, v.Def, s))
		}
	}
	return out
}

func dumpReference(t testing.TB, b []byte, column int) (out []string) {
	t.Helper()
	f, err := reference.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range f.RowGroups() {
		pages := g.ColumnChunks()[column].Pages()
		for {
			p, err := pages.ReadPage()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			values := make([]reference.Value, p.NumValues())
			if n, err := p.Values().ReadValues(values); n != len(values) || err != nil && !errors.Is(err, io.EOF) {
				t.Fatal(n, err)
			}
			for _, v := range values {
				s := "null"
				switch v.Kind() {
				case reference.Boolean:
					s = fmt.Sprint(map[bool]int{true: 1}[v.Boolean()])
				case reference.Float:
					s = fmt.Sprint(float64(v.Float()))
				case reference.Double:
					s = fmt.Sprint(v.Double())
				case reference.Int32:
					s = fmt.Sprint(v.Int32())
				case reference.Int64:
					s = fmt.Sprint(v.Int64())
				case reference.ByteArray, reference.FixedLenByteArray:
					s = fmt.Sprintf("%q", v.ByteArray())
				default:
				}
				out = append(out, fmt.Sprintf("%d %d %s", v.RepetitionLevel(), v.DefinitionLevel(), s))
			}
		}
		pages.Close()
	}
	return out
}

// TestAgainstReference holds every value and level against the library's, for both versions of pages, every codec, and
// pages that end anywhere.
func TestAgainstReference(t *testing.T) {
	for _, codec := range []compress.Codec{&reference.Uncompressed, &reference.Snappy, &reference.Gzip, &reference.Zstd} {
		for version := 1; version <= 2; version++ {
			for _, page := range []int{300, 1 << 20} {
				t.Run(fmt.Sprint(codec, version, page), func(t *testing.T) {
					b := write(t, rows(700, 7), 3, reference.Compression(codec), reference.DataPageVersion(version), reference.PageBufferSize(page))
					f, err := Open(bytes.NewReader(b), int64(len(b)), 1<<30)
					if err != nil {
						t.Fatal(err)
					}
					if len(f.Groups) != 3 || f.Groups[0].Rows+f.Groups[1].Rows+f.Groups[2].Rows != 700 {
						t.Errorf("%d groups", len(f.Groups))
					}
					for i, c := range f.Columns {
						if diff := cmp.Diff(dumpReference(t, b, i), dump(t, f, i)); diff != "" {
							t.Fatalf("%s (-library +read): %s", strings.Join(c.Path, "."), diff)
						}
					}
				})
			}
		}
	}
}

// TestColumns holds the schema as the format's levels define it, worked out by hand.
func TestColumns(t *testing.T) {
	b := write(t, rows(1, 1), 1)
	f, err := Open(bytes.NewReader(b), int64(len(b)), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Column{
		{Path: []string{"flag"}, Kind: Boolean},
		{Path: []string{"small"}, Kind: Int32, Meaning: Integer},
		{Path: []string{"text"}, Kind: Bytes, Meaning: String},
		{Path: []string{"key"}, Kind: Fixed, Meaning: UUID, Length: 16},
		{Path: []string{"maybe"}, Kind: Int64, Meaning: Integer, MaxDef: 1},
		{Path: []string{"inner", "a"}, Kind: Int64, Meaning: Integer, MaxDef: 1},
		{Path: []string{"list", "list", "element"}, Kind: Bytes, Meaning: String, MaxRep: 1, MaxDef: 1},
		{Path: []string{"plain"}, Kind: Int64, Meaning: Integer, MaxRep: 1, MaxDef: 1},
		{Path: []string{"map", "key_value", "key"}, Kind: Bytes, Meaning: String, MaxRep: 1, MaxDef: 1},
		{Path: []string{"nested", "list", "element", "b", "list", "element"}, Kind: Bytes, Meaning: String, MaxRep: 2, MaxDef: 2},
	} {
		i := f.Find(want.Path...)
		if i < 0 {
			t.Errorf("no column %v", want.Path)
			continue
		}
		got := f.Columns[i]
		if got.Meaning == Plain && want.Meaning == Integer {
			got.Meaning = Integer // the library annotates some integers only
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if f.Find("inner") != -1 {
		t.Error("a group is no column")
	}
}

// all reads everything, and gives the first error.
func all(b []byte, limit int64) error {
	f, err := Open(bytes.NewReader(b), int64(len(b)), limit)
	if err != nil {
		return err
	}
	for g := range f.Groups {
		for i := range f.Columns {
			c, err := f.Chunk(g, i)
			if err != nil {
				return err
			}
			for n := 0; ; n++ {
				if n%1024 == 0 {
					if err := f.Spend(1024); err != nil {
						return err
					}
				}
				var v Value
				if err := c.Next(&v); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// TestCut cuts a file everywhere: a part of one is never taken for all of it.
func TestCut(t *testing.T) {
	b := write(t, rows(20, 3), 1)
	if err := all(b, 1<<30); err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if all(b[:n], 1<<30) == nil {
			t.Errorf("the first %d bytes of %d pass for a file", n, len(b))
		}
	}
}

func TestLimit(t *testing.T) {
	b := write(t, rows(2000, 3), 1, reference.Compression(&reference.Zstd))
	if err := all(b, 10_000); !errors.Is(err, ErrTooBig) {
		t.Error(err)
	}
	for name, c := range map[string]string{"short": "PAR1", "no footer": "PAR1PAR1PAR1", "footer of 4 GiB": "PAR1\x00\x00\xff\xff\xff\xffPAR1"} {
		if err := all([]byte(c), 1<<30); err == nil {
			t.Error(name)
		}
	}
	if err := all([]byte("PAR1xxxxPARE"), 1<<30); err == nil || !strings.Contains(err.Error(), "encrypted") {
		t.Error(err)
	}
	var packed *UnsupportedError
	if err := all(write(t, rows(20, 3), 1, reference.Compression(&reference.Lz4Raw)), 1<<30); !errors.As(err, &packed) || packed.What != "LZ4" {
		t.Error(err)
	}
}

// TestDelta decodes a hand-made block, from the example of the format: 7, 5, 3, 1, 2, 3, 4, 5.
func TestDelta(t *testing.T) {
	b := []byte{128, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0, 0, 0, 'r'} // least -2; differences 0 0 0 3 3 3 3 of 2 bits
	d, err := newDelta(b)
	if err != nil {
		t.Fatal(err)
	}
	if rest, err := d.rest(); err != nil || string(rest) != "r" {
		t.Errorf("%q, %v", rest, err)
	}
	var got []int64
	for range 8 {
		n, err := d.next()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, n)
	}
	if diff := cmp.Diff([]int64{7, 5, 3, 1, 2, 3, 4, 5}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := d.next(); err == nil {
		t.Error("a ninth of eight")
	}
}

// FuzzFile reads anything: there must be no panic, and an end.
func FuzzFile(f *testing.F) {
	for version := 1; version <= 2; version++ {
		for _, codec := range []compress.Codec{&reference.Uncompressed, &reference.Snappy} {
			f.Add(write(f, rows(9, 5), 2, reference.DataPageVersion(version), reference.Compression(codec)))
		}
	}
	f.Fuzz(func(_ *testing.T, b []byte) { _ = all(b, 1<<20) })
}

// TestChecksum flips a bit of a text that is stored as it is: the page must not pass.
func TestChecksum(t *testing.T) {
	b := write(t, rows(200, 3), 1, reference.Compression(&reference.Uncompressed))
	at := bytes.Index(b, []byte("\x07\x00\x00\x00wörd")) // a value; the heads of pages hold some too, without their length
	b[at+4] ^= 1
	if err := all(b, 1<<30); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Error(err)
	}
}

// TestUnpack holds that a page unpacks to what its head says, or not at all: a small one must not fill the memory.
func TestUnpack(t *testing.T) {
	zeros := make([]byte, MaxPage+1)
	for id, codec := range map[int64]compress.Codec{codecNone: &reference.Uncompressed, codecSnappy: &reference.Snappy, codecGzip: &reference.Gzip, codecZstd: &reference.Zstd} {
		for _, size := range []int64{0, 1, 5000} {
			packed, err := codec.Encode(nil, zeros[:size])
			if err != nil {
				t.Fatal(err)
			}
			if b, err := unpack(id, packed, nil, size); err != nil || int64(len(b)) != size {
				t.Errorf("%s, %d: %v", codec, size, err)
			}
			for _, wrong := range []int64{size + 1, max(0, size-1), 1 << 20} {
				if _, err := unpack(id, packed, nil, wrong); err == nil && wrong != size {
					t.Errorf("%s: %d bytes pass for %d", codec, size, wrong)
				}
			}
		}
	}
	packed, err := (&reference.Zstd).Encode(nil, zeros)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unpack(codecZstd, packed, nil, 10); err == nil || len(packed) > 10_000 {
		t.Errorf("%d bytes unpack to %d: %v", len(packed), len(zeros), err)
	}
}

// TestFlags decodes truth values written as runs, by hand: five true, then eight written out.
func TestFlags(t *testing.T) {
	v, err := newValues(&Column{Kind: Boolean}, encRLE, []byte{4, 0, 0, 0, 5 << 1, 1, 1<<1 | 1, 0b10100101}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for range 13 {
		var x Value
		if err := v.next(&x); err != nil {
			t.Fatal(err)
		}
		got = append(got, x.Int)
	}
	if diff := cmp.Diff([]int64{1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 0, 1}, got); diff != "" {
		t.Error(diff)
	}
	if v.next(&Value{}) == nil {
		t.Error("a fourteenth of thirteen")
	}
}

// TestInt96 reads the old form of a time: nanoseconds of a Julian day.
func TestInt96(t *testing.T) {
	b := []byte{1, 0, 0, 0, 0, 0, 0, 0, 0x8d, 0x3d, 0x25, 0} // the nanosecond 1 of the day 2440589, which is 1970-01-02
	var v Value
	if err := newPlain(&Column{Kind: Int96}, b).next(&v); err != nil || v.Int != 86400e9+1 {
		t.Error(v.Int, err)
	}
}
