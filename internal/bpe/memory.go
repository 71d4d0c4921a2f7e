package bpe

import (
	"sync"
	"unsafe"

	"github.com/tokengate/tokengate/internal/memory"
)

// pages gives memory that stays until the program ends, as vocabularies do; nil where there is none in huge pages.
func pages(bytes int) []byte {
	if b := memory.Huge(bytes); b != nil {
		return b.Bytes
	}
	return nil
}

// arena hands out zeroed memory from one block. What no longer fits is allocated apart.
type arena struct {
	mu   sync.Mutex
	free []byte
}

// carve takes n values of a type without pointers.
func carve[T uint8 | uint32 | uint64 | [2]uint64 | node](a *arena, n int) []T {
	var zero T
	size := (n*int(unsafe.Sizeof(zero)) + 63) &^ 63
	a.mu.Lock()
	defer a.mu.Unlock()
	if n == 0 || size > len(a.free) {
		return make([]T, n)
	}
	block := a.free[:size]
	a.free = a.free[size:]
	return unsafe.Slice((*T)(unsafe.Pointer(&block[0])), n)
}
