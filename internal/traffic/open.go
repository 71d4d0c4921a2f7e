package traffic

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// fileError says why a file as a whole cannot be read, or not to its end.
type fileError struct {
	rule, hint, summary string
	line                int  // where; 0 where no line is to blame
	midway              bool // records were read before
}

// Error gives the summary.
func (e *fileError) Error() string {
	if e.line > 0 {
		return fmt.Sprintf("%s in line %d", e.summary, e.line)
	}
	return e.summary
}

// atLine moves the error of a part of a file to its line in the whole.
func atLine(err error, behind int) error {
	var e *fileError
	if !errors.As(err, &e) || e.line == 0 {
		return err
	}
	moved := *e
	moved.line += behind
	return &moved
}

// headSize is how much of a file is looked at to tell its dialect.
const headSize = 256 << 10

// input is one file, unpacked, with its beginning to look at.
type input struct {
	*bufio.Reader
	close  func()
	raw    fs.File // the file as it is stored
	size   int64   // its size when the reading began; 0 where it is not known
	stored *stored // what was read of it so far
	limit  int64   // of bytes unpacked
}

// grown tells whether the file became longer since the reading began, so that its last line may be cut.
func (in *input) grown() bool {
	if in.size == 0 {
		return false
	}
	st, err := in.raw.Stat()
	return err == nil && st.Size() > in.size
}

// open opens a file and unpacks gzip and zstd by what it begins with, not by what it is called. No more than size bytes
// of it are read, where that is known: every pass must see the same.
func open(s Source, m *meter, limit, size int64) (*input, error) {
	f, err := s.FS.Open(s.Path)
	if err != nil {
		return nil, err
	}
	closers := []func() error{f.Close}
	in := &input{raw: f, size: size, close: func() {
		for _, c := range closers {
			_ = c() // only read from: nothing can be lost by a failing close
		}
	}}
	if st, err := f.Stat(); err == nil && st.IsDir() {
		in.close()
		return nil, &fileError{rule: ruleNotFile, hint: "name a file, or a glob such as traffic/*.jsonl", summary: "the recording is a directory"}
	}
	raw := &stored{r: f, meter: m, left: cmp.Or(size, math.MaxInt64)}
	packed := bufio.NewReaderSize(raw, 64<<10)
	plain, done, err := unpack(packed, raw)
	if err != nil {
		in.close()
		return nil, err
	}
	closers = append([]func() error{done}, closers...)
	if plain != nil {
		limit = cmp.Or(limit, max(leastLimit, maxRatio*size))
	} else {
		plain, limit = packed, cmp.Or(limit, math.MaxInt64)
	}
	in.stored, in.limit = raw, limit
	in.Reader = bufio.NewReaderSize(&bounded{r: plain, left: limit, limit: limit}, headSize)
	return in, nil
}

// leastLimit and maxRatio bound what a packed file may unpack to, unless Options.MaxBytes does.
const (
	leastLimit = 1 << 30
	maxRatio   = 250
)

// unpack gives nil for a file that is not packed.
func unpack(packed *bufio.Reader, raw *stored) (io.Reader, func() error, error) {
	nothing := func() error { return nil }
	magic, _ := packed.Peek(4)
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(packed)
		if err != nil {
			return nil, nil, (&packing{name: "gzip", raw: raw}).explain(err)
		}
		return &packing{r: z, name: "gzip", raw: raw}, z.Close, nil
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, nil, err
		}
		return &packing{r: z, name: "zstd", raw: raw}, func() error { z.Close(); return nil }, nil
	}
	return nil, nothing, nil
}

// packing reads a compressed stream and tells a damaged stream (the user's file) from a failing disk.
type packing struct {
	r    io.Reader
	name string
	raw  *stored
	err  error // the beginning is looked at and then read: what stopped the look stops the reading too
}

func (p *packing) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = p.explain(err)
	}
	p.err = err
	return n, err
}

func (p *packing) explain(err error) error {
	if p.raw.err != nil {
		return p.raw.err
	}
	summary := fmt.Sprintf("the %s stream is damaged", p.name)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		summary = fmt.Sprintf("the %s stream ends early", p.name)
	}
	return &fileError{rule: ruleDamaged, hint: "fetch or record the file again", summary: summary, midway: true}
}

// stored reads the file as it is stored, no further than left, meters it, and remembers a failing read.
type stored struct {
	r     fs.File
	meter *meter
	left  int64
	n     int64
	err   error
}

func (s *stored) Read(b []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	n, err := s.r.Read(b[:min(int64(len(b)), s.left)])
	s.left -= int64(n)
	s.n += int64(n)
	s.meter.add(int64(n))
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// bounded fails once more than limit bytes were read.
type bounded struct {
	r           io.Reader
	left, limit int64
}

func (l *bounded) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if l.left -= int64(n); l.left < 0 {
		return max(0, n+int(l.left)), &fileError{rule: ruleTooBig, hint: "split the recording", summary: fmt.Sprintf("the recording unpacks to more than %d bytes", l.limit), midway: true}
	}
	return n, err
}
