package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tokengate/tokengate/internal/cli"
)

// output runs a command in process and wants exit code 0.
func output(t *testing.T, args ...string) []byte {
	t.Helper()
	var out, msg bytes.Buffer
	env := cli.Env{In: strings.NewReader(""), Out: &out, Err: &msg, Now: func() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) }}
	if code := cli.Main(args, env); code != 0 {
		t.Fatalf("tokengate %v: exit code %d\n%s", args, code, msg.Bytes())
	}
	return out.Bytes()
}

func document(t *testing.T, b []byte) any {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestExampleMatchesSchema holds the example project's report against the schema that the program publishes.
func TestExampleMatchesSchema(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("report.json", document(t, output(t, "schema", "report"))); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	rep := document(t, output(t, "check", "-C", filepath.Join(root, "testdata/projects/rag-assistant"), "--base", "none", "--format", "json"))
	if err := schema.Validate(rep); err != nil {
		t.Error(err)
	}
	delete(rep.(map[string]any), "verdict")
	if schema.Validate(rep) == nil {
		t.Error("a report without a verdict is valid")
	}
}
