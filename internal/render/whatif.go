package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
)

// WhatIfFormat is one output format of a what-if.
type WhatIfFormat struct {
	Name   string
	Render func(io.Writer, *report.WhatIf, Options) error
}

// WhatIfFormats lists every format of a what-if, the default first.
var WhatIfFormats = []WhatIfFormat{
	{"table", WhatIfTable},
	{"markdown", WhatIfMarkdown},
	{"json", func(w io.Writer, d *report.WhatIf, _ Options) error { return d.Write(w) }},
}

// WhatIfTable writes variants for a terminal, side by side: what they cost, how long a call takes, how they stand with the
// ceilings, what each replaces, and what the figures do not say. With o.ByTrack every track has a table of its own.
func WhatIfTable(w io.Writer, d *report.WhatIf, o Options) error {
	s := &screen{r: d.Report(), width: 100, color: o.Color}
	if o.Width > 0 {
		s.width = max(o.Width, 60)
	}
	m := &d.Matrix
	s.para("", bold, strings.Join(nonEmpty([]string{"What if", d.Project.Name, strings.ReplaceAll(d.Stage, "_", " ") + " stage", "on " + restsOn(s.r)}), " · "))
	s.variantSpend("Spend per "+d.Period.Name+", tokens at P50", m, totals(m), false)
	s.variantStanding(m)
	s.para("  ", "", cheapestLine(m))
	if o.ByTrack {
		for _, track := range tracksOf(m) {
			s.variantSpend("Track "+orNone(track)+" per "+d.Period.Name+", tokens at P50", m, ofTrack(m, track), true)
		}
	}
	s.variantList(m)
	s.bullets("Not measured", m.NotMeasured)
	s.bullets("Assumed", m.Assumed)
	if n := weakening(d.Findings); n > 0 {
		s.para("", "", plural(n, "finding", "findings")+" on the project as it is: tokengate check tells them")
	}
	if s.err != nil {
		return s.err
	}
	_, err := w.Write(s.b.Bytes())
	return err
}

// variantSpend is the table of what one scope comes to under every variant. The project's latency has a table of its own;
// a track's stands here, in the place of the second quantile.
func (s *screen) variantSpend(title string, m *report.Matrix, outlooks []report.Outlook, track bool) {
	s.title(title)
	second := secondQuantile(m)
	last := column{head: "$ " + second, right: true}
	if track {
		last.head = "Call P95"
	}
	cols := []column{{}, {head: "Variant", floor: 8}, {head: "Tokens", right: true}, {head: "$ P50", right: true}, last, {head: "Change in $ (95%)", right: true}}
	var rows [][]cell
	for i, v := range m.Variants {
		o := outlooks[i]
		end := costAt(o, second)
		if track {
			end = millis(o.LatencyP95)
		}
		rows = append(rows, cells(markOf(v), v.Name, tokensP50(o), costAt(o, "P50"), end, changeOf(v, o)))
	}
	s.table(cols, rows, nil)
}

// variantStanding is the table of latency and ceilings.
func (s *screen) variantStanding(m *report.Matrix) {
	s.title("Latency of a call, P(over) a period's ceiling, and how many ceilings hold")
	cols := []column{{}, {head: "Variant", floor: 8}, {head: "P50", right: true}, {head: "P95", right: true}, {head: "Project", right: true}, {head: "Likeliest", floor: 12}, {head: "Hold", right: true}}
	var rows [][]cell
	for _, v := range m.Variants {
		row := cells(markOf(v), v.Name, millis(v.Total.LatencyP50), millis(v.Total.LatencyP95), odds(v.Total.Ceiling), tightestOf(v), fmt.Sprintf("%d of %d", v.Held, v.Held+len(v.Over)+len(v.Unclear)))
		row[6].style = statusStyle[v.Status]
		rows = append(rows, row)
	}
	s.table(cols, rows, nil)
}

// variantList says of every variant what it replaces, and what its reader must know.
func (s *screen) variantList(m *report.Matrix) {
	s.title("Variants")
	for _, v := range m.Variants {
		lines := variantLines(v)
		if len(v.Changes) == 0 && len(lines) == 0 {
			continue
		}
		s.para("  ", "", v.Name+": "+strings.Join(append(v.Changes[:len(v.Changes):len(v.Changes)], nonEmpty([]string{v.Description})...), "; "))
		for _, line := range lines {
			s.para("    - ", "", line)
		}
	}
}

func (s *screen) bullets(title string, texts []string) {
	if len(texts) == 0 {
		return
	}
	s.title(title)
	for _, t := range texts {
		s.para("  - ", "", t)
	}
}

