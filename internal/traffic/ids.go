package traffic

import (
	"cmp"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/tokengate/tokengate/internal/memory"
)

// ids remembers which call ids were seen and what stood beside each, in 12 bytes an id: the hash of the id, and one of
// everything else its record says. Ids are placed by the leading bits of their hash and probed upwards, so that a walk
// through the table meets them almost in order, and growing or writing them out is one pass.
type ids struct {
	id      []uint64 // 0 is a free place
	content []uint32 // 0 marks an id on records that differ
	shift   int
	n       int
	least   int           // places to begin with, a power of two; 0 is few
	block   *memory.Block // where a large table is
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
	if 4*t.n >= 3*len(t.id) {
		t.grow()
	}
	at := t.find(id)
	switch {
	case t.id[at] == 0:
		t.id[at], t.content[at] = max(id, 1), content
		t.n++
		return fresh
	case t.content[at] == content || t.content[at] == 0:
		return same
	}
	t.content[at] = 0
	return differs
}

// find gives the place of an id: where it stands, or the free one that it would take.
func (t *ids) find(id uint64) int {
	id = max(id, 1)
	at := int(id >> t.shift)
	for t.id[at] != 0 && t.id[at] != id {
		if at++; at == len(t.id) {
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
		sum += t.id[records[i].id>>t.shift]
	}
	return sum
}

// expect makes room for so many ids to begin with.
func (t *ids) expect(n int) {
	t.least = 1 << bits.Len(uint(max(n, idsLeast)*4/3))
}

func (t *ids) grow() {
	old := *t
	places := max(idsLeast, t.least, 2*len(old.id))
	*t = ids{shift: 64 - bits.TrailingZeros(uint(places)), n: old.n}
	t.allocate(places)
	defer old.free()
	for i, id := range old.id {
		if id != 0 {
			at := t.find(id)
			t.id[at], t.content[at] = id, old.content[i]
		}
	}
}

// hugeFrom is from how many places on a table is put into huge pages.
const hugeFrom = 1 << 18

func (t *ids) allocate(places int) {
	if places >= hugeFrom {
		if t.block = memory.Huge(12 * places); t.block != nil {
			b := t.block.Bytes
			t.id = unsafe.Slice((*uint64)(unsafe.Pointer(&b[0])), places)
			t.content = unsafe.Slice((*uint32)(unsafe.Pointer(&b[8*places])), places)
			return
		}
	}
	t.id, t.content = make([]uint64, places), make([]uint32, places)
}

// free gives the table's memory back; it is empty then.
func (t *ids) free() {
	block := t.block
	*t = ids{least: t.least}
	block.Free()
}

// has tells whether an id was added.
func (t *ids) has(id uint64) bool { return t.n > 0 && t.id[t.find(id)] != 0 }

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
	for i, id := range t.id {
		switch {
		case id == 0:
			flush()
		case int(id>>t.shift) > i:
			wrapped = append(wrapped, idEntry{id, t.content[i]})
		default:
			run = append(run, idEntry{id, t.content[i]})
		}
	}
	run = append(run, wrapped...)
	flush()
}

type idEntry struct {
	id      uint64
	content uint32
}

func (t *ids) reset() {
	clear(t.id)
	t.n = 0
}
