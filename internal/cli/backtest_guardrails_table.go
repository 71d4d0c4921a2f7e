package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/olekukonko/tablewriter/tw"

	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/render"
)

// writeTable writes the document for people; no line is wider than the terminal.
func (d *guardrailsDocument) writeTable(env *Env) error {
	s := &inspectScreen{width: 100, color: env.Color}
	if env.Width > 0 {
		s.width = max(env.Width, 60)
	}
	d.facts(s)
	d.actions(s)
	d.rules(s)
	d.alone(s)
	d.outcomes(s)
	d.notes(s)
	if s.err != nil {
		return s.err
	}
	return env.print(s.b.String())
}

func (d *guardrailsDocument) facts(s *inspectScreen) {
	text := fmt.Sprintf("%s in %s by %s", number(d.Calls, "call"), number(d.Sessions, "session"), number(d.Users, "user"))
	if d.First != nil {
		switch from, to := d.First.UTC().Format(time.DateOnly), d.Last.UTC().Format(time.DateOnly); from {
		case to:
			text += " on " + from + " UTC"
		default:
			text += " from " + from + " to " + to + " UTC"
		}
	}
	s.say("", text+", replayed in the order of time")
	s.say("", fmt.Sprintf("%s spent as recorded, at the prices of %s; with the guardrails %s", d.Spent, d.AsOf.Format(time.DateOnly), d.Spent.Sub(d.Total.Saved)))
}

// actions is the main table. A cell is calls, and in brackets the sessions whose strictest action it was.
func (d *guardrailsDocument) actions(s *inspectScreen) {
	s.title("What would have happened: calls (sessions)")
	header := []string{"Guardrail", "Allowance", "Warned", "Degraded", "Handed over", "Refused", "Saved", "Users"}
	align := []tw.Align{tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignRight}
	rows := [][]string{}
	for i := range d.Guardrails {
		rows = append(rows, d.Guardrails[i].cells(s))
	}
	s.table(withoutBlanks(header, align, append(rows, d.Total.cells(s))))
}

// withoutBlanks leaves out columns that are blank in every row.
func withoutBlanks(header []string, align []tw.Align, rows [][]string) ([]string, []tw.Align, [][]string) {
	for c := len(header) - 1; c > 0; c-- {
		if slices.ContainsFunc(rows, func(r []string) bool { return r[c] != "" }) {
			continue
		}
		header, align = slices.Delete(header, c, c+1), slices.Delete(align, c, c+1)
		for i := range rows {
			rows[i] = slices.Delete(rows[i], c, c+1)
		}
	}
	return header, align, rows
}

func (r *guardrailsRow) cells(s *inspectScreen) []string {
	cell := func(calls, sessions int64) string {
		if calls == 0 && sessions == 0 {
			return ""
		}
		return fmt.Sprintf("%s (%s)", money.Count(calls).Exact(), money.Count(sessions).Exact())
	}
	saved := ""
	if r.Saved.Sign() != 0 {
		saved = r.Saved.String()
	}
	if r.SavedError.Sign() > 0 {
		saved += " ±" + r.SavedError.String()
	}
	return []string{s.fileCell(r.ID), r.allowance(), cell(r.Calls.Warned, r.Sessions.Warned), cell(r.Calls.Degraded, r.Sessions.Degraded),
		cell(r.Calls.HandedOver, r.Sessions.HandedOver), cell(r.Calls.Refused, r.Sessions.Refused), saved, ifAny(r.Users.sum() > 0, money.Count(r.Users.sum()).Exact())}
}

func (r *guardrailsRow) allowance() string {
	per := " a " + string(r.Window)
	if r.Window == guard.Life {
		per = " a session"
	}
	switch a := r.Allowance; {
	case r.Dynamic != nil && r.Dynamic.P50 != nil:
		return r.Dynamic.P50.String() + " a day (P50)"
	case r.Dynamic != nil:
		return "by user"
	case a == nil:
		return r.When
	case a.Cost != nil:
		return a.Cost.String() + per
	case a.Tokens != nil:
		return money.Count(*a.Tokens).String() + " tokens" + per
	default:
		return number(*a.Calls, "call") + per
	}
}

// rules says what each guardrail is and does.
func (d *guardrailsDocument) rules(s *inspectScreen) {
	s.title("What is declared")
	for i := range d.Guardrails {
		r := &d.Guardrails[i]
		s.say("  - ", fmt.Sprintf("%s: %s (%s)", render.Plain(r.ID), r.rule(), r.Place))
	}
}

func (r *guardrailsRow) rule() string {
	if r.When != "" {
		return fmt.Sprintf("%s while %s, for %s at least; %s", strings.ReplaceAll(r.Steps[0].Action, "_", " "), r.When, r.CoolDown, howOften(*r.Opened))
	}
	var parts []string
	if y := r.Dynamic; y != nil {
		text := fmt.Sprintf("an allowance a user a day between %s and %s", y.Floor, y.Cap)
		if y.P50 != nil {
			text += fmt.Sprintf(", of %s user-days P10 %s, P50 %s, P90 %s", money.Count(y.Days).Exact(), y.P10, y.P50, y.P90)
		}
		parts = append(parts, text)
	}
	for _, step := range r.Steps {
		parts = append(parts, fmt.Sprintf("%s at %s", strings.ReplaceAll(step.Action, "_", " "), money.Ratio(step.At)))
	}
	return strings.Join(parts, ", ")
}

