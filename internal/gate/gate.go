// Package gate is the run, top to bottom: two revisions, recorded traffic and prices in, one report out. It knows no
// flags, no operating system and no output format; files reach it as fs.FS, the time and the revisions as values.
//
//	rep, diags, err := gate.Run(gate.Input{Now: now, Stage: config.PullRequest, Head: head, Base: base, Catalog: cat})
package gate

import (
	"io/fs"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// Input is everything a run depends on. Equal inputs give an equal report.
type Input struct {
	Now     time.Time // prices and expiry dates are of this day
	Clock   time.Time // of the run: a recorded call from after it is from the future; zero knows no future
	Version string    // of the program, for the report
	Stage   string    // config.PullRequest, PreRelease or Release
	Config  string    // path of the configuration in the project
	Named   bool      // the configuration was named by hand, so it must exist
	Head    Revision
	Base    *Revision // nil: nothing to compare with
	Catalog *pricing.Catalog
	Memo    token.Memo       // counts of earlier runs; nil for none. It changes no number of the report
	Extra   []traffic.Source // recordings named by hand, beside those of the configuration
	// Variants are priced beside head, in the place of those that its configuration lists; nil is these. Files is where
	// they find what they name; nil is head's own tree.
	Variants []source.At[config.Variant]
	Files    fs.FS
	Only     []string // names of the configuration's variants that are asked for; none is all of them
	// History finds the project's files at a commit in which a template had the given version; nil when there is none.
	History  func(path, version string) (fs.FS, error)
	Progress func(done, total int64) // told how many bytes of traffic were read so far, and how many there are; may be nil
	// Scratch makes an empty file for what does not fit into memory; nil keeps all there.
	Scratch func() (traffic.Scratch, error)

	loader *prompt.Loader // base's, once base is loaded
}

// Revision is one side's files with what they are called.
type Revision struct {
	report.Revision
	FS fs.FS
}

// Run makes a report. Diagnostics with an error among them mean that what the user wrote cannot be used, and there is
// no report; an error means that the machine failed. Warnings are in the report as findings.
func Run(in Input) (*report.Report, source.Diagnostics, error) {
	base, unusable := loadBase(in)
	in = in.under(base, unusable != nil)
	head := load(in.Head, in, "head")
	if base != nil {
		head.follow(base, in.Now)
		base.recall(head, in.Now)
	}
	pair(base, head)
	bindFixtures(base, head)
	policy := base
	if policy == nil || unusable != nil || !policy.declares() {
		policy = head
	}
	catalog, diags := policy.policy.Catalog(policy.fs, in.Catalog)
	diags = append(diags, head.diags...)
	diags = append(append(diags, models(head, catalog, in.Now)...), policy.policy.Misnamed()...)
	diags = append(diags, head.policy.Contradictions(in.model(catalog))...)
	if diags.HasErrors() {
		diags.Sort()
		return nil, diags, nil
	}
	count := counters{token.Book{Calibration: policy.calibration, Memo: in.Memo}, catalog, in.Now}
	diags = append(diags, fixtures(head, policy, count)...) // one that is not met is a finding that fails; see given
	if unusable := slices.DeleteFunc(slices.Clone(diags), isFixture); unusable.HasErrors() {
		unusable.Sort()
		return nil, unusable, nil
	}
	asked, wrong := variants(in, head, count)
	if wrong.HasErrors() {
		wrong.Sort()
		return nil, wrong, nil
	}
	sources, opts, missing := recordings(policy, in)
	opts.Template = named(policy, head)
	results, recording, odd, err := replayed(replays(plan(in, base, head, count), asked), sources, opts)
	if err != nil {
		return nil, nil, err
	}
	res := results[0]
	diags = slices.Concat(diags, missing, odd, head.unbound(res)) // a recording that cannot be read leaves the verdict open; see given
	m := measure(in, policy, catalog, res)
	if wrong := m.misnamed(head); wrong.HasErrors() {
		wrong.Sort()
		return nil, wrong, nil
	}
	e := evidence(in, base, head, policy, count, recording, res, m, diags)
	e.Given = append(e.Given, unusable...)
	w := writer{in, base, head, policy, count, recording, res, m, e, budget.Judge(e)}
	r := w.document()
	r.WhatIf = w.matrix(asked, results[1:])
	return r, nil, nil
}

// plan pairs the two sides for the replay.
func plan(in Input, base, head *side, count counters) replay.Plan {
	p := replay.Plan{Catalog: count.catalog, Tokens: count.book, At: in.Now, Head: head.revision(), Sampling: map[string]float64{}, Version: in.version(head), Texts: true}
	if base != nil {
		p.Base = base.revision()
		p.Head.Service = service(base, head)
	}
	return p
}

// version loads a template as it was under a recorded version, in the way that s loads it.
func (in Input) version(s *side) func(path, id string) (*prompt.Template, error) {
	if in.History == nil {
		return nil
	}
	return func(path, id string) (*prompt.Template, error) {
		files, err := in.History(path, id)
		if files == nil || err != nil {
			return nil, err
		}
		texts, _ := s.reload(files, path, prompt.Options{}) // what is wrong with an old version is not this change's matter
		if i := slices.IndexFunc(texts, func(t *prompt.Template) bool { return t.Path == path }); i >= 0 {
			return texts[i], nil
		}
		return nil, nil
	}
}

// loadBase loads the base side. One that cannot be used (its own mistakes were merged) must not stop the change that
// mends it: head's declarations then hold, and a finding says so.
func loadBase(in Input) (*side, []budget.Finding) {
	if in.Base == nil {
		return nil, nil
	}
	base := load(*in.Base, in, "base")
	for _, d := range base.diags {
		if d.Severity == source.Error {
			base.policy.Config = &config.Config{}
			return base, []budget.Finding{{Status: budget.Warn, Diagnostic: source.Diagnostic{Rule: "base-unusable", Severity: source.Warning, Span: d.Span,
				Summary: "base's own configuration cannot be used (" + d.Summary + "); head's ceilings are held instead", Hint: "mend it with this change"}}}
		}
	}
	return base, nil
}
