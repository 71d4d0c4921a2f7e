package traffic

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Scratch is a file that only this reading uses: it is written from the beginning to the end, then read.
type Scratch interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// repeats finds, among all ids that come along, those that stand on several records. It holds up to limit ids in memory
// and writes them out in order when there are more, 12 bytes an id, if there is a scratch file to be had.
type repeats struct {
	limit   int
	scratch func() (Scratch, error)

	now     ids
	file    Scratch
	runs    []int64 // where each run ends in the file
	written int64

	contested []uint64 // ids on records that differ
	late      []uint64 // ids on equal records, of which an earlier one was written out
}

// defaultMaxIDs takes 128 MB at most.
const defaultMaxIDs = 5 << 20

// add notes a record; fresh tells that it is the first with its id since the last run was written.
func (r *repeats) add(id uint64, content uint32) (fresh seen, err error) {
	if r.now.n >= r.limit && r.scratch != nil {
		if err := r.spill(); err != nil {
			return 0, err
		}
	}
	s := r.now.add(id, content)
	if s == differs {
		r.contested = append(r.contested, max(id, 1))
	}
	return s, nil
}

func (r *repeats) spill() (err error) {
	if r.file == nil {
		if r.file, err = r.scratch(); err != nil {
			return fmt.Errorf("open a scratch file for call ids: %w", err)
		}
	}
	w := bufio.NewWriterSize(r.file, 1<<16)
	r.now.each(func(id uint64, content uint32) {
		b := binary.LittleEndian.AppendUint64(w.AvailableBuffer(), id)
		_, _ = w.Write(binary.LittleEndian.AppendUint32(b, content)) // the writer keeps its first error for Flush
	})
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write call ids to the scratch file: %w", err)
	}
	r.written += int64(r.now.n) * entrySize
	r.runs = append(r.runs, r.written)
	r.now.reset()
	return nil
}

const entrySize = 12

// settle finds what repeats across runs, once all ids were added.
func (r *repeats) settle() error {
	if len(r.runs) > 0 {
		if err := r.spill(); err != nil {
			return err
		}
		if err := r.mergeRuns(); err != nil {
			return fmt.Errorf("read call ids from the scratch file: %w", err)
		}
	}
	slices.Sort(r.contested)
	r.contested = slices.Compact(r.contested)
	return nil
}

func (r *repeats) mergeRuns() error {
	runs := make([]*run, len(r.runs))
	start := int64(0)
	for i, end := range r.runs {
		runs[i] = &run{in: bufio.NewReaderSize(io.NewSectionReader(r.file, start, end-start), 1<<16)}
		if err := runs[i].next(); err != nil {
			return err
		}
		start = end
	}
	for {
		least := idEntry{}
		for _, u := range runs {
			if !u.done && (least.id == 0 || u.head.id < least.id) {
				least = u.head
			}
		}
		if least.id == 0 {
			return nil
		}
		if err := r.mergeOne(runs, least); err != nil {
			return err
		}
	}
}

// mergeOne takes one id from every run that holds it.
func (r *repeats) mergeOne(runs []*run, least idEntry) error {
	n, differ := 0, least.content == 0
	for _, u := range runs {
		if u.done || u.head.id != least.id {
			continue
		}
		n++
		differ = differ || u.head.content != least.content
		if err := u.next(); err != nil {
			return err
		}
	}
	switch {
	case differ:
		r.contested = append(r.contested, least.id)
	case n > 1:
		r.late = append(r.late, least.id)
	}
	return nil
}

// run reads ids that were written out.
type run struct {
	in   *bufio.Reader
	head idEntry
	done bool
}

func (u *run) next() error {
	var b [entrySize]byte
	switch _, err := io.ReadFull(u.in, b[:]); {
	case errors.Is(err, io.EOF):
		u.done = true
		return nil
	case err != nil:
		return err
	}
	u.head = idEntry{binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint32(b[8:])}
	return nil
}

func (r *repeats) close() error {
	r.now.free()
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}
