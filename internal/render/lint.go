package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// LintFormat is one output format of a lint; see Format.
type LintFormat struct {
	Name     string
	Describe string
	Render   func(io.Writer, *report.Lint, Options) error
}

// LintFormats lists the formats of a lint, the default first.
var LintFormats = []LintFormat{
	{"table", "for a terminal", LintTable},
	{"json", "the document itself, as documented by its JSON Schema", func(w io.Writer, d *report.Lint, _ Options) error { return d.Write(w) }},
	{"sarif", "SARIF 2.1.0 for code scanning", LintSARIF},
	{"github", "workflow commands, shown beside the lines of a change", LintGitHub},
}

// LintTable writes a lint for a terminal: the headline, the findings file by file with what they cost, what was fixed, what
// is suppressed, and what the figures rest on. No line is wider than o.Width.
func LintTable(w io.Writer, d *report.Lint, o Options) error {
	s := &screen{r: &report.Report{}, width: 100, color: o.Color}
	if o.Width > 0 {
		s.width = max(o.Width, 60)
	}
	word, style := statusWord[d.Status], statusStyle[d.Status]
	if d.Status == report.Fail {
		word = "error"
	}
	s.para(strings.ToUpper(word)+"  ", bold+";"+style, d.Headline)
	s.fixes(d)
	file := ""
	for _, f := range d.Findings {
		if f.Place.File != file || file == "" {
			file = f.Place.File
			s.title(nameOr(file, "(no file)"))
		}
		s.finding(d, f)
	}
	s.suppressed(d)
	for i, n := range d.Notes {
		if i == 0 {
			fmt.Fprintln(&s.b)
		}
		s.para("note: ", dim, n)
	}
	if s.err != nil {
		return s.err
	}
	_, err := w.Write(s.b.Bytes())
	return err
}

func nameOr(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}

// finding writes one finding: line, severity and words, then its size, other places and the hint.
func (s *screen) finding(d *report.Lint, f report.LintFinding) {
	line := ""
	if f.Place.Start.Line > 0 {
		line = fmt.Sprintf("%d: ", f.Place.Start.Line)
	}
	style := map[source.Severity]string{source.Error: red, source.Warning: yellow, source.Info: dim}[f.Severity]
	s.para(fmt.Sprintf("  %6s%s: ", line, f.Severity), style, fmt.Sprintf("%s [%s]", f.Message, f.Rule))
	const under = "          "
	if size := lintSize(d, f); size != "" {
		s.para(under, "", size)
	}
	for _, r := range f.Related {
		s.para(under+place(r.Place)+": ", dim, r.Message)
	}
	switch {
	case f.Hint != "" && f.Fixable:
		s.para(under+"hint: ", dim, f.Hint+" (--fix does)")
	case f.Hint != "":
		s.para(under+"hint: ", dim, f.Hint)
	case f.Fixable:
		s.para(under+"hint: ", dim, "--fix mends it")
	}
}

func (s *screen) fixes(d *report.Lint) {
	if len(d.Fixed) == 0 {
		return
	}
	s.title("Mended")
	for _, f := range d.Fixed {
		s.para("  "+place(f.Place)+": ", green, fmt.Sprintf("%s [%s]", f.Message, f.Rule))
	}
}

func (s *screen) suppressed(d *report.Lint) {
	if d.Counts.Suppressed == 0 {
		return
	}
	s.title(suppressedLine(d))
	for i, f := range d.Suppressed {
		if i == screenful {
			s.para("  ", "", fmt.Sprintf("… and %s; --format json has all", plural(int64(len(d.Suppressed)-i), "more", "more")))
			break
		}
		reason := f.Suppression.Reason
		if f.Suppression.Expires != "" {
			reason += ", until " + f.Suppression.Expires
		}
		s.para("  - ", dim, fmt.Sprintf("%s [%s]: %s (%s)", place(f.Place), f.Rule, reason, place(f.Suppression.Place)))
	}
}
