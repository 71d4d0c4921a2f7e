package traffic

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// traceLabels is what a Langfuse trace says of the observations under it. A trace is written down several times, by
// events and in exports; of each member the latest counts, whatever order they are read in.
type traceLabels struct {
	user, session, track, feature, template, version dated
	facts                                            map[Fact]time.Time
}

// dated is a value and when it was written.
type dated struct {
	at    time.Time
	value string
}

func (d *dated) take(other dated) {
	if other.value != "" && (d.value == "" || other.at.After(d.at) || other.at.Equal(d.at) && other.value > d.value) {
		*d = other
	}
}

func (t *traceLabels) members() []*dated {
	return []*dated{&t.user, &t.session, &t.track, &t.feature, &t.template, &t.version}
}

func (t *traceLabels) take(other *traceLabels) {
	theirs := other.members()
	for i, d := range t.members() {
		d.take(*theirs[i])
	}
	for k, at := range other.facts {
		if old, ok := t.facts[k]; !ok || at.After(old) {
			t.facts[k] = at
		}
	}
}

// sorted gives the facts of the latest version of each member, in an order that does not change.
func (t *traceLabels) sorted() []Fact {
	latest := map[string]time.Time{}
	for k, at := range t.facts {
		if at.After(latest[k.Key]) {
			latest[k.Key] = at
		}
	}
	var out []Fact
	for k, at := range t.facts {
		if at.Equal(latest[k.Key]) {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, compareFacts)
	return out
}

func compareFacts(a, b Fact) int {
	if c := strings.Compare(a.Name, b.Name); c != 0 {
		return c
	}
	if c := strings.Compare(a.Key, b.Key); c != 0 {
		return c
	}
	return strings.Compare(a.Value, b.Value)
}

// langfuseTrace keeps what a trace says; at is when, or 0 where the trace itself says so.
func (f *file) langfuseTrace(m fields, at time.Time) {
	f.skip(skipTrace)
	if at.IsZero() {
		at = f.langfuseUpdated(m)
	}
	t := &traceLabels{facts: map[Fact]time.Time{}}
	l := langfuseLabels(m)
	for i, v := range []string{m.text("userid"), m.text("sessionid"), l.Track, l.Feature, l.Template, l.Version} {
		t.members()[i].value, t.members()[i].at = v, at
	}
	if f.facts {
		r := &record{}
		f.langfuseFacts(r, m, "trace.")
		for _, fact := range r.facts {
			t.facts[fact] = at
		}
	}
	id := m.text("id")
	if old := f.traces[id]; old != nil {
		old.take(t)
		return
	}
	if f.traces == nil {
		f.traces = map[string]*traceLabels{}
	}
	f.traces[id] = t
}

// langfuseUpdated is when a record was written last. One that does not say is older than any that does.
func (f *file) langfuseUpdated(m fields) time.Time {
	event, err := f.utc(m, "eventts")
	updated, err2 := f.utc(m, "updatedat")
	if err != nil || err2 != nil {
		return time.Time{}
	}
	if event.After(updated) {
		return event
	}
	return updated
}

// langfuseLabels takes track, feature and template from metadata, or from tags written as "track:retrieval".
func langfuseLabels(m fields) labels {
	var l labels
	if l.UnmarshalJSON(m["metadata"].value) != nil {
		l = labels{}
	}
	tags := langfuseTags(m)
	for _, by := range []struct {
		name string
		to   *string
	}{{"track", &l.Track}, {"feature", &l.Feature}, {"template", &l.Template}, {"template_version", &l.Version}} {
		for _, tag := range tags {
			if rest, ok := strings.CutPrefix(string(tag), by.name+":"); ok && *by.to == "" {
				*by.to = strings.TrimSpace(rest)
			}
		}
	}
	return l
}

func langfuseTags(m fields) (tags []text) {
	if m.embedded("tags").into(&tags, '[') != nil {
		return nil
	}
	return tags
}

// langfuseFacts tells what map rules may ask for. prefix says which record the key stands in.
func (f *file) langfuseFacts(r *record, m fields, prefix string) {
	if !f.facts {
		return
	}
	for _, n := range []struct{ member, fact string }{{"name", "name"}, {"tracename", "name"}, {"promptname", "prompt"}, {"promptversion", "prompt_version"},
		{"environment", "metadata.environment"}, {"version", "metadata.version"}, {"release", "metadata.release"},
		{"userid", "user"}, {"sessionid", "session"}} {
		value, key := m.find(n.member)
		f.tell(r, n.fact, value, prefix+key)
	}
	for _, tag := range langfuseTags(m) {
		f.tell(r, "tag", string(tag), prefix+m["tags"].key)
	}
	f.tellMetadata(r, m.embedded("metadata"), prefix+m["metadata"].key)
}

// tellMetadata tells the members of an object that are no objects or lists themselves.
func (f *file) tellMetadata(r *record, object embedded, key string) {
	var all map[string]jsontext.Value
	if !f.facts || object.into(&all, '{') != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		var t text
		if t.UnmarshalJSON(all[name]) == nil {
			f.tell(r, "metadata."+name, string(t), key+"."+name)
		}
	}
}
