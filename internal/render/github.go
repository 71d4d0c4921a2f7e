package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// GitHub writes the checks that are not passed and the findings as workflow commands, which a job shows beside the lines
// they are about.
func GitHub(w io.Writer, r *report.Report, o Options) error {
	return writeCommands(w, checkAlerts(r, o.Rules))
}

// LintGitHub writes a lint as workflow commands; what is suppressed is counted.
func LintGitHub(w io.Writer, d *report.Lint, _ Options) error { return writeCommands(w, lintAlerts(d)) }

// GitHub shows so many annotations of a kind for each step, and so many characters of one.
const (
	annotations     = 10
	annotationChars = 4096
)

// writeCommands writes one command a line, worst first. Lines for people follow; each begins with the program's name, so
// that no text of the project can begin one and be taken for a command.
func writeCommands(w io.Writer, a alerts) error {
	var b bytes.Buffer
	shown, left := map[source.Severity]int{}, map[source.Severity]int{}
	for _, n := range a.list {
		switch {
		case n.suppression != nil:
		case shown[n.severity] == annotations:
			left[n.severity]++
		default:
			shown[n.severity]++
			fmt.Fprintln(&b, command(n))
		}
	}
	for _, s := range []source.Severity{source.Error, source.Warning, source.Info} {
		if left[s] > 0 {
			fmt.Fprintf(&b, "tokengate: %s of severity %s that GitHub would not show; the json format has all\n", plural(int64(left[s]), "more finding", "more findings"), s)
		}
	}
	for _, line := range a.end {
		fmt.Fprintln(&b, "tokengate: "+line)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// command is "::warning file=a.md,line=3,endLine=3,col=1,endColumn=9,title=tokengate rule::message".
func command(n alert) string {
	name := map[source.Severity]string{source.Error: "error", source.Warning: "warning", source.Info: "notice"}[n.severity]
	region := sarifLocationOf(n.place).Physical.Region
	properties := []string{"file=" + commandProperty(n.place.File), fmt.Sprintf("line=%d", region.StartLine)}
	if region.EndLine > 0 {
		properties = append(properties, fmt.Sprintf("endLine=%d", region.EndLine))
	}
	if region.EndColumn > 0 && region.EndLine == region.StartLine { // columns of several lines are refused
		properties = append(properties, fmt.Sprintf("col=%d,endColumn=%d", region.StartColumn, region.EndColumn))
	}
	properties = append(properties, "title="+commandProperty("tokengate "+n.rule))
	message := n.message
	if n.hint != "" {
		message += "\nhint: " + n.hint
	}
	return fmt.Sprintf("::%s %s::%s", name, strings.Join(properties, ","), commandMessage(clip(message, annotationChars)))
}

var (
	messageEscapes  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func commandMessage(s string) string { return messageEscapes.Replace(s) }

func commandProperty(s string) string { return propertyEscapes.Replace(s) }
