package traffic

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// langfuseNames are the members that are read, folded, of observations, traces and ingestion events in all layouts.
var langfuseNames = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range []string{"id", "traceid", "type", "name", "starttime", "endtime", "completionstarttime", "model", "providedmodelname",
		"parentobservationid", "promptname", "promptversion", "usagedetails", "usage", "inputusage", "outputusage", "totalusage",
		"inputtokens", "outputtokens", "totaltokens", "prompttokens", "completiontokens", "level", "environment", "version", "release",
		"userid", "sessionid", "metadata", "tags", "tracename", "updatedat", "eventts", "timestamp", "body", "isdeleted", "bookmarked"} {
		m[n] = true
	}
	return m
}()

// isLangfuse looks for observations, traces and lists of either, and for ingestion batches.
func isLangfuse(h head) bool {
	for _, o := range h.objects {
		if isLangfuseObject(o, h.text) {
			return true
		}
	}
	return isObservationHeader(h.header())
}

func isLangfuseObject(keys map[string]bool, text string) bool {
	m := map[string]bool{}
	for k := range keys {
		m[fold(k)] = true
	}
	switch {
	case m["batch"]:
		return strings.Contains(text, `-create"`) || strings.Contains(text, `-update"`)
	case m["observations"]:
		return keys["trace"] || m["timestamp"]
	case m["data"] && !m["traceid"]:
		return strings.Contains(text, `"traceId"`) || strings.Contains(text, `"parentObservationId"`) || strings.Contains(text, `"bookmarked"`)
	case m["body"] && m["type"] && m["timestamp"]:
		return strings.Contains(text, `-create"`) || strings.Contains(text, `-update"`)
	case m["bookmarked"]:
		return m["id"] && m["timestamp"]
	}
	return m["id"] && m["traceid"] && m["type"] && m["starttime"]
}

// isObservationHeader tells the columns that make an observation.
func isObservationHeader(names []string) bool {
	folded := make([]string, 0, len(names))
	for _, n := range names {
		folded = append(folded, fold(n))
	}
	for _, n := range []string{"id", "type", "starttime"} {
		if !slices.Contains(folded, n) {
			return false
		}
	}
	return slices.Contains(folded, "traceid") || slices.Contains(folded, "usagedetails") || slices.Contains(folded, "parentobservationid")
}

const (
	skipObservation = "a Langfuse observation that is no model call"
	skipTrace       = "a Langfuse trace, read for its user, session and tags"
	skipEvent       = "a Langfuse ingestion event of another kind"
	skipUpdate      = "a Langfuse event that completes another"
	skipDeleted     = "a deleted Langfuse observation"
	skipStale       = "an older version of a Langfuse observation"
)

// readLangfuse reads observations: lists of the public API, exports of the page and of blob storage as JSON, JSON lines
// and CSV, traces with their observations, and ingestion batches. Which observations count is known only when all are;
// see resolveObservations. Costs, models' own ids and text are not read; nor is the latency, since exports give it in
// seconds or in milliseconds under one name: it is the time from start to end.
//
// Sources: Langfuse's API definition, its export and ingestion code, and traces saved from its page.
func readLangfuse(f *file, in *input) error {
	if isTable(in) {
		return f.langfuseTable(in)
	}
	return f.eachValue(in, func(value []byte, line int) error {
		if err := f.langfuseValue(value, line, 0); err != nil {
			f.reject(line, err)
		}
		return nil
	})
}

func (f *file) langfuseTable(in *input) error {
	var names []string
	return f.eachRow(in, func(header []string) error {
		if names = slices.Clone(header); !isObservationHeader(names) {
			return &fileError{rule: ruleDialect, summary: "the table is none of Langfuse's observations", hint: "export observations: id, type, traceId and startTime are expected"}
		}
		return nil
	}, func(cells []string, line int) error {
		m, err := rowFields(names, cells, langfuseNames)
		if err == nil {
			err = f.langfuseRow(m, line)
		}
		if err != nil {
			f.reject(line, err)
		}
		return nil
	})
}

// langfuseValue reads one object: a record, or what holds a list of them. Lists are not looked for in lists of lists.
func (f *file) langfuseValue(value []byte, line, depth int) error {
	w := &langfuseWalk{file: f, text: value, line: line, depth: depth, own: fields{}}
	w.dec = jsontext.NewDecoder(bytes.NewBuffer(value), foreign)
	if err := w.run(); err != nil {
		return explainJSON(err)
	}
	switch {
	case !w.lists:
		return f.langfuseRow(w.own, line)
	case w.own.text("id") != "":
		f.langfuseTrace(w.own, time.Time{})
	}
	return nil
}

