package traffic

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// record is a call as it was written down, with what decides whether it repeats another. A joined record keeps what it
// is itself apart from what is known of all that were joined: which is best must not depend on the order of joining.
type record struct {
	call    Call
	request string // Claude Code: the request; a copy of a response in a side log has another
	stream  bool   // Claude Code: one of several lines of a response, with the usage so far
	final   bool   // stream: this line says how the response ended
	side    bool   // stream: from a side log
	strict  bool   // copies of it are equal, so that one that differs is another call
	fees    int64  // requests billed beside tokens

	began   time.Time // of all joined: the earliest, as the best of a stream is its last line
	ended   bool      // any is final
	main    bool      // any is not from a side log
	ident   uint64    // what strict ones share; 0 is not known yet
	differs bool      // strict ones differ
}

// pile holds records in blocks, so that growing moves none of them.
type pile struct {
	blocks [][]record
	n      int
}

func (p *pile) add(r record) {
	const block = 256
	if p.n%block == 0 {
		p.blocks = append(p.blocks, make([]record, 0, block))
	}
	last := &p.blocks[len(p.blocks)-1]
	*last = append(*last, r)
	p.n++
}

func (p *pile) each(do func(*record)) {
	for _, b := range p.blocks {
		for i := range b {
			do(&b[i])
		}
	}
}

type recordKey struct{ id, request string }

// set counts every call once. What it holds does not depend on the order in which records come.
type set struct {
	records    []*record
	index      map[recordKey]*record
	duplicates int64
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
		s.duplicates++
		return
	}
	s.index[key] = r
	s.records = append(s.records, r)
}

// join makes one record of two of the same call: the most complete of them. It is commutative and associative.
func join(a, b record) record {
	if better(&b, &a) < 0 {
		a, b = b, a
	}
	ia, ib := a.identity(), b.identity()
	a.differs = a.differs || b.differs || ia != 0 && ib != 0 && ia != ib
	a.ident = max(ia, ib)
	if b.began.Before(a.began) {
		a.began = b.began
	}
	a.ended, a.main, a.stream = a.ended || b.ended, a.main || b.main, a.stream && b.stream
	return a
}

// identity is a hash of what strict copies of a call share, 0 for records that are not strict.
func (r *record) identity() uint64 {
	if r.ident == 0 && r.strict {
		h := fnv.New64a()
		fmt.Fprintf(h, "%d %q %q", r.call.Time.UnixNano(), r.call.Model, r.call.Track)
		r.ident = h.Sum64() | 1
	}
	return r.ident
}

// better orders records of one call, the most complete first: a stream's usage only grows, so the greatest total is its
// last line's. The rest only makes the order total.
func better(a, b *record) int {
	return cmp.Or(
		-cmp.Compare(a.call.Usage.Total(), b.call.Usage.Total()),
		-compareBool(a.final, b.final),
		-compareBool(a.call.Tier == "fast", b.call.Tier == "fast"),
		compareBool(a.side, b.side),
		-cmp.Compare(filled(&a.call), filled(&b.call)),
		-a.call.Time.Compare(b.call.Time),
		compareContent(&a.call, &b.call),
		comparePlace(a.call.Place, b.call.Place),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// filled counts the labels a call has.
func filled(c *Call) int {
	n := len(c.Sources) + len(c.Outcome) + len(c.Vars)
	for _, s := range []string{c.Track, c.Feature, c.User, c.Session, c.Template, c.TemplateVersion, c.Tier} {
		if s != "" {
			n++
		}
	}
	return n + int(min(c.Latency, 1)+min(c.FirstToken, 1))
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
			s.duplicates++
		}
	}
	if len(keep) > 1 {
		for _, r := range keep {
			r.call.ID += "/" + r.request
		}
	}
}

// calls gives the calls in their order, how many records repeated one, and what is odd about them.
func (s *set) calls() ([]Call, int64, source.Diagnostics) {
	records := s.settle()
	for _, r := range records {
		if r.stream {
			r.call.Time = r.began
			r.call.OutputIsBound = !r.ended
		}
	}
	order := func(a, b *record) int { return compareCalls(&a.call, &b.call) }
	if !slices.IsSortedFunc(records, order) {
		slices.SortFunc(records, order)
	}
	calls := make([]Call, len(records))
	for i, r := range records {
		calls[i] = r.call
	}
	return calls, s.duplicates, append(conflicts(records), fees(records)...)
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

func fees(records []*record) source.Diagnostics {
	byFile := map[string]int64{}
	for _, r := range records {
		if r.fees > 0 {
			byFile[r.call.Place.File] += r.fees
		}
	}
	var diags source.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(byFile)) {
		diags.Warn(ruleFees, source.Span{File: name}, "budget for them apart", "%d web searches are billed per request, which no token price covers", byFile[name])
	}
	return diags
}

// compareCalls orders calls by time and id, then by content, and by place last, so that equal calls stand in the same order
// whatever files they were read from.
func compareCalls(a, b *Call) int {
	return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.ID, b.ID), compareContent(a, b), comparePlace(a.Place, b.Place))
}

func comparePlace(a, b Place) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}

func compareContent(a, b *Call) int {
	u, v := a.Usage, b.Usage
	return cmp.Or(
		strings.Compare(a.Model, b.Model), strings.Compare(a.Session, b.Session), strings.Compare(a.User, b.User),
		strings.Compare(a.Track, b.Track), strings.Compare(a.Feature, b.Feature), strings.Compare(a.Tier, b.Tier),
		cmp.Compare(u.Input, v.Input), cmp.Compare(u.Output, v.Output), cmp.Compare(u.CacheRead, v.CacheRead),
		cmp.Compare(u.CacheWrite5m, v.CacheWrite5m), cmp.Compare(u.CacheWrite1h, v.CacheWrite1h), cmp.Compare(u.Reasoning, v.Reasoning),
		strings.Compare(a.Template, b.Template), strings.Compare(a.TemplateVersion, b.TemplateVersion), strings.Compare(a.Status, b.Status),
		cmp.Compare(a.Latency, b.Latency), cmp.Compare(a.FirstToken, b.FirstToken), compareBool(a.OutputIsBound, b.OutputIsBound),
		slices.Compare(a.Sources, b.Sources), compareMaps(a.Outcome, b.Outcome), compareMaps(a.Vars, b.Vars),
	)
}

func compareMaps[V cmp.Ordered](a, b map[string]V) int {
	if len(a) == 0 && len(b) == 0 {
		return 0
	}
	ka, kb := slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b))
	if c := slices.Compare(ka, kb); c != 0 {
		return c
	}
	for _, k := range ka {
		if c := cmp.Compare(a[k], b[k]); c != 0 {
			return c
		}
	}
	return 0
}
