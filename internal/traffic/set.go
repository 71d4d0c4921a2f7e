package traffic

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tokengate/tokengate/internal/source"
)

type recordKey struct{ id, request string }

// set counts every call once. What it holds does not depend on the order in which records come.
type set struct {
	records []*record
	index   map[recordKey]*record
}

func newSet(n int) *set {
	return &set{records: make([]*record, 0, n), index: make(map[recordKey]*record, n)}
}

// add takes a record; those without an id are all different.
func (s *set) add(r *record) {
	if r.call.ID == "" {
		s.records = append(s.records, r)
		return
	}
	key := recordKey{r.call.ID, r.request}
	if same, ok := s.index[key]; ok {
		*same = join(*same, *r)
		return
	}
	s.index[key] = r
	s.records = append(s.records, r)
}

// settle finds the records of one response that have several request ids. A record without one is any of them. One from
// a side log replays the main log's. What is left are different requests, and their ids are told apart.
func (s *set) settle() []*record {
	byID := map[string][]*record{}
	for _, r := range s.records {
		if r.stream && r.call.ID != "" {
			byID[r.call.ID] = append(byID[r.call.ID], r)
		}
	}
	gone := map[*record]bool{}
	for id, same := range byID {
		if bare := s.index[recordKey{id, ""}]; bare != nil && !bare.stream {
			same = append(same, bare)
		}
		if len(same) > 1 {
			s.settleOne(same, gone)
		}
	}
	return slices.DeleteFunc(s.records, func(r *record) bool { return gone[r] })
}

func (s *set) settleOne(same []*record, gone map[*record]bool) {
	slices.SortFunc(same, func(a, b *record) int { return cmp.Compare(a.request, b.request) })
	keep := slices.DeleteFunc(slices.Clone(same), func(r *record) bool { return !r.main })
	if len(keep) == 0 {
		keep = same
	}
	if bare := keep[0]; bare.request == "" && len(keep) > 1 {
		keep = keep[1:]
		request := keep[0].request
		*keep[0] = join(*keep[0], *bare)
		keep[0].request = request
	}
	for _, r := range same {
		if !slices.Contains(keep, r) {
			gone[r] = true
		}
	}
	if len(keep) > 1 {
		for _, r := range keep {
			r.call.ID += "/" + r.request
		}
	}
}

// settled gives the records of all calls, in the order of calls.
func (s *set) settled() []*record {
	records := s.settle()
	for _, r := range records {
		if r.stream {
			r.call.Time, r.call.OutputIsBound = r.began, !r.ended
		}
	}
	slices.SortFunc(records, func(a, b *record) int { return compareCalls(&a.call, &b.call) })
	return records
}

// lacksOf says why calls have no Prompt.
func lacksOf(lacks [numLacks]int64) []Lack {
	var out []Lack
	for l, n := range lacks {
		if lack(l) != lackNothing && n > 0 {
			out = append(out, Lack{Reason: lackReasons[l], Count: n})
		}
	}
	slices.SortFunc(out, func(a, b Lack) int { return cmp.Compare(a.Reason, b.Reason) })
	return out
}

// conflicts warns of ids that stand on records which cannot be copies of one call.
func conflicts(records []*record) source.Diagnostics {
	var diags source.Diagnostics
	n := 0
	for _, r := range records {
		if c := &r.call; r.differs {
			if n++; n <= shownBad {
				at := source.Span{File: c.Place.File, Start: source.Pos{Line: c.Place.Line}}
				diags.Warn(ruleConflict, at, "give every call an id of its own", "records with the id %q differ in time, model or track; they were counted once", clip(c.ID))
			}
		}
	}
	if n > shownBad {
		diags.Warn(ruleConflict, source.Span{}, "", "… and %d more ids on records that differ", n-shownBad)
	}
	return diags
}

func feesOf(byFile map[string]int64) source.Diagnostics {
	var diags source.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(byFile)) {
		diags.Warn(ruleFees, source.Span{File: name}, "budget for them apart", "%d web searches are billed per request, which no token price covers", byFile[name])
	}
	return diags
}
