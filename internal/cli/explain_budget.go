package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// budgetOptions are what explain is asked of budgets.
type budgetOptions struct {
	target         string
	track, feature string
	dir, config    string
	asOf, format   string
}

func (o *budgetOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.target, "budget", "", "show every limit that holds for a file, or a section of it: PATH or PATH#anchor")
	f.StringVar(&o.track, "track", "", "show the limits of a track, or, with --budget, of calls on it")
	f.StringVar(&o.feature, "feature", "", "likewise of a feature")
	f.StringVarP(&o.dir, "dir", "C", ".", "project folder")
	f.StringVar(&o.config, "config", "", "configuration, relative to the project folder (default "+config.Name+")")
	f.StringVar(&o.asOf, "as-of", "", "day that expiry and review dates are taken at: 2026-11-22 or RFC 3339 (default: now)")
	f.StringVarP(&o.format, "format", "f", "table", "output of --budget, --track and --feature: table or json")
}

// asked reports whether budgets are asked for, rather than rules.
func (o *budgetOptions) asked() bool { return o.target != "" || o.track != "" || o.feature != "" }

// runExplainBudget shows what the working tree declares for the target. A check takes the ceilings of the base revision.
func runExplainBudget(ctx context.Context, env *Env, o *budgetOptions) error {
	if o.format != "table" && o.format != "json" {
		return usageError{fmt.Sprintf("format %q is not known", o.format), "write table or json"}
	}
	at, err := parseDay(o.asOf, env.Now())
	if err != nil {
		return err
	}
	files, err := openProject(ctx, o.dir)
	if err != nil {
		return err
	}
	policy, diags := gate.Policy(gate.Input{Now: at, Config: cmp.Or(o.config, config.Name), Named: o.config != "", Head: gate.Revision{FS: files}})
	t := config.Target{Track: o.track, Feature: o.feature}
	t.Path, t.Anchor, _ = strings.Cut(strings.TrimPrefix(o.target, "./"), "#")
	if _, ok := policy.Anchors(t.Path); !ok && t.Path != "" && !diags.HasErrors() {
		loaded, more := prompt.Load(files, t.Path, prompt.Options{Now: at})
		diags = append(diags, more...)
		if loaded != nil {
			policy.Templates = append(policy.Templates, loaded)
		}
	}
	if diags.HasErrors() {
		diags.Sort()
		return diagnosticsError{diags, contentOf(files)}
	}
	if err := misnamed(policy, t); err != nil {
		return err
	}
	d := newBudgetDocument(policy.Effective(t, config.PullRequest), at)
	if o.format == "json" {
		return writeJSON(env.Out, d)
	}
	return d.writeTable(env)
}

// misnamed refuses a section, track or feature that nothing declares: an answer for a misspelt name would be another's.
func misnamed(p config.Policy, t config.Target) error {
	anchors, _ := p.Anchors(t.Path)
	if t.Anchor != "" && !slices.Contains(anchors, t.Anchor) {
		return usageError{fmt.Sprintf("%s has no section %q", t.Path, t.Anchor), nearest(t.Anchor, anchors, "its sections are "+strings.Join(anchors, ", "))}
	}
	var tracks, features []string
	for _, d := range p.Declared() {
		tracks = append(tracks, d.Scope.Name)
	}
	for _, c := range p.Ceilings(config.PullRequest) {
		if c.Scope.Kind == "feature" {
			features = append(features, c.Scope.Name)
		}
	}
	for _, e := range p.Features {
		features = append(features, e.Key.Value)
	}
	for _, of := range []struct {
		kind, name string
		all        []string
	}{{"track", t.Track, tracks}, {"feature", t.Feature, features}} {
		if of.name != "" && !slices.Contains(of.all, of.name) {
			return usageError{fmt.Sprintf("no %s is called %q", of.kind, of.name), nearest(of.name, of.all, "declared are: "+cmp.Or(strings.Join(of.all, ", "), "none"))}
		}
	}
	return nil
}

// budgetDocument is what holds for a target; it is the JSON output as it is.
type budgetDocument struct {
	Path       string            `json:"path,omitempty"`
	Section    string            `json:"section,omitempty"`
	Track      string            `json:"track,omitempty"`
	Feature    string            `json:"feature,omitempty"`
	AsOf       string            `json:"as_of"`
	Owner      string            `json:"owner,omitempty"`
	Approver   string            `json:"approver,omitempty"`
	Guardrails []budgetGuardrail `json:"guardrails"`
	Ceilings   []budgetCeiling   `json:"ceilings"`
	Reviews    []budgetReview    `json:"reviews"`
	Emergency  []budgetEmergency `json:"emergency"`
}

