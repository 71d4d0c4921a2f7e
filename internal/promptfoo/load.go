// Package promptfoo reads the configuration of a promptfoo evaluation and plans its run: prompts × providers × tests ×
// repeats, with every prompt rendered, the calls of graders beside them, and the assertions on cost and latency as
// limits. What a run of promptfoo would do is read from promptfoo's sources (2026-04, with per-test repeats of 2026-06).
//
// Nothing is executed and nothing is fetched. A prompt, test or provider that is a script, and one that a service holds,
// is named among what is open; files are read from inside the file system alone. Costs are evals' to add up.
//
//	suite, diags := promptfoo.Load(fsys, "promptfooconfig.yaml", promptfoo.Options{})
package promptfoo

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/evals"
	"github.com/tokengate/tokengate/internal/source"
)

// Options are what a load depends on besides the files.
type Options struct {
	MaxCalls int // calls beyond which a configuration is refused; 0 is 100,000
}

const (
	maxCalls  = 100_000
	maxInputs = 20_000   // prompts with variables filled in
	maxText   = 64 << 20 // bytes of all of them
)

// nameForm is how configurations are called; other names are told by content.
var nameForm = regexp.MustCompile(`^promptfooconfig.*\.(yaml|yml|json|js|cjs|mjs|ts|cts|mts|py)$`)

// Is reports whether a file is a configuration of promptfoo: by its name, or by the keys at its top.
func Is(name string, content []byte) bool {
	if nameForm.MatchString(path.Base(name)) {
		return true
	}
	if ext := path.Ext(name); ext != ".yaml" && ext != ".yml" && ext != ".json" {
		return false
	}
	var root value
	if path.Ext(name) == ".json" {
		root, _ = readJSON(name, content, 1)
	} else {
		var doc document
		source.DecodeYAML(name, content, &doc)
		root = doc.value
	}
	_, prompts := root.find("prompts")
	_, providers := root.find("providers")
	_, targets := root.find("targets")
	return prompts && (providers || targets)
}

// Load reads a configuration and plans its run. It returns nil where there is none to read: the file is missing, is no
// YAML or JSON, or is a script. Mistakes inside are diagnostics beside what could be read; a run with an error among them
// is not the whole run.
func Load(fsys fs.FS, name string, opts Options) (*evals.Suite, source.Diagnostics) {
	l := &loader{fsys: fsys, dir: path.Dir(name), allowed: map[string][]string{}, suite: &evals.Suite{Path: name, Format: evals.Promptfoo}}
	if !l.readRoot(name) {
		l.diags.Sort()
		return nil, l.diags
	}
	if opts.MaxCalls <= 0 {
		opts.MaxCalls = maxCalls
	}
	l.env, _ = l.root.get("env").plain().(map[string]any)
	l.prompts()
	l.providers()
	l.extras()
	p := planner{loader: l, defaults: l.defaultTest(), limit: opts.MaxCalls}
	p.plan(p.rows())
	l.diags.Sort()
	return l.suite, slices.Compact(l.diags) // defaults are laid under every test, and say the same each time
}

func (l *loader) readRoot(name string) bool {
	at := source.Span{File: name}
	if script(name) {
		l.diags.Add("promptfoo-script", at, "export it as YAML: promptfoo export, or write promptfooconfig.yaml", "%s is a script, and is not run: what it evaluates is not known", name)
		return false
	}
	content, ok := l.read(name, at)
	if !ok {
		return false
	}
	l.root, ok = l.decode(name, content)
	if ok && l.root.members() == nil {
		l.diags.Add("promptfoo-value", at, "", "expected a mapping, the configuration of an evaluation")
		return false
	}
	return ok
}

// extras names what a run does beside prompts, providers and tests.
func (l *loader) extras() {
	if v := l.root.get("redteam"); !v.null() {
		l.open(v.at, true, "redteam generates tests by a model of its own: neither these calls nor what they cost are counted")
	}
	if v := l.root.get("extensions"); len(v.many()) > 0 {
		l.open(v.at, true, "extensions are scripts that may change tests, and are not run")
	}
	if v := l.root.get("commandLineOptions"); !v.null() {
		for _, m := range v.members() {
			if strings.HasPrefix(m.name, "filter") {
				l.open(m.at, true, m.name+" runs a part of the tests: all of them are counted")
			}
		}
	}
}

// repeat is how often every test is run that says nothing else.
func (l *loader) repeat() int {
	for _, v := range []value{l.root.get("commandLineOptions").get("repeat"), l.root.get("evaluateOptions").get("repeat")} {
		if !v.null() {
			if n := v.whole(); n > 0 {
				return n
			}
			l.diags.Add("promptfoo-value", v.at, "write a whole number of 1 or more", "repeat is not a whole number")
		}
	}
	return 1
}
