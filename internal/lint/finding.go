package lint

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// Finding is one thing that a rule found, before suppressions are looked at.
type Finding struct {
	source.Diagnostic
	Tokens  int64         // each time the text is sent; 0 where the finding is not about a size
	Cost    *money.Amount // of these tokens in a period; nil where traffic does not say
	Related []report.LintRelated
	Edits   []Edit // that mend it together; none where only a person can

	mild *source.Severity // what the finding is by itself, where that is less than its rule
}

// at makes a finding; its rule and severity come from the rule that made it.
func at(place source.Span, hint, format string, args ...any) Finding {
	return Finding{Diagnostic: source.Diagnostic{Span: place, Hint: hint, Summary: fmt.Sprintf(format, args...)}}
}

// info makes a finding mild.
func (f Finding) info() Finding {
	f.mild = new(source.Info)
	return f
}

// sortFindings orders by place, then severity, worst first, rule and words, and drops repeats.
func sortFindings(list []Finding) []Finding {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Span.File, b.Span.File), cmp.Compare(a.Span.Start.Line, b.Span.Start.Line), cmp.Compare(a.Span.Start.Col, b.Span.Start.Col),
			cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Summary, b.Summary),
		)
	})
	return slices.CompactFunc(list, func(a, b Finding) bool { return a.Diagnostic == b.Diagnostic })
}

// published gives findings their form in the document. A fingerprint is made from rule, file and the words of the line, so
// it stays when lines above move; of equal ones the second ends in ":2".
func (p *project) published(list []Finding) []report.LintFinding {
	out := []report.LintFinding{}
	for _, f := range list {
		n := report.LintFinding{Rule: f.Rule, Severity: f.Severity, Message: f.Summary, Hint: f.Hint, Place: f.Span, Related: f.Related,
			Cost: f.Cost, Fixable: len(f.Edits) > 0}
		if f.Tokens != 0 {
			n.Tokens = &f.Tokens
		}
		out = append(out, n)
	}
	seen := map[string]int{}
	for i := range out {
		key := p.fingerprint(out[i])
		seen[key]++
		out[i].Fingerprint = fmt.Sprintf("%s:%d", key, seen[key])
	}
	return out
}

func (p *project) fingerprint(f report.LintFinding) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Rule, f.Place.File, strings.Join(strings.Fields(p.line(f.Place)), " ")}, "\x00")))
	return fmt.Sprintf("%x", sum[:8])
}

// line is the beginning of the line of a place; a line of megabytes is known by that as well.
func (p *project) line(at source.Span) string {
	all, ok := p.lines[at.File]
	if !ok {
		all = strings.Split(string(p.content(at.File)), "\n")
		p.lines[at.File] = all
	}
	if at.Start.Line < 1 || at.Start.Line > len(all) {
		return ""
	}
	line := all[at.Start.Line-1]
	return line[:min(len(line), 1<<10)]
}
