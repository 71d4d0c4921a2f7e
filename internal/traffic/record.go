package traffic

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"
)

// record is a call as it was written down, with what decides whether it repeats another. A joined record keeps what it
// is itself apart from what is known of all that were joined: which is best must not depend on the order of joining.
type record struct {
	call    Call
	id      uint64 // hash of the call's id; see sign
	content uint32 // hash of the rest
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
	varied  bool      // of all joined: some say more, or something else, than others
	lack    lack      // why call.Prompt is nil, if it was asked for
	updated time.Time // when this version of the record was written; zero is not known, and older than any that is
	facts   []Fact    // what the record says beside the call; only where file.facts asks for it
}

// join makes one record of two of the same call: the most complete of them. It is commutative and associative. Prompt
// text does not make a record more complete, and does not go from one to another that differs in anything else: usage
// and text that are set against each other must come from one recorder. Of records that are equal but for their place
// and their text, the one that wins has the fullest text of them.
func join(a, b record) record {
	if better(&b, &a) < 0 {
		a, b = b, a
	}
	equal := rank(&a, &b) == 0
	if equal && (b.lack != lackNothing || b.call.Prompt != nil) {
		a.adopt(&b)
	}
	a.varied = a.varied || b.varied || !equal
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

// better makes the order of rank total.
func better(a, b *record) int { return cmp.Or(rank(a, b), comparePlace(a.call.Place, b.call.Place)) }

// rank orders records of one call: the version that was written last first, and then the most complete: a stream's usage
// only grows, so the greatest total is its last line's. The rest only tells them apart.
func rank(a, b *record) int {
	return cmp.Or(
		-a.updated.Compare(b.updated),
		-cmp.Compare(a.call.Usage.Total(), b.call.Usage.Total()),
		-compareBool(a.final, b.final),
		-compareBool(a.call.Tier == "fast", b.call.Tier == "fast"),
		compareBool(a.side, b.side),
		-cmp.Compare(filled(&a.call), filled(&b.call)),
		-a.call.Time.Compare(b.call.Time),
		compareContent(&a.call, &b.call),
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
	for _, s := range []string{c.Track, c.Feature, c.User, c.Session, c.Template, c.TemplateVersion, c.Agent, c.Skill, c.Tier} {
		if s != "" {
			n++
		}
	}
	return n + int(min(c.Latency, 1)+min(c.FirstToken, 1))
}

// compareCalls orders calls by time and id, then by content, and by place last, so that equal calls stand in the same order
// whatever files they were read from.
func compareCalls(a, b *Call) int {
	return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.ID, b.ID), compareContent(a, b), comparePrompts(a.Prompt, b.Prompt), comparePlace(a.Place, b.Place))
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
		strings.Compare(a.Template, b.Template), strings.Compare(a.TemplateVersion, b.TemplateVersion), strings.Compare(a.Agent, b.Agent), strings.Compare(a.Skill, b.Skill), strings.Compare(a.Status, b.Status),
		cmp.Compare(a.Latency, b.Latency), cmp.Compare(a.FirstToken, b.FirstToken), compareBool(a.OutputIsBound, b.OutputIsBound),
		compareBool(a.UsageIsMean, b.UsageIsMean), cmp.Compare(a.Times(), b.Times()),
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
