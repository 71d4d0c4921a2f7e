package render

import (
	"fmt"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
)

var spreadLevels = []string{"P50", "P75", "P90", "P95"}

// spreadRow is one number of a single call or session, at spreadLevels, under both revisions.
type spreadRow struct {
	of         string // "call cost"
	base, head [4]string
}

// spreadRows lists what is known of single calls and sessions of a group.
func spreadRows(g *report.Group) []spreadRow {
	var rows []spreadRow
	for _, of := range []struct {
		name string
		pick func(*report.Side) *report.Spread
	}{
		{"call", func(s *report.Side) *report.Spread { return s.PerCall }},
		{"session", func(s *report.Side) *report.Spread { return s.PerSession }},
	} {
		spread := func(s *report.Side) *report.Spread {
			if s == nil {
				return nil
			}
			return of.pick(s)
		}
		base, head := spreadFigures(spread(g.Base)), spreadFigures(spread(g.Head))
		if of.name == "call" {
			bounded(&base[2], g.Base)
			bounded(&head[2], g.Head)
		}
		for i, what := range []string{"cost", "tokens", "latency"} {
			if base[i][0] != none || head[i][0] != none {
				rows = append(rows, spreadRow{of.name + " " + what, base[i], head[i]})
			}
		}
	}
	return rows
}

// bounded adds to P50 and P95 of a call's latency where they may lie: "10.4s (9.9s to 11s)".
func bounded(latency *[4]string, s *report.Side) {
	if s == nil || latency[0] == none {
		return
	}
	for i, r := range map[int]*report.MillisRange{0: s.LatencyP50Range, 3: s.LatencyP95Range} {
		if r != nil {
			latency[i] += fmt.Sprintf(" (%s to %s)", millis(&r.Low), millis(&r.High))
		}
	}
}

// spreadFigures gives cost, tokens and latency as people read them.
func spreadFigures(s *report.Spread) (out [3][4]string) {
	for i := range out {
		out[i] = [4]string{none, none, none, none}
	}
	if s == nil {
		return out
	}
	c, t := s.Cost, s.Tokens
	for i, a := range []money.Amount{c.P50, c.P75, c.P90, c.P95} {
		out[0][i] = unitPrice(a)
	}
	for i, n := range []int64{t.P50, t.P75, t.P90, t.P95} {
		out[1][i] = money.Count(n).String()
	}
	if l := s.Latency; l != nil {
		for i, ms := range []int64{l.P50, l.P75, l.P90, l.P95} {
			out[2][i] = millis(&ms)
		}
	}
	return out
}

// spread lists head's single calls and sessions: what is recorded, and no forecast.
func (s *screen) spread(g *report.Group) {
	list := spreadRows(g)
	if len(list) == 0 {
		return
	}
	cols := []column{{head: "One call, one session", floor: 12}}
	for _, l := range spreadLevels {
		cols = append(cols, column{head: l, right: true})
	}
	var rows [][]cell
	for _, row := range list {
		rows = append(rows, cells(append([]string{row.of}, row.head[:]...)...))
	}
	s.table(cols, rows, nil)
}

// spreadTable lists single calls and sessions of every track for the comment, base→head.
func spreadTable(r *report.Report) []string {
	var out []string
	for i := range r.Tracks {
		name := md(trackName(r.Tracks[i].Name))
		for _, row := range spreadRows(&r.Tracks[i]) {
			cols := []string{name, row.of}
			for l := range row.head {
				cols = append(cols, md(pair(r.Base != nil, row.base[l], row.head[l])))
			}
			out = append(out, tableRow(cols...))
			name = ""
		}
	}
	return out
}
