// Package engine renders the template languages that prompts are written in: Jinja, its relative Nunjucks, Handlebars,
// and Mustache. It says where every byte of a rendering comes from, and never does more than it is allowed to: steps are
// counted, the output is bounded, nesting is bounded, and what would make two renderings differ (chance, the clock, the
// environment) or reach beyond the given files is refused.
//
// The languages are interpreted here and not by a library each: a step has to be charged where it is made. A macro or a
// partial that calls itself ends a Go program that renders it by plain recursion, and text that doubles itself takes all
// memory before any clock can stop it.
//
// What is left to others: where a template file ends and its front matter begins, roles of messages, counting tokens.
//
//	text, err := engine.Render(engine.Jinja, "greet.j2", "Hi {{ name }}!", map[string]any{"name": "Ada"}, engine.Options{})
package engine

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"unicode/utf8"
)

// Language is a template language.
type Language string

// The languages.
const (
	Jinja      Language = "jinja"      // Jinja 3 as Python renders it, without autoescaping
	Nunjucks   Language = "nunjucks"   // the part of Nunjucks that is written as Jinja is; values print as in JavaScript
	Handlebars Language = "handlebars" // Handlebars without HTML escaping
	Dotprompt  Language = "dotprompt"  // Handlebars with the helpers of Dotprompt; roles and media become Marks
	Mustache   Language = "mustache"   // Mustache without HTML escaping
)

// Options bound a rendering and say how it is done. The zero value renders a single text.
type Options struct {
	Files fs.FS // where includes, imports and partials are read; nil: there are none

	MaxSteps int // evaluated parts, loop passes, and one per 32 bytes of text made; 0 is a million
	MaxBytes int // of output; 0 is 4 MiB

	TrimBlocks   bool // Jinja: the first newline after a block tag is dropped
	LstripBlocks bool // Jinja: blanks in front of a block tag that begins its line are dropped

	// Lenient renders a part of a value that is not there as nothing, where Python would fail: for measuring a template
	// whose variables are not known. Nunjucks, Handlebars and Mustache always do.
	Lenient bool

	Data map[string]any // Handlebars, Dotprompt: what @name gives, such as @state
}

// Error is why a text could not be rendered. Line and Col count from 1, columns in code points; both are 0 where the
// place is not known.
type Error struct {
	File      string // the name given to Render, or the path of an included file
	Line, Col int
	Reason    string // lower case, without a full stop
	Hint      string // what to do about it; may be ""
	Limit     bool   // a bound of Options, or of nesting, was met: the text may be right and is not known
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Reason)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Reason)
}

// Output is a rendered text and where it comes from.
type Output struct {
	Text   string
	Pieces []Piece // in the order of Text, without gaps
	Marks  []Mark  // Dotprompt: in the order of Text
	Uses   []Use   // of variables, in the order of rendering; each place of the source once
	Steps  int     // what the rendering took; see Options.MaxSteps
}

// Use is a place of the source that asks for a variable. All text in front of the first one is the same whatever the
// variables are.
type Use struct {
	Name       string // of the variable, without what is asked of it
	File       string
	Start, End int  // bytes of that file's text
	Out        int  // offset in Text that was reached
	Given      bool // the variable is there
}

// Piece is a run of the output that one place of a source made. Its place in Text ends where the next piece begins.
type Piece struct {
	Out        int    // offset in Text
	File       string // the name given to Render, or the path of an included file
	Start, End int    // bytes of that file's text: the same bytes where Literal is set, else the tag that made them
	Literal    bool
}

// Mark is what a helper of Dotprompt puts between texts.
type Mark struct {
	Kind       string // role, history, media, section
	Value      string // the role, the URL, or the section's name
	Media      string // content type of a media part
	Out        int    // offset in Text at which it stands
	Start, End int    // its tag
	Block      bool   // it was written as a block, {{#role "x"}}…{{/role}}
}

// Render gives the text that a template renders to. name is where the text stands in opts.Files; it is used to find what
// is included, and in errors. vars may hold nil, bool, numbers, strings, slices, Map, and maps with string keys, whose
// keys are taken in their order by bytes. Every error is an *Error.
func Render(lang Language, name, text string, vars map[string]any, opts Options) (string, error) {
	out, err := Trace(lang, name, text, vars, opts)
	return out.Text, err
}

// Trace renders like Render and says where the text comes from. The output is empty where there is an error.
func Trace(lang Language, name, text string, vars map[string]any, opts Options) (out Output, err error) {
	m := newMachine(lang, opts)
	defer m.caught(&out, &err)
	s := newScript(name, text)
	values := m.dict(place{s, 0, 0}, vars)
	switch lang {
	case Jinja, Nunjucks:
		renderJinja(m, s, values)
	case Handlebars, Dotprompt:
		renderHandlebars(m, s, values)
	case Mustache:
		renderMustache(m, s, values)
	default:
		return Output{}, &Error{File: name, Reason: fmt.Sprintf("no template language is called %q", lang)}
	}
	return Output{m.out.b.String(), m.out.pieces, m.out.marks, m.uses, m.steps}, nil
}

// Check reports what keeps a text from being read as a template, without rendering it; nil for nothing.
func Check(lang Language, name, text string, opts Options) (err error) {
	m := newMachine(lang, opts)
	defer m.caught(&Output{}, &err)
	s := newScript(name, text)
	switch lang {
	case Jinja, Nunjucks:
		parseJinja(m, s)
	case Handlebars, Dotprompt:
		parseHandlebars(m, s)
	case Mustache:
		parseMustache(m, s)
	}
	return nil
}

func newMachine(lang Language, opts Options) *machine {
	opts.MaxSteps = cmp.Or(opts.MaxSteps, 1_000_000)
	opts.MaxBytes = cmp.Or(opts.MaxBytes, 4<<20)
	m := &machine{lang: lang, opts: opts, out: &sink{}, used: map[place]bool{}}
	m.main = m.out
	if lang == Jinja || lang == Nunjucks {
		m.words = newVocabulary()
	}
	return m
}

// caught turns a stop into an error.
func (m *machine) caught(out *Output, err *error) {
	switch stopped := recover().(type) {
	case nil:
	case stop:
		*out, *err = Output{}, stopped.err
	default:
		panic(stopped)
	}
}

// As gives err as an *Error; nil for another one.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// script is the text of one file and its lines.
type script struct {
	name, text string
	lines      []int // offset where each line starts
}

func newScript(name, text string) *script {
	s := &script{name: name, text: text, lines: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// place is a run of bytes of a script.
type place struct {
	s          *script
	start, end int
}

// position gives line and column of an offset, from 1.
func (s *script) position(offset int) (line, col int) {
	line = sort.SearchInts(s.lines, offset+1)
	return line, utf8.RuneCountInString(s.text[s.lines[line-1]:offset]) + 1
}
