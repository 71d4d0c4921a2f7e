package traffic

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// resolveSignals turns spans, events and metrics into records, once all files are read.
//
// Instrumentation nests: one request is a span of the framework, of the SDK and of the HTTP client's wrapper, each with
// the same usage. So a span counts only if no span below it carries usage. A span of a model call that carries none
// counts as a failed call if it failed, and is bad if it did not: its usage is lost. The same response may stand on an
// event, and on spans that nothing links: these are paired by the response's id. Metrics count where nothing else does.
func resolveSignals(files []*file) {
	resolveObservations(files)
	t := newTree(files)
	all := candidates(files)
	for _, s := range all {
		if !s.event {
			t.mark(s)
		}
	}
	for _, s := range all {
		if s.event {
			t.place(s)
		}
	}
	for _, s := range all {
		if s.event && s.fate == counts {
			t.tell(s.key, s.carries)
		}
	}
	for _, s := range all {
		if !s.event && t.hides(s) {
			s.fate = nested
		}
	}
	conflicts := pairByID(all)
	pairByService(all)
	services := map[string]bool{}
	for _, s := range all {
		if s.fate == counts && (s.carries || s.failed()) {
			services[s.labels.service] = true
		}
		s.record()
	}
	for _, f := range files {
		f.spans = pile[span]{}
	}
	if len(files) > 0 {
		files[0].whole = append(files[0].whole, conflicts...)
	}
	resolvePoints(files, services)
}

func candidates(files []*file) []*span {
	n := 0
	for _, f := range files {
		n += f.spans.n
	}
	out := make([]*span, 0, n)
	for _, f := range files {
		for s := range f.spans.all() {
			out = append(out, s)
		}
	}
	return out
}

// place decides on an event by the span that it was written in. It repeats the span of a request; to the span of an
// agent it is what a span of a request below it would be.
func (t *tree) place(s *span) {
	n := t.at(s.key)
	switch {
	case n == nil:
	case n.carries && !n.sums, n.usageBelow && s.id == "", !s.carries && (n.carries || n.callBelow):
		s.fate = repeated
	default:
		s.placed = !n.usageBelow
	}
}

// pairByID lets one of the spans and events of a response count: those of the lowest rank. Those of one rank are records
// of one call if all of them were going on at one moment; otherwise the id is not the response's own, as mock servers
// and some proxies write it, and each of them is a call, known by its span.
func pairByID(all []*span) source.Diagnostics {
	var named []*span
	for _, s := range all {
		if s.fate == counts && s.id != "" {
			named = append(named, s)
		}
	}
	slices.SortFunc(named, compareNamed)
	list := listing{rule: ruleConflict}
	for len(named) > 0 {
		n := 1
		for n < len(named) && named[n].id == named[0].id {
			n++
		}
		if n > 1 {
			pair(named[:n], &list)
		}
		named = named[n:]
	}
	return list.report("", "ids on spans that differ")
}

func compareNamed(a, b *span) int {
	return cmp.Or(strings.Compare(a.id, b.id), -compareBool(a.carries, b.carries), cmp.Compare(a.rank, b.rank),
		cmp.Compare(a.start, b.start), compareKeys(a.key, b.key), cmp.Compare(a.usage.Total(), b.usage.Total()),
		strings.Compare(a.file.name, b.file.name), cmp.Compare(a.line, b.line))
}

func compareKeys(a, b spanKey) int {
	return cmp.Or(slices.Compare(a.trace[:], b.trace[:]), slices.Compare(a.span[:], b.span[:]))
}

// pair decides on the candidates with one id, in their order.
func pair(same []*span, list *listing) {
	best := same[0]
	n := 0
	for _, s := range same {
		if s.rank == best.rank && s.carries == best.carries {
			n++
		} else if s.carries || best.carries {
			s.fate = repeated
		}
	}
	same = same[:n]
	first, last, differ := best.start+best.took, best.start, false // the first that ended, the last that began
	for _, s := range same {
		first, last = min(first, s.start+s.took), max(last, s.start)
		differ = differ || s.usage.Total() != best.usage.Total()
	}
	id := clip(best.id)
	name := best.file.name
	switch apart := last > first+int64(slack); {
	case apart:
		list.add(name, int(best.line), "record the response id that the provider gave", "spans at different times have the response id \""+id+"\"; each was counted")
		for _, s := range same {
			s.id = ""
			if s.event {
				s.id = "event/" + id + "/" + nanoTime(number{n: s.start}).Format(time.RFC3339Nano)
			}
		}
	case differ:
		list.add(name, int(best.line), "give every call an id of its own", "spans with the response id \""+id+"\" differ in tokens; they were counted once, by the most")
	}
}

// slack is how far the times of one moment may lie apart: exporters round nanoseconds, and clocks are set in milliseconds.
const slack = time.Millisecond

// pairByService leaves out events that neither an id nor a span sets against the spans of their service: they may well
// be the same calls.
func pairByService(all []*span) {
	spans := map[string]bool{}    // services with spans that count
	nameless := map[string]bool{} // of these, such that some have no id
	for _, s := range all {
		if s.carries && !s.event && s.fate == counts {
			spans[s.labels.service] = true
			nameless[s.labels.service] = nameless[s.labels.service] || s.id == ""
		}
	}
	for _, s := range all {
		if s.event && !s.placed && s.fate == counts && spans[s.labels.service] && (s.id == "" || nameless[s.labels.service]) {
			s.fate = unpaired
		}
	}
}
