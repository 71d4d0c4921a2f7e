package render

import (
	"io"
	"strings"

	"github.com/tokengate/tokengate/internal/report"
)

// WhatIfMarkdown writes variants as Markdown, for a pull request or a page: one table of all figures, what each variant
// replaces, and what the figures do not say. Text that came from files is inert, as in Markdown.
func WhatIfMarkdown(w io.Writer, d *report.WhatIf, o Options) error {
	m := &d.Matrix
	lines := append([]string{"### What if: " + md(strings.Join(nonEmpty([]string{d.Project.Name, "per " + d.Period.Name}), ", ")), ""}, variantHead(m)...)
	lines = append(append(lines, variantRows(m, totals(m))...), variantFoot(m)...)
	if o.ByTrack {
		for _, track := range tracksOf(m) {
			lines = append(append(append(lines, heading("Track "+md(orNone(track)))...), variantHead(m)...), variantRows(m, ofTrack(m, track))...)
		}
	}
	lines = append(lines, "", "- on "+md(restsOn(d.Report())))
	_, err := io.WriteString(w, assemble(commentLimit, []section{{name: "what-if", unit: "line", rank: 1, rows: lines}}))
	return err
}

// variantSection is the folded table of a comment; nothing without variants.
func variantSection(r *report.Report) section {
	if r.WhatIf == nil {
		return section{name: "what-if table", rank: 13}
	}
	m := r.WhatIf
	s := fold(13, "what-if table", "What if: "+plural(int64(len(m.Variants)-1), "variant", "variants")+", per "+md(r.Period.Name)+"; they decide nothing", "variant", variantHead(m), variantRows(m, totals(m)))
	s.foot = append(variantFoot(m), s.foot...)
	return s
}

func variantHead(m *report.Matrix) []string {
	return tableHead("", "Variant", "Tokens P50:", "$ P50:", "$ "+md(secondQuantile(m))+":", "Change in $ (95% interval)", "Call P50:", "Call P95:", "P(over):", "Most likely over", "Ceilings")
}

// variantRows gives a row for every variant with its figures of one scope; how it stands with all ceilings is the same in
// every scope.
func variantRows(m *report.Matrix, outlooks []report.Outlook) []string {
	var out []string
	for i, v := range m.Variants {
		o := outlooks[i]
		out = append(out, tableRow(markOf(v), md(v.Name), tokensP50(o), costAt(o, "P50"), costAt(o, secondQuantile(m)), changeOf(v, o), millis(o.LatencyP50), millis(o.LatencyP95),
			odds(o.Ceiling), md(tightestOf(v)), statusIcon[v.Status]+" "+standing(v)))
	}
	return out
}

// variantFoot says what stands behind the rows.
func variantFoot(m *report.Matrix) []string {
	out := []string{"", "- " + md(cheapestLine(m))}
	for _, v := range m.Variants {
		if texts := append(append(v.Changes[:len(v.Changes):len(v.Changes)], nonEmpty([]string{v.Description})...), variantLines(v)...); len(texts) > 0 {
			out = append(out, "- **"+md(v.Name)+"**: "+md(strings.Join(texts, "; ")))
		}
	}
	return append(append(out, prefixed("- not measured: ", m.NotMeasured)...), prefixed("- assumed: ", m.Assumed)...)
}
