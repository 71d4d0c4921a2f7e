package traffic

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

const (
	maxLine  = 64 << 20  // longest line of a JSONL file; the longest seen in the wild has 3.5 MB
	maxValue = 512 << 20 // largest JSON value that is spread over lines, or stands on one, where a file may be one value
)

var errLineTooLong = errors.New("line too long")

// lines yields a text line by line without a limit on what a buffer holds. LF and CRLF end a line, a byte order mark
// at the beginning is dropped, and a line over the limit is passed over whole, with an error.
type lines struct {
	r     *bufio.Reader
	limit int
	n     int   // number of the line that next gave
	count int64 // lines so far that were not blank
	seen  int   // highest line counted, so that a line read again counts once
	long  []byte
	grown func() bool // the file goes on: a last line without an end is still being written
}

func newLines(in *input, limit int) *lines {
	return &lines{r: in.Reader, limit: limit, grown: in.grown}
}

// next gives the next line without its end; it is valid until the next call. After the last it gives io.EOF.
// errLineTooLong concerns one line: reading can go on.
func (l *lines) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		line, err = l.rest(line)
	case errors.Is(err, io.EOF) && len(line) > 0 && !l.grown():
		err = nil
	}
	if err != nil && !errors.Is(err, errLineTooLong) {
		return nil, err
	}
	l.n++
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if l.n == 1 {
		line = bytes.TrimPrefix(line, utf8BOM)
	}
	if l.n > l.seen {
		l.seen = l.n
		if err != nil || len(bytes.TrimSpace(line)) > 0 {
			l.count++
		}
	}
	return line, err
}

// rest collects a line that is longer than the reader's buffer.
func (l *lines) rest(start []byte) ([]byte, error) {
	l.long = append(l.long[:0], start...)
	for {
		more, err := l.r.ReadSlice('\n')
		if len(l.long) <= l.limit {
			l.long = append(l.long, more...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (!errors.Is(err, io.EOF) || l.grown()):
			return nil, err
		case len(l.long) > l.limit:
			return nil, errLineTooLong
		}
		return l.long, nil
	}
}

// back makes the text after the first line of read, which began at line n, be read again.
func (l *lines) back(read []byte, n int) {
	_, again, _ := bytes.Cut(read, []byte("\n"))
	if len(again) == 0 {
		return
	}
	l.r = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(again)), l.r), headSize)
	l.n = n
}

var utf8BOM = []byte{0xef, 0xbb, 0xbf}

// each calls do with every line that is not blank and tells what stopped the file.
func (f *file) each(in *input, do func(line []byte, n int) error) error {
	l := newLines(in, maxLine)
	defer func() { f.lines = l.count }()
	for {
		line, err := l.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLineTooLong):
			f.reject(l.n, bad(tooLong, "over %d bytes", l.limit))
			continue
		case err != nil:
			return err
		}
		if bytes.IndexByte(line, 0) >= 0 {
			return notUTF8(l.n)
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if err := do(line, l.n); err != nil {
			return err
		}
	}
}
