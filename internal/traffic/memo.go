package traffic

import (
	"bytes"

	"github.com/cespare/xxhash/v2"
)

const (
	memoPlaces = 256
	memoLimit  = 256 // bytes; what is longer hardly comes back
)

// memo remembers what was last read from short lists or objects that repeat, one in each place. What it gives is shared,
// and must not be changed. The zero value is ready.
//
// Only what is valid and whole is remembered, and so what is the same up to its first closing bracket is valid and whole:
// nothing else of it has to be looked at.
type memo[T any] struct{ places [memoPlaces]memoPlace[T] }

type memoPlace[T any] struct {
	text  string
	value T
}

// get gives what was read from the text at i, if it is remembered, and the place behind it.
func (m *memo[T]) get(b []byte, i int, last byte) (value T, end int, ok bool) {
	near := b[i:min(len(b), i+memoLimit)]
	size := bytes.IndexByte(near, last) + 1
	if p := m.place(near[:size]); size > 0 && p.text == string(near[:size]) {
		return p.value, i + size, true
	}
	return value, i, false
}

// put remembers what was read from a text.
func (m *memo[T]) put(text []byte, last byte, value T) {
	if len(text) <= memoLimit && bytes.IndexByte(text, last) == len(text)-1 {
		*m.place(text) = memoPlace[T]{string(text), value}
	}
}

func (m *memo[T]) place(text []byte) *memoPlace[T] { return &m.places[xxhash.Sum64(text)%memoPlaces] }