func howOften(n int64) string {
	switch n {
	case 0:
		return "never opened"
	case 1:
		return "opened once"
	}
	return "opened " + money.Count(n).Exact() + " times"
}

// alone shows what other allowances would do.
func (d *guardrailsDocument) alone(s *inspectScreen) {
	s.title("Each guardrail alone, at another allowance: calls changed (of one that only warns: warned of)")
	header, align := []string{"Guardrail"}, []tw.Align{tw.AlignLeft}
	rows := [][]string{}
	for i := range d.Guardrails {
		r := &d.Guardrails[i]
		row := []string{s.fileCell(r.ID)}
		for _, a := range r.Alone {
			if i == 0 {
				header, align = append(header, "at "+strconv.FormatFloat(a.Factor, 'g', -1, 64)+"×"), append(align, tw.AlignRight)
			}
			row = append(row, money.Count(a.Calls).Exact())
		}
		rows = append(rows, row)
	}
	s.table(header, align, rows)
}

func (d *guardrailsDocument) outcomes(s *inspectScreen) {
	rows := [][]string{}
	for _, r := range append(d.Guardrails[:len(d.Guardrails):len(d.Guardrails)], d.Total) {
		for _, o := range r.Outcomes {
			if o.TouchedSessions == 0 {
				continue
			}
			difference := "too few to tell"
			if o.Difference != nil {
				difference = fmt.Sprintf("%+.3g (%+.3g to %+.3g)", *o.Difference, *o.Low, *o.High)
			}
			rows = append(rows, []string{s.fileCell(r.ID), render.Plain(o.Outcome), meanCell(o.TouchedMean, o.TouchedSessions), meanCell(o.UntouchedMean, o.UntouchedSessions), difference})
		}
	}
	if len(rows) == 0 {
		return
	}
	s.title("How the sessions ended as recorded: mean (sessions)")
	s.table([]string{"Guardrail", "Outcome", "Touched", "Untouched", "Difference (95 %)"}, []tw.Align{tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight}, rows)
	s.say("", "Touched: degraded, handed over or refused; a warning touches nobody. It is an association, not an effect: no guardrail was in force when these sessions ended.")
}

func meanCell(mean float64, n int64) string {
	return fmt.Sprintf("%.3g (%s)", mean, money.Count(n).Exact())
}

// notes says what the numbers rest on and lack.
func (d *guardrailsDocument) notes(s *inspectScreen) {
	s.title("Mind that")
	for _, n := range d.byNote() {
		s.say("  - ", strings.Join(n.ids, ", ")+": "+n.text)
	}
	if d.Unpriced > 0 {
		s.say("  - ", number(d.Unpriced, "call")+" without a price cost nothing here; tokengate traffic inspect lists their models")
	}
	if d.Stray > 0 {
		s.say("  - ", number(d.Stray, "call")+" with an outcome and no session are in no comparison")
	}
	if d.Untimed > d.Calls/100 {
		s.say("  - ", number(d.Untimed, "call")+" are at midnight exactly, as where a recording knows the day alone; in which order they came is not known")
	}
	if d.Instant > 0 {
		s.say("  - ", number(d.Instant, "call")+" without a latency are known to the guardrails as soon as they start")
	}
	if d.Bounds > 0 {
		s.say("  - ", number(d.Bounds, "call")+" have an output that is only a lower bound, so they cost more than here")
	}
	if d.Sampled {
		s.say("  - ", "part of the traffic is recorded: sums of a project, track or feature are scaled to all of it, counts above are not")
	}
	s.say("  - ", "a call counts where the strictest guardrail decided; sessions and users count in every row that touched them, and once in the total")
	s.say("  - ", "calls under way are not yet known to a guardrail, and the call that reaches a limit still goes through")
	s.say("  - ", "calls arrive as recorded, also after one of their session was refused; nobody tries again, and nobody would have behaved otherwise")
	if d.Total.Calls.Degraded > 0 {
		s.say("  - ", "degraded calls are recounted in the fallback's tokens; what they read from their own model's cache is plain input there; quality is not measured")
	}
}

// guardrailsNote is what is to be minded of some guardrails.
type guardrailsNote struct {
	text string
	ids  []string
}

// byNote says once what holds for several guardrails.
func (d *guardrailsDocument) byNote() (out []guardrailsNote) {
	for i := range d.Guardrails {
		for _, text := range d.Guardrails[i].notes() {
			at := slices.IndexFunc(out, func(n guardrailsNote) bool { return n.text == text })
			if at < 0 {
				at, out = len(out), append(out, guardrailsNote{text: text})
			}
			out[at].ids = append(out[at].ids, d.Guardrails[i].ID)
		}
	}
	return out
}

func (r *guardrailsRow) notes() (out []string) {
	if r.Held == 0 {
		out = append(out, "inconclusive: no recorded call is held to it")
	}
	if r.Unlabelled > 0 {
		out = append(out, fmt.Sprintf("%s without a %s are not held to it", number(r.Unlabelled, "call"), r.Scope))
	}
	if r.Partial > 0 {
		out = append(out, fmt.Sprintf("inconclusive: %s stand for calls that were not recorded, so what a %s used is not known in full; the row is a lower bound", number(r.Partial, "call"), r.Scope))
	}
	if r.Unpriced > 0 {
		out = append(out, fmt.Sprintf("inconclusive: %s have no price; the row is a lower bound", number(r.Unpriced, "call")))
	}
	for _, k := range r.Stays {
		out = append(out, fmt.Sprintf("%s were not degraded: %s", number(k.Calls, "call"), k.Why))
	}
	return out
}
