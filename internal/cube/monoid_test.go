package cube

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/tokengate/tokengate/internal/traffic"
)

func merged(cubes ...*Cube) *Cube {
	sum := New()
	for _, c := range cubes {
		sum.Merge(c)
	}
	return sum
}

// small has room for few users and sessions, so that the laws are tried where names are dropped.
var small = [2]int{MaxCells, 20}

func smallOf(calls []traffic.Call) *Cube { return cubeOf(small, calls) }

func plusOf(a, b *Cube) *Cube {
	sum := newCube(small[0], small[1])
	sum.Merge(a)
	sum.Merge(b)
	return sum
}

func TestLaws(t *testing.T) {
	for seed := range uint64(12) {
		a, b, c := smallOf(randomCalls(seed, 300)), smallOf(randomCalls(seed+100, 30)), smallOf(randomCalls(seed+200, 1))
		empty := newCube(small[0], small[1])
		for _, law := range []struct {
			name        string
			left, right *Cube
		}{
			{"associativity", plusOf(plusOf(a, b), c), plusOf(a, plusOf(b, c))},
			{"commutativity", plusOf(a, b), plusOf(b, a)},
			{"left identity", plusOf(empty, a), a},
			{"right identity", plusOf(a, empty), a},
			{"the identity is empty", plusOf(empty, empty), empty},
		} {
			if !bytes.Equal(encoded(t, law.left), encoded(t, law.right)) {
				t.Errorf("seed %d: %s does not hold", seed, law.name)
			}
		}
		if bytes.Equal(encoded(t, plusOf(a, b)), encoded(t, a)) {
			t.Errorf("seed %d: adding changes nothing", seed)
		}
	}
}

// However calls are split, shuffled and merged, the cube is the same to the byte.
func TestSplitAnywhere(t *testing.T) {
	calls := randomCalls(42, 1500)
	whole := newCube(small[0], small[1])
	for i := range calls {
		whole.Add(&calls[i], 1)
	}
	whole.Note(Reading{Files: 4, Lines: 1700, Skipped: []traffic.Skip{{Reason: "no usage", Bad: true, Count: 4}}})
	want := encoded(t, whole)
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 9))
		r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		parts := make([]*Cube, 1+r.IntN(9))
		for i := range parts {
			parts[i] = newCube(small[0], small[1])
		}
		for i := range calls {
			parts[r.IntN(len(parts))].Add(&calls[i], 1)
		}
		for i := range 4 {
			parts[r.IntN(len(parts))].Note(Reading{Files: 1, Lines: []int64{100, 200, 600, 800}[i], Skipped: []traffic.Skip{{Reason: "no usage", Bad: true, Count: 1}}})
		}
		for len(parts) > 1 { // a random tree
			i, j := r.IntN(len(parts)), r.IntN(len(parts)-1)
			if j >= i {
				j++
			}
			parts[i].Merge(parts[j])
			parts = append(parts[:j], parts[j+1:]...)
		}
		if !bytes.Equal(encoded(t, parts[0]), want) {
			t.Fatalf("seed %d: another cube", seed)
		}
	}
}

// Through the encoding nothing changes: shards may be encoded between any two merges.
func TestMergeOfDecoded(t *testing.T) {
	a, b := fullOf(randomCalls(1, 500)), fullOf(randomCalls(2, 500))
	want := encoded(t, merged(a, b))
	for _, c := range []*Cube{a, b} {
		if err := c.UnmarshalBinary(encoded(t, c)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(encoded(t, merged(b, a)), want) {
		t.Error("another cube")
	}
}

// Merging leaves the other cube as it is, and does not share with it.
func TestMergeCopies(t *testing.T) {
	a, b := smallOf(randomCalls(1, 300)), smallOf(randomCalls(2, 300))
	before := encoded(t, b)
	a.Merge(b)
	extra := randomCalls(3, 300)
	for i := range extra {
		a.Add(&extra[i], 1)
	}
	if !bytes.Equal(encoded(t, b), before) {
		t.Error("the merged cube changed")
	}
}
