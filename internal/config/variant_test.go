package config_test

import (
	"testing"

	"go.yaml.in/yaml/v3"
)

// The schema takes variants as the program does, numbers and short forms included.
func TestSchemaOfVariants(t *testing.T) {
	s := schema(t)
	for text, ok := range map[string]bool{
		"variants: [{name: a, description: b, set: {model: x, top_k: 4}, volume: +30%, prices: [p.yaml], cache: off, tier: batch, template: {a.md: b.md}}]": true,
		"variants: [{name: a, volume: {track.x: +30%}, cache: {track.x: 'off'}, tier: {track.x: flex}}]":                                                    true,
		"variants: [{name: a, sets: {model: x}}]": false,
		"variants: [{name: a, set: model=x}]":     false,
		"variants: {a: {volume: x2}}":             false,
		"variants: [{name: a, prices: p.yaml}]":   false,
	} {
		var doc any
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
		if _, diags := load(text + "\n"); (diags == "") != ok {
			t.Errorf("%s: %s", text, diags)
		}
	}
}
