package promptfoo

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
)

// test is one test as it is run: defaults, scenario and test laid over each other.
type test struct {
	description string
	vars        []member // in the order in which lists are taken apart
	asserts     []value
	options     []member
	provider    value    // answers in the place of every provider; null without one
	providers   []string // nil: all
	prompts     []string // nil: all
	scored      bool     // it has a threshold: one assertion that fails need not fail it
	given       bool     // its output is given, so nothing is called
	at          source.Span
}

func (t test) option(name string) value { return value{data: t.options}.get(name) }

// rows reads the tests of the configuration, and those of its scenarios behind them. Without either there is one, empty.
func (p *planner) rows() []test {
	list := p.root.get("tests")
	var out []test
	for _, v := range p.tests(list, p.dir) {
		out = append(out, p.merged(p.defaults, v))
	}
	scenarios, _ := p.loaded(p.root.get("scenarios"))
	for _, v := range scenarios.many() {
		out = append(out, p.scenario(v)...)
	}
	if len(list.many()) == 0 && len(scenarios.many()) == 0 {
		out = append(out, p.merged(p.defaults, value{at: p.root.at}))
	}
	return out
}

// scenario multiplies what a scenario configures with its tests.
func (p *planner) scenario(v value) (out []test) {
	v, _ = p.loaded(p.deref(v))
	if v.list() != nil { // a file of scenarios
		for _, one := range v.list() {
			out = append(out, p.scenario(one)...)
		}
		return out
	}
	tests := p.tests(v.get("tests"), p.dir)
	if len(v.get("tests").many()) == 0 {
		tests = []value{{at: v.at}}
	}
	for _, item := range v.get("config").many() {
		config, _ := p.loaded(p.deref(item))
		for _, data := range config.many() {
			for _, t := range tests {
				out = append(out, p.merged(p.defaults, p.withVars(data, p.dir), t))
			}
		}
	}
	return out
}

// defaultTest is what every test starts from.
func (l *loader) defaultTest() value {
	at := l.root.get("defaultTest")
	v, ok := l.loaded(at)
	if !ok {
		l.open(at.at, true, "what every test starts from can not be read: it may hold assertions that a model judges")
	}
	return l.withVars(l.deref(v), l.dir)
}

// merged lays tests over each other: variables and options by name, assertions one after the other, all else as the last
// says that says anything.
func (p *planner) merged(layers ...value) (t test) {
	for _, v := range layers {
		t.vars = over(t.vars, v.get("vars").members())
		t.options = over(t.options, v.get("options").members())
		asserts, _ := p.loaded(v.get("assert"))
		for _, a := range asserts.many() {
			t.asserts = append(t.asserts, p.deref(a))
		}
		if d := v.get("description").text(); d != "" {
			t.description = d
		}
		if provider := v.get("provider"); !provider.null() {
			t.provider = provider
		}
		if f, ok := v.find("providers"); ok {
			t.providers = filter(f)
			p.unmatched(f, p.hasProvider, "provider")
		}
		if f, ok := v.find("prompts"); ok {
			t.prompts = filter(f)
			p.unmatched(f, p.hasPrompt, "prompt")
		}
		t.scored = t.scored || !v.get("threshold").null()
		t.given = t.given || !v.get("providerOutput").null()
		t.at = v.at
	}
	return t
}

func (l *loader) hasProvider(ref string) bool {
	for _, p := range l.suite.Providers {
		if refers(ref, p.Label, p.ID) {
			return true
		}
	}
	return false
}

func (l *loader) hasPrompt(ref string) bool {
	for _, p := range l.suite.Prompts {
		if refers(ref, p.Label, p.ID) {
			return true
		}
	}
	return false
}

// over lays members over others of the same name, which keep their place.
func over(under, upper []member) []member {
	out := slices.Clone(under)
	for _, m := range upper {
		if i := slices.IndexFunc(out, func(o member) bool { return o.name == m.name }); i >= 0 {
			out[i] = m
		} else {
			out = append(out, m)
		}
	}
	return out
}

// tests reads a list of tests, or the files that hold them; dir is what paths are relative to.
func (l *loader) tests(v value, dir string) (out []value) {
	for _, item := range v.many() {
		item = l.deref(item)
		switch {
		case item.text() != "":
			out = append(out, l.testFiles(item.text(), item.at)...)
		case !item.get("path").null():
			out = append(out, l.testFiles(item.get("path").text(), item.at)...)
		case item.members() != nil:
			out = append(out, l.withVars(item, dir))
		default:
			l.diags.Add("promptfoo-value", item.at, "write an object with vars, or file://tests.yaml", "expected a test")
		}
	}
	return out
}

// testFiles reads the tests of the files that a path or pattern names.
func (l *loader) testFiles(name string, at source.Span) (out []value) {
	switch plain := strings.TrimPrefix(name, fileURL); {
	case strings.Contains(plain, "://"):
		l.open(at, true, "tests of "+name+" are held by a service, which is not asked")
		return nil
	case script(plain):
		l.open(at, true, "tests of "+plain+" are made by a script, which is not run")
		return nil
	case strings.Contains(plain, ".xls"):
		l.open(at, true, "tests of "+plain+" stand in a spreadsheet, which is not read; save it as CSV")
		return nil
	}
	for _, file := range l.glob(name, at) {
		if script(file) {
			l.open(at, true, "tests of "+file+" are made by a script, which is not run")
			continue
		}
		content, ok := l.read(file, at)
		if !ok {
			l.open(at, true, "tests of "+file+" can not be read")
			continue
		}
		out = append(out, l.testFile(file, content)...)
	}
	return out
}

func (l *loader) testFile(file string, content []byte) (out []value) {
	switch path.Ext(file) {
	case ".csv":
		return l.csvTests(file, content)
	case ".jsonl":
		number := 0
		for line := range bytes.Lines(content) {
			if number++; len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			v, err := readJSON(file, line, number)
			if err != nil {
				l.diags.Add("promptfoo-file", source.Span{File: file, Start: source.Pos{Line: number}}, "", "the line is not JSON: %s", err)
				continue
			}
			out = append(out, l.withVars(v, path.Dir(file)))
		}
	case ".yaml", ".yml", ".json":
		v, ok := l.decode(file, content)
		if !ok {
			return nil
		}
		for _, item := range v.many() {
			out = append(out, l.withVars(item, path.Dir(file)))
		}
	default:
		l.diags.Add("promptfoo-file", source.Span{File: file}, "write tests as YAML, JSON, JSONL or CSV", "%s is no file of tests", file)
	}
	return out
}

// withVars puts the variables in the place of the files that a test names as its vars.
func (l *loader) withVars(v value, dir string) value {
	vars := v.get("vars")
	names := vars.many()
	if vars.members() != nil || len(names) == 0 {
		return v
	}
	var all []member
	for _, item := range names {
		from := l.dir
		l.dir = dir
		for _, file := range l.glob(item.text(), item.at) {
			if content, ok := l.read(file, item.at); ok {
				if read, ok := l.decode(file, content); ok {
					all = over(all, read.members())
				}
			}
		}
		l.dir = from
	}
	return value{over(v.members(), []member{{"vars", vars.at, value{all, vars.at}}}), v.at}
}
