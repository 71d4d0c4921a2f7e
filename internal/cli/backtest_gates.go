package cli

import (
	"fmt"
	"slices"

	"github.com/tokengate/tokengate/internal/forecast"
)

// gated are the results whose gate is shown: a horizon a metric, the longest at which two windows share no day, or else the
// shortest. JSON has all.
func (d *backtestDocument) gated() (out [][]backtestResult) {
	for _, part := range d.parts() {
		n := len(out)
		switch {
		case n == 0 || out[n-1][0].Metric != part[0].Metric:
			out = append(out, part)
		case part[headline(part)].Apart > 1:
			out[n-1] = part
		}
	}
	return out
}

// mostGated is how many rows a quantile gets before only what they come to together is shown.
const mostGated = 8

// gates shows what a gate would have decided.
func (s *backtestScreen) gates(part []backtestResult) {
	s.title(fmt.Sprintf("%s of %s: a gate under ceilings at multiples of the recent level", metricTitle(part[0].Metric), number(int64(part[0].Horizon), "day")))
	s.say("", "a/b c/d: of b windows that went over the ceiling, a were let pass; of d that stayed within, c were stopped")
	t := &countTable{header: []string{"At"}}
	for _, m := range forecast.GateMultiples() {
		t.header = append(t.header, fmt.Sprintf("%g×", m))
	}
	rows := part
	if len(part) > mostGated {
		rows = slices.DeleteFunc(slices.Clone(part), func(r backtestResult) bool { return r.Scope == s.doc.By })
	}
	for _, p := range forecast.GateQuantiles() {
		for _, r := range rows {
			line := []string{fmt.Sprintf("P%.0f %s", 100*p, r.label())}
			for _, m := range forecast.GateMultiples() {
				g := r.gate(p, m)
				line = append(line, fmt.Sprintf("%d/%d %d/%d", g.FalsePasses, g.Over, g.FalseFails, g.Within))
			}
			t.lines = append(t.lines, line)
		}
	}
	if over := t.width() - s.width; over > 0 {
		t.shorten("At", max(leastName, t.columnWidth("At")-over))
	}
	s.numbers(t)
	if len(rows) < len(part) {
		s.say("", fmt.Sprintf("--format json has each %s", s.doc.By))
	}
}
