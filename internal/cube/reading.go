package cube

import (
	"cmp"
	"slices"

	"github.com/tokengate/tokengate/internal/traffic"
)

// Reading counts what was read to make a cube. Counts of several readings add up; a call that stands in files of two
// of them was counted twice, as neither saw the other.
type Reading struct {
	Files      int64
	Lines      int64          // not blank
	Duplicates int64          // records that repeated a call
	Skipped    []traffic.Skip // bad ones first, then by reason
}

// merge adds another reading, which stays as it is. It is false where a sum overflowed.
func (r *Reading) merge(o Reading) bool {
	ok := plus(&r.Files, o.Files)
	ok = plus(&r.Lines, o.Lines) && ok
	ok = plus(&r.Duplicates, o.Duplicates) && ok
	for _, s := range o.Skipped {
		if s.Count == 0 {
			continue
		}
		i, found := slices.BinarySearchFunc(r.Skipped, s, compareSkips)
		if !found {
			r.Skipped = slices.Insert(r.Skipped, i, traffic.Skip{Reason: s.Reason, Bad: s.Bad})
		}
		ok = plus(&r.Skipped[i].Count, s.Count) && ok
	}
	return ok
}

func compareSkips(a, b traffic.Skip) int {
	switch {
	case a.Bad == b.Bad:
		return cmp.Compare(a.Reason, b.Reason)
	case a.Bad:
		return -1
	}
	return 1
}

func (r Reading) negative() bool {
	least := min(r.Files, r.Lines, r.Duplicates)
	for _, s := range r.Skipped {
		least = min(least, s.Count)
	}
	return least < 0
}
