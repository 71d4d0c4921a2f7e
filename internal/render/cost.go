package render

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
)

// CostFormat is one output format of a cost surface.
type CostFormat struct {
	Name   string
	Render func(io.Writer, *report.Surface, Options) error
}

// CostFormats lists every format of a cost surface, the default first.
var CostFormats = []CostFormat{
	{"table", CostTable},
	{"markdown", CostMarkdown},
	{"csv", CostCSV},
	{"json", func(w io.Writer, d *report.Surface, _ Options) error { return d.Write(w) }},
}

// CostTable writes a cost surface for a terminal: files with their sections, what changed, and what the figures rest on.
// The costs of a table add up to its total as they are printed. With o.Changes it is what changed alone.
func CostTable(w io.Writer, d *report.Surface, o Options) error {
	s := &screen{r: d.Report(), width: 100, color: o.Color}
	if o.Width > 0 {
		s.width = max(o.Width, 60)
	}
	s.para("", bold, "What sending the text costs a "+d.Period.Name+": its own tokens, not the calls that carry it")
	if !o.Changes {
		s.surface(d)
	}
	s.surfaceChanges(d)
	s.bullets("What the figures rest on", costFacts(d))
	if s.err != nil {
		return s.err
	}
	_, err := w.Write(s.b.Bytes())
	return err
}

func (s *screen) surface(d *report.Surface) {
	s.title(strings.Join(nonEmpty([]string{d.Project.Name, "tokens each time they are sent"}), ", "))
	cols := []column{{head: "Where", floor: 24}, {head: "tokens", right: true}, {head: "sent/" + d.Period.Name, right: true}, {head: "$/" + d.Period.Name, right: true},
		{head: "of spend", right: true}, {head: "cache reads", right: true}}
	lines := costLines(d)
	rows := make([][]cell, len(lines))
	for i, l := range lines {
		rows[i] = cells(l.label, l.tokens, l.calls, l.cost, l.share, l.read)
		for j := range rows[i] {
			if l.whole {
				rows[i][j].style = bold
			}
		}
	}
	cols, rows = narrowed(s.width, cols, rows)
	where := fit(s.width-2, cols, rows)[0]
	for i, l := range lines {
		if l.whole { // of a path its end tells files apart, of a section its beginning
			rows[i][0].text = clipWidth(l.label, where, true)
		}
	}
	s.table(cols, rows, nil)
}

// narrowed leaves out columns where a narrow screen would leave no room for the names of files: the share of the spend,
// then how often a text is sent. Both are in the other formats.
func narrowed(width int, cols []column, rows [][]cell) ([]column, [][]cell) {
	for _, drop := range []struct{ below, column int }{{90, 4}, {70, 2}} {
		if width >= drop.below {
			continue
		}
		cols = slices.Delete(cols, drop.column, drop.column+1)
		for i := range rows {
			rows[i] = slices.Delete(rows[i], drop.column, drop.column+1)
		}
	}
	return cols, rows
}

func (s *screen) surfaceChanges(d *report.Surface) {
	if len(d.Changes) == 0 {
		return
	}
	s.title("Changed against " + revision(*d.Base))
	costs := newCoins(changesTotal(d))
	var rows [][]cell
	for i, text := range costs.parts(changeCosts(d)) {
		c := cell{text: plus(text)}
		if i < len(d.Changes) {
			rows = append(rows, append(cells(changeLabel(d.Changes[i]), causeTokens(d.Changes[i])), c))
		} else {
			rows = append(rows, append(cells(restLabel(d.MoreChanges, "change"), ""), c))
		}
	}
	rows = append(rows, []cell{{"total", bold}, {}, {plus(costs.text(costs.total)), bold}})
	s.table([]column{{head: "Where", floor: 24}, {head: "tokens/call", right: true}, {head: "$/" + d.Period.Name, right: true}}, rows, nil)
}

// changeCosts are the costs of the changes that are shown and, where some are not, of the rest.
func changeCosts(d *report.Surface) (list []money.Amount) {
	for _, c := range d.Changes {
		list = append(list, c.Cost)
	}
	if d.MoreChanges != nil {
		list = append(list, d.MoreChanges.Cost)
	}
	return list
}

func changesTotal(d *report.Surface) (sum money.Amount) {
	for _, c := range changeCosts(d) {
		sum = sum.Add(c)
	}
	return sum
}

func changeLabel(c report.Cause) string { return placed(c.Place, c.Section) }

// costLine is one line of the table of files and sections, as text.
type costLine struct {
	label, tokens, calls, cost, share, read string

	whole bool // a file, or the total
}

// costLines are the lines of the table, file by file, with the total last.
func costLines(d *report.Surface) []costLine {
	var files []money.Amount
	for _, f := range d.Files {
		files = append(files, costOf(f.Carry))
	}
	if d.MoreFiles != nil {
		files = append(files, d.MoreFiles.Cost)
	}
	costs := newCoins(costOf(d.Total))
	units := costs.split(costs.total, files)
	var out []costLine
	for i, f := range d.Files {
		line := newCostLine(f.Path, f.Tokens, f.Error, f.Carry)
		line.cost, line.share, line.whole = costs.of(f.Carry, units[i]), shareOf(f.Carry, f.Share), true
		out = append(out, line)
		out = append(out, sectionLines(&d.Files[i], costs, units[i])...)
	}
	if d.MoreFiles != nil {
		out = append(out, costLine{label: restLabel(d.MoreFiles, "file"), cost: costs.text(units[len(units)-1])})
	}
	if d.Total == nil {
		return out
	}
	return append(out, costLine{label: "total", cost: costs.text(costs.total), share: percent(d.Share), read: percent(d.Total.CacheRead), whole: true})
}

