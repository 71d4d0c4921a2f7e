package lint

import (
	"slices"
	"strings"
	"unicode"

	"github.com/cespare/xxhash/v2"
)

// shingles is a text as what is compared of it: the hashes of its runs of five words, sorted, each once.
type shingles struct {
	words int
	all   uint64 // hash of all words in order
	set   []uint64
}

const run = 5

// shinglesOf takes the words of a text, in lower case and without punctuation and markup.
func shinglesOf(text string) shingles {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	s := shingles{words: len(words), all: xxhash.Sum64String(strings.Join(words, " "))}
	for i := 0; i+run <= len(words); i++ {
		s.set = append(s.set, xxhash.Sum64String(strings.Join(words[i:i+run], " ")))
	}
	slices.Sort(s.set)
	s.set = slices.Compact(s.set)
	return s
}

// jaccard is the share of all runs that two texts have in common.
func jaccard(a, b []uint64) float64 {
	common, i, j := 0, 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			common, i, j = common+1, i+1, j+1
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	if union := len(a) + len(b) - common; union > 0 {
		return float64(common) / float64(union)
	}
	return 0
}

// Of bands × rows minima two texts of similarity s share all of one band with probability 1 − (1 − s^rows)^bands: 0.9998 at
// 80 %, 6 % at 25 %.
const (
	bands = 16
	rows  = 4
)

// index finds earlier passages that are like a new one. Of those that fall together only the first is kept: its likes
// are compared with it alone, so that the time grows with the number of passages.
type index struct {
	whole map[uint64]*passage
	band  [bands]map[uint64][]*passage
}

// few bounds how many passages of one band are looked at.
const few = 16

func newIndex() *index {
	x := &index{whole: map[uint64]*passage{}}
	for i := range x.band {
		x.band[i] = map[uint64][]*passage{}
	}
	return x
}

// exact finds a passage of the same words, or keeps this one as the first.
func (x *index) exact(p passage) (first *passage, isNew bool) {
	if first = x.whole[p.all]; first != nil && first.words == p.words {
		return first, false
	}
	x.whole[p.all] = &p
	return nil, true
}

// similar finds the passage that is most like this one and its similarity, or keeps this one as the first of its kind.
func (x *index) similar(p passage) (first *passage, similarity float64) {
	first, isNew := x.exact(p)
	if !isNew {
		return first, 1
	}
	keys := signature(p.set)
	for i, key := range keys {
		for _, c := range x.band[i][key] {
			if s := jaccard(c.set, p.set); s >= nearly && s > similarity {
				first, similarity = c, s
			}
		}
	}
	if first == nil {
		for i, key := range keys {
			if len(x.band[i][key]) < few {
				x.band[i][key] = append(x.band[i][key], &p)
			}
		}
	}
	return first, similarity
}

// signature is one hash a band, of the least values that rows mixes of the shingles' hashes take.
func signature(set []uint64) [bands]uint64 {
	var out [bands]uint64
	for b := range bands {
		for r := range rows {
			least := ^uint64(0)
			seed := uint64(b*rows+r+1) * 0x9E3779B97F4A7C15
			for _, h := range set {
				least = min(least, mix(h^seed))
			}
			out[b] = mix(out[b] ^ least)
		}
	}
	return out
}

// mix is the finalizer of SplitMix64: every bit of the result depends on every bit of h.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}