// budgetGuardrail is a guardrail with where it comes from, and what it goes before.
type budgetGuardrail struct {
	Key    string        `json:"key"`
	Value  string        `json:"value"`
	From   string        `json:"from"` // the step of the order of inheritance
	Place  source.Span   `json:"place"`
	Until  string        `json:"until,omitempty"`
	Before []budgetGiven `json:"before,omitempty"`
}

// budgetGiven is a value that does not hold, since a closer one is set.
type budgetGiven struct {
	Value string      `json:"value"`
	From  string      `json:"from"`
	Place source.Span `json:"place"`
}

// budgetCeiling is a ceiling that holds, whatever others there are.
type budgetCeiling struct {
	ID       string           `json:"id"`
	Scope    string           `json:"scope"`
	Name     string           `json:"name,omitempty"`
	Kind     string           `json:"kind"`
	Metric   string           `json:"metric"`
	Limit    report.Quantity  `json:"limit"`
	Place    source.Span      `json:"place"`
	Owner    string           `json:"owner,omitempty"`
	Approver string           `json:"approver,omitempty"`
	Until    string           `json:"until,omitempty"`
	Incident string           `json:"incident,omitempty"`
	Reason   string           `json:"reason,omitempty"`
	Instead  []report.Instead `json:"instead,omitempty"`
}

// budgetReview is when something that the target is part of is to be looked at again.
type budgetReview struct {
	Of      string      `json:"of"`
	Cadence string      `json:"cadence"`
	Due     string      `json:"due,omitempty"` // absent where no last review is written down
	Overdue bool        `json:"overdue,omitempty"`
	Owner   string      `json:"owner,omitempty"`
	Place   source.Span `json:"place"`
}

// budgetEmergency is an envelope for an incident, in force or over.
type budgetEmergency struct {
	Of       string      `json:"of"`
	Until    string      `json:"until"`
	Over     bool        `json:"over,omitempty"`
	Incident string      `json:"incident,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	Owner    string      `json:"owner,omitempty"`
	Sets     []string    `json:"sets"`
	Place    source.Span `json:"place"`
}

func newBudgetDocument(e config.Effective, at time.Time) *budgetDocument {
	d := &budgetDocument{Path: e.Target.Path, Section: e.Target.Anchor, Track: e.Target.Track, Feature: e.Target.Feature, AsOf: at.Format(time.DateOnly),
		Owner: e.Owner, Approver: e.Approver, Guardrails: []budgetGuardrail{}, Ceilings: []budgetCeiling{}, Reviews: []budgetReview{}, Emergency: []budgetEmergency{}}
	for _, g := range e.Guardrails {
		out := budgetGuardrail{Key: g.Key, Value: g.Value, From: g.From, Place: g.Place, Until: g.Until}
		for _, b := range g.Before {
			out.Before = append(out.Before, budgetGiven(b))
		}
		d.Guardrails = append(d.Guardrails, out)
	}
	for _, c := range e.Ceilings {
		d.Ceilings = append(d.Ceilings, newBudgetCeiling(c))
	}
	for _, r := range e.Reviews {
		d.Reviews = append(d.Reviews, budgetReview{Of: r.Where, Cadence: r.Cadence, Due: dayOf(r.Due), Overdue: !r.Due.IsZero() && !at.Before(r.Due.AddDate(0, 0, 1)), Owner: r.Owner, Place: r.Place})
	}
	for _, m := range e.Emergency {
		d.Emergency = append(d.Emergency, budgetEmergency{m.Scope.String(), dayOf(m.Until), m.Over, m.Incident, m.Reason, m.Owner, m.Sets, m.Span})
	}
	return d
}

func newBudgetCeiling(c budget.Ceiling) budgetCeiling {
	limit := func(q budget.Quantity) report.Quantity {
		return report.Quantity{Unit: q.Unit, Value: q.Exact, Text: q.Text}
	}
	out := budgetCeiling{ID: c.ID(), Scope: c.Scope.Kind, Name: c.Scope.Name, Kind: c.Kind, Metric: c.Metric, Limit: limit(c.Limit), Place: c.Span, Owner: c.Owner,
		Approver: c.Approver, Until: dayOf(c.Until), Incident: c.Incident, Reason: c.Reason}
	for _, i := range c.Instead {
		out.Instead = append(out.Instead, report.Instead{Limit: limit(i.Limit), Declared: i.Span})
	}
	return out
}

func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
