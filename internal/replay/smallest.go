package replay

import (
	"container/heap"
	"slices"
)

// smallest keeps the n values with the smallest hashes: a uniform sample that merges and does not depend on order.
// Values with one hash are taken to be equal.
type smallest[T any] struct {
	n     int
	items items[T]
}

type item[T any] struct {
	hash  uint64
	value T
}

func newSmallest[T any](n int) smallest[T] { return smallest[T]{n: n} }

// add offers a value. It returns the hash that had to make room, if any, and whether the value was kept.
func (s *smallest[T]) add(hash uint64, v T) (dropped *uint64, kept bool) {
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

// values lists what is kept, by hash.
func (s *smallest[T]) values() []T {
	sorted := slices.Clone(s.items)
	slices.SortFunc(sorted, func(a, b item[T]) int {
		if a.hash < b.hash {
			return -1
		}
		if a.hash > b.hash {
			return 1
		}
		return 0
	})
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
