package stats

import (
	"cmp"
	"container/heap"
	"slices"
)

// Smallest keeps the n values with the smallest hashes: a uniform sample that merges and does not depend on order.
// Values with one hash are taken to be equal; the caller offers each hash once.
type Smallest[T any] struct {
	n     int
	items items[T]
}

type item[T any] struct {
	hash  uint64
	value T
}

// NewSmallest keeps at most n values, n > 0.
func NewSmallest[T any](n int) Smallest[T] { return Smallest[T]{n: n} }

// Add offers a value. It returns the hash that had to make room, if any, and whether the value was kept.
func (s *Smallest[T]) Add(hash uint64, v T) (dropped *uint64, kept bool) {
	if len(s.items) < s.n {
		heap.Push(&s.items, item[T]{hash, v})
		return nil, true
	}
	if hash >= s.items[0].hash {
		return nil, false
	}
	out := s.items[0].hash
	s.items[0] = item[T]{hash, v}
	heap.Fix(&s.items, 0)
	return &out, true
}

// Bound is the largest hash that is kept, once n values are; a larger one will not be let in. Until then full is false.
func (s *Smallest[T]) Bound() (hash uint64, full bool) {
	if len(s.items) < s.n {
		return 0, false
	}
	return s.items[0].hash, true
}

// Values lists what is kept, by hash.
func (s *Smallest[T]) Values() []T {
	sorted := slices.Clone(s.items)
	slices.SortFunc(sorted, func(a, b item[T]) int { return cmp.Compare(a.hash, b.hash) })
	out := make([]T, len(sorted))
	for i, it := range sorted {
		out[i] = it.value
	}
	return out
}

// items is a heap with the largest hash on top.
type items[T any] []item[T]

func (h items[T]) Len() int           { return len(h) }
func (h items[T]) Less(i, j int) bool { return h[i].hash > h[j].hash }
func (h items[T]) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *items[T]) Push(x any)        { *h = append(*h, x.(item[T])) }
func (h *items[T]) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
