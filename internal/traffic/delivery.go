package traffic

import "sync"

// delivery is a run of records of one file, in the order of its lines. What is found beside records while a part of a
// file is read, on its own and maybe before the parts in front of it, comes along in a file of its own, whose lines are
// numbered from 1.
type delivery struct {
	records []record
	part    *file
}

// batch is how many records are handed on at a time. With what is under way in every file, this bounds the memory of a
// reading.
const batch = 512

// underway is how many deliveries of one file may wait.
const underway = 4

var recordSlices = sync.Pool{New: func() any { return new([]record) }}

func newRecords() []record { return (*recordSlices.Get().(*[]record))[:0] }

// recycle takes the records back. Strings they hold stay until they are overwritten.
func recycle(rs []record) { recordSlices.Put(&rs) }

// hand gives the records read so far to whoever counts them.
func (f *file) hand() {
	if f.out == nil || len(f.records) == 0 {
		return
	}
	promise := make(chan delivery, 1)
	promise <- delivery{records: f.records}
	f.out <- promise
	f.records = newRecords()
}

// absorb adds what was found in the next part of the file.
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
