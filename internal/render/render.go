// Package render turns the published report into what people and programs read: one file per format, each made from
// internal/report alone, so that a saved report renders again without recomputing and every format is tested from the
// same saved files.
//
// It decides how things look: columns, units in headings, what is folded, what is cut when space is short. It does not
// decide what is true, which order matters or how a fact is worded; the report has done that. Text of the report that
// came from files (paths, headings, owners) is untrusted: each format makes it inert.
//
//	err := render.Markdown(os.Stdout, r)
package render

import (
	"io"

	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// Options is how the reader wants a format; formats that have no use for a field ignore it.
type Options struct {
	Width int  // columns of the terminal; 0 means 100, less than 60 means 60
	Color bool // ANSI colours

	ByTrack bool // of a what-if: a table for every track as well
	Changes bool // of a cost surface: what changed, alone

	Rules []source.Rule // what explains the rules of a report, for formats that carry it
}

// Format is one output format. Render writes the whole output or returns the error of the writer.
type Format struct {
	Name     string
	Describe string
	Render   func(io.Writer, *report.Report, Options) error
}

// Formats lists every format, the default first.
var Formats = []Format{
	{"table", "tables for a terminal", Table},
	{"markdown", "the pull request comment", func(w io.Writer, r *report.Report, _ Options) error { return Markdown(w, r) }},
	{"json", "the report itself, as documented by its JSON Schema", func(w io.Writer, r *report.Report, _ Options) error { return JSON(w, r) }},
	{"sarif", "SARIF 2.1.0 for code scanning", SARIF},
	{"github", "workflow commands, shown beside the lines of a change", GitHub},
}

// JSON writes the report document itself.
func JSON(w io.Writer, r *report.Report) error { return r.Write(w) }
