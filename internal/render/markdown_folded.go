package render

import (
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
)

// folded gives what a reader opens when the lines above raise a question.
func folded(r *report.Report) []section {
	var ceilings, smallest, templates []string
	for i := range r.Checks {
		ceilings = append(ceilings, ceilingRow(&r.Checks[i], r.Period))
	}
	for _, row := range smallestRows(r) {
		smallest = append(smallest, tableRow(append([]string{md(row[0])}, row[1:]...)...))
	}
	for _, t := range r.Templates {
		templates = append(templates, templateRows(t)...)
	}
	return []section{
		variantSection(r),
		fold(14, "list of all ceilings", "All ceilings", "ceiling", tableHead("Ceiling", "Limit:", "Base:", "Head:", "Used:", "P(over):", "Status"), ceilings),
		fold(18, "smallest passing ceilings", "Smallest ceiling per "+md(r.Period.Name)+" that passes", "row", tableHead("Scope", "Of", "P50:", "P75:", "P90:", "P95:"), smallest),
		fold(18, "single calls and sessions", "Single calls and sessions, replayed", "row", tableHead("Track", "Of one", "P50:", "P75:", "P90:", "P95:"), spreadTable(r)),
		dearestSection(r),
		fold(20, "template sizes", "Templates, tokens per file and section", "row", tableHead("Template, file, section", "Tokens:", "Base:", "Calls:", "Counted for"), templates),
		fold(15, "provenance in full", "Recordings, prices and revisions", "line", nil, provenanceLines(r)),
		fold(19, "method", "Method", "line", nil, bullets(r.Method)),
	}
}

func ceilingRow(c *report.Check, p report.Period) string {
	return tableRow(md(ceilingLabel(c, p)), md(c.Limit.Text), md(text(c.Base)), md(text(c.Head)), usedShare(c), over(c.PHead), statusIcon[c.Status]+" "+statusWord[c.Status])
}

func templateRows(t report.Template) []string {
	base := none
	if t.Base != nil {
		base = money.Count(*t.Base).Exact()
	}
	tokens := strings.TrimSpace(money.Count(t.Tokens).Exact() + " " + errorMark(t.Error))
	rows := []string{tableRow("**"+md(t.Path)+"**", tokens, base, money.Count(t.Calls).Exact(), md(t.Model))}
	for _, f := range t.Files {
		if len(t.Files) > 1 || f.Path != t.Path {
			rows = append(rows, tableRow("› "+md(f.Path), money.Count(f.Tokens).Exact(), "", "", ""))
		}
		for _, sec := range f.Sections {
			rows = append(rows, tableRow("· "+md(sec.Heading)+" ("+md(place(sec.Place))+")", money.Count(sec.Tokens).Exact(), "", "", ""))
		}
	}
	return rows
}
