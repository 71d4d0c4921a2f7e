package traffic

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// langfuseKey places an observation in the tree of spans: all in one trace, since their ids are their own in a project.
func langfuseKey(id string) spanKey { return keyOf("langfuse", text(id)) }

// observation is one version of an observation as it was written down.
type observation struct {
	id, parent string
	trace      string
	kind       observationKind
	updated    time.Time
	deleted    bool
	call       *Call // nil where it cannot be one
	carries    bool  // has usage above 0
	err        error // why its usage cannot be taken, which matters only if it counts
	facts      []Fact
	line       int
	file       *file
}

// observationKind is a type, in capitals.
type observationKind string

// langfuseEvent is a part of an observation.
type langfuseEvent struct {
	id     string
	kind   observationKind
	at     time.Time
	update bool
	fields fields
	line   int
	file   *file
}

// isModel tells the types that stand for one request to a model.
func (k observationKind) isModel() bool { return k.is("GENERATION") || k.is("EMBEDDING") }

// is compares without case: events write types in small letters.
func (k observationKind) is(name string) bool { return strings.EqualFold(string(k), name) }

// observe keeps one observation.
func (f *file) observe(m fields, kind observationKind, line int) error {
	o, err := f.observation(m, kind, line)
	if err == nil {
		f.observed = append(f.observed, o)
	}
	return err
}

func (f *file) observation(m fields, kind observationKind, line int) (observation, error) {
	intern := func(name string) string { return f.strings.bytes([]byte(m.text(name))) }
	o := observation{id: m.text("id"), parent: m.text("parentobservationid"), trace: intern("traceid"), kind: observationKind(f.strings.bytes([]byte(kind))),
		updated: f.langfuseUpdated(m), line: line, file: f}
	if o.id == "" {
		return o, bad(noUsage, "an observation without an id")
	}
	if o.deleted = m.text("isdeleted") == "1" || m.text("isdeleted") == "true"; o.deleted {
		return o, nil
	}
	u, carries, err := langfuseCounts(m)
	if !carries && !kind.isModel() {
		return o, nil
	}
	o.call, o.carries, o.err = &Call{}, carries, err
	if wrong := f.observedCall(o.call, m); err == nil {
		o.err = wrong
	}
	o.call.Usage = u
	r := record{}
	_, key := m.find("model", "providedmodelname")
	f.tell(&r, "model", o.call.Model, key)
	f.tell(&r, "operation", string(kind), m["type"].key)
	f.langfuseFacts(&r, m, "")
	o.facts = r.facts
	return o, nil
}

// observedCall fills a call from what its observation says. An error is one that matters only if it counts.
func (f *file) observedCall(c *Call, m fields) (err error) {
	intern := func(names ...string) string { return f.strings.bytes([]byte(m.text(names...))) }
	l := langfuseLabels(m)
	*c = Call{ID: m.text("id"), Model: intern("model", "providedmodelname"), User: intern("userid"), Session: intern("sessionid"),
		Track: l.Track, Feature: l.Feature, Template: l.Template, TemplateVersion: l.Version, Status: "ok"}
	if strings.EqualFold(m.text("level"), "ERROR") {
		c.Status = "error"
	}
	if c.Time, err = f.utc(m, "starttime"); err != nil {
		return err
	}
	for _, by := range []struct {
		name string
		to   *time.Duration
	}{{"endtime", &c.Latency}, {"completionstarttime", &c.FirstToken}} {
		at, err := f.utc(m, by.name)
		if err != nil {
			return err
		}
		if at.After(c.Time) {
			*by.to = at.Sub(c.Time)
		}
	}
	return nil
}

// resolveObservations makes spans of Langfuse's observations, which are then counted as all spans are: one counts only if
// none below it carries usage, since frameworks and the clients under them report the same request. Before that, parts
// are put together, of several versions the one written last holds for all, what a tool does stands beside the generation
// that asked for it and not below, and each call gets what its trace says of user, session and labels.
func resolveObservations(files []*file) {
	joinEvents(files)
	byID, traces := map[string][]*observation{}, map[string]*traceLabels{}
	for _, f := range files {
		for i := range f.observed {
			o := &f.observed[i]
			byID[o.id] = append(byID[o.id], o)
		}
		for id, t := range f.traces {
			if traces[id] == nil {
				traces[id] = &traceLabels{facts: map[Fact]time.Time{}}
			}
			traces[id].take(t)
		}
	}
	latest := map[string]*observation{}
	for id, versions := range byID {
		latest[id] = slices.MaxFunc(versions, compareVersions)
	}
	for _, f := range files {
		for i := range f.observed {
			o := &f.observed[i]
			o.place(latest, traces[latest[o.id].trace])
		}
		f.observed, f.traces = nil, nil
	}
}

