package source

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Printer writes diagnostics for people. Content returns the bytes of a file the run has read, or nil; Paint (optional)
// colours a text for a severity.
type Printer struct {
	Content func(file string) []byte
	Paint   func(sev Severity, text string) string
}

// Print writes every diagnostic as "file:line:col: severity: summary [rule]", the source line with a caret, the detail
// and the hint. The order is the caller's.
func (p Printer) Print(w io.Writer, ds Diagnostics) error {
	var b bytes.Buffer
	for _, d := range ds {
		p.one(&b, d)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (p Printer) one(b *bytes.Buffer, d Diagnostic) {
	sev := d.Severity.String()
	if p.Paint != nil {
		sev = p.Paint(d.Severity, sev)
	}
	if !d.Span.IsZero() {
		fmt.Fprintf(b, "%s: ", d.Span)
	}
	fmt.Fprintf(b, "%s: %s [%s]\n", sev, d.Summary, d.Rule)
	p.excerpt(b, d.Span)
	for line := range strings.Lines(d.Detail) {
		fmt.Fprintf(b, "  %s\n", strings.TrimRight(line, "\n"))
	}
	if d.Hint != "" {
		fmt.Fprintf(b, "  hint: %s\n", d.Hint)
	}
}

// excerptWidth bounds the shown source line: a 3 MB line must not flood a terminal.
const excerptWidth = 160

func (p Printer) excerpt(b *bytes.Buffer, s Span) {
	if p.Content == nil || s.Start.Line == 0 {
		return
	}
	line, ok := Line(p.Content(s.File), s.Start.Line)
	if !ok {
		return
	}
	text := []rune(strings.ReplaceAll(string(line), "\t", " "))
	col := max(s.Start.Col, 1)
	from := 0
	if col > excerptWidth {
		from = min(col-excerptWidth/2, len(text))
	}
	to := min(from+excerptWidth, len(text))
	shown := strings.Map(printable, string(text[from:to]))
	gutter := fmt.Sprintf("%5d | ", s.Start.Line)
	fmt.Fprintf(b, "%s%s\n", gutter, shown)
	if s.Start.Col == 0 || col-1 > to {
		return
	}
	width := 1
	if s.End.Line == s.Start.Line && s.End.Col > s.Start.Col {
		width = min(s.End.Col, to+1) - s.Start.Col
	}
	fmt.Fprintf(b, "%s| %s%s\n", strings.Repeat(" ", len(gutter)-2), strings.Repeat(" ", col-1-from), strings.Repeat("^", max(width, 1)))
}

// printable keeps control characters of untrusted text out of terminals and logs.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == utf8.RuneError {
		return '\uFFFD'
	}
	return r
}

// Line returns line n (from 1) of content without its line ending; CRLF and LF both end a line.
func Line(content []byte, n int) ([]byte, bool) {
	for i := 1; len(content) > 0; i++ {
		line, rest, _ := bytes.Cut(content, []byte("\n"))
		if i == n {
			return bytes.TrimSuffix(line, []byte("\r")), true
		}
		content = rest
	}
	return nil, false
}
