package stats

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is kept of many values is the smallest by hash, in whatever order they come.
func TestSmallest(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	hashes := make([]uint64, 500)
	for i := range hashes {
		hashes[i] = rng.Uint64()
	}
	want := slices.Sorted(slices.Values(hashes))[:50]
	for range 5 {
		rng.Shuffle(len(hashes), func(i, j int) { hashes[i], hashes[j] = hashes[j], hashes[i] })
		s := NewSmallest[uint64](50)
		for i, h := range hashes {
			takes := s.Takes(h)
			out, dropped, kept := s.Add(h, h)
			bound, full := s.Bound()
			if full != (i >= 49) || full && kept != (h <= bound) || takes != kept || dropped && (out.Hash <= bound || out.Value != out.Hash) {
				t.Fatalf("value %d: dropped %v, kept %v, bound %d, full %v", i, out, kept, bound, full)
			}
		}
		var got []uint64
		for _, h := range s.Sorted() {
			got = append(got, h.Value)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
}
