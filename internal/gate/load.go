package gate

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/evals"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

// side is one revision, loaded: what it declares and the templates it holds.
type side struct {
	fs        fs.FS
	found     bool // a configuration stands there
	policy    config.Policy
	templates map[string]*prompt.Template
	diags     source.Diagnostics

	calibration *token.Calibration // nil without one

	loader   prompt.Loader
	tree     *prompt.Tree // nil where templates are loaded file by file
	listed   []string     // paths of templates that the configuration names, or that were found without one
	fixtures []string     // files of fixtures, without those that are suites
	suites   []*evals.Suite
	bare     map[string]source.Diagnostic // by template: what it is measured without, unless fixtures give it
	given    map[string]map[string]any    // by template: variables of the first fixture, so that one that cannot do without is loaded
	samples  map[string]prompt.Samples    // by template: what fixtures give; the same on both sides once they are bound
}

// zeroConfig lists the templates that are looked for where nothing is configured. Claude Code reads the first two and
// not AGENTS.md, which is often the same text by another name; counting both would count it twice.
var zeroConfig = [][]string{{"CLAUDE.md", ".claude/CLAUDE.md"}, {"AGENTS.md"}, {"GEMINI.md"}}

func load(rev Revision, in Input, from string) *side {
	cfg, found, diags := config.Load(rev.FS, in.Config)
	s := &side{fs: rev.FS, found: found, templates: map[string]*prompt.Template{}, bare: map[string]source.Diagnostic{}, diags: diags}
	s.policy = config.Policy{Config: cfg, Now: in.Now, From: from}
	if !found && in.Named && from == "head" {
		s.diags.Add("config-missing", source.Span{File: in.Config}, "check the path, or run tokengate init", "no configuration at %s", in.Config)
	}
	s.loadFixtures(from)
	for _, name := range s.plant(s.templatePaths(), in.loading(s)) {
		s.template(name, in.Now)
	}
	s.loadAsserted(from)
	_, unusable := s.policy.Guardrails()
	s.diags = slices.Concat(s.diags, unusable, s.policy.CheckEmergencies())
	if !s.diags.HasErrors() {
		var more source.Diagnostics
		s.calibration, more = s.policy.Calibrated(s.fs)
		s.diags = append(s.diags, more...)
	}
	return s
}

func (s *side) template(name string, now time.Time) {
	t, diags := prompt.Load(s.fs, name, prompt.Options{Now: now, Vars: s.given[name]})
	s.say(slices.DeleteFunc(diags, func(d source.Diagnostic) bool {
		if d.Rule == bareRule {
			s.bare[name] = d
		}
		return d.Rule == bareRule
	}))
	if t != nil {
		s.templates[name] = t
		s.policy.Templates = append(s.policy.Templates, t)
	}
}

// say keeps what loading a text said. That a budget has expired is said with what holds again: see the rule emergency-over.
func (s *side) say(diags source.Diagnostics) {
	s.diags = append(s.diags, slices.DeleteFunc(diags, func(d source.Diagnostic) bool { return d.Rule == "budget-expired" })...)
}

// follow loads what base lists and this side no longer does: a change must not get out of sight by taking a template, or
// the whole configuration, off the list.
func (s *side) follow(base *side, now time.Time) {
	if base.tree != nil && s.tree == nil {
		s.transplant(base.loader)
		s.policy.Templates = append(s.policy.Templates, s.tree.Templates()...)
	}
	for _, t := range base.policy.Templates {
		ofTree := base.tree != nil && base.tree.Template(t.Path) != nil // what head's tree has not, its tool does not load
		if s.templates[t.Path] == nil && !ofTree && exists(s.fs, t.Path) {
			s.template(t.Path, now)
		}
	}
}

