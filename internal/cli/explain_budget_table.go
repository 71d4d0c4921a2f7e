package cli

import (
	"fmt"
	"strings"

	"github.com/olekukonko/tablewriter/tw"
)

// writeTable writes the document for people; no line is wider than the terminal.
func (d *budgetDocument) writeTable(env *Env) error {
	s := &inspectScreen{width: 100, color: env.Color}
	if env.Width > 0 {
		s.width = max(env.Width, 60)
	}
	d.facts(s)
	d.guardrails(s)
	d.ceilings(s)
	d.dates(s)
	if s.err != nil {
		return s.err
	}
	return env.print(s.b.String())
}

func (d *budgetDocument) facts(s *inspectScreen) {
	var of []string
	for _, part := range []struct{ kind, name string }{{"", d.Path}, {"section ", d.Section}, {"track ", d.Track}, {"feature ", d.Feature}} {
		if part.name != "" {
			of = append(of, part.kind+part.name)
		}
	}
	s.say("", "Budget of "+strings.Join(of, ", ")+" on "+d.AsOf+", as the working tree declares it; a check of a change takes the base revision's")
	people := []string{}
	if d.Owner != "" {
		people = append(people, "owner "+d.Owner)
	}
	if d.Approver != "" {
		people = append(people, "edits are approved by "+d.Approver)
	}
	s.say("", strings.Join(people, ", "))
}

func (d *budgetDocument) guardrails(s *inspectScreen) {
	s.title("Guardrails: the closest that is set holds")
	if len(d.Guardrails) == 0 {
		s.say("  ", "none is set")
		return
	}
	rows := [][]string{}
	for _, g := range d.Guardrails {
		rows = append(rows, []string{g.Key, g.Value, g.From + ifAny(g.Until != "", " until "+g.Until), s.fileCell(g.Place.String())})
	}
	s.table([]string{"Guardrail", "Value", "From", "Declared at"}, []tw.Align{tw.AlignLeft, tw.AlignLeft, tw.AlignLeft, tw.AlignLeft}, rows)
	for _, g := range d.Guardrails {
		for _, b := range g.Before {
			s.say("  - ", fmt.Sprintf("%s goes before %s of %s (%s)", g.Key, b.Value, b.Place, b.From))
		}
	}
}

func (d *budgetDocument) ceilings(s *inspectScreen) {
	s.title("Ceilings: each holds on its own")
	if len(d.Ceilings) == 0 {
		s.say("  ", "none is declared")
		return
	}
	rows := [][]string{}
	for _, c := range d.Ceilings {
		scope := strings.TrimSpace(c.Scope + " " + c.Name)
		rows = append(rows, []string{scope, strings.ReplaceAll(c.Kind+" "+c.Metric, "_", " "), c.Limit.Text, s.fileCell(c.Place.String()), c.Owner, c.Until})
	}
	s.table(withoutBlanks([]string{"Of", "Ceiling", "Limit", "Declared at", "Owner", "Until"},
		[]tw.Align{tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignLeft, tw.AlignLeft, tw.AlignLeft}, rows))
}

// dates are emergencies and reviews.
func (d *budgetDocument) dates(s *inspectScreen) {
	if len(d.Emergency) > 0 {
		s.title("Emergency envelopes")
	}
	for _, m := range d.Emergency {
		state := "holds until " + m.Until
		if m.Over {
			state = "expired on " + m.Until
		}
		why := strings.TrimSuffix(strings.TrimPrefix(m.Incident+": "+m.Reason, ": "), ": ")
		s.say("  - ", fmt.Sprintf("of %s, %s%s (%s): %s", m.Of, state, ifAny(why != "", ", "+why), m.Place, strings.Join(m.Sets, "; ")))
	}
	if len(d.Reviews) > 0 {
		s.title("Reviews")
	}
	for _, r := range d.Reviews {
		due := "no last review is written down, so no due day is known"
		if r.Due != "" {
			due = "due on " + r.Due + ifAny(r.Overdue, ", overdue")
		}
		s.say("  - ", fmt.Sprintf("%s, %s: %s (%s)", r.Of, r.Cadence, due, r.Place))
	}
}