// langfuseWalk goes through the members of one object and through the records in its lists, each with its line.
type langfuseWalk struct {
	file  *file
	dec   *jsontext.Decoder
	text  []byte
	line  int // of from
	from  int
	depth int
	own   fields
	lists bool // a list of records, or a trace, was among the members
}

func (w *langfuseWalk) run() error {
	if t, err := w.dec.ReadToken(); err != nil || t.Kind() != '{' {
		return errors.Join(err, bad(notAnObject, ""))
	}
	for w.dec.PeekKind() == '"' {
		t, err := w.dec.ReadToken()
		if err != nil {
			return err
		}
		if err := w.member(t.String()); err != nil {
			return err
		}
	}
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	if _, err := w.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return bad(notJSON, "more than one value")
	}
	return nil
}

func (w *langfuseWalk) member(name string) error {
	kind := w.dec.PeekKind()
	switch {
	case kind == '[' && w.depth < 2 && (name == "data" || name == "observations" || name == "batch"):
		w.lists = true
		return w.list()
	case kind == '{' && name == "trace":
		w.lists = true
		v, err := w.dec.ReadValue()
		if err != nil {
			return err
		}
		m, err := fieldsOf(v, langfuseNames)
		if err == nil {
			w.file.langfuseTrace(m, time.Time{})
		}
		return err
	case !langfuseNames[fold(name)]:
		return w.dec.SkipValue()
	}
	v, err := w.dec.ReadValue()
	if err != nil || v.Kind() == 'n' || string(v) == `""` {
		return err
	}
	return w.own.put(name, bytes.Clone(v))
}

func (w *langfuseWalk) list() error {
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	for w.dec.PeekKind() != ']' {
		w.dec.PeekKind()
		at := int(w.dec.InputOffset())
		v, err := w.dec.ReadValue()
		if err != nil {
			return err
		}
		if start := at + bytes.IndexByte(w.text[at:], v[0]); start > w.from {
			w.line, w.from = w.line+bytes.Count(w.text[w.from:start], []byte("\n")), start
		}
		if v.Kind() == '"' {
			continue // a trace in a list of traces names its observations
		}
		if v.Kind() != '{' {
			w.file.reject(w.line, bad(notAnObject, ""))
			continue
		}
		if err := w.file.langfuseValue(v, w.line, w.depth+1); err != nil {
			w.file.reject(w.line, err)
		}
	}
	_, err := w.dec.ReadToken()
	return err
}

// langfuseRow reads one record by what it is.
func (f *file) langfuseRow(m fields, line int) error {
	kind := m.text("type")
	body, isEvent := m["body"]
	_, started := m["starttime"]
	switch {
	case isEvent:
		return f.langfuseEvent(kind, body.value, m, line)
	case kind != "" || started:
		return f.observe(m, observationKind(kind), line)
	case m.text("id") != "":
		f.langfuseTrace(m, time.Time{})
	default:
		return bad(notAnObject, "neither an observation nor a trace")
	}
	return nil
}

// langfuseEvent reads one event of an ingestion batch. Observations are created by one and completed by others, which
// hold only what is new: they are put together when all are known.
func (f *file) langfuseEvent(kind string, body jsontext.Value, event fields, line int) error {
	what, verb, ok := strings.Cut(kind, "-")
	if !ok || verb != "create" && verb != "update" || what == "score" || what == "event" || body.Kind() != '{' {
		f.skip(skipEvent)
		return nil
	}
	m, err := fieldsOf(body, langfuseNames)
	if err != nil {
		return inside("body", err)
	}
	at, err := f.utc(event, "timestamp")
	if err != nil {
		return err
	}
	if what == "trace" {
		f.langfuseTrace(m, at)
		return nil
	}
	if what == "observation" {
		what = m.text("type")
	}
	if m.text("id") == "" {
		return bad(noUsage, "an event without the id of its observation")
	}
	f.events = append(f.events, langfuseEvent{id: m.text("id"), kind: observationKind(what), at: at, update: verb == "update", fields: m, line: line, file: f})
	return nil
}
