package render

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// alert is what the formats for code review show of a finding or a check: one place and what is wrong there.
type alert struct {
	rule        string
	severity    source.Severity
	message     string // one line, plain
	hint        string
	place       report.Place
	related     []report.LintRelated
	fingerprint string // the same while lines above move
	suppression *report.LintSuppression
}

// alerts is all of them, worst first, with what explains their rules.
type alerts struct {
	list  []alert
	rules []report.LintRule // by id
	run   string            // what was run: check or lint
	tool  report.Tool
	end   []string // lines for people, after all
}

// worstFirst orders by severity, keeping the report's order within.
func (a *alerts) worstFirst() {
	slices.SortStableFunc(a.list, func(x, y alert) int { return cmp.Compare(y.severity, x.severity) })
}

// checkAlerts takes the checks that are not passed and the findings of a report. A place that is missing is the
// configuration's, or that of the first template: a review tool refuses what stands nowhere.
func checkAlerts(r *report.Report, rules []source.Rule) alerts {
	a := alerts{run: "check/" + r.Stage, tool: r.Tool, end: []string{strings.ToUpper(string(r.Verdict.Status)) + ": " + plain(r.Verdict.Headline)}}
	for i := range r.Checks {
		c := &r.Checks[i]
		severity, shown := map[report.Status]source.Severity{report.Fail: source.Error, report.Inconclusive: source.Warning, report.Warn: source.Warning}[c.Status]
		if shown {
			a.add(alert{rule: c.Rule, severity: severity, message: plain(checkText(c)), hint: plain(c.Settle), place: c.Declared}, c.ID)
		}
	}
	for _, f := range r.Findings {
		a.add(alert{rule: f.Rule, severity: f.Severity, message: plain(f.Message), hint: plain(f.Hint), place: f.Place}, digitless(f.Message))
	}
	for i := range a.list {
		if a.list[i].place.IsZero() || a.list[i].place.File == "" {
			a.list[i].place = report.Place{File: anyFile(r)}
		}
	}
	a.explain(rules)
	a.worstFirst()
	return a
}

// add gives an alert its fingerprint: from its rule, its file and what it is about, never from a line or a figure.
func (a *alerts) add(n alert, about string) {
	sum := sha256.Sum256([]byte(strings.Join([]string{n.rule, n.place.File, about}, "\x00")))
	key := fmt.Sprintf("%x", sum[:8])
	times := 1
	for _, other := range a.list {
		if strings.HasPrefix(other.fingerprint, key+":") {
			times++
		}
	}
	n.fingerprint = fmt.Sprintf("%s:%d", key, times)
	a.list = append(a.list, n)
}

func digitless(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, s)
}

func anyFile(r *report.Report) string {
	if r.Head.Config != "" {
		return r.Head.Config
	}
	if len(r.Templates) > 0 {
		return r.Templates[0].Path
	}
	return "tokengate.yaml"
}

// explain adds the documentation of the rules that are named.
func (a *alerts) explain(rules []source.Rule) {
	for _, n := range a.list {
		if slices.ContainsFunc(a.rules, func(r report.LintRule) bool { return r.ID == n.rule }) {
			continue
		}
		doc := report.LintRule{ID: n.rule, Level: n.severity.String(), Summary: n.rule}
		if i := slices.IndexFunc(rules, func(r source.Rule) bool { return r.ID == n.rule }); i >= 0 {
			doc.Summary, doc.Explain = rules[i].Summary, rules[i].Explain
		}
		a.rules = append(a.rules, doc)
	}
	slices.SortFunc(a.rules, func(x, y report.LintRule) int { return strings.Compare(x.ID, y.ID) })
}

// lintAlerts takes the findings of a lint, those that are held back with their suppression.
func lintAlerts(d *report.Lint) alerts {
	a := alerts{run: "lint", tool: d.Tool, end: []string{plain(d.Headline)}}
	for _, f := range slices.Concat(d.Findings, d.Suppressed) {
		n := alert{rule: f.Rule, severity: f.Severity, message: plain(f.Message), hint: plain(f.Hint), place: f.Place, related: f.Related, fingerprint: f.Fingerprint, suppression: f.Suppression}
		if size := lintSize(d, f); size != "" {
			n.message += " (" + size + ")"
		}
		if n.place.File == "" {
			n.place = report.Place{File: cmp.Or(d.Head.Config, "tokengate.yaml")}
		}
		a.list = append(a.list, n)
	}
	for _, r := range d.Rules {
		if r.Level != "off" {
			a.rules = append(a.rules, r)
		}
	}
	a.explain(nil)
	if s := suppressedLine(d); s != "" {
		a.end = append(a.end, s)
	}
	a.worstFirst()
	return a
}

// lintSize is a finding's tokens and what they cost: "612 tokens, $84.00/month".
func lintSize(d *report.Lint, f report.LintFinding) string {
	var out []string
	if f.Tokens != nil {
		out = append(out, plural(*f.Tokens, "token", "tokens"))
	}
	if f.Cost != nil && d.Period != nil {
		amount := unitPrice(*f.Cost) // small sums are worth their digits, large ones are forecasts
		if f.Cost.Cmp(money.New(1, 0)) >= 0 {
			amount = spend(*f.Cost)
		}
		out = append(out, amount+"/"+d.Period.Name)
	}
	return strings.Join(out, ", ")
}

// suppressedLine counts what is held back: "3 suppressed: 2 duplicate-text, 1 could-be-lazy".
func suppressedLine(d *report.Lint) string {
	if d.Counts.Suppressed == 0 {
		return ""
	}
	var by []string
	for _, c := range d.ByRule {
		by = append(by, fmt.Sprintf("%d %s", c.Count, c.Rule))
	}
	return fmt.Sprintf("%s suppressed: %s", money.Count(d.Counts.Suppressed).Exact(), strings.Join(by, ", "))
}
