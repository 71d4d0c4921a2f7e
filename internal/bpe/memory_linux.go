package bpe

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// pages asks for zeroed memory in huge pages, which is never given back. nil means that there is none to be had so.
//
// A vocabulary is some fifteen megabytes that are read at random. In pages of 4 KiB, first touching them takes longer than
// all the rest of loading on a virtual machine, and most look-ups miss the processor's cache of page addresses.
func pages(bytes int) []byte {
	const huge = 2 << 20
	bytes = (bytes + huge - 1) &^ (huge - 1)
	b, err := unix.Mmap(-1, 0, bytes+huge, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	start := int(-uintptr(unsafe.Pointer(&b[0])) & (huge - 1)) // a huge page starts at a multiple of its size
	b = b[start : start+bytes]
	_ = unix.Madvise(b, unix.MADV_HUGEPAGE) // a kernel without them gives small pages
	return b
}
