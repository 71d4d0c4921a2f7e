// Package memory gives large blocks of memory in huge pages, where the machine has them.
//
// Tables that are read at random want them: in pages of 4 KiB, first touching a table takes longer on a virtual machine
// than filling it does, and most look-ups miss the processor's cache of page addresses.
package memory

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Block is zeroed memory outside of the collector's heap.
type Block struct {
	Bytes  []byte
	mapped []byte
}

// Huge gives a block of at least so many bytes, in huge pages if the kernel has them. It is nil where there is no memory
// to be had so: ask the allocator then.
func Huge(bytes int) *Block {
	const huge = 2 << 20
	bytes = (bytes + huge - 1) &^ (huge - 1)
	b, err := unix.Mmap(-1, 0, bytes+huge, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	start := int(-uintptr(unsafe.Pointer(&b[0])) & (huge - 1)) // a huge page starts at a multiple of its size
	inner := b[start : start+bytes]
	_ = unix.Madvise(inner, unix.MADV_HUGEPAGE) // a kernel without them gives small pages
	return &Block{Bytes: inner, mapped: b}
}

// Free gives the block back. Nothing in it may be used any more. Without it, a block stays until the program ends.
func (b *Block) Free() {
	if b != nil {
		_ = unix.Munmap(b.mapped) // fails only on what was not mapped
	}
}
