package cli

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

// explainTally adds up what traffic explain is told. What it holds in the end does not depend on the order of the telling.
type explainTally struct {
	limit   int
	records int64
	ways    map[explainWay]*explainSum
	byID    map[uint64]explainSeen           // calls with an id, of which the fullest record counts
	first   map[explainWay]traffic.Explained // by rules and track alone
	rest    []explainHashed                  // as many as may be shown, with the smallest hashes
}

// explainWay is what became of a call, as far as it is counted: rules by index, the track, and the origins of all fields.
type explainWay struct{ rules, track, origins string }

// explainSum counts calls that went one way.
type explainSum struct {
	way           explainWay
	calls, tokens int64
}

// explainSeen is one call, with the sum that it belongs to.
type explainSeen struct {
	sum           *explainSum
	calls, tokens int64
}

type explainHashed struct {
	hash uint64
	call traffic.Explained
}

func newExplainTally(limit int) *explainTally {
	return &explainTally{limit: limit, ways: map[explainWay]*explainSum{}, byID: map[uint64]explainSeen{}, first: map[explainWay]traffic.Explained{}}
}

func (t *explainTally) add(x traffic.Explained) {
	t.records++
	c := &x.Call
	seen := explainSeen{t.sum(wayOf(x)), c.Times(), c.Usage.Total() * c.Times()}
	t.sample(seen.sum.way, x)
	if c.ID == "" {
		seen.count()
		return
	}
	key := hashOf(c.ID)
	if was, ok := t.byID[key]; !ok || seen.compare(was) > 0 {
		t.byID[key] = seen
	}
}

func (s explainSeen) compare(o explainSeen) int {
	return cmp.Or(cmp.Compare(s.tokens, o.tokens), cmp.Compare(s.calls, o.calls), s.sum.way.compare(o.sum.way))
}

func (w explainWay) compare(o explainWay) int {
	return cmp.Or(cmp.Compare(w.rules, o.rules), cmp.Compare(w.track, o.track), cmp.Compare(w.origins, o.origins))
}

func wayOf(x traffic.Explained) explainWay {
	w := explainWay{rules: fmt.Sprint(x.Rules), track: x.Call.Track}
	for _, o := range x.Fields {
		w.origins += o.From + ","
	}
	return w
}

func (t *explainTally) sum(w explainWay) *explainSum {
	s := t.ways[w]
	if s == nil {
		s = &explainSum{way: w}
		t.ways[w] = s
	}
	return s
}

func (s explainSeen) count() {
	s.sum.calls += s.calls
	s.sum.tokens += s.tokens
}

// sample keeps the first call of each combination of rules and track, and the calls with the smallest hashes.
func (t *explainTally) sample(w explainWay, x traffic.Explained) {
	w.origins = ""
	if was, ok := t.first[w]; !ok || compareExplained(x, was) < 0 {
		t.first[w] = x
	}
	c := &x.Call
	h := explainHashed{hashOf(c.ID), x}
	if c.ID == "" {
		h.hash = hashOf(c.Place.File, fmt.Sprint(c.Place.Line), c.Time.String())
	}
	i, _ := slices.BinarySearchFunc(t.rest, h, compareHashed)
	if same := i < len(t.rest) && t.rest[i].hash == h.hash && c.ID != ""; same {
		t.rest[i] = h // an earlier record of the same call
		return
	}
	if i > 0 && t.rest[i-1].hash == h.hash && c.ID != "" || i >= t.limit {
		return
	}
	t.rest = slices.Insert(t.rest, i, h)
	t.rest = t.rest[:min(len(t.rest), t.limit)]
}

func compareHashed(a, b explainHashed) int {
	return cmp.Or(cmp.Compare(a.hash, b.hash), compareExplained(a.call, b.call))
}

func compareExplained(a, b traffic.Explained) int {
	x, y := a.Call, b.Call
	return cmp.Or(strings.Compare(x.Place.File, y.Place.File), cmp.Compare(x.Place.Line, y.Place.Line), x.Time.Compare(y.Time),
		strings.Compare(x.ID, y.ID), cmp.Compare(x.Usage.Total(), y.Usage.Total()))
}

func hashOf(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return h.Sum64()
}

// shown chooses the calls to show: the first of each combination, those of the most calls before the others, then more
// by hash.
func (t *explainTally) shown() []traffic.Explained {
	calls := map[explainWay]int64{}
	for w, s := range t.ways {
		w.origins = ""
		calls[w] += s.calls
	}
	combinations := slices.SortedFunc(maps.Keys(t.first), func(a, b explainWay) int {
		return cmp.Or(cmp.Compare(calls[b], calls[a]), a.compare(b))
	})
	var out []traffic.Explained
	for _, w := range combinations {
		out = append(out, t.first[w])
	}
	for _, h := range t.rest {
		id := h.call.Call.ID
		if !slices.ContainsFunc(out, func(x traffic.Explained) bool { return compareExplained(x, h.call) == 0 || id != "" && x.Call.ID == id }) {
			out = append(out, h.call)
		}
	}
	return out[:min(len(out), t.limit)]
}

// document closes the tally. rules are the places of the rules that were applied.
func (t *explainTally) document(rules []source.Span) *explainDocument {
	for _, s := range t.byID {
		s.count()
	}
	clear(t.byID)
	d := &explainDocument{Records: t.records, Samples: []explainSample{}, Rules: []explainRule{}}
	for _, at := range rules {
		d.Rules = append(d.Rules, explainRule{Rule: lineOf(at)})
	}
	for i, name := range append(traffic.MapFields(), "model") {
		d.Fields = append(d.Fields, explainField{Field: name})
		for w, s := range t.ways {
			d.Fields[i].add(strings.Split(w.origins, ",")[i], s)
		}
	}
	for w, s := range t.ways {
		d.Calls += s.calls
		d.Tokens += s.tokens
		if w.track == "" {
			d.Unmapped.add(s)
		}
		for _, i := range rulesOf(w.rules) {
			d.Rules[i].add(s)
		}
	}
	for _, x := range t.shown() {
		d.Samples = append(d.Samples, sampleOf(x, rules))
	}
	d.share()
	return d
}

// rulesOf reads the indexes of a way back.
func rulesOf(text string) []int {
	var out []int
	for _, f := range strings.Fields(strings.Trim(text, "[]")) {
		var i int
		if _, err := fmt.Sscan(f, &i); err == nil {
			out = append(out, i)
		}
	}
	return out
}

// lineOf is file:line; the column of a rule says nothing.
func lineOf(at source.Span) string {
	at.Start.Col = 0
	return at.String()
}
