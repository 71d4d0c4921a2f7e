package cube

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/cespare/xxhash/v2"
)

// sealed puts a checksum behind content.
func sealed(body []byte) []byte {
	return binary.LittleEndian.AppendUint64(slices.Clone(body), xxhash.Sum64(body))
}

func TestReadErrors(t *testing.T) {
	good := encoded(t, one())
	body := good[:len(good)-checksumBytes]
	edit := func(old, with string) []byte {
		if strings.Count(string(body), old) != 1 {
			t.Fatalf("%q stands %d times in the cube", old, strings.Count(string(body), old))
		}
		return sealed([]byte(strings.Replace(string(body), old, with, 1)))
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "byte 0: this is not a cube"},
		{"other", []byte(`{"ts":"2026-05-01"}`), "byte 0: this is not a cube"},
		{"only magic", []byte(magic), "byte 6: the cube is cut short"},
		{"newer", sealed([]byte(magic + "\x02")), "byte 6: the cube is of version 2, this program reads up to 1"},
		{"version 0", sealed([]byte(magic + "\x00")), "there is no version 0"},
		{"cut", good[:len(good)-1], "checksum differs"},
		{"flipped", append(slices.Clone(good[:20]), append([]byte{good[20] ^ 1}, good[21:]...)...), "checksum differs"},
		{"empty body", sealed(body[:7]), "byte 7: texts: the cube is cut short"},
		{"no end", sealed(body[:len(body)-1]), "reasons: 1 of them do not fit the rest"},
		{"more", sealed(append(slices.Clone(body), 0)), "1 bytes after the end"},
		{"claims", sealed(append(slices.Clone(body[:7]), 0xff, 0xff, 0x3f)), "texts: 1048575 of them do not fit"},
		{"claims more than there may be", sealed(append(slices.Clone(body[:7]), 0xff, 0xff, 0xff, 0xff, 0x0f)), "texts: 4294967295 is over"},
		{"65 bits", sealed(append(slices.Clone(body[:7]), bytes.Repeat([]byte{0xff}, 11)...)), "more than 64 bits"},
		{"long form", edit("TGCUBE\x01\x06", "TGCUBE\x01\x86\x00"), "byte 7: texts: a number is not in its shortest form"},
		{"texts twice", edit("\x01a\x01b", "\x01a\x01a"), "texts are not in order"},
		{"text too long", edit("\x08standard", "\xff\x7fstandard"), "length of a text: 16383 is over 4096"},
		{"unused text", edit("\x02\x00\x00\x00\x01\x05\x00\x00", "\x01\x00\x00\x00\x01\x05\x00\x00"), "text 2 of the table is not used"},
		{"no such text", edit("\x02\x00\x00\x00\x01\x05\x00\x00", "\x06\x00\x00\x00\x01\x05\x00\x00"), "track: 6 is over 5"},
		{"no tier", edit("\x02\x00\x00\x00\x01\x05\x00\x00", "\x02\x00\x00\x00\x01\x00\x00\x00"), `tier ""`},
		{"no such class", edit("\x02\x00\x00\x00\x01\x05\x00\x00", "\x02\x00\x00\x00\x01\x05\x11\x00"), "class of prompt length: 17 is over 16"},
		{"share of 2", edit("\xe0\x3f", "\x00\x40"), "sampling shares are not in order within"},
		{"more records than calls", edit("\x02\x04\x03\x00\x00", "\x05\x04\x03\x00\x00"), "5 records for 4 calls"},
		{"more errors than calls", edit("\x02\x04\x03\x00\x00", "\x02\x04\x05\x00\x00"), "errors: 5 is over 4"},
		{"no records", edit("\x02\x04\x03\x00\x00", "\x00\x04\x03\x00\x00"), "0 records"},
		{"another day", edit("\x05\x04\x02\x41", "\x05\xfe\xff\x7f\x02\x41"), "last call: 2097150 is over 86394"},
		{"more durations than calls", edit("\x41\x01\x05\x03", "\x41\x02\x05\x03"), "calls of a bin: 3 is over 2"},
		{"a bin twice", edit("\x41\x01\x05\x03", "\x41\x01\x00\x03"), "bins are empty or not in order"},
		{"an empty bin", edit("\x41\x01\x05\x03", "\x41\x00\x05\x03"), "bins are empty or not in order"},
		{"an outcome of no calls", edit("\x01\x03\x03\x00\xe0", "\x01\x03\x00\x00\xe0"), "outcomes are empty"},
		{"users kept of more", edit("\xc6\x5b\x00\x00\x01\x01", "\xc6\x5b\x00\x01\x01\x01"), "1 users are kept, and there are more"},
		{"a reason without records", edit("\x00\x04\x01", "\x00\x04\x00"), "reasons are empty"},
	} {
		got, err := Read(bytes.NewReader(c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "read cube: byte ") || got != nil {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := Read(iotest.ErrReader(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// Every prefix and every flipped byte is refused, by the checksum or, with a fitting one, by the decoder where it must
// be; what is taken encodes to the same bytes.
func TestReadDamaged(t *testing.T) {
	good := encoded(t, merged(one(), fullOf(randomCalls(6, 12))))
	body := good[:len(good)-checksumBytes]
	for i := range good {
		if _, err := Read(bytes.NewReader(good[:i])); err == nil {
			t.Fatalf("%d of %d bytes are taken", i, len(good))
		}
	}
	for i := range body {
		if _, err := Read(bytes.NewReader(sealed(body[:i]))); err == nil {
			t.Fatalf("%d of %d bytes with a checksum are taken", i, len(body))
		}
		flipped := slices.Clone(body)
		flipped[i] ^= 1 << (i % 8)
		same(t, sealed(flipped))
	}
}

// same holds that what is taken is canonical.
func same(t *testing.T, data []byte) {
	c, err := Read(bytes.NewReader(data))
	if err != nil {
		return
	}
	if !bytes.Equal(encoded(t, c), data) {
		t.Fatalf("taken, but encodes to other bytes: %q", data)
	}
	double := New()
	double.Merge(c)
	double.Merge(c)
	c.Totals(ByProject)
}

func FuzzRead(f *testing.F) {
	for _, c := range []*Cube{New(), one(), fullOf(randomCalls(6, 3)), fullOf(randomCalls(7, 200))} {
		b := encoded(f, c)
		f.Add(b[:len(b)-checksumBytes])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		same(t, body)
		same(t, sealed(body)) // no fuzzer finds a checksum
	})
}
