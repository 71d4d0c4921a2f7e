package replay

import "github.com/tokengate/tokengate/internal/stats"

// smallest is stats.Smallest under this package's habit of names.
type smallest[T any] struct{ stats.Smallest[T] }

func newSmallest[T any](n int) smallest[T] { return smallest[T]{stats.NewSmallest[T](n)} }

func (s *smallest[T]) add(hash uint64, v T) (dropped *uint64, kept bool) { return s.Add(hash, v) }

func (s *smallest[T]) values() []T { return s.Values() }
