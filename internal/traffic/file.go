package traffic

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/tokengate/tokengate/internal/source"
)

// file is one source being read, or a part of it, and what it gave. Only its own goroutine writes it until all it hands
// on was taken.
type file struct {
	src      Source
	name     string
	opts     *Options
	text     bool            // prompts are wanted: Options.Text
	facts    bool            // facts are wanted: see tell
	mapper   *mapper         // of Options.Map, from the first record on
	explain  func(Explained) // Options.Explain, one call at a time; may be nil
	dialect  string
	readable bool // the reader reached the end
	size     int64

	turn    <-chan struct{}                    // closed once all files before it were taken
	take    func(records []record, behind int) // counts records, whose lines stand behind so many
	records []record                           // not handed on yet
	streams map[recordKey]int                  // Claude Code: where in records a response stands
	count   int64                              // records that are calls
	lines   int64                              // not blank
	skipped map[skipKey]int64

	isPart   bool  // it is a block of another file
	newlines int   // of a part: its lines, blank ones as well
	base     int   // lines of the parts taken so far
	stop     error // what ended the reading of a part

	spans      pile[span] // OTLP: spans and events that may be calls, until all files are known
	labels     map[spanLabels]*spanLabels
	links      pile[spanLink]   // OTLP: every span's parent
	points     pile[tokenPoint] // OTLP: data points of token metrics, until all files are known
	series     map[string]*tokenSeries
	usageSpans int
	odd        oddities

	observed []observation           // Langfuse: every observation, until all files are known
	events   []langfuseEvent         // Langfuse: parts of observations
	traces   map[string]*traceLabels // Langfuse: by id

	bad     listing            // bad records
	texts   listing            // prompts that cannot be counted
	whole   source.Diagnostics // about the file as a whole
	noZone  bool               // some times were written without a zone
	strings interner
	err     error // the machine failed
}

func newFile(s Source) *file {
	return &file{src: s, name: s.Name, opts: &Options{}, skipped: map[skipKey]int64{}, bad: listing{rule: ruleBadLine}, texts: listing{rule: ruleText}, odd: oddities{labels: listing{rule: ruleLabel}}}
}

// read opens the file, finds its dialect and reads it to the end or to what stops it. Everything was handed on when it
// returns.
func (f *file) read(m *meter) {
	in, err := open(f.src, m, f.opts.MaxBytes, f.size)
	if err == nil {
		f.err = f.parse(in)
		in.close()
	} else {
		f.err = err
	}
	f.strings.release()
	f.sign()
	f.hand()
	<-f.turn
	f.finish()
}

func (f *file) parse(in *input) error {
	d, err := pick(f.src.Dialect, in)
	if err != nil {
		return err
	}
	f.dialect = d.name
	if err := d.read(f, in); err != nil {
		return err
	}
	if in.grown() {
		f.whole = append(f.whole, source.Diagnostic{Rule: ruleGrown, Severity: source.Info, Span: source.Span{File: f.name},
			Summary: fmt.Sprintf("the recording grew while it was read; what came after its first %d bytes is not in this reading", in.size)})
	}
	return nil
}

// finish says what stopped the file, once all its parts were taken.
func (f *file) finish() {
	err := f.err
	f.err = nil
	if f.stop != nil {
		err = f.stop
	}
	var whole *fileError
	switch {
	case err == nil:
		f.readable = true
	case errors.As(err, &whole) && whole.midway:
		f.refuse(whole.rule, whole.hint, "%s, after %d records in %d lines", whole, f.count+int64(f.spans.n), f.lines)
	case errors.As(err, &whole):
		f.refuse(whole.rule, whole.hint, "%s", whole)
	case errors.Is(err, errEmpty):
		f.whole.Warn(ruleEmpty, source.Span{File: f.name}, "check that the recorder ran", "the recording is empty")
	case errors.Is(err, fs.ErrNotExist):
		f.refuse(ruleMissing, "record traffic there, or correct the path", "the recording does not exist")
	default:
		f.err = err
	}
}

// refuse reports that the file as a whole cannot be used; what was read before stays.
func (f *file) refuse(rule, hint, format string, args ...any) {
	f.whole.Add(rule, source.Span{File: f.name}, hint, format, args...)
}

// accept takes one call: it fills in what rules and defaults say, and checks what every dialect must have.
func (f *file) accept(r record, line int) {
	f.records = append(f.records, r)
	f.keep(line)
}

// slot gives the place of the next record, for a reader that fills it where it stands; it is then kept, or dropped.
func (f *file) slot() *record {
	f.records = append(f.records, record{})
	return &f.records[len(f.records)-1]
}

func (f *file) drop() { f.records = f.records[:len(f.records)-1] }

// keep accepts the last record where it stands.
func (f *file) keep(line int) {
	r := &f.records[len(f.records)-1]
	c := &r.call
	var seen explainer
	if f.explain != nil {
		seen.before(c)
	}
	f.mapping(r)
	c.Place = Place{File: f.name, Line: line}
	if c.Time.IsZero() {
		c.Time = f.src.Defaults.Day
	}
	c.Time = c.Time.UTC()
	err := check(c)
	if err == nil {
		err = f.odd.ahead.check(c, f.opts.Now)
	}
	if err != nil {
		f.drop()
		f.reject(line, err)
		return
	}
	r.ended, r.main = r.final, !r.side
	if f.text && c.Prompt == nil && r.lack == lackNothing {
		r.lack = lackDialect
	}
	if f.explain != nil {
		f.explain(seen.after(f, r))
	}
	r.facts = nil // nobody asks for them any more
	f.count++
	switch {
	case r.stream && f.joined(r):
		f.drop()
	case !r.stream:
		r.sign()
	}
	f.handSome()
}

// joined joins a line of a response with those of the same file before it. A response has a line for each of its parts,
// so the records of such a file are held to its end.
func (f *file) joined(r *record) bool {
	if f.streams == nil {
		f.streams = map[recordKey]int{}
	}
	if r.call.ID == "" {
		return false
	}
	key := recordKey{r.call.ID, r.request}
	if at, ok := f.streams[key]; ok {
		f.records[at] = join(f.records[at], *r)
		return true
	}
	f.streams[key] = len(f.records) - 1
	return false
}

// sign signs the records that were held.
func (f *file) sign() {
	if f.streams == nil {
		return
	}
	for i := range f.records {
		f.records[i].sign()
	}
}

func either(recorded, fallback string) string {
	if recorded != "" {
		return recorded
	}
	return fallback
}

// reject counts a record that should have been a call, and shows the first of a file.
func (f *file) reject(line int, err error) {
	why := badReason(err)
	f.skipped[skipKey{why.reason, true}]++
	f.bad.add(f.name, line, why.hint, why.Error())
}

// skip counts a record that is no call by nature, or that costs nothing.
func (f *file) skip(reason string) { f.skipped[skipKey{reason, false}]++ }

// report gives all diagnostics of the file.
func (f *file) report() source.Diagnostics {
	diags := slices.Concat(f.whole, f.bad.report(f.name, "bad lines"), f.texts.report(f.name, "prompts that cannot be counted"), f.odd.report(f.name))
	if f.noZone {
		at := source.Span{File: f.name}
		diags = append(diags, source.Diagnostic{Rule: ruleNoZone, Severity: source.Info, Span: at, Summary: "times carry no zone and were read as UTC"})
	}
	return diags
}
