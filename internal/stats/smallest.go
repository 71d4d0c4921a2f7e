package stats

import (
	"cmp"
	"slices"
)

// Smallest keeps the n values with the smallest hashes: a uniform sample that merges and does not depend on order.
// Values with one hash are taken to be equal; the caller offers each hash once.
type Smallest[T any] struct {
	n     int
	items []Hashed[T] // a heap with the largest hash on top
}

// Hashed is a value with the hash that it is kept by.
type Hashed[T any] struct {
	Hash  uint64
	Value T
}

// NewSmallest keeps at most n values, n > 0.
func NewSmallest[T any](n int) Smallest[T] { return Smallest[T]{n: n} }

// Takes reports whether a value of this hash would be kept now. What is refused once is refused ever after.
func (s *Smallest[T]) Takes(hash uint64) bool {
	return len(s.items) < s.n || hash < s.items[0].Hash
}

// Add offers a value. It returns what had to make room, if anything, and whether the value was kept.
func (s *Smallest[T]) Add(hash uint64, v T) (out Hashed[T], dropped, kept bool) {
	switch {
	case len(s.items) < s.n:
		s.items = append(s.items, Hashed[T]{hash, v})
		s.up(len(s.items) - 1)
		return out, false, true
	case !s.Takes(hash):
		return out, false, false
	}
	out = s.items[0]
	s.items[0] = Hashed[T]{hash, v}
	s.down()
	return out, true, true
}

// Bound is the largest hash that is kept, once n values are; a larger one will not be let in. Until then full is false.
func (s *Smallest[T]) Bound() (hash uint64, full bool) {
	if len(s.items) < s.n {
		return 0, false
	}
	return s.items[0].Hash, true
}

// Sorted lists what is kept, by hash.
func (s *Smallest[T]) Sorted() []Hashed[T] {
	out := slices.Clone(s.items)
	slices.SortFunc(out, func(a, b Hashed[T]) int { return cmp.Compare(a.Hash, b.Hash) })
	return out
}

func (s *Smallest[T]) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if s.items[parent].Hash >= s.items[i].Hash {
			return
		}
		s.items[parent], s.items[i] = s.items[i], s.items[parent]
		i = parent
	}
}

func (s *Smallest[T]) down() {
	for i := 0; ; {
		largest := 2*i + 1
		if largest >= len(s.items) {
			return
		}
		if right := largest + 1; right < len(s.items) && s.items[right].Hash > s.items[largest].Hash {
			largest = right
		}
		if s.items[i].Hash >= s.items[largest].Hash {
			return
		}
		s.items[i], s.items[largest] = s.items[largest], s.items[i]
		i = largest
	}
}