func sectionLines(f *report.SurfaceFile, costs coins, whole int64) []costLine {
	var list []money.Amount
	for _, s := range f.Sections {
		list = append(list, costOf(s.Carry))
	}
	if f.More != nil {
		list = append(list, f.More.Cost)
	}
	var out []costLine
	for i, units := range costs.split(whole, list) {
		if i == len(f.Sections) {
			out = append(out, costLine{label: "  " + restLabel(f.More, "section"), cost: costs.text(units)})
			continue
		}
		s := f.Sections[i]
		line := newCostLine("└ "+sectionLabel(f.Path, s), s.Tokens, 0, s.Carry)
		line.cost = costs.of(s.Carry, units)
		out = append(out, line)
	}
	return out
}

func newCostLine(label string, tokens int64, err float64, c *report.Carry) costLine {
	l := costLine{label: label, tokens: strings.TrimSpace(money.Count(tokens).Exact() + " " + errorMark(err)), calls: none, cost: none, share: none, read: none}
	if c != nil {
		l.calls, l.read, l.share = money.Count(c.Calls).String(), percent(c.CacheRead), ""
	}
	return l
}

func shareOf(c *report.Carry, share float64) string {
	if c == nil {
		return none
	}
	return percent(share)
}

// of is the text of a carry's units; one that is there and rounds to nothing does not read as nothing.
func (c coins) of(carry *report.Carry, units int64) string {
	switch {
	case carry == nil:
		return none
	case units == 0 && carry.Cost.Sign() > 0:
		return "<" + c.text(1)
	}
	return c.text(units)
}

func costOf(c *report.Carry) (cost money.Amount) {
	if c != nil {
		cost = c.Cost
	}
	return cost
}

func restLabel(r *report.SurfaceRest, unit string) string {
	return "… " + plural(int64(r.Count), "more "+unit, "more "+unit+"s")
}

// sectionLabel names a section by its lines: `CLAUDE.md:41-58 "Testing"`.
func sectionLabel(file string, s report.Section) string {
	if s.Place.Start.Line == 0 {
		return path.Base(file) + " " + s.Heading
	}
	return placed(s.Place, s.Heading)
}

func placed(p report.Place, heading string) string {
	label := path.Base(p.File)
	if p.Start.Line > 0 {
		label += ":" + strconv.Itoa(p.Start.Line)
	}
	if last := p.End.Line - 1; last > p.Start.Line {
		label += "-" + strconv.Itoa(last)
	}
	if heading != "" {
		label += " " + strconv.Quote(heading)
	}
	return label
}

// costFacts says what the figures are and what they rest on.
func costFacts(d *report.Surface) []string {
	var out []string
	if t := d.Total; t != nil {
		out = append(out, fmt.Sprintf("%s of these tokens are read from a cache; all of them as plain input would cost %s more a %s", percent(t.CacheRead), spend(t.Saved), d.Period.Name))
		if t.Subagents > 0 {
			out = append(out, percent(t.Subagents)+" of the calls are made by subagents, each with its own copy of the text")
		}
		if d.Spend != nil {
			out = append(out, fmt.Sprintf("the text is %s of what the project spends a %s, %s at P50", percent(d.Share), d.Period.Name, spend(d.Spend.P50)))
		} else {
			out = append(out, fmt.Sprintf("too short a history to forecast: the plain daily mean of what was recorded stands for the days of a %s", d.Period.Name))
		}
	}
	if n := unsent(d); n > 0 {
		out = append(out, fmt.Sprintf("recorded prompts are shorter than the text: %s of its tokens stand in none of them and are not priced; perhaps these calls were made with other files", percent(n)))
	}
	for _, f := range d.Files {
		if f.Why != "" {
			out = append(out, fmt.Sprintf("%s has no cost: %s", f.Path, f.Why))
		}
	}
	r := d.Report() // whose counts are those of the texts here, not of what calls were moved by
	if r.Provenance.CountingError, r.Provenance.CountingBy = textError(d), ""; r.Provenance.CountingError > 0 {
		r.Provenance.CountingBy = "and so is what the text costs"
	}
	return append(out, restsOn(r), volumeFact(d.Provenance, d.Period.Name))
}

// unsent is the share of the texts' tokens that the recorded prompts were too short for, 0 for less than a fifth: a file's
// tokens are those of one model, and calls on another may count so many fewer.
func unsent(d *report.Surface) float64 {
	var all, sent int64
	for _, f := range d.Files {
		if f.Carry != nil {
			all, sent = all+f.Tokens*f.Carry.Calls, sent+f.Carry.Tokens
		}
	}
	if all == 0 || float64(sent) > 0.8*float64(all) {
		return 0
	}
	return 1 - float64(sent)/float64(all)
}

// volumeFact says how much traffic the volume of a period rests on.
func volumeFact(p report.Provenance, period string) string {
	text := fmt.Sprintf("the volume of a %s rests on %s", period, plural(int64(p.Days), "whole day", "whole days"))
	if p.Sessions > 0 && !p.MoreSessions {
		text += fmt.Sprintf(", with %.1f calls a session", float64(p.Calls)/float64(p.Sessions))
	}
	return text
}

// textError is the largest relative error of a file's count.
func textError(d *report.Surface) (worst float64) {
	for _, f := range d.Files {
		worst = max(worst, f.Error)
	}
	return worst
}
