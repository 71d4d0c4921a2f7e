package traffic

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"runtime"
	"sync"
)

// blockSize is how much of a file one goroutine reads at a time.
const blockSize = 1 << 20

var blockBuffers = sync.Pool{New: func() any { b := make([]byte, 0, blockSize+blockSize/8); return &b }}

// blocks reads a file of lines in blocks, several at a time. reader makes the function that takes the lines of one block,
// without their ends and blanks around them; a line is valid only while it runs. Order and numbers are those of the file
// whatever runs when.
func (f *file) blocks(in *input, reader func(part *file) func(line []byte, at int) error) error {
	slots := make(chan struct{}, runtime.GOMAXPROCS(0)+1) // one more than work: the next is read when its turn comes
	s := &splitter{in: in}
	turn := f.turn
	for first := true; ; first = false {
		block, tooLong, err := s.next()
		if err != nil || block == nil && !tooLong {
			<-turn
			return err
		}
		slots <- struct{}{}
		mine, done := turn, make(chan struct{})
		turn = done
		go func() {
			part := f.part(mine)
			if tooLong {
				part.passOver()
			} else {
				part.readBlock(*block, first, reader(part))
				blockBuffers.Put(block)
			}
			part.strings.release()
			part.hand()
			<-mine
			if f.stop == nil {
				f.absorb(part)
			}
			close(done)
			recycle(part.records)
			<-slots
		}()
	}
}

// part is what one block of the file is read into. Once it is its turn, its records are counted while it is read.
func (f *file) part(turn <-chan struct{}) *file {
	part := newFile(f.src)
	part.isPart, part.turn = true, turn
	part.take = func(records []record, _ int) {
		if f.stop == nil {
			f.take(records, f.base)
		}
	}
	part.opts, part.text, part.facts, part.explain, part.dialect = f.opts, f.text, f.facts, f.explain, f.dialect
	part.records = newRecords()
	return part
}

// passOver stands for a line that is longer than any may be.
func (f *file) passOver() {
	f.lines, f.newlines = 1, 1
	f.reject(1, bad(tooLong, "over %d bytes", maxLine))
}

func (f *file) readBlock(block []byte, first bool, do func(line []byte, at int) error) {
	if first {
		block = bytes.TrimPrefix(block, utf8BOM)
	}
	nul := bytes.IndexByte(block, 0)
	for len(block) > 0 {
		end := bytes.IndexByte(block, '\n')
		if end < 0 {
			end = len(block) - 1
		}
		line := block[:end+1]
		block = block[end+1:]
		f.newlines++
		if nul >= 0 && nul < len(line) {
			f.lines++
			f.stop = notUTF8(f.newlines)
			return
		}
		nul -= len(line)
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		f.lines++
		if f.stop = do(line, f.newlines); f.stop != nil {
			return
		}
	}
}

// splitter cuts a file into blocks at ends of lines.
type splitter struct {
	in   *input
	rest []byte // the beginning of a line that a block ended in
	err  error
}

// next gives the next block; at the end of the file, or of what can be read of it, there is none. tooLong is a line
// beyond the limit, which is passed over.
func (s *splitter) next() (block *[]byte, tooLong bool, err error) {
	block = blockBuffers.Get().(*[]byte)
	b := append((*block)[:0], s.rest...)
	s.rest = s.rest[:0]
	for s.err == nil && len(b) <= maxLine {
		var end int
		if b, end = s.fill(b); end > 0 {
			s.rest = append(s.rest, b[end:]...)
			*block = b[:end]
			return block, false, nil
		}
	}
	switch {
	case len(b) > maxLine:
		return nil, true, s.skip()
	case !errors.Is(s.err, io.EOF):
		return nil, false, s.err // a line that was not read to its end is none
	case len(b) == 0 || s.in.grown():
		return nil, false, nil // a line that is still being written is of the next reading
	}
	*block = b
	return block, false, nil
}

// fill reads on, by a block or until the file ends; end is where the last line that ends in what was read does.
func (s *splitter) fill(b []byte) (_ []byte, end int) {
	from := len(b)
	size := max(blockSize, from+blockSize/2)
	if cap(b) < size {
		b = append(make([]byte, 0, size+size/8), b...)
	}
	for s.err == nil && len(b) < size {
		var n int
		n, s.err = s.in.Read(b[len(b):size])
		b = b[:len(b)+n]
	}
	if end = bytes.LastIndexByte(b[from:], '\n') + 1; end > 0 {
		end += from
	}
	return b, end
}

// skip reads up to the end of a line.
func (s *splitter) skip() error {
	for s.err == nil {
		_, err := s.in.ReadSlice('\n')
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			s.err = err
		}
	}
	if errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}
