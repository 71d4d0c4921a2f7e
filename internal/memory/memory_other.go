//go:build !linux

// Package memory gives large blocks of memory in huge pages, where the machine has them.
package memory

// Block is zeroed memory outside of the collector's heap.
type Block struct{ Bytes []byte }

// Huge gives nil: there is no memory to be had so on this system.
func Huge(int) *Block { return nil }

// Free gives the block back.
func (b *Block) Free() {}
