package budget

import (
	"fmt"

	"github.com/tokengate/tokengate/internal/source"
)

var ceilingChanged = Rule{source.Rule{
	ID:      "ceiling-changed",
	Summary: "the change edits a ceiling",
	Explain: `Ceilings are read from the base revision, so a pull request cannot make room for itself. A ceiling that it raises,
removes, lowers or adds is named here with who must approve it; it takes effect once it is merged. A ceiling on a
scope that base does not know at all only tightens, so it holds at once.`,
}, checkChanged}

// place tells declarations of one ceiling in different files apart.
func (c Ceiling) key() string { return c.ID() + " " + c.Span.File }

func checkChanged(e *Evidence) (_ []Check, findings []Finding) {
	if !e.HasBase || e.FromHead {
		return nil, nil
	}
	proposed := map[string]Ceiling{}
	for _, c := range e.Proposed {
		proposed[c.key()] = c
	}
	for _, c := range e.Ceilings {
		if c.From != "base" {
			findings = append(findings, e.change(source.Info, Pass, c, "a ceiling of %s is added; base has none, so it holds at once", c.Limit.Text))
			continue
		}
		now, ok := proposed[c.key()]
		delete(proposed, c.key())
		switch {
		case !ok:
			findings = append(findings, e.change(source.Warning, Warn, c, "the ceiling of %s is removed; base's still holds here", c.Limit.Text))
		case now.Limit.Value > c.Limit.Value:
			findings = append(findings, e.change(source.Warning, Warn, now, "the ceiling is raised from %s to %s; base's still holds here", c.Limit.Text, now.Limit.Text))
		case now.Limit.Value < c.Limit.Value:
			findings = append(findings, e.change(source.Info, Pass, now, "the ceiling is lowered from %s to %s; it holds once merged", c.Limit.Text, now.Limit.Text))
		}
	}
	return nil, findings
}

func (e *Evidence) change(sev source.Severity, st Status, c Ceiling, format string, args ...any) Finding {
	who := e.Approver
	if who == "" {
		who = c.Owner
	}
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
files decide what a ceiling means. Like ceilings they are read from base; an edit is named here and takes effect once merged.`,
}, checkPolicy}

func checkPolicy(e *Evidence) (_ []Check, findings []Finding) {
	if !e.HasBase || e.FromHead {
		return nil, nil
	}
	proposed := map[string]Setting{}
	for _, s := range e.PolicyNew {
		proposed[s.Name] = s
	}
	for _, s := range e.Policy {
		now, ok := proposed[s.Name]
		delete(proposed, s.Name)
		if !ok {
			now = Setting{Value: "its default", Span: s.Span}
		}
		if now.Value != s.Value {
			findings = append(findings, e.policy(now.Span, s.Name, s.Value, now.Value))
		}
	}
	for _, s := range e.PolicyNew {
		if _, added := proposed[s.Name]; added {
			findings = append(findings, e.policy(s.Span, s.Name, "its default", s.Value))
		}
	}
	return nil, findings
}

func (e *Evidence) policy(at source.Span, setting, from, to string) Finding {
	hint := ""
	if e.Approver == "" {
		hint = noApprover
	}
	f := finding(source.Warning, Warn, at, hint, "%s is changed from %s to %s; base's still holds here", setting, from, to)
	f.Approver = e.Approver
	return f
}
