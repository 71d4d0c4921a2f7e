package render

import (
	"cmp"
	"slices"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
)

// dearestShown is how many sections a report shows; tokengate cost shows them all.
const dearestShown = 10

// dearest lists the sections whose text costs most to send, over all files; none where nothing can be priced.
func dearest(r *report.Report) (out []costLine) {
	type section struct {
		label string
		report.Section
	}
	var all []section
	for _, f := range r.Files {
		for _, s := range f.Sections {
			if costOf(s.Carry).Sign() > 0 {
				all = append(all, section{sectionLabel(f.Path, s), s})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b section) int { return cmp.Or(b.Carry.Cost.Cmp(a.Carry.Cost), cmp.Compare(b.Tokens, a.Tokens)) })
	for _, s := range all[:min(len(all), dearestShown)] {
		line := newCostLine(s.label, s.Tokens, 0, s.Carry)
		line.cost = unitPrice(s.Carry.Cost)
		if s.Carry.Cost.Cmp(money.New(1, 0)) >= 0 {
			line.cost = spend(s.Carry.Cost)
		}
		out = append(out, line)
	}
	return out
}

func dearestTitle(r *report.Report) string {
	return "Dearest text: what sending it costs a " + r.Period.Name + ", its own tokens alone"
}

func (s *screen) dearest() {
	var rows [][]cell
	for _, l := range dearest(s.r) {
		rows = append(rows, cells(l.label, l.tokens, l.calls, l.cost, l.read))
	}
	if rows == nil {
		return
	}
	s.title(dearestTitle(s.r))
	s.table([]column{{head: "Where", floor: 20}, {head: "Tokens", right: true}, {head: "Sent", right: true}, {head: "$/" + s.r.Period.Name, right: true}, {head: "Cache reads", right: true}}, rows, nil)
}

// dearestSection is the folded list of a comment.
func dearestSection(r *report.Report) section {
	var rows []string
	for _, l := range dearest(r) {
		rows = append(rows, tableRow(md(l.label), l.tokens, l.calls, l.cost, l.read))
	}
	per := md(r.Period.Name)
	return fold(18, "dearest sections", md(dearestTitle(r)), "section", tableHead("Where", "Tokens:", "Sent/"+per+":", "$/"+per+":", "Cache reads:"), rows)
}
