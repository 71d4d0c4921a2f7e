package main

import (
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestWhatIfMatchesSchema holds a what-if of the example project against the schema that the program publishes.
func TestWhatIfMatchesSchema(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("what-if.json", document(t, output(t, "schema", "what-if"))); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("what-if.json")
	if err != nil {
		t.Fatal(err)
	}
	doc := document(t, output(t, "what-if", "-C", filepath.Join(root, "testdata/projects/rag-assistant"), "--base", "none", "--format", "json",
		"--variant", "small", "--set", "track.generation.model=claude-haiku-4-5", "--variant", "flex", "--tier", "track.retrieval=flex"))
	if err := schema.Validate(doc); err != nil {
		t.Error(err)
	}
	delete(doc.(map[string]any), "what_if")
	if schema.Validate(doc) == nil {
		t.Error("a what-if without variants is valid")
	}
}
