package traffic

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/tokengate/tokengate/internal/source"
)

// file is one source being read and what it gave. Only its own goroutine writes it.
type file struct {
	src      Source
	name     string
	text     bool // prompts are wanted: Options.Text
	facts    bool // facts are wanted: see tell
	dialect  string
	readable bool // the reader reached the end

	lines   int64
	records pile
	skipped map[skipKey]int64

	spans      []span     // OTLP: spans that may be calls, until all files are known
	links      []spanLink // OTLP: every span's parent
	usageSpans int

	bad     listing            // bad records
	texts   listing            // prompts that cannot be counted
	whole   source.Diagnostics // about the file as a whole
	noZone  bool               // some times were written without a zone
	strings interner
	err     error // the machine failed
}

func newFile(s Source) *file {
	return &file{src: s, name: s.Name, skipped: map[skipKey]int64{}, strings: interner{}, bad: listing{rule: ruleBadLine}, texts: listing{rule: ruleText}}
}

// read opens the file, finds its dialect and reads it to the end or to what stops it.
func (f *file) read(m *meter, limit int64) {
	in, err := open(f.src, m, limit)
	if err == nil {
		defer in.close()
		err = f.parse(in)
	}
	if err == nil {
		f.readable = true
		return
	}
	var whole *fileError
	switch {
	case errors.As(err, &whole):
		f.refuse(whole.rule, whole.hint, "%s", whole.summary)
	case errors.Is(err, errEmpty):
		f.whole.Warn(ruleEmpty, source.Span{File: f.name}, "check that the recorder ran", "the recording is empty")
	case errors.Is(err, fs.ErrNotExist):
		f.refuse(ruleMissing, "record traffic there, or correct the path", "the recording does not exist")
	default:
		f.err = err
	}
}

func (f *file) parse(in *input) error {
	d, err := pick(f.src.Dialect, in)
	if err != nil {
		return err
	}
	f.dialect = d.name
	err = d.read(f, in)
	if whole := (*fileError)(nil); errors.As(err, &whole) && whole.midway {
		return &fileError{rule: whole.rule, hint: whole.hint, summary: fmt.Sprintf("%s, after %d records in %d lines", whole.summary, f.records.n+len(f.spans), f.lines)}
	}
	return err
}

// refuse reports that the file as a whole cannot be used; what was read before stays.
func (f *file) refuse(rule, hint, format string, args ...any) {
	f.whole.Add(rule, source.Span{File: f.name}, hint, format, args...)
}

// accept takes one call: it fills defaults, checks what every dialect must have, and interns what repeats.
func (f *file) accept(r record, line int) {
	c := &r.call
	d := f.src.Defaults
	c.Track, c.Feature = either(c.Track, d.Track), either(c.Feature, d.Feature)
	c.Model, c.Template = either(c.Model, d.Model), either(c.Template, d.Template)
	c.Place = Place{File: f.name, Line: line}
	c.Time = c.Time.UTC()
	if err := check(c); err != nil {
		f.reject(line, err)
		return
	}
	r.ended, r.main = r.final, !r.side
	if f.text && c.Prompt == nil && r.lack == lackNothing {
		r.lack = lackDialect
	}
	f.records.add(r)
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
	diags := slices.Concat(f.whole, f.bad.report(f.name, "bad lines"), f.texts.report(f.name, "prompts that cannot be counted"))
	if f.noZone {
		at := source.Span{File: f.name}
		diags = append(diags, source.Diagnostic{Rule: ruleNoZone, Severity: source.Info, Span: at, Summary: "times carry no zone and were read as UTC"})
	}
	return diags
}

// interner keeps one copy of strings that repeat on most lines, such as model names.
type interner map[string]string

func (in interner) bytes(b []byte) string {
	if s, ok := in[string(b)]; ok {
		return s
	}
	s := string(b)
	in[s] = s
	return s
}
