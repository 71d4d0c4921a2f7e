package rehearsal

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tokengate/tokengate/internal/traffic"
)

// sorter puts records in the order of time. It holds up to limit of them and writes sorted runs to a scratch file when
// there are more, which are merged in the end.
type sorter struct {
	limit   int
	scratch func() (traffic.Scratch, error)

	now     []record
	keys    []key
	file    traffic.Scratch
	runs    []int64 // where each run ends in the file
	written int64
}

// key is what a record is sorted by, so that sorting moves 24 bytes a record.
type key struct {
	at    int64
	tie   uint64
	place int // in the records held
}

func order(a, b key) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.tie, b.tie)) }

func (s *sorter) add(r record) error {
	if len(s.now) >= s.limit && s.scratch != nil {
		if err := s.spill(); err != nil {
			return fmt.Errorf("put calls in order: %w", err)
		}
	}
	s.keys = append(s.keys, key{r.at, r.tie, len(s.now)})
	s.now = append(s.now, r)
	return nil
}

func (s *sorter) spill() (err error) {
	if s.file == nil {
		if s.file, err = s.scratch(); err != nil {
			return err
		}
	}
	slices.SortFunc(s.keys, order)
	w := bufio.NewWriterSize(s.file, 1<<18)
	for _, k := range s.keys {
		_, _ = w.Write(s.now[k.place].encode(w.AvailableBuffer())) // the writer keeps its first error for Flush
	}
	if err := w.Flush(); err != nil {
		return err
	}
	s.written += int64(len(s.now)) * encodedSize
	s.runs = append(s.runs, s.written)
	s.now, s.keys = s.now[:0], s.keys[:0]
	return nil
}

// each gives the records in order.
func (s *sorter) each(do func(*record) error) error {
	if len(s.runs) > 0 {
		return s.merge(do)
	}
	slices.SortFunc(s.keys, order)
	for _, k := range s.keys {
		if err := do(&s.now[k.place]); err != nil {
			return err
		}
	}
	return nil
}

func (s *sorter) merge(do func(*record) error) error {
	if err := s.spill(); err != nil {
		return fmt.Errorf("put calls in order: %w", err)
	}
	s.now, s.keys = nil, nil
	var all runs
	start := int64(0)
	for _, end := range s.runs {
		all = append(all, &run{in: bufio.NewReaderSize(io.NewSectionReader(s.file, start, end-start), 1<<16)})
		start = end
	}
	for _, r := range all {
		if err := r.next(); err != nil {
			return err
		}
	}
	all = slices.DeleteFunc(all, func(r *run) bool { return r.done })
	heap.Init(&all)
	for len(all) > 0 {
		if err := do(&all[0].head); err != nil {
			return err
		}
		if err := all[0].next(); err != nil {
			return err
		}
		if all[0].done {
			heap.Pop(&all)
		} else {
			heap.Fix(&all, 0)
		}
	}
	return nil
}

func (s *sorter) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// run reads records that were written out.
type run struct {
	in   *bufio.Reader
	head record
	done bool
}

func (r *run) next() error {
	var b [encodedSize]byte
	switch _, err := io.ReadFull(r.in, b[:]); {
	case errors.Is(err, io.EOF):
		r.done = true
	case err != nil:
		return fmt.Errorf("read calls from the scratch file: %w", err)
	default:
		r.head = decode(b[:])
	}
	return nil
}

// runs is a heap by the first record of each.
type runs []*run

func (r runs) Len() int           { return len(r) }
func (r runs) Less(i, j int) bool { return order(r[i].head.key(), r[j].head.key()) < 0 }
func (r runs) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }
func (r *runs) Push(x any)        { *r = append(*r, x.(*run)) }
func (r *runs) Pop() any {
	last := (*r)[len(*r)-1]
	*r = (*r)[:len(*r)-1]
	return last
}

func (r *record) key() key { return key{at: r.at, tie: r.tie} }

const encodedSize = 3*8 + 4*4 + 7*8 + 1

func (r *record) encode(b []byte) []byte {
	le := binary.LittleEndian
	b = le.AppendUint64(le.AppendUint64(le.AppendUint64(b, uint64(r.at)), uint64(r.end)), r.tie)
	for _, n := range [...]uint32{r.lane, r.user, r.session, r.outcome} {
		b = le.AppendUint32(b, n)
	}
	for _, n := range r.numbers() {
		b = le.AppendUint64(b, uint64(*n))
	}
	flags := byte(0)
	for i, set := range [...]bool{r.failed, r.mean, r.bound} {
		if set {
			flags |= 1 << i
		}
	}
	return append(b, flags)
}

func (r *record) numbers() [7]*int64 {
	u := &r.usage
	return [...]*int64{&u.Input, &u.CacheRead, &u.CacheWrite5m, &u.CacheWrite1h, &u.Output, &u.Reasoning, &r.times}
}

func decode(b []byte) (r record) {
	le := binary.LittleEndian
	r.at, r.end, r.tie = int64(le.Uint64(b)), int64(le.Uint64(b[8:])), le.Uint64(b[16:])
	b = b[24:]
	for _, n := range [...]*uint32{&r.lane, &r.user, &r.session, &r.outcome} {
		*n, b = le.Uint32(b), b[4:]
	}
	for _, n := range r.numbers() {
		*n, b = int64(le.Uint64(b)), b[8:]
	}
	r.failed, r.mean, r.bound = b[0]&1 != 0, b[0]&2 != 0, b[0]&4 != 0
	return r
}
