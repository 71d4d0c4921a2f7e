package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// document puts findings into the published form.
func (p *project) document(shown []Finding, back []held) *report.Lint {
	charter := p.Policy.Project
	d := &report.Lint{
		Schema: report.LintID, Tool: report.Tool{Name: "tokengate", Version: p.Version}, GeneratedAt: p.Now.UTC(),
		Project: report.Project{Name: charter.Name.Value, Owner: charter.Owner.Value, Purpose: charter.Purpose.Value, Approver: charter.Approver.Value},
		Base:    p.BaseRevision, Head: p.HeadRevision,
		Findings: p.published(shown), Suppressed: p.suppressed(back), Fixed: []report.LintFix{}, Files: []string{}, Notes: append([]string{}, p.Notes...),
	}
	d.Head.Config = p.Policy.Path
	if p.Measured != nil {
		d.Period = &p.Measured.Period
	}
	for _, x := range p.texts {
		if p.wanted(x.Path) {
			d.Files = append(d.Files, x.Path)
		}
	}
	slices.Sort(d.Files)
	d.ByRule = byRule(d.Suppressed)
	d.Rules = p.rules(d)
	if off := p.switchedOff(); len(off) > 0 {
		d.Notes = append(d.Notes, "switched off in the configuration: "+strings.Join(off, ", "))
	}
	conclude(d)
	return d
}

// conclude counts, and gives the status and the headline.
func conclude(d *report.Lint) {
	d.Counts = report.LintCounts{Suppressed: len(d.Suppressed)}
	d.Status = report.Pass
	for _, f := range d.Findings {
		switch f.Severity {
		case source.Error:
			d.Counts.Errors++
		case source.Warning:
			d.Counts.Warnings++
		default:
			d.Counts.Infos++
		}
	}
	switch {
	case d.Counts.Errors > 0:
		d.Status = report.Fail
	case d.Counts.Warnings > 0:
		d.Status = report.Warn
	}
	d.Headline = fmt.Sprintf("%s, %s, %s in %s", counted(d.Counts.Errors, "error"), counted(d.Counts.Warnings, "warning"), counted(d.Counts.Infos, "info"), counted(len(d.Files), "file"))
	switch {
	case len(d.Findings) > 0:
	case len(d.Files) == 0:
		d.Status, d.Headline = report.Warn, "no file was looked at: no template was found; list yours under templates in tokengate.yaml"
	default:
		d.Headline = "nothing found in " + counted(len(d.Files), "file")
	}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// rules documents the rules of lint as they are in force, and the others that a finding names.
func (p *project) rules(d *report.Lint) []report.LintRule {
	out := []report.LintRule{}
	for _, r := range Rules {
		level := r.Severity.String()
		if l, set := p.level(r.ID); set {
			level = l.String()
		}
		out = append(out, report.LintRule{ID: r.ID, Level: level, Summary: r.Summary, Explain: r.Explain, Fixable: r.Fixable})
	}
	for _, f := range slices.Concat(d.Findings, d.Suppressed) {
		known := slices.ContainsFunc(out, func(r report.LintRule) bool { return r.ID == f.Rule })
		if r, fixable, ok := p.explained(f.Rule); ok && !known {
			out = append(out, report.LintRule{ID: r.ID, Level: f.Severity.String(), Summary: r.Summary, Explain: r.Explain, Fixable: fixable})
		}
	}
	slices.SortFunc(out, func(a, b report.LintRule) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func (p *project) switchedOff() []string {
	var out []string
	for _, e := range p.Settings.Rules {
		if e.Value.Value.Off {
			out = append(out, e.Key.Value)
		}
	}
	return out
}
