package budget

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

var ceilingChanged = Rule{source.Rule{
	ID:      "ceiling-changed",
	Summary: "the change edits a ceiling",
	Explain: `Ceilings are read from the base revision, so a pull request cannot make room for itself. A ceiling that it raises,
removes, lowers or adds is named here with who must approve it: the roles that the budget lists under approvals, else
the charter's approver, else its owner. It takes effect once it is merged. So does an emergency envelope: a change
cannot grant itself one. A ceiling on a scope that base does not know at all only tightens, so it holds at once.`,
}, checkChanged}

// key tells declarations of one ceiling in different files apart, and one for a while from one for good.
func (c Ceiling) key() string { return fmt.Sprintf("%s %s %t", c.ID(), c.Span.File, c.Until.IsZero()) }

// declared lists ceilings with those that others stand in the place of.
func declared(in []Ceiling) (out []Ceiling) {
	for _, c := range in {
		out = append(append(out, c), c.Instead...)
	}
	return out
}

func checkChanged(e *Evidence) (_ []Check, findings []Finding) {
	if !e.HasBase || e.FromHead {
		return nil, nil
	}
	proposed, held := map[string]Ceiling{}, map[Scope]string{}
	for _, c := range declared(e.Proposed) {
		proposed[c.key()] = c
	}
	for _, c := range declared(e.Ceilings) {
		now, ok := proposed[c.key()]
		delete(proposed, c.key())
		if c.From != "base" {
			findings = append(findings, e.change(source.Info, Pass, c, "a ceiling of %s is added; base has none, so it holds at once", c.Limit.Text))
			continue
		}
		held[c.Scope] = c.Approver
		now.Approver, now.Owner = c.Approver, c.Owner
		if f, ok := e.edited(c, now, ok); ok {
			findings = append(findings, f)
		}
	}
	for _, c := range declared(e.Proposed) {
		if _, ok := proposed[c.key()]; ok {
			delete(proposed, c.key())
			c.Approver = held[c.Scope]
			findings = append(findings, e.proposed(c))
		}
	}
	return nil, findings
}

// edited words what a change makes of a ceiling of base; there says that it is still declared.
func (e *Evidence) edited(c, now Ceiling, there bool) (Finding, bool) {
	switch {
	case !there:
		return e.change(source.Warning, Warn, c, "the ceiling of %s is removed; base's still holds here", c.Limit.Text), true
	case now.Limit.Value > c.Limit.Value:
		return e.change(source.Warning, Warn, now, "the ceiling is raised from %s to %s; base's still holds here", c.Limit.Text, now.Limit.Text), true
	case now.Until.After(c.Until):
		return e.change(source.Warning, Warn, now, "the emergency envelope is extended from %s to %s; base's day still holds here", day(c.Until), day(now.Until)), true
	case now.Limit.Value < c.Limit.Value:
		return e.change(source.Info, Pass, now, "the ceiling is lowered from %s to %s; it holds once merged", c.Limit.Text, now.Limit.Text), true
	}
	return Finding{}, false
}

// proposed words a ceiling that is added on a scope that base knows.
func (e *Evidence) proposed(c Ceiling) Finding {
	if c.Until.IsZero() {
		return e.change(source.Info, Pass, c, "a ceiling of %s is added; it holds once merged", c.Limit.Text)
	}
	return e.change(source.Warning, Warn, c, "an emergency envelope of %s until %s is added%s; base's ceilings still hold here", c.Limit.Text, day(c.Until), because(c.Incident, c.Reason))
}

func (e *Evidence) change(sev source.Severity, st Status, c Ceiling, format string, args ...any) Finding {
	who := cmp.Or(c.Approver, e.Approver, c.Owner)
	hint := ""
	if st == Warn && who == "" {
		hint = noApprover
	}
	f := finding(sev, st, c.Span, hint, "%s, %s %s: %s", c.Scope, name(c.Kind), name(c.Metric), fmt.Sprintf(format, args...))
	if st == Warn {
		f.Approver = who
	}
	return f
}

const noApprover = "declare an approver in the project charter"

var policyChanged = Rule{source.Rule{
	ID:      "policy-changed",
	Summary: "the change edits a policy setting",
	Explain: `Stages, quantiles, risk tolerances, the period, the allowed share of bad lines, recordings, volume plans, map rules and price
files decide what a ceiling means. Like ceilings they are read from base; an edit is named here and takes effect once merged.
Guardrails of budgets are named as well: allowed models, caps, toggles, fallbacks, approvals and reviews. A cap or a list
that only gets tighter is an information. What a changed cap or toggle does to the recorded calls is replayed as part of
the change, and shown as a cause.`,
}, checkPolicy}

func checkPolicy(e *Evidence) (_ []Check, findings []Finding) {
	if !e.HasBase || e.FromHead {
		return nil, nil
	}
	proposed, approvers := map[string]Setting{}, map[string]string{}
	for _, s := range e.PolicyNew {
		proposed[s.Name] = s
	}
	for _, s := range e.Policy {
		if s.Of != "" {
			approvers[s.Of] = s.Approver
		}
		now, ok := proposed[s.Name]
		delete(proposed, s.Name)
		if !ok {
			now = Setting{Value: unset, Span: s.Span}
		}
		if now.Value != s.Value {
			findings = append(findings, e.policy(s, now))
		}
	}
	for _, s := range e.PolicyNew {
		if _, added := proposed[s.Name]; added {
			findings = append(findings, e.policy(Setting{Name: s.Name, Value: unset, Approver: approvers[s.Of]}, s))
		}
	}
	return nil, findings
}

// unset is what a setting is that is not written down.
const unset = "its default"

// policy words the edit of one setting.
func (e *Evidence) policy(from, to Setting) Finding {
	if to.tighter(from) {
		return finding(source.Info, Pass, to.Span, "", "%s is tightened from %s to %s", from.Name, from.Value, to.Value)
	}
	f := finding(source.Warning, Warn, to.Span, "", "%s is changed from %s to %s; base's still holds here", from.Name, from.Value, to.Value)
	if f.Approver = cmp.Or(from.Approver, e.Approver); f.Approver == "" {
		f.Hint = noApprover
	}
	return f
}

// tighter reports whether a cap, or a list of what is allowed, allows less than it did.
func (s Setting) tighter(was Setting) bool {
	switch {
	case s.Cap > 0:
		return was.Value == unset || s.Cap < was.Cap
	case len(s.Allowed) > 0:
		return was.Value == unset || !slices.ContainsFunc(s.Allowed, func(m string) bool { return !slices.Contains(was.Allowed, m) })
	}
	return false
}

func day(t time.Time) string { return t.Format(time.DateOnly) }
