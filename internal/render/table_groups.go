package render

import (
	"fmt"
	"math"
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
)

// groups writes the tables of tracks, and of features and models where they say more than the tracks do.
func (s *screen) groups() {
	per := fmt.Sprintf("per %s", s.r.Period.Name)
	if tracks := withTotal(s.r); tracks != nil {
		s.spend("Tracks "+per, "Track", tracks)
		s.perCall(tracks)
		s.notes(tracks)
	}
	for _, other := range []struct {
		title, name string
		list        []report.Group
	}{{"Features " + per, "Feature", s.r.Features}, {"Models " + per, "Model", s.r.Models}} {
		if worthShowing(other.list) {
			s.spend(other.title, other.name, other.list)
			s.notes(other.list)
		}
	}
}

func (s *screen) spend(title, name string, list []report.Group) {
	s.title(title)
	p50, hasBase := "P50", s.r.Base != nil
	if hasBase {
		p50 += " base→head"
	}
	cols := []column{{head: name, floor: 8}, {head: "Ceiling", right: true}, {head: "At"}, {head: p50, right: true}, {head: "P90", right: true}, {head: "P(over)", right: true}, {head: "Used"}}
	var rows [][]cell
	for i := range list {
		rows = append(rows, spendRows(s.r, &list[i], hasBase)...)
	}
	s.table(cols, rows, nil)
}

// spendRows gives one row per period ceiling of the group, or one without a ceiling.
func spendRows(r *report.Report, g *report.Group, hasBase bool) [][]cell {
	name := g.Name
	checks := r.PeriodChecks(g)
	if len(checks) == 0 {
		return [][]cell{append(cells(name, none, ""), append(forecastCells("cost", g, hasBase), cells(none, none)...)...)}
	}
	var rows [][]cell
	for _, c := range checks {
		row := cells(name, c.Limit.Text, c.Measure)
		if c.Limit.Unit == "tokens" {
			row[1].text += " tok"
		}
		row = append(row, forecastCells(c.Metric, g, hasBase)...)
		row = append(row, cell{text: over(c.PHead), style: alarm(c)}, cell{text: used(c), style: alarm(c)})
		rows, name = append(rows, row), ""
	}
	return rows
}

// forecastCells gives P50 (base→head) and P90 of cost or tokens.
func forecastCells(metric string, g *report.Group, hasBase bool) []cell {
	head := dist(g.Head, metric)
	if g.Head == nil {
		return cells("no calls", none)
	}
	return cells(pair(hasBase, dist(g.Base, metric).p50, head.p50), head.p90)
}

type figures struct{ p50, p75, p90, p95 string }

// dist gives a side's forecast as read by people; every figure is none where there is no forecast.
func dist(side *report.Side, metric string) figures {
	switch {
	case side == nil:
	case metric == "tokens" && side.Tokens != nil:
		t := side.Tokens
		return figures{money.Count(t.P50).String(), money.Count(t.P75).String(), money.Count(t.P90).String(), money.Count(t.P95).String()}
	case metric != "tokens" && side.Cost != nil:
		c := side.Cost
		return figures{spend(c.P50), spend(c.P75), spend(c.P90), spend(c.P95)}
	}
	return figures{none, none, none, none}
}

func alarm(c *report.Check) string {
	if c.Status == report.Pass {
		return ""
	}
	return statusStyle[c.Status]
}

// used draws how much of a ceiling is used: "█████░░ 71%".
func used(c *report.Check) string {
	if c.Head == nil {
		return "not measured"
	}
	const bar = 7
	full := int(math.Round(min(max(c.Used, 0), 1) * bar))
	if c.Used < 1 && full == bar {
		full-- // a full bar means the ceiling is reached
	}
	return strings.Repeat("█", full) + strings.Repeat("░", bar-full) + " " + percent(c.Used)
}

func (s *screen) perCall(list []report.Group) {
	hasBase := s.r.Base != nil
	s.title("Tracks per call" + map[bool]string{true: ", base→head", false: ""}[hasBase])
	cols := []column{{head: "Track", floor: 8}, {head: "Calls", right: true}, {head: "Cost P50", right: true}, {head: "P95", right: true}, {head: "Latency P50", right: true}, {head: "P95", right: true}}
	var rows [][]cell
	if len(list) > 1 {
		list = list[:len(list)-1] // one call of the project as a whole is a mixture that says nothing
	}
	for _, g := range list {
		b, h := perCall(g.Base), perCall(g.Head)
		row := cells(g.Name, money.Count(g.Calls).String())
		for i := range h {
			row = append(row, cell{text: pair(hasBase, b[i], h[i])})
		}
		rows = append(rows, row)
	}
	s.table(cols, rows, nil)
}

// perCall gives cost P50 and P95 and latency P50 and P95 of one call.
func perCall(side *report.Side) [4]string {
	if side == nil {
		return [4]string{none, none, none, none}
	}
	return [4]string{unitPrice(side.CallCostP50), unitPrice(side.CallCostP95), millis(side.LatencyP50), millis(side.LatencyP95)}
}

func (s *screen) notes(list []report.Group) {
	for _, g := range list {
		for _, n := range groupNotes(g) {
			s.para("  note: ", dim, g.Name+": "+n)
		}
	}
}

// ceilings lists what the tables of tracks, features and models could not show.
func (s *screen) ceilings() {
	list := otherChecks(s.r)
	if len(list) == 0 {
		return
	}
	s.title("Other ceilings")
	measured := "Measured"
	if s.r.Base != nil {
		measured = "base→head"
	}
	rows := make([][]cell, len(list))
	for i, c := range list {
		rows[i] = cells(ceilingLabel(c, s.r.Period), c.Limit.Text, pair(s.r.Base != nil, text(c.Base), text(c.Head)), usedShare(c), statusWord[c.Status])
		rows[i][4].style = statusStyle[c.Status]
	}
	s.table([]column{{head: "Ceiling", floor: 12}, {head: "Limit", right: true}, {head: measured, right: true}, {head: "Used", right: true}, {head: "Status"}}, rows, nil)
}

// smallest lists, per group and quantile, the smallest ceiling that would pass: the quantile of the forecast itself.
func (s *screen) smallest() {
	rows := smallestRows(s.r)
	if len(rows) == 0 {
		return
	}
	s.title(fmt.Sprintf("Smallest ceiling per %s that passes at", s.r.Period.Name))
	grid := make([][]cell, len(rows))
	for i, row := range rows {
		grid[i] = cells(row[:]...)
	}
	s.table([]column{{head: "Scope", floor: 8}, {head: "Of"}, {head: "P50", right: true}, {head: "P75", right: true}, {head: "P90", right: true}, {head: "P95", right: true}}, grid, nil)
}
