// Package source owns places in what a user wrote and what is wrong there: position, span, diagnostic, the one
// printer of diagnostics with line and caret, and a strict YAML decoder that keeps a span for every value.
//
// It does not know which rules exist and does not open files: callers pass content in. A wrong input is a
// Diagnostic, collected and returned beside the value; a failing machine is an error.
//
//	var f file
//	diags := source.DecodeYAML("tokengate.yaml", content, &f)
package source

import (
	"cmp"
	"fmt"
	"slices"
)

// Pos is a place in a file. Line and Col count from 1; Col counts code points. The zero Pos means "the file as a whole".
type Pos struct {
	Line int `json:"line,omitempty"`
	Col  int `json:"col,omitempty"`
}

// Span is a range in one file; End is the first position after it. A zero End means a single point.
type Span struct {
	File  string `json:"file"`
	Start Pos    `json:"start,omitzero"`
	End   Pos    `json:"end,omitzero"`
}

// IsZero reports whether the span names no place at all.
func (s Span) IsZero() bool { return s == Span{} }

// String gives file, file:line or file:line:col, whichever is known.
func (s Span) String() string {
	switch {
	case s.Start.Line == 0:
		return s.File
	case s.Start.Col == 0:
		return fmt.Sprintf("%s:%d", s.File, s.Start.Line)
	}
	return fmt.Sprintf("%s:%d:%d", s.File, s.Start.Line, s.Start.Col)
}

// Severity orders diagnostics. Error stops a run before its verdict; Warning is shown and does not stop it.
type Severity int

// The severities, least to most severe.
const (
	Info Severity = iota
	Warning
	Error
)

// String gives the lower-case name used in every output format.
func (s Severity) String() string { return [...]string{"info", "warning", "error"}[s] }

// MarshalText writes the name of the severity.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the name of a severity.
func (s *Severity) UnmarshalText(b []byte) error {
	for _, v := range []Severity{Info, Warning, Error} {
		if v.String() == string(b) {
			*s = v
			return nil
		}
	}
	return fmt.Errorf("unknown severity %q", b)
}

// Diagnostic is one thing wrong with what the user wrote. Summary is one line without a full stop: what is, what was
// expected. Detail (optional) says more. Hint (optional) is one thing the reader can do now. Rule is a stable id.
type Diagnostic struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Summary  string   `json:"summary"`
	Detail   string   `json:"detail,omitempty"`
	Hint     string   `json:"hint,omitempty"`
	Span     Span     `json:"span,omitzero"`
}

// String gives "file:line:col: summary [rule]".
func (d Diagnostic) String() string {
	if d.Span.IsZero() {
		return fmt.Sprintf("%s [%s]", d.Summary, d.Rule)
	}
	return fmt.Sprintf("%s: %s [%s]", d.Span, d.Summary, d.Rule)
}

// Diagnostics is a list of diagnostics in no particular order until Sort.
type Diagnostics []Diagnostic

// Add appends an error-severity diagnostic.
func (ds *Diagnostics) Add(rule string, at Span, hint, format string, args ...any) {
	ds.add(Error, rule, at, hint, format, args...)
}

// Warn appends a warning.
func (ds *Diagnostics) Warn(rule string, at Span, hint, format string, args ...any) {
	ds.add(Warning, rule, at, hint, format, args...)
}

func (ds *Diagnostics) add(sev Severity, rule string, at Span, hint, format string, args ...any) {
	*ds = append(*ds, Diagnostic{Rule: rule, Severity: sev, Summary: fmt.Sprintf(format, args...), Hint: hint, Span: at})
}

// HasErrors reports whether any diagnostic is an error.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sort orders by file, position, severity (worst first), rule and summary, and drops exact repeats.
func (ds *Diagnostics) Sort() {
	slices.SortStableFunc(*ds, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Span.File, b.Span.File),
			cmp.Compare(a.Span.Start.Line, b.Span.Start.Line),
			cmp.Compare(a.Span.Start.Col, b.Span.Start.Col),
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Summary, b.Summary),
		)
	})
	*ds = slices.Compact(*ds)
}

// Rule documents one stable diagnostic id; `tokengate explain` prints it. Explain is Markdown-ish plain text.
type Rule struct {
	ID      string
	Summary string
	Explain string
}
