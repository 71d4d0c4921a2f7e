package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/fatih/color"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/render"
)

// inspectRows is how many rows of a table a terminal gets; JSON has all.
const inspectRows = 20

// inspectScreen collects what a terminal shows; the first error stays in err.
type inspectScreen struct {
	b     bytes.Buffer
	doc   *inspectDocument
	width int
	color bool
	err   error
}

// writeTable writes the document for people: no line is wider than the terminal (100 columns where there is none, 60 at
// least), lists longer than a screen are cut and say so.
func (d *inspectDocument) writeTable(env *Env) error {
	s := &inspectScreen{doc: d, width: 100, color: env.Color}
	if env.Width > 0 {
		s.width = max(env.Width, 60)
	}
	s.facts()
	s.files()
	s.skipped()
	s.picture()
	s.gaps()
	for _, t := range []struct {
		title  string
		groups []inspectGroup
	}{{"Models", d.Models}, {"Tracks", d.Tracks}, {"Features", d.Features}, {"Templates", d.Templates}} {
		s.groups(t.title, t.groups)
	}
	s.unpriced()
	s.notKnown()
	if s.err != nil {
		return s.err
	}
	return env.print(s.b.String())
}

func (s *inspectScreen) title(text string) {
	s.b.WriteByte('\n')
	for _, line := range render.Wrap(text, s.width) {
		fmt.Fprintln(&s.b, s.paint(line, color.Bold))
	}
}

func (s *inspectScreen) paint(text string, with color.Attribute) string {
	if !s.color || text == "" {
		return text
	}
	c := color.New(with)
	c.EnableColor()
	return c.Sprint(text)
}

// say writes a text behind a lead, its further lines indented as far.
func (s *inspectScreen) say(lead, text string) {
	for _, line := range render.Wrap(render.Plain(text), s.width-len(lead)) {
		fmt.Fprintln(&s.b, lead+line)
		lead = strings.Repeat(" ", len(lead))
	}
}

// table writes rows in as many tables under each other as the width takes: the first column stands in each, and is
// shortened where it must. No number is.
func (s *inspectScreen) table(header []string, align []tw.Align, rows [][]string) {
	all := countTable{header: header, lines: rows}
	all.shorten(header[0], s.width/3)
	for from := 1; from < len(header); {
		if from > 1 {
			s.b.WriteByte('\n')
		}
		part := countTable{header: header[:1:1]}
		aligned := align[:1:1]
		for _, r := range rows {
			part.lines = append(part.lines, r[:1:1])
		}
		to := from
		for ; to < len(header); to++ {
			next := part.with(all, to)
			if to > from && next.width() > s.width {
				break
			}
			part, aligned = next, append(aligned, align[to])
		}
		s.err = firstOf(s.err, plainTable(&Env{Out: &s.b}, part.header, aligned, part.lines))
		from = to
	}
}

// with is the table and one more column, that of another.
func (t countTable) with(o countTable, column int) countTable {
	out := countTable{header: append(slices.Clone(t.header), o.header[column])}
	for i, l := range t.lines {
		out.lines = append(out.lines, append(slices.Clone(l), o.lines[i][column]))
	}
	return out
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// more says how many rows are not shown.
func (s *inspectScreen) more(n int, what string) {
	if n > inspectRows {
		s.say("", fmt.Sprintf("… and %s; --format json has all", number(int64(n-inspectRows), "more "+what)))
	}
}

func (s *inspectScreen) files() {
	d := s.doc
	rows := [][]string{}
	header, align := []string{"File", "Dialect", "Lines", "Calls", "Sampling"}, []tw.Align{tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight}
	for _, f := range d.Files {
		dialect := f.Dialect
		if dialect == "" {
			dialect = "not known"
		}
		rows = append(rows, []string{s.fileCell(f.Name), dialect, money.Count(f.Lines).Exact(), money.Count(f.Calls).Exact(), money.Ratio(f.Sampling).String()})
	}
	for _, c := range d.Cubes {
		rows = append(rows, []string{s.fileCell(c.Name), fmt.Sprintf("cube of %s", number(c.Files, "file")), money.Count(c.Lines).Exact(), money.Count(c.Calls).Exact(), ""})
	}
	if len(rows) == 0 {
		return
	}
	if !slices.ContainsFunc(rows, func(r []string) bool { return r[4] != "" && r[4] != "100%" }) {
		header, align = header[:4], align[:4] // nothing was sampled
	}
	s.title("Files")
	s.table(header, align, rows[:min(len(rows), inspectRows)])
	s.more(len(rows), "file")
}

// fileCell keeps the end of a path, which tells files apart.
func (s *inspectScreen) fileCell(name string) string {
	name = render.Plain(name)
	r := []rune(name)
	for from := range r {
		if short := ifAny(from > 0, "…") + string(r[from:]); twwidth.Width(short) <= s.width/3 {
			return short
		}
	}
	return name
}

func (s *inspectScreen) skipped() {
	if len(s.doc.Reading.Skipped) == 0 {
		return
	}
	s.title("Records that became no call")
	for _, k := range s.doc.Reading.Skipped {
		bad := ""
		if k.Bad {
			bad = " that should have been one"
		}
		s.say("  - ", fmt.Sprintf("%s%s: %s", number(k.Count, "record"), bad, k.Reason))
	}
}

func (s *inspectScreen) gaps() {
	if len(s.doc.Gaps) == 0 {
		return
	}
	s.title("Days without their usual calls (less than a tenth; a weekday is held against itself where three weeks are there)")
	for _, g := range s.doc.Gaps[:min(len(s.doc.Gaps), inspectRows)] {
		days := g.From
		if g.Days > 1 {
			days = fmt.Sprintf("%s to %s (%s)", g.From, g.To, number(g.Days, "day"))
		}
		s.say("  - ", fmt.Sprintf("%s: %s, usually about %s", days, number(g.Calls, "call"), money.Count(g.Usual)))
	}
	s.more(len(s.doc.Gaps), "gap")
}

func (s *inspectScreen) unpriced() {
	if len(s.doc.Unpriced) == 0 {
		return
	}
	s.title("Without a price, and in no cost")
	for _, u := range s.doc.Unpriced[:min(len(s.doc.Unpriced), inspectRows)] {
		s.say("  - ", fmt.Sprintf("%s (%s): %s, %s tokens: %s", labelled(u.Model), u.Tier, number(u.Calls, "call"), money.Count(u.Tokens.total()), u.Reason))
	}
	s.more(len(s.doc.Unpriced), "model")
}

func (s *inspectScreen) notKnown() {
	if len(s.doc.NotKnown) == 0 {
		return
	}
	s.title("Not known")
	for _, n := range s.doc.NotKnown {
		who := fmt.Sprintf("%s (%s): ", number(n.Calls, "call"), shareCell(n.Share))
		switch {
		case n.What == "history":
			who = ""
		case n.Calls == s.doc.Total.Calls:
			who = "all calls: "
		}
		s.say("  - ", fmt.Sprintf("%s, %s%s. To do: %s", strings.ReplaceAll(n.What, "_", " "), who, n.Means, n.Do))
	}
}
