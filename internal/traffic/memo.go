package traffic

import "github.com/cespare/xxhash/v2"

const (
	memoPlaces = 64
	memoLimit  = 256 // bytes; what is longer hardly comes back
)

// memo remembers what was last read from short texts that repeat, one in each place. What it gives is shared, and must not
// be changed. The zero value is ready.
type memo[T any] struct{ places [memoPlaces]memoPlace[T] }

type memoPlace[T any] struct {
	text  string
	value T
}

// get gives what was read from a text, if that is remembered.
func (m *memo[T]) get(text []byte) (value T, ok bool) {
	if len(text) > memoLimit {
		return value, false
	}
	if p := &m.places[xxhash.Sum64(text)%memoPlaces]; p.text == string(text) {
		return p.value, true
	}
	return value, false
}

// put remembers what was read from a text that is not empty.
func (m *memo[T]) put(text []byte, value T) {
	if len(text) <= memoLimit {
		m.places[xxhash.Sum64(text)%memoPlaces] = memoPlace[T]{string(text), value}
	}
}
