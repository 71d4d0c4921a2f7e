package token

import (
	"fmt"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/dlclark/regexp2"
	"github.com/pkoukk/tiktoken-go"
	loader "github.com/pkoukk/tiktoken-go-loader"
)

// reference counts as tiktoken-go does, or, where that would take quadratic time, with a merge of this file's own.
type reference struct {
	ranks map[string]int
	bpe   *tiktoken.Tiktoken
	split *regexp2.Regexp
}

var references = func() map[string]func() *reference {
	m := make(map[string]func() *reference, len(referencePatterns)+1)
	for name := range referencePatterns {
		m[name] = sync.OnceValue(func() *reference {
			r, err := newReference(name)
			if err != nil {
				panic(err)
			}
			return r
		})
	}
	m["o200k_harmony"] = m["o200k_base"] // other special tokens, and there are none in ordinary text
	return m
}()

func newReference(name string) (*reference, error) {
	ranks, err := loader.NewOfflineLoader().LoadTiktokenBpe(path.Join("embedded", name+".tiktoken"))
	if err != nil {
		return nil, fmt.Errorf("reference vocabulary %s: %w", name, err)
	}
	core, err := tiktoken.NewCoreBPE(ranks, map[string]int{}, referencePatterns[name])
	if err != nil {
		return nil, fmt.Errorf("reference vocabulary %s: %w", name, err)
	}
	return &reference{ranks, tiktoken.NewTiktoken(core, nil, nil), regexp2.MustCompile(referencePatterns[name], regexp2.None)}, nil
}

// encode is tiktoken-go's answer. Quadratic in the longest piece: not for runs over 16 KB.
func (r *reference) encode(text string) []int { return r.bpe.EncodeOrdinary(text) }

// encodeLong is the same answer for any text, in n log n: the published pattern splits, a heap merges.
func (r *reference) encodeLong(text string) []int {
	var ids []int
	for m, _ := r.split.FindStringMatch(text); m != nil; m, _ = r.split.FindNextMatch(m) {
		ids = append(ids, r.merge(m.String())...)
	}
	return ids
}

// merge is byte-pair encoding as it is defined: the pair of lowest rank is joined, the leftmost of equals first, until
// no pair is in the vocabulary. Pairs wait in a heap; one that no longer stands as it did is dropped when it comes up.
func (r *reference) merge(piece string) []int {
	if id, ok := r.ranks[piece]; ok {
		return []int{id}
	}
	n := len(piece)
	end, prev := make([]int32, n), make([]int32, n) // of the part that starts here; end 0 marks a byte inside a part
	var queue pairHeap
	push := func(left int32) {
		if mid := end[left]; int(mid) < n {
			if rank, ok := r.ranks[piece[left:end[mid]]]; ok {
				queue.push(pair{int32(rank), left, end[mid]})
			}
		}
	}
	for i := range n {
		end[i], prev[i] = int32(i+1), int32(i-1)
	}
	for i := range n {
		push(int32(i))
	}
	for len(queue) > 0 {
		p := queue.pop()
		mid := end[p.left]
		if mid == 0 || int(mid) >= n || end[mid] != p.right {
			continue
		}
		end[p.left], end[mid] = p.right, 0
		if int(p.right) < n {
			prev[p.right] = p.left
		}
		push(p.left)
		if p.left > 0 {
			push(prev[p.left])
		}
	}
	var ids []int
	for i := int32(0); int(i) < n; i = end[i] {
		ids = append(ids, r.ranks[piece[i:end[i]]])
	}
	return ids
}

// pair is a join that was possible when it was pushed: the bytes left to right are a token of that rank.
type pair struct{ rank, left, right int32 }

func (p pair) before(q pair) bool { return p.rank < q.rank || p.rank == q.rank && p.left < q.left }

type pairHeap []pair

func (h *pairHeap) push(p pair) {
	*h = append(*h, p)
	for i := len(*h) - 1; i > 0; {
		up := (i - 1) / 2
		if !(*h)[i].before((*h)[up]) {
			return
		}
		(*h)[i], (*h)[up] = (*h)[up], (*h)[i]
		i = up
	}
}

func (h *pairHeap) pop() pair {
	s := *h
	top, last := s[0], len(s)-1
	s[0] = s[last]
	s = s[:last]
	*h = s
	for i := 0; ; {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < last && s[c].before(s[least]) {
				least = c
			}
		}
		if least == i {
			return top
		}
		s[i], s[least] = s[least], s[i]
		i = least
	}
}

// The n log n merge is itself held against tiktoken-go's quadratic one, where that is still bearable.
func TestReferenceMerge(t *testing.T) {
	for _, family := range referenceFamilies {
		r := references[family]()
		for name, text := range runs(2 << 10) {
			if diff := diffIDs(r.encode(text), r.encodeLong(text)); diff != "" {
				t.Errorf("%s, 2 KB of %s: %s", family, name, diff)
			}
		}
	}
	r := references["o200k_base"]()
	text := strings.Repeat("a", 16<<10)
	if diff := diffIDs(r.encode(text), r.encodeLong(text)); diff != "" {
		t.Errorf("16 KB of a: %s", diff)
	}
}

// diffIDs says where two encodings part, or nothing.
func diffIDs(want, got []int) string {
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			return fmt.Sprintf("token %d is %d, want %d (of %d, want %d)", i, got[i], want[i], len(got), len(want))
		}
	}
	if len(want) != len(got) {
		return fmt.Sprintf("%d tokens, want %d", len(got), len(want))
	}
	return ""
}
