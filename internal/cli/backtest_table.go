package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter/tw"

	"github.com/tokengate/tokengate/internal/money"
)

// backtestScreen is what a terminal shows of a backtest.
type backtestScreen struct {
	inspectScreen
	doc *backtestDocument
}

// writeTable writes the document for people: no line is wider than the terminal (100 columns where there is none, 60 at
// least), lists longer than a screen are cut and say so.
func (d *backtestDocument) writeTable(env *Env) error {
	s := &backtestScreen{inspectScreen{width: 100, color: env.Color}, d}
	if env.Width > 0 {
		s.width = max(env.Width, 60)
	}
	s.facts()
	for _, part := range d.parts() {
		s.held(part)
	}
	for _, part := range d.gated() {
		s.gates(part)
	}
	s.untested()
	s.unpriced()
	s.summary()
	if s.err != nil {
		return s.err
	}
	return env.print(s.b.String())
}

// parts are the results by metric and horizon.
func (d *backtestDocument) parts() (out [][]backtestResult) {
	for _, r := range d.Results {
		if n := len(out); n > 0 && out[n-1][0].Metric == r.Metric && out[n-1][0].Horizon == r.Horizon {
			out[n-1] = append(out[n-1], r)
			continue
		}
		out = append(out, []backtestResult{r})
	}
	return out
}

// facts says what was tested on what.
func (s *backtestScreen) facts() {
	d := s.doc
	switch {
	case d.Window == nil && d.By != "series":
		s.say("", "No calls.")
	case d.Window != nil:
		text := fmt.Sprintf("%s from %s to %s UTC", number(int64(d.Window.Days), "whole day"), d.Window.First, d.Window.Last)
		if len(d.Window.Partial) > 0 {
			text += fmt.Sprintf("; %s left out as partial", strings.Join(d.Window.Partial, " and "))
		}
		s.say("", text)
	}
	for _, h := range d.Horizons {
		if h.Days < h.Asked {
			s.say("", fmt.Sprintf("too short for totals of %d days, so the longest that fits is tested: %s", h.Asked, number(int64(h.Days), "day")))
		}
	}
	if len(d.Results) > 0 {
		s.legend()
	}
}

func (s *backtestScreen) legend() {
	s.b.WriteByte('\n')
	if s.doc.By != "project" {
		whole := ifAny(s.doc.Window != nil, "(total): all calls. ")
		s.say("", whole+"(pooled): each "+s.doc.By+" at equal weight; its windows and counts are added up")
	}
	s.say("windows  ", "forecasts made from the days before them alone, a day apart; apart: those that share no day")
	s.say("≤P90     ", "share of windows that came to P90 of the forecast or less: 90% is right, less is too tight, more too wide")
	s.say("naive    ", "the same for a method that takes the last 7 days to go on, with the normal noise of single days")
	s.say("loss     ", "mean pinball loss as a share of the naive method's: below 1 is better. A P90 pays nine times as much for a unit too low as for one too high, a P50 the same for both")
}

// backtestColumn is one column of the table of coverage and loss. Where the table is too wide, optional ones go, the one
// with the highest number first.
type backtestColumn struct {
	head     string
	optional int
	cell     func(r backtestResult) string
}

var backtestColumns = []backtestColumn{
	{"Windows", 0, func(r backtestResult) string { return money.Count(r.Windows).Exact() }},
	{"Apart", 1, func(r backtestResult) string { return money.Count(r.Apart).Exact() }},
	{"≤P50", 0, func(r backtestResult) string { return percent(r.held(0.50).Rate) }},
	{"≤P75", 0, func(r backtestResult) string { return percent(r.held(0.75).Rate) }},
	{"≤P90", 0, func(r backtestResult) string { return percent(r.held(0.90).Rate) }},
	{"(95% sure)", 4, func(r backtestResult) string { return rangeOf(r.held(0.90)) }},
	{"≤P95", 0, func(r backtestResult) string { return percent(r.held(0.95).Rate) }},
	{"naive ≤P90", 2, func(r backtestResult) string { return percent(r.held(0.90).NaiveRate) }},
	{"Loss P50", 3, func(r backtestResult) string { return lossCell(r.Loss.P50) }},
	{"Loss P90", 0, func(r backtestResult) string { return lossCell(r.Loss.P90) }},
	{"Loss", 0, func(r backtestResult) string { return lossCell(r.Loss.Mean) }},
}

func percent(rate float64) string { return fmt.Sprintf("%.0f%%", 100*rate) }

func rangeOf(h backtestHeld) string { return fmt.Sprintf("%.0f–%.0f%%", 100*h.Low, 100*h.High) }

// lossCell has no number where the naive method lost nothing: there is no ratio then.
func lossCell(v *float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f", *v)
}

// held shows coverage and loss of the series of one metric and horizon.
func (s *backtestScreen) held(part []backtestResult) {
	s.title(fmt.Sprintf("%s of %s", metricTitle(part[0].Metric), number(int64(part[0].Horizon), "day")))
	columns := slices.Clone(backtestColumns)
	for drop := 4; drop > 0 && s.coverage(part, columns).width() > s.width; drop-- {
		columns = slices.DeleteFunc(columns, func(c backtestColumn) bool { return c.optional == drop })
	}
	s.numbers(s.coverage(part, columns))
	s.more(len(part), "row")
}

// coverage is the table with these columns; its names are as short as they must be.
func (s *backtestScreen) coverage(part []backtestResult, columns []backtestColumn) *countTable {
	t := &countTable{header: []string{s.nameTitle()}}
	for _, c := range columns {
		t.header = append(t.header, c.head)
	}
	for _, r := range screenful(part) {
		line := []string{r.label()}
		for _, c := range columns {
			line = append(line, c.cell(r))
		}
		t.lines = append(t.lines, line)
	}
	if over := t.width() - s.width; over > 0 {
		t.shorten(t.header[0], max(leastName, t.columnWidth(t.header[0])-over))
	}
	return t
}

// leastName is how short a name is made to spare the columns.
const leastName = 12

// numbers writes a table whose columns but the first are numbers.
func (s *backtestScreen) numbers(t *countTable) {
	align := []tw.Align{tw.AlignLeft}
	for range t.header[1:] {
		align = append(align, tw.AlignRight)
	}
	s.table(t.header, align, t.lines)
}

// screenful is as many results as are shown; what they come to together is always among them.
func screenful(part []backtestResult) []backtestResult {
	if len(part) <= inspectRows {
		return part
	}
	out := slices.Clone(part[:inspectRows])
	if last := part[len(part)-1]; last.Scope == scopePooled {
		out[inspectRows-1] = last
	}
	return out
}

func (r *backtestResult) label() string {
	switch {
	case r.Scope == "project":
		return "(total)"
	case r.Scope == scopePooled:
		return "(pooled)"
	case r.Name == "" && r.Scope == "series":
		return "(the series)"
	}
	return labelled(r.Name)
}

func (s *backtestScreen) nameTitle() string { return upperFirst(s.doc.By) }

func upperFirst(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

func metricTitle(metric string) string { return upperFirst(metric) }
