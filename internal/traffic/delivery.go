package traffic

import "sync"

// Records are taken in the order of the files and of their lines, each by whoever read it: it is still in that processor's
// cache. Whose turn it is goes from one to the next by channels that are closed.

// batch is how many records are handed on at a time: few enough to stay in a processor's second cache.
const batch = 256

// waiting is how many records a file reads ahead of its turn. With what is under way in every file, this bounds the memory
// of a reading.
const waiting = 8 * batch

var recordSlices = sync.Pool{New: func() any { return new([]record) }}

func newRecords() []record { return (*recordSlices.Get().(*[]record))[:0] }

// recycle takes the records back. Strings they hold stay until they are overwritten.
func recycle(rs []record) { recordSlices.Put(&rs) }

// handSome hands the records on if there are enough, and it is the file's turn or there are too many to wait for it.
func (f *file) handSome() {
	if f.take == nil || len(f.records) < batch || f.streams != nil {
		return
	}
	select {
	case <-f.turn:
	default:
		if len(f.records) < waiting || f.isPart {
			return
		}
	}
	f.hand()
}

// hand gives the records read so far to whoever counts them.
func (f *file) hand() {
	if f.take == nil || len(f.records) == 0 {
		return
	}
	<-f.turn
	f.take(f.records, f.base)
	f.records = f.records[:0]
}

// absorb adds what was found in the next part of the file, beside its records. A part is read on its own, and maybe before
// the parts in front of it: its lines are numbered from 1.
func (f *file) absorb(part *file) {
	f.count += part.count
	f.lines += part.lines
	for k, n := range part.skipped {
		f.skipped[k] += n
	}
	f.bad.absorb(&part.bad, f.base)
	f.texts.absorb(&part.texts, f.base)
	f.noZone = f.noZone || part.noZone
	f.absorbHits(part.mapper)
	f.odd.absorb(&part.odd, f.base)
	if part.stop != nil && f.stop == nil {
		f.stop = atLine(part.stop, f.base)
	}
	f.base += part.newlines
}
