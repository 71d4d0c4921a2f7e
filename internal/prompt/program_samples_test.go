package prompt

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/tokengate/tokengate/internal/engine"
	"github.com/tokengate/tokengate/internal/source"
	"go.yaml.in/yaml/v3"
)

// Every real prompt file loads, or says where it is broken and what to do.
func TestPromptSamples(t *testing.T) {
	fsys, loaded := samples(t), 0
	broken := map[string]string{
		"examples_error-invalid-yaml.prompt": "front-matter-invalid", "examples_error-multiple-issues.prompt": "prompt-syntax", "examples_autocomplete.prompt": "prompt-syntax",
		"examples_error-unclosed-block.prompt": "prompt-syntax", "examples_error-unmatched-closing-block.prompt": "prompt-syntax",
		// their partials are not there
		"examples_partials.prompt": "prompt-syntax", "examples_valid-comments-and-partials.prompt": "prompt-syntax",
		"examples_partials_circular-partial-a.prompt": "prompt-syntax", "examples_partials_circular-partial-b.prompt": "prompt-syntax",
	}
	for _, pattern := range []string{"dotprompt/*.prompt", "prompty/*.prompty"} {
		names, err := fs.Glob(fsys, pattern)
		if err != nil || len(names) == 0 {
			t.Skip("shared samples not present: " + pattern)
		}
		for _, name := range names {
			got, diags := Load(fsys, name, Options{})
			if got != nil {
				loaded++
				checkRendered(t, got)
			}
			want := broken[path.Base(name)]
			if diags.HasErrors() != (want != "") {
				t.Errorf("%s: %s", name, lines(diags))
			}
			for _, d := range diags {
				if d.Severity == source.Error && (d.Rule != want || d.Span.Start.Line == 0) {
					t.Errorf("%s: %s", name, d)
				}
			}
		}
	}
	if loaded == 0 {
		t.Error("none loads")
	}
}

// What the published specification of Dotprompt expects.
func TestDotpromptSpec(t *testing.T) {
	names, _ := fs.Glob(samples(t), "dotprompt/spec_*.yaml")
	if len(names) == 0 {
		t.Skip("shared samples not present: dotprompt/spec_*.yaml")
	}
	ran := 0
	for _, name := range names {
		content, err := fs.ReadFile(samples(t), name)
		if err != nil {
			t.Fatal(err)
		}
		var groups []specGroup
		if err := yaml.Unmarshal(content, &groups); err != nil {
			t.Fatalf("%s: %s", name, err)
		}
		for _, g := range groups {
			for _, c := range g.Tests {
				if c.Expect.Messages == nil {
					continue // of the schema's language, which is not rendered
				}
				ran++
				if diff := cmp.Diff(c.Expect.texts(), g.run(c)); diff != "" {
					t.Errorf("%s, %s, %s (-want +got):\n%s", name, g.Name, c.Desc, diff)
				}
			}
		}
	}
	if ran < 40 {
		t.Errorf("%d cases", ran)
	}
}

type (
	specGroup struct {
		Name, Template   string
		Partials         map[string]string
		ResolverPartials map[string]string `yaml:"resolverPartials"`
		Data             specData
		Tests            []specCase
	}
	specData struct {
		Input   map[string]any
		Context map[string]any
	}
	specCase struct {
		Desc    string
		Data    specData
		Options struct {
			Input struct{ Default map[string]any }
		}
		Expect specExpect
	}
	specExpect struct {
		Messages *[]struct {
			Role     string
			Content  []struct{ Text string }
			Metadata map[string]string
		}
	}
)

// texts is the messages that the template itself makes, those of the history left out.
func (e specExpect) texts() []string {
	out := []string{}
	history := -1
	for i, m := range *e.Messages {
		text := m.Role + ": "
		for _, c := range m.Content {
			text += c.Text
		}
		if m.Metadata["purpose"] == "history" || history >= 0 && i == history+1 && text == "user: hello" {
			continue
		}
		out = append(out, text)
		if strings.HasPrefix(text, "system") {
			history = i
		}
	}
	return out
}

func (g specGroup) run(c specCase) []string {
	fsys := fstest.MapFS{"p/t.prompt": {Data: []byte(g.Template)}}
	for _, partials := range []map[string]string{g.Partials, g.ResolverPartials} {
		for name, text := range partials {
			fsys["p/_"+name+".prompt"] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	vars := map[string]any{}
	for _, from := range []map[string]any{c.Options.Input.Default, g.Data.Input, c.Data.Input} {
		for k, v := range from {
			vars[k] = v
		}
	}
	d, _ := newDocument("p/t.prompt", []byte(g.Template))
	body, _ := d.findHeader(Dotprompt)
	out, err := engine.Trace(engine.Dotprompt, "p/t.prompt", d.text[body.start:body.end], vars, engine.Options{Files: fsys, Data: c.Data.Context})
	if err != nil {
		return []string{err.Error()}
	}
	p := &program{kind: Dotprompt, doc: d, body: body}
	got := []string{}
	for _, m := range p.result(out).Messages {
		got = append(got, m.Role+": "+m.Text)
	}
	return slices.Clip(got)
}

// The samples of Prompty whose text its documentation shows.
func TestPromptyRenders(t *testing.T) {
	fsys := samples(t)
	for name, want := range map[string][]string{
		"prompty/v2__spec_fixtures_basic.prompty":    {"system: You are an AI assistant who helps people find information.\n\n# Customer\nYou are helping Jane Doe to find answers to their questions.", "user: What is the meaning of life?"},
		"prompty/v2__spec_fixtures_minimal.prompty":  {"system: Hello world."},
		"prompty/v2__spec_fixtures_threaded.prompty": {"system: You are a helpful assistant.", "user: Hello"},
	} {
		if _, err := fs.Stat(fsys, name); err != nil {
			t.Skip("shared samples not present: " + name)
		}
		got, diags := Load(fsys, name, Options{})
		if got == nil {
			t.Fatal(lines(diags))
		}
		r, _ := got.Messages(nil)
		var out []string
		for _, m := range r.Messages {
			out = append(out, m.Role+": "+m.Text)
		}
		if diff := cmp.Diff(want, out); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
