package config_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/tokengate/tokengate/internal/config"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	b, err := config.Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	meta := jsonschema.NewCompiler().MustCompile("https://json-schema.org/draft/2020-12/schema")
	if err := meta.Validate(doc); err != nil {
		t.Fatalf("not a schema of draft 2020-12: %v", err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(config.SchemaURL, doc); err != nil {
		t.Fatal(err)
	}
	out, err := c.Compile(config.SchemaURL)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The schema and the program agree on what is accepted and what is refused.
func TestSchema(t *testing.T) {
	s := schema(t)
	content, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	edit := func(old, new string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("the example has no %q", old)
		}
		return strings.Replace(text, old, new, 1)
	}
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"the example", text, true},
		{"short ceiling", edit("ceiling: {tokens: 180M, cost: $220}", "ceiling: $2,000"), true},
		{"short count", edit("ceiling: {tokens: 180M, cost: $220}", "ceiling: 40M"), true},
		{"plain number", edit("ceiling: {tokens: 180M, cost: $220}", "ceiling: 40000"), true},
		{"amount after the number", edit("ceiling: {tokens: 180M, cost: $220}", "ceiling: 2000 USD"), true},
		{"lower-case quantile", edit("release: P90", "release: p90"), true},
		{"typo of a ceiling", edit("ceiling: {tokens: 180M", "cieling: {tokens: 180M"), false},
		{"typo inside a ceiling", edit("ceiling: {tokens: 180M", "ceiling: {token: 180M"), false},
		{"typo in a track", edit("risk_tolerance: low", "risk_tolerence: low"), false},
		{"period", edit("period: month", "period: year"), false},
		{"quantile", edit("release: P90", "release: P99"), false},
		{"tolerance", edit("risk_tolerance: low", "risk_tolerance: none"), false},
		{"duration", edit("latency: 14s", "latency: 14 fortnights"), false},
		{"amount", edit("per_session: {cost: $0.10}", "per_session: {cost: ten}"), false},
		{"map rules", text + "map: [{when: {name: a, tag: [b, c], metadata.x: d}, track: t, override: true}]\n", true},
		{"typo of a fact", text + "map: [{when: {nmae: a}, track: t}]\n", false},
		{"typo in a map rule", text + "map: [{when: {name: a}, trak: t, user: u}]\n", false},
		{"map rule without a pattern", text + "map: [{when: {name: []}, track: t}]\n", false},
		{"list", edit(`templates: ["CLAUDE.md", "prompts/*.md"]`, `templates: CLAUDE.md`), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var v any
			if err := yaml.Unmarshal([]byte(c.text), &v); err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(v); (err == nil) != c.ok {
				t.Errorf("schema: %v", err)
			}
			if _, diags := load(c.text); (diags == "") != c.ok {
				t.Errorf("program: %s", diags)
			}
		})
	}
}
