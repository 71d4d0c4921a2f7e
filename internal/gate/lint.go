package gate

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/lint"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

// LintOptions is what a lint depends on beside the run's input.
type LintOptions struct {
	Only    []string // files and folders of the project that findings are wanted of; none is all
	Traffic bool     // price findings from recorded traffic, where there is any
	Fix     bool     // mend what can only be meant one way
}

// FileChange is a file that a lint mends: its path, with no symbolic link in it, and its content.
type FileChange struct {
	Path          string
	Before, After []byte
}

// Lint applies the rules of package lint to head. With Fix, the document is of head as it is after the changes, which are
// for the caller to write. Diagnostics with an error mean that the configuration cannot be used, and there is no document.
func Lint(in Input, o LintOptions) (*report.Lint, []FileChange, source.Diagnostics, error) {
	files := &patched{FS: in.Head.FS, changed: map[string]*FileChange{}}
	in.Head.FS = files
	fixed := []report.LintFix{}
	for round := 0; o.Fix && round < maxRounds; round++ {
		_, edits, diags := lintOnce(in, o, nil, nil)
		if diags.HasErrors() {
			return nil, nil, diags, nil
		}
		done, err := files.apply(edits)
		if err != nil {
			return nil, nil, nil, err
		}
		if len(done) == 0 {
			break
		}
		fixed = append(fixed, done...)
	}
	measured, notes, err := lintMeasured(in, o)
	if err != nil {
		return nil, nil, nil, err
	}
	doc, _, diags := lintOnce(in, o, measured, notes)
	if diags.HasErrors() {
		return nil, nil, diags, nil
	}
	doc.Fixed = append(doc.Fixed, fixed...)
	return doc, files.changes(), nil, nil
}

// maxRounds bounds how often a change may open the way to another.
const maxRounds = 10

// lintMeasured runs the gate on recorded traffic for what texts cost, and says what the figures rest on.
func lintMeasured(in Input, o LintOptions) (*report.Report, []string, error) {
	if !o.Traffic {
		return nil, []string{"tokens alone, no money: recorded traffic was not asked for"}, nil
	}
	cfg, _, _ := config.Load(in.Head.FS, in.Config)
	if len(cfg.Recordings) == 0 && len(in.Extra) == 0 {
		return nil, []string{"tokens alone, no money: no recorded traffic is configured"}, nil
	}
	in.Variants = []source.At[config.Variant]{} // nothing of theirs is shown
	r, diags, err := Run(in)
	if err != nil {
		return nil, nil, err
	}
	if r == nil {
		diags.Sort()
		return nil, []string{fmt.Sprintf("tokens alone, no money: a check cannot run: %s", diags[slices.IndexFunc(diags, isError)])}, nil
	}
	if !slices.ContainsFunc(r.Templates, func(t report.Template) bool { return t.Carry != nil }) {
		return r, []string{"tokens alone, no money: recorded traffic does not say what carrying a template costs"}, nil
	}
	level := "at the P50 level of volume"
	if r.Total.Head.Cost == nil {
		level = "at the plain daily mean of what was recorded, too short to forecast"
	}
	return r, []string{fmt.Sprintf("money is per %s, %s, from %s recorded calls", r.Period.Label(), level, money.Count(r.Provenance.Calls).Exact())}, nil
}

func isError(d source.Diagnostic) bool { return d.Severity == source.Error }

// lintOnce loads both sides and applies the rules to head.
func lintOnce(in Input, o LintOptions, measured *report.Report, notes []string) (*report.Lint, []lint.Edit, source.Diagnostics) {
	base, unusable := loadBase(in)
	head := load(in.Head, in, "head")
	unread := slices.DeleteFunc(slices.Clone(head.diags), func(d source.Diagnostic) bool { return !isError(d) || d.Span.File != in.Config })
	if len(unread) > 0 {
		unread.Sort()
		return nil, nil, unread
	}
	head.named(o.Only, in)
	if base != nil {
		head.follow(base, in.Now)
		base.recall(head, in.Now)
	}
	catalog, diags := head.policy.Catalog(head.fs, in.Catalog)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	list := head.fixtureFiles()
	loaded := slices.Concat(head.diags, models(head, catalog, in.Now), head.policy.Misnamed(), head.policy.Contradictions(in.model(catalog)))
	for _, f := range unusable {
		loaded = append(loaded, f.Diagnostic)
	}
	li := lint.Input{
		Now: in.Now, Version: in.Version, Files: head.fs, Policy: head.policy, Settings: head.policy.Lint, Loaded: loaded, Known: Rules, Fixtures: list, Catalog: catalog,
		Count: counters{token.Book{Calibration: head.calibration, Memo: in.Memo}, catalog, in.Now}.of, Model: head.modelOf,
		Measured: measured, Only: o.Only, Notes: notes, HeadRevision: in.Head.Revision,
	}
	if base != nil {
		rev := in.Base.Revision
		rev.Config = base.policy.Path
		li.Base, li.Before, li.BaseRevision = base.fs, base.templates, &rev
		if base.found {
			li.Settings = base.policy.Lint
		}
	}
	doc, edits := lint.Run(li)
	return doc, edits, nil
}

// fixtureFiles reads every fixture that is listed.
func (s *side) fixtureFiles() []prompt.Fixture {
	var out []prompt.Fixture
	for _, name := range s.glob(s.policy.Config.Fixtures) {
		list, diags := prompt.LoadFixtures(s.fs, name)
		out, s.diags = append(out, list...), append(s.diags, diags...)
	}
	return out
}

// named loads what is asked for by name and not listed: a file as it is, of a folder the memory files in it.
func (s *side) named(only []string, in Input) {
	for _, name := range only {
		info, err := fs.Stat(s.fs, name)
		if err != nil {
			continue
		}
		if !info.IsDir() {
			s.unlisted(name, in)
			continue
		}
		_ = fs.WalkDir(s.fs, name, func(at string, e fs.DirEntry, err error) error { // of a folder that cannot be read nothing is looked at
			switch base := path.Base(at); {
			case err != nil && e != nil && e.IsDir():
				return fs.SkipDir
			case e.IsDir() && (base == ".git" || base == "node_modules"):
				return fs.SkipDir
			case !e.IsDir() && prompt.KindOf(at) == prompt.ClaudeMD:
				s.unlisted(at, in)
			}
			return nil
		})
	}
}

// unlisted loads a template that is named by hand; files of other kinds, such as the configuration, are none.
func (s *side) unlisted(name string, in Input) {
	ext := strings.ToLower(path.Ext(name))
	if s.templates[name] == nil && ext != ".yaml" && ext != ".yml" && ext != ".json" && ext != ".jsonl" {
		s.template(name, in.Now)
	}
}
