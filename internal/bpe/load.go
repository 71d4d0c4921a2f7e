package bpe

import (
	_ "embed" // for the vocabularies
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

//go:generate go run ../../testdata/vocabularies vocabulary

// packed holds OpenAI's published vocabularies (MIT licence), in the form that testdata/vocabularies writes. Bytes and not
// an embed.FS, which would copy them.
var (
	//go:embed vocabulary/o200k_base.zst
	packedO200k []byte
	//go:embed vocabulary/cl100k_base.zst
	packedCL100k []byte
	//go:embed vocabulary/p50k_base.zst
	packedP50k []byte
)

// noToken stands where there is none.
const noToken = 1<<32 - 1

// vocabulary is a byte-pair vocabulary, ready to encode with. It is only read once it is loaded.
//
// Tokens are named by their rank, which is also their priority in merging. A rank that no token has, such as that of a
// special token, has length 0.
type vocabulary struct {
	pieces table
	tree   tree
	merges merges
	length []uint8 // of each token, in bytes

	scratch sync.Pool // of *scratch
}

// raw is the decoded file: tokens in byte order, each as the part that differs from the one before it.
type raw struct {
	count, ranks int
	shared, rest []byte  // bytes shared with the token before, bytes that follow
	rank         numbers // of each token
	left, right  numbers // by rank: the two tokens that a token's last merge joins; twice itself where there is none
	bytes        []byte  // the parts that follow, one after the other
}

// numbers are their low bytes, middle bytes and high bytes.
type numbers [3][]byte

func (n *numbers) at(i int) uint32 {
	return uint32(n[0][i]) | uint32(n[1][i])<<8 | uint32(n[2][i])<<16
}

var errShort = errors.New("the file is cut short")

// read unpacks a vocabulary into memory of the arena.
func read(packed []byte, a *arena) (*raw, error) {
	var header zstd.Header
	if err := header.Decode(packed); err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	data, err := dec.DecodeAll(packed, carve[uint8](a, int(header.FrameContentSize))[:0])
	if err != nil {
		return nil, err
	}
	return parse(data)
}

func parse(data []byte) (*raw, error) {
	if len(data) < 12 {
		return nil, errShort
	}
	r := &raw{count: int(binary.LittleEndian.Uint32(data)), ranks: int(binary.LittleEndian.Uint32(data[4:]))}
	bytes := int(binary.LittleEndian.Uint32(data[8:]))
	data = data[12:]
	if len(data) != 5*r.count+6*r.ranks+bytes {
		return nil, errShort
	}
	take := func(n int) (part []byte) {
		part, data = data[:n], data[n:]
		return part
	}
	r.shared, r.rest = take(r.count), take(r.count)
	three := func(n int) numbers { return numbers{take(n), take(n), take(n)} }
	r.rank, r.left, r.right = three(r.count), three(r.ranks), three(r.ranks)
	r.bytes = data
	return r, nil
}

// load makes a vocabulary of an embedded file. Its parts do not depend on each other and are built side by side.
func load(packed []byte) (*vocabulary, error) {
	a := &arena{free: pages(16 * len(packed))} // some more than the parts and what they are made of take
	r, err := read(packed, a)
	if err != nil {
		return nil, err
	}
	v := &vocabulary{length: carve[uint8](a, r.ranks), scratch: sync.Pool{New: func() any { return new(scratch) }}}
	var parts sync.WaitGroup
	parts.Go(func() { v.tree = newTree(r, a) })
	parts.Go(func() { v.merges = newMerges(r, a) })
	for i := range r.count {
		v.length[r.rank.at(i)] = r.shared[i] + r.rest[i]
	}
	v.pieces = newTable(r, a)
	parts.Wait()
	return v, nil
}

// Ranks gives every token's bytes with its rank, for another implementation to count with.
func (e *Encoding) Ranks() (map[string]int, error) {
	r, err := read(e.packed, &arena{})
	if err != nil {
		return nil, fmt.Errorf("embedded vocabulary of %s: %w", e.name, err)
	}
	ranks, i := make(map[string]int, r.count), 0
	r.each(func(token []byte, n int) {
		ranks[string(token[:n])] = int(r.rank.at(i))
		i++
	})
	return ranks, nil
}
