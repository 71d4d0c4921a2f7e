// Command vocabularies writes the packed vocabularies of package bpe from those that tiktoken-go-loader carries, which are
// OpenAI's published files. A test of that package holds what it wrote against the loader.
//
//	go run ./testdata/vocabularies internal/bpe/vocabulary
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"maps"
	"math"
	"os"
	"path"
	"slices"

	"github.com/klauspost/compress/zstd"
	loader "github.com/pkoukk/tiktoken-go-loader"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: vocabularies DIRECTORY")
	}
	for _, name := range []string{"o200k_base", "cl100k_base", "p50k_base"} {
		ranks, err := loader.NewOfflineLoader().LoadTiktokenBpe(path.Join("embedded", name+".tiktoken"))
		if err != nil {
			log.Fatal(err)
		}
		if err := write(os.Args[1], name, ranks); err != nil {
			log.Fatalf("%s: %v", name, err)
		}
	}
}

// write stores the tokens in byte order, and the halves of each in order of rank, as load.go reads them.
func write(dir, name string, ranks map[string]int) error {
	tokens := slices.Sorted(maps.Keys(ranks))
	most := slices.Max(slices.Collect(maps.Values(ranks))) + 1
	var shared, rest, bytes []byte
	order, left, right := make([]uint32, 0, len(tokens)), make([]uint32, most), make([]uint32, most)
	last := ""
	for i := range left {
		left[i], right[i] = uint32(i), uint32(i) // also of a rank that no token has
	}
	for _, t := range tokens {
		n := 0
		for n < len(t) && n < len(last) && t[n] == last[n] {
			n++
		}
		if len(t) > 255 {
			return fmt.Errorf("token %q is longer than 255 bytes", t)
		}
		rank := ranks[t]
		if at := half(t, ranks); at > 0 {
			left[rank], right[rank] = uint32(ranks[t[:at]]), uint32(ranks[t[at:]])
		} else if len(t) > 1 {
			return fmt.Errorf("token %q is not reached by merging", t)
		}
		shared, rest, order = append(shared, byte(n)), append(rest, byte(len(t)-n)), append(order, uint32(rank))
		bytes = append(bytes, t[n:]...)
		last = t
	}
	var out []byte
	for _, v := range []int{len(tokens), most, len(bytes)} {
		out = binary.LittleEndian.AppendUint32(out, uint32(v))
	}
	out = slices.Concat(out, shared, rest, planes(order), planes(left), planes(right), bytes)
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	packed := enc.EncodeAll(out, nil)
	log.Printf("%s: %d tokens, %d bytes, %d packed", name, len(tokens), len(out), len(packed))
	return os.WriteFile(path.Join(dir, name+".zst"), packed, 0o644)
}

// planes puts the low bytes first, then the middle ones, then the high ones: they compress apart.
func planes(numbers []uint32) []byte {
	var out []byte
	for shift := 0; shift < 24; shift += 8 {
		for _, n := range numbers {
			out = append(out, byte(n>>shift))
		}
	}
	return out
}

// half merges a token's bytes as an encoder would and gives the length of the left of the two parts that its last merge
// joins. It is 0 for a single byte, and for a token that merging never reaches.
func half(token string, ranks map[string]int) int {
	ends := make([]int, len(token)+1)
	for i := range ends {
		ends[i] = i
	}
	for len(ends) > 3 {
		best, at := math.MaxInt, -1
		for i := 0; i+2 < len(ends); i++ {
			if r, ok := ranks[token[ends[i]:ends[i+2]]]; ok && r < best {
				best, at = r, i
			}
		}
		if at < 0 {
			return 0
		}
		ends = slices.Delete(ends, at+1, at+2)
	}
	if len(ends) < 3 {
		return 0
	}
	return ends[1]
}
