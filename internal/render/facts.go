package render

import (
	"fmt"
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
)

// facts are the lines under the verdict: how much room is left, what the change does, what was compared. The texts of
// this file are plain and untrusted; each format makes them inert.
func facts(r *report.Report) []string {
	lines := []string{}
	if h := headroom(r); h != "" {
		lines = append(lines, h)
	}
	if e := r.Total.Cost; e != nil {
		lines = append(lines, "change in cost on the same recorded calls: "+interval(e))
	}
	return append(lines, compared(r))
}

func headroom(r *report.Report) string {
	c := r.Tightest()
	if c == nil {
		return ""
	}
	room := fmt.Sprintf("headroom %s", percent(1-c.Used))
	if c.Used > 1 {
		room = fmt.Sprintf("over by %s", percent(c.Used-1))
	}
	line := fmt.Sprintf("tightest ceiling: %s: %s of %s, %s", ceilingLabel(c, r.Period), text(c.Head), c.Limit.Text, room)
	if c.PHead != nil {
		line += ", P(over) " + over(c.PHead)
	}
	return line
}

func compared(r *report.Report) string {
	parts := []string{r.Project.Name, strings.ReplaceAll(r.Stage, "_", " ") + " gate", "period: " + r.Period.Label()}
	if r.Base == nil {
		parts = append(parts, "no base to compare with, head "+revision(r.Head))
	} else {
		parts = append(parts, "base "+revision(*r.Base)+" → head "+revision(r.Head))
	}
	return strings.Join(nonEmpty(parts), " · ")
}

func nonEmpty(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func revision(v report.Revision) string {
	if v.Commit == "" || v.Ref == v.Commit {
		return short(v.Ref)
	}
	return v.Ref + " " + short(v.Commit)
}

// checkText is the check's own sentence, led by what it is about where the sentence does not say so.
func checkText(c *report.Check) string {
	if strings.HasPrefix(c.Text, where(c)+":") || c.Name != "" && strings.Contains(c.Text, c.Name) {
		return c.Text
	}
	return where(c) + ": " + c.Text
}

// checkFacts says what was measured, where the ceiling stands and whose it is.
func checkFacts(c *report.Check, r *report.Report) string {
	var out []string
	if c.Base != nil {
		out = append(out, fmt.Sprintf("base %s → head %s", text(c.Base), text(c.Head)))
	}
	if !c.Declared.IsZero() {
		out = append(out, fmt.Sprintf("declared at %s, read from %s", c.Declared, c.From))
	}
	if c.Owner != "" {
		out = append(out, "owner "+c.Owner)
	}
	return strings.Join(append(out, nonEmpty([]string{age(c.Since, r.GeneratedAt)})...), " · ")
}

// place prints file:line, without the column: a cause is a section, not a character.
func place(p report.Place) string {
	p.Start.Col = 0
	if p.IsZero() {
		return "(no place)"
	}
	return p.String()
}

func causeTokens(c report.Cause) string {
	if c.Tokens == 0 {
		return none
	}
	return strings.TrimSpace(changeCount(c.Tokens) + " " + errorMark(c.Error))
}

// errorMark prints a relative error, and nothing for an exact count.
func errorMark(e float64) string {
	if e == 0 {
		return ""
	}
	return "±" + percent(e)
}

// moreCauses sums up causes that are not listed.
func moreCauses(r *report.Report, rest []report.Cause) string {
	sum := money.Amount{}
	for _, c := range rest {
		sum = sum.Add(c.Cost)
	}
	return fmt.Sprintf("%s, together %s/%s", plural(int64(len(rest)), "more cause", "more causes"), change(sum), r.Period.Name)
}

func findingLine(f report.Finding) string {
	line := fmt.Sprintf("%s [%s]", f.Message, f.Rule)
	if !f.Place.IsZero() {
		line = f.Place.String() + ": " + line
	}
	return line
}

// withTotal is the tracks with the project as the last row; empty when nothing was measured and nothing is held.
func withTotal(r *report.Report) []report.Group {
	if len(r.Tracks) == 0 && r.Total.Head == nil && len(r.Total.Checks) == 0 {
		return nil
	}
	total := r.Total
	total.Name = "total"
	list := append([]report.Group{}, r.Tracks...)
	for i := range list {
		list[i].Name = trackName(list[i].Name)
	}
	return append(list, total)
}

// trackName is the name of a track for people; the calls that belong to none are a track without a name.
func trackName(name string) string {
	if name == "" {
		return "(unmapped)"
	}
	return name
}

// worthShowing reports whether a list of groups says more than the total: more than one, or one that was declared.
func worthShowing(list []report.Group) bool {
	return len(list) > 1 || len(list) == 1 && list[0].Declared
}

func groupNotes(g report.Group) []string {
	notes := append([]string{}, g.Notes...)
	if g.LatencyBy != "" {
		notes = append(notes, "latency: "+g.LatencyBy)
	}
	return notes
}

// otherChecks are the ceilings that no row of a group table shows.
func otherChecks(r *report.Report) []*report.Check {
	shown := map[string]bool{}
	lists := [][]report.Group{{r.Total}, r.Tracks}
	for _, list := range [][]report.Group{r.Features, r.Models} {
		if worthShowing(list) {
			lists = append(lists, list)
		}
	}
	for _, list := range lists {
		for i := range list {
			for _, c := range r.PeriodChecks(&list[i]) {
				shown[c.ID] = true
			}
		}
	}
	var out []*report.Check
	for i := range r.Checks {
		if !shown[r.Checks[i].ID] {
			out = append(out, &r.Checks[i])
		}
	}
	return out
}

func usedShare(c *report.Check) string {
	if c.Head == nil {
		return none
	}
	return percent(c.Used)
}

// smallestRows gives scope, metric and the smallest ceilings that pass at P50, P75, P90 and P95. Reports from before they
// were worked out give the forecast itself, which is not rounded: rounded down it would not pass.
func smallestRows(r *report.Report) [][6]string {
	var rows [][6]string
	add := func(scope string, g report.Group) {
		if g.Head == nil {
			return
		}
		costs, toks, dollars, count := g.Head.Cost, g.Head.Tokens, money.Amount.String, money.Count.Exact
		if p := g.Head.Smallest; p != nil {
			costs, toks, dollars, count = p.Cost, p.Tokens, wholeSpend, money.Count.String
		}
		if c := costs; c != nil {
			rows = append(rows, [6]string{scope, "cost", dollars(c.P50), dollars(c.P75), dollars(c.P90), dollars(c.P95)})
		}
		if t := toks; t != nil {
			text := func(n int64) string { return count(money.Count(n)) }
			rows = append(rows, [6]string{scope, "tokens", text(t.P50), text(t.P75), text(t.P90), text(t.P95)})
		}
	}
	for _, g := range withTotal(r) {
		add(g.Name, g)
	}
	for _, g := range r.Features {
		add("feature "+g.Name, g)
	}
	for _, g := range r.Models {
		add(g.Name, g)
	}
	return rows
}