// compareVersions orders versions of an observation, the one that holds last.
func compareVersions(a, b *observation) int {
	ca, cb := cmp.Or(a.call, &Call{}), cmp.Or(b.call, &Call{})
	return cmp.Or(a.updated.Compare(b.updated), compareBool(a.deleted, b.deleted), compareBool(a.call != nil, b.call != nil), cmp.Compare(ca.Usage.Total(), cb.Usage.Total()),
		cmp.Compare(filled(ca), filled(cb)), ca.Time.Compare(cb.Time), compareContent(ca, cb), strings.Compare(a.trace, b.trace),
		strings.Compare(a.parent, b.parent), strings.Compare(string(a.kind), string(b.kind)),
		comparePlace(Place{b.file.name, b.line}, Place{a.file.name, a.line}))
}

// place puts one version of an observation into the tree of spans.
func (o *observation) place(latest map[string]*observation, t *traceLabels) {
	f, held := o.file, latest[o.id]
	if held.deleted {
		f.skip(skipDeleted)
		return
	}
	if o == held {
		parent := spanKey{}
		if above := o.above(latest); above != "" {
			parent = langfuseKey(above)
		}
		f.links.add(spanLink{langfuseKey(o.id), parent.span})
	}
	switch {
	case held.call == nil:
		f.skip(skipObservation)
		return
	case o != held && (held.err != nil || !held.carries && held.call.Status != "error"):
		f.skip(skipStale)
		return
	}
	if held.carries {
		f.usageSpans++
	}
	f.spans.add(held.candidate(o, t))
}

// candidate gives what may be a call, as one of its versions was written down.
func (o *observation) candidate(version *observation, t *traceLabels) span {
	s := span{key: langfuseKey(o.id), carries: o.carries && o.err == nil, line: int32(version.line), file: version.file}
	c := *o.call
	facts := o.facts
	if t != nil {
		c.User, c.Session = either(c.User, t.user.value), either(c.Session, t.session.value)
		c.Track, c.Feature = either(c.Track, t.track.value), either(c.Feature, t.feature.value)
		c.Template, c.TemplateVersion = either(c.Template, t.template.value), either(c.TemplateVersion, t.version.value)
		facts = append(slices.Clip(facts), t.sorted()...)
	}
	s.hold(c, "")
	s.blame(o.err)
	s.extra().facts, s.extra().at = facts, version.updated
	return s
}

// above is the observation's parent. What a tool does is no part of the request that asked for it: the calls in it are
// other calls.
func (o *observation) above(latest map[string]*observation) string {
	parent := o.parent
	for range 100 {
		p := latest[parent]
		if p == nil || !p.kind.isModel() || !o.kind.is("TOOL") {
			break
		}
		parent = p.parent
	}
	return parent
}

// joinEvents makes observations of ingestion events: of each member the latest event's counts.
func joinEvents(files []*file) {
	byID := map[string][]*langfuseEvent{}
	for _, f := range files {
		for i := range f.events {
			e := &f.events[i]
			byID[e.id] = append(byID[e.id], e)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		parts := byID[id]
		slices.SortFunc(parts, compareEvents)
		whole := fields{}
		kind := parts[0].kind
		for _, e := range parts {
			maps.Copy(whole, e.fields)
			kind = observationKind(cmp.Or(string(e.kind), string(kind)))
		}
		first, last := parts[0], parts[len(parts)-1]
		for _, e := range parts[1:] {
			e.file.skip(skipUpdate)
		}
		o, err := first.file.observation(whole, kind, first.line)
		if err != nil {
			first.file.reject(first.line, err)
			continue
		}
		o.updated = last.at
		first.file.observed = append(first.file.observed, o)
	}
	for _, f := range files {
		f.events = nil
	}
}

// compareEvents orders events by time; an observation is created before it is updated.
func compareEvents(a, b *langfuseEvent) int {
	if c := cmp.Or(a.at.Compare(b.at), compareBool(a.update, b.update)); c != 0 {
		return c
	}
	for _, k := range slices.Sorted(maps.Keys(langfuseNames)) {
		if c := bytes.Compare(a.fields[k].value, b.fields[k].value); c != 0 {
			return c
		}
	}
	return comparePlace(Place{a.file.name, a.line}, Place{b.file.name, b.line})
}
