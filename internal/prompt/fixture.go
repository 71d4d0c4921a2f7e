package prompt

import (
	"fmt"
	"io/fs"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
	"go.yaml.in/yaml/v3"
)

// Fixture is one set of variables for a template, and what is expected of the prompt it renders to.
type Fixture struct {
	Name        source.At[string]   `yaml:"name"`
	Description source.At[string]   `yaml:"description"`
	Template    source.At[string]   `yaml:"template"`  // path relative to the project's root
	Templates   []source.At[string] `yaml:"templates"` // several, instead of one; LoadFixtures gives a fixture for each
	Vars        source.Map[Var]     `yaml:"vars"`
	Expect      Expect              `yaml:"expect"`

	Span source.Span `yaml:"-"` // where the fixture starts
}

// Expect is what a rendered fixture must be; a key that is not set expects nothing.
type Expect struct {
	MaxTokens   source.At[money.Count]  `yaml:"max_tokens"`
	MinTokens   source.At[money.Count]  `yaml:"min_tokens"`
	MaxCost     source.At[money.Amount] `yaml:"max_cost"` // of the prompt as the input of one call, nothing cached, at the template's model
	Messages    source.At[money.Count]  `yaml:"messages"` // how many; a template without roles is one
	Contains    []source.At[string]     `yaml:"contains"`
	NotContains []source.At[string]     `yaml:"not_contains"`
	Matches     []source.At[Pattern]    `yaml:"matches"`
}

// DecodeNode reads the keys and keeps where they stand.
func (f *Fixture) DecodeNode(d *source.Decoder, n *yaml.Node) {
	type keys Fixture
	d.Decode(n, (*keys)(f))
	f.Span = d.Span(n)
}

// fixtureFile is one fixture, or a list of them under the key fixtures.
type fixtureFile []Fixture

func (ff *fixtureFile) DecodeNode(d *source.Decoder, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		d.Decode(n, new(Expect)) // for its complaint: any struct wants a mapping
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "fixtures" {
			var list struct {
				Fixtures []Fixture `yaml:"fixtures"`
			}
			d.Decode(n, &list)
			*ff = list.Fixtures
			return
		}
	}
	var one Fixture
	d.Decode(n, &one)
	*ff = fixtureFile{one}
}

// LoadFixtures reads a fixture file: the keys of one fixture, or several under fixtures. Every template it names must be
// there. A fixture that has an error is returned too, for its place.
func LoadFixtures(fsys fs.FS, name string) ([]Fixture, source.Diagnostics) {
	var diags source.Diagnostics
	clean, p := inside(name)
	var content []byte
	if p == nil {
		content, p = read(fsys, clean)
	}
	if p != nil {
		diags.Add("fixture-unreadable", source.Span{File: name}, p.hint, "fixture file %s", p.summary)
		return nil, diags
	}
	var list fixtureFile
	diags = source.DecodeYAML(clean, content, &list)
	if len(list) == 0 && len(diags) == 0 {
		diags.Warn("fixture-empty", source.Span{File: clean}, "name a template and its vars, or remove the file", "fixture file %s holds no fixture", clean)
	}
	var out []Fixture
	for _, f := range list {
		for i := range f.Vars {
			f.Vars[i].Value.load(fsys, &diags)
		}
		for _, one := range f.each() {
			one.validate(fsys, &diags)
			out = append(out, one)
		}
	}
	diags.Sort()
	return out, diags
}

// each gives a fixture of several templates once for every one of them.
func (f Fixture) each() []Fixture {
	if len(f.Templates) == 0 {
		return []Fixture{f}
	}
	var out []Fixture
	for _, t := range f.Templates {
		one := f
		one.Template, one.Templates = t, nil
		out = append(out, one)
	}
	if f.Template.Set {
		f.Templates = nil
		out = append([]Fixture{f}, out...)
	}
	return out
}

func (f Fixture) validate(fsys fs.FS, diags *source.Diagnostics) {
	if low, high := f.Expect.MinTokens, f.Expect.MaxTokens; low.Set && high.Set && low.Value > high.Value {
		diags.Add(source.RuleBadValue, low.Span, "", "min_tokens is %s, above max_tokens of %s", low.Value.Exact(), high.Value.Exact())
	}
	if !f.Template.Set {
		diags.Add("fixture-no-template", f.Span, "add template: with a path relative to the project's root", "the fixture names no template")
		return
	}
	clean, p := inside(f.Template.Value)
	if p == nil {
		p = stat(fsys, clean)
	}
	if p != nil {
		diags.Add("fixture-missing-template", f.Template.Span, "write the path relative to the project's root", "template %s", p.summary)
	}
}

// Values is the variables by name, as Render takes them.
func (f Fixture) Values() map[string]string {
	vars := make(map[string]string, len(f.Vars))
	for _, e := range f.Vars {
		vars[e.Key.Value] = e.Value.Text
	}
	return vars
}

// Data is the variables by name with their types, for templates that compute: see Var.
func (f Fixture) Data() map[string]any {
	vars := make(map[string]any, len(f.Vars))
	for _, e := range f.Vars {
		vars[e.Key.Value] = e.Value.Value
	}
	return vars
}

func (f Fixture) fail(diags *source.Diagnostics, at source.Span, format string, args ...any) {
	label := f.Template.Value
	if f.Name.Value != "" {
		label = fmt.Sprintf("%s (%s)", label, f.Name.Value)
	}
	diags.Add("fixture-expectation", at, "shorten the template or change what is expected", "%s %s", label, fmt.Sprintf(format, args...))
}
