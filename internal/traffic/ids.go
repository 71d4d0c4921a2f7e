package traffic

import (
	"cmp"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/tokengate/tokengate/internal/memory"
)

// ids remembers which call ids were seen and what stood beside each, in 16 bytes an id: the hash of the id, and one of
// everything else its record says. Ids are placed by the leading bits of their hash and probed upwards, so that a walk
// through the table meets them almost in order, and growing or writing them out is one pass.
type ids struct {
	at    []idEntry
	shift int
	n     int
	least int           // places to begin with, a power of two; 0 is few
	block *memory.Block // where a large table is
}

type idEntry struct {
	id      uint64 // 0 is a free place
	content uint32 // 0 marks an id on records that differ
}

// seen is what a table knows of an id when it comes along.
type seen byte

const (
	fresh   seen = iota // for the first time
	same                // again, on a record that says the same, or when it is known that they differ
	differs             // again, and for the first time on a record that says something else
)

const idsLeast = 1 << 10

// add notes an id with its content, which is not 0.
func (t *ids) add(id uint64, content uint32) seen {
	if 4*t.n >= 3*len(t.at) {
		t.grow()
	}
	e := &t.at[t.find(id)]
	switch {
	case e.id == 0:
		*e = idEntry{max(id, 1), content}
		t.n++
		return fresh
	case e.content == content || e.content == 0:
		return same
	}
	e.content = 0
	return differs
}

// find gives the place of an id: where it stands, or the free one that it would take.
func (t *ids) find(id uint64) int {
	id = max(id, 1)
	at := int(id >> t.shift)
	for t.at[at].id != 0 && t.at[at].id != id {
		if at++; at == len(t.at) {
			at = 0
		}
	}
	return at
}

// warm loads the places of many ids at once, which add then meets in the cache: each is a miss of its own, but they do not
// wait for each other. What it gives means nothing.
func (t *ids) warm(records []record) (sum uint64) {
	if t.n == 0 {
		return 0
	}
	for i := range records {
		sum += t.at[records[i].id>>t.shift].id
	}
	return sum
}

// expect makes room for so many ids to begin with.
func (t *ids) expect(n int) {
	t.least = 1 << bits.Len(uint(max(n, idsLeast)*4/3))
}

func (t *ids) grow() {
	old := *t
	places := max(idsLeast, t.least, 2*len(old.at))
	*t = ids{shift: 64 - bits.TrailingZeros(uint(places)), n: old.n}
	t.allocate(places)
	defer old.free()
	for _, e := range old.at {
		if e.id != 0 {
			t.at[t.find(e.id)] = e
		}
	}
}

// hugeFrom is from how many places on a table is put into huge pages.
const hugeFrom = 1 << 18

func (t *ids) allocate(places int) {
	if places >= hugeFrom {
		if t.block = memory.Huge(places * int(unsafe.Sizeof(idEntry{}))); t.block != nil {
			t.at = unsafe.Slice((*idEntry)(unsafe.Pointer(&t.block.Bytes[0])), places)
			return
		}
	}
	t.at = make([]idEntry, places)
}

// free gives the table's memory back; it is empty then.
func (t *ids) free() {
	block := t.block
	*t = ids{least: t.least}
	block.Free()
}

// has tells whether an id was added.
func (t *ids) has(id uint64) bool { return t.n > 0 && t.at[t.find(id)].id != 0 }

// each calls do with every id, in order.
func (t *ids) each(do func(id uint64, content uint32)) {
	var run, wrapped []idEntry // a run is what stands together without a free place between
	flush := func() {
		slices.SortFunc(run, func(a, b idEntry) int { return cmp.Compare(a.id, b.id) })
		for _, e := range run {
			do(e.id, e.content)
		}
		run = run[:0]
	}
	for i, e := range t.at {
		switch {
		case e.id == 0:
			flush()
		case int(e.id>>t.shift) > i:
			wrapped = append(wrapped, e)
		default:
			run = append(run, e)
		}
	}
	run = append(run, wrapped...)
	flush()
}

func (t *ids) reset() {
	clear(t.at)
	t.n = 0
}