// recall loads what head lists and this side, base, does not, as it was here: a template that is listed and edited in one
// change is seen to change. Nobody had listed it, so its blocks set no policy on base and its mistakes are not base's.
func (s *side) recall(head *side, now time.Time) {
	if head.tree != nil && (s.tree == nil || !s.loadsAs(head)) {
		s.transplant(head.loader)
	}
	for name := range head.templates {
		if s.templates[name] != nil || head.tree != nil && head.tree.Template(name) != nil || !exists(s.fs, name) {
			continue
		}
		if old, _ := prompt.Load(s.fs, name, prompt.Options{Now: now, Vars: either(s.given[name], head.given[name])}); old != nil {
			s.templates[name] = old
		}
	}
}

// declares reports whether the side sets any policy at all.
func (s *side) declares() bool {
	return s.found || len(s.policy.Ceilings(config.PullRequest)) > 0
}

func (s *side) templatePaths() []string {
	if len(s.policy.Config.Templates) > 0 {
		return s.glob(s.policy.Config.Templates)
	}
	for _, names := range zeroConfig {
		if found := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !entered(s.fs, n) }); len(found) > 0 {
			return found
		}
	}
	return nil
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}

// entered tells whether a name stands in the project, be it of a link that leads nowhere: that is said, and not passed over.
func entered(fsys fs.FS, name string) bool {
	_, err := fs.Lstat(fsys, name)
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}

// glob lists the files that patterns match, each once, sorted within a pattern. A pattern without a match is an error; a
// plain path that is there is passed on as it is, so that what opens it can say what is wrong with it.
func (s *side) glob(patterns []source.At[string]) []string {
	var out []string
	for _, p := range patterns {
		names, missing := match(s.fs, p.Value)
		if missing {
			s.diags.Add("path-missing", p.Span, "check the path; it is relative to "+path.Dir(p.Span.File)+"/", "%q matches no file", p.Value)
			continue
		}
		for _, n := range names {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

func match(fsys fs.FS, pattern string) (names []string, missing bool) {
	clean := path.Clean(pattern)
	if !strings.ContainsAny(clean, "*?[{") {
		return []string{clean}, !exists(fsys, clean)
	}
	names, err := doublestar.Glob(fsys, clean, doublestar.WithFilesOnly())
	slices.Sort(names)
	return names, err != nil || len(names) == 0
}

func (s *side) revision() *replay.Revision {
	return &replay.Revision{Templates: s.templates, Limits: s.limits()}
}

// limits memoises: a run asks once per call, the answer depends on template and track only.
func (s *side) limits() func(template, track string) prompt.Limits {
	memo := map[[2]string]prompt.Limits{}
	return func(template, track string) prompt.Limits {
		key := [2]string{template, track}
		l, ok := memo[key]
		if !ok {
			l = s.policy.Limits(template, track)
			memo[key] = l
		}
		return l
	}
}

// models checks that every model that is declared has a price.
func models(s *side, catalog *pricing.Catalog, at time.Time) source.Diagnostics {
	var diags source.Diagnostics
	for _, m := range append(s.policy.Models(), s.policy.AllowedModels()...) {
		if _, err := catalog.Lookup(m.Value, at); err != nil {
			diags.Add("unknown-model", m.Span, modelHint(err), "model %q has no price", m.Value)
		}
	}
	return append(diags, s.policy.DearFallbacks(catalog, at)...)
}

func modelHint(err error) string {
	var unknown *pricing.UnknownModelError
	if errors.As(err, &unknown) && len(unknown.Near) > 0 {
		return "did you mean " + strings.Join(unknown.Near, ", ") + "? Otherwise give its price in a file under prices.files"
	}
	return "give its price in a file under prices.files"
}

// modelOf is the model a template declares, in its own block or on the track that its block names.
func (s *side) modelOf(t *prompt.Template) string {
	track := ""
	for _, b := range t.Budgets {
		if b.Track.Set && track == "" {
			track = b.Track.Value
		}
	}
	return s.policy.Limits(t.Path, track).Model.Value
}