// whatIf is the end of a report's tables: the variants of the configuration in one small table, or the way to see them.
func (s *screen) whatIf() {
	m := s.r.WhatIf
	if m == nil {
		return
	}
	if len(m.Variants) > 6 {
		s.para("", "", plural(int64(len(m.Variants)-1), "variant", "variants")+" of the configuration: tokengate what-if shows them")
		return
	}
	s.variantSpend("What if, per "+s.r.Period.Name+", tokens at P50 (decides nothing)", m, totals(m), false)
	s.para("  ", "", cheapestLine(m))
	for _, t := range m.NotMeasured {
		s.para("  not measured: ", "", t)
	}
}

func totals(m *report.Matrix) []report.Outlook {
	var out []report.Outlook
	for _, v := range m.Variants {
		out = append(out, v.Total)
	}
	return out
}

func tracksOf(m *report.Matrix) []string {
	var out []string
	for _, o := range m.Variants[0].Tracks {
		out = append(out, o.Name)
	}
	return out
}

// ofTrack gives each variant's figures of a track; empty ones where it has no calls there.
func ofTrack(m *report.Matrix, track string) []report.Outlook {
	var out []report.Outlook
	for _, v := range m.Variants {
		found := report.Outlook{}
		for _, o := range v.Tracks {
			if o.Name == track {
				found = o
			}
		}
		out = append(out, found)
	}
	return out
}

func orNone(track string) string {
	if track == "" {
		return "(none)"
	}
	return track
}

func markOf(v report.Variant) string {
	if v.Cheapest {
		return "▸"
	}
	return ""
}

func cheapestLine(m *report.Matrix) string {
	if m.Cheapest == "" {
		return m.CheapestWhy
	}
	return "▸ " + m.Cheapest + ": " + strings.TrimPrefix(m.CheapestWhy, m.Cheapest+": ")
}

// secondQuantile is the quantile shown beside P50: the stage's own, or P90 where that is P50.
func secondQuantile(m *report.Matrix) string {
	if m.Measure == "P50" {
		return "P90"
	}
	return m.Measure
}

func tokensP50(o report.Outlook) string {
	if o.Tokens == nil {
		return none
	}
	return money.Count(o.Tokens.P50).String()
}

func costAt(o report.Outlook, quantile string) string {
	if o.Cost == nil {
		return none
	}
	at, ok := map[string]money.Amount{"P50": o.Cost.P50, "P75": o.Cost.P75, "P90": o.Cost.P90, "P95": o.Cost.P95}[quantile]
	if !ok {
		return none
	}
	return spend(at)
}

// changeOf is the change against the project as it is, which has none.
func changeOf(v report.Variant, o report.Outlook) string {
	switch e := o.CostEffect; {
	case len(v.Changes) == 0 || e == nil:
		return none
	case e.Confidence == 0:
		return plus(percent(e.Ratio)) + " (no interval)"
	case e.Low == e.Ratio && e.High == e.Ratio:
		return plus(percent(e.Ratio)) // certain: prices or volume, not traffic
	}
	bare := func(f float64) string { return strings.TrimSuffix(plus(percent(f)), "%") }
	return fmt.Sprintf("%s (%s to %s)", plus(percent(o.CostEffect.Ratio)), bare(o.CostEffect.Low), bare(o.CostEffect.High))
}

func odds(o *report.Odds) string {
	if o == nil {
		return none
	}
	return over(&o.POver)
}

// tightestOf names the ceiling that is most likely exceeded: "41% generation cost".
func tightestOf(v report.Variant) string {
	o := v.Tightest
	if o == nil {
		return none
	}
	scope, metric := cutLast(o.ID, "/")
	scope, _ = cutLast(scope, "/") // the kind is period, always
	if _, name, ok := strings.Cut(scope, "/"); ok {
		scope = name
	}
	return odds(o) + " " + scope + " " + metric
}

// cutLast cuts a text at the last separator.
func cutLast(s, sep string) (before, after string) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i+len(sep):]
}

// standing counts the ceilings: "11 hold, 1 over".
func standing(v report.Variant) string {
	parts := []string{fmt.Sprintf("%d hold", v.Held)}
	if n := len(v.Over); n > 0 {
		parts = append(parts, fmt.Sprintf("%d over", n))
	}
	if n := len(v.Unclear); n > 0 {
		parts = append(parts, fmt.Sprintf("%d unclear", n))
	}
	return strings.Join(parts, ", ")
}

// variantLines are the ceilings that a variant does not keep, and why figures are missing.
func variantLines(v report.Variant) []string {
	var out []string
	if len(v.Over) > 0 {
		out = append(out, "over: "+strings.Join(v.Over, ", "))
	}
	if len(v.Unclear) > 0 {
		out = append(out, "cannot be judged: "+strings.Join(v.Unclear, ", "))
	}
	out = append(out, v.Total.Unknown...)
	return append(out, v.Notes...)
}

func weakening(list []report.Finding) (n int64) {
	for _, f := range list {
		if f.Severity.String() != "info" {
			n++
		}
	}
	return n
}
