package traffic

import "iter"

// pile is a list that grows without moving what is in it, so that it never takes twice its size.
type pile[T any] struct {
	list [][]T
	n    int
}

func (b *pile[T]) add(v T) {
	const block = 512
	if b.n%block == 0 {
		b.list = append(b.list, make([]T, 0, block))
	}
	last := &b.list[len(b.list)-1]
	*last = append(*last, v)
	b.n++
}

// all gives the values in their order, to be changed where they stand.
func (b *pile[T]) all() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for _, block := range b.list {
			for i := range block {
				if !yield(&block[i]) {
					return
				}
			}
		}
	}
}
