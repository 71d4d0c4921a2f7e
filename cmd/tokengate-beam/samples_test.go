package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tokengate/tokengate/internal/traffic"
)

// shared finds files of the folder of real files beside the project: they are not part of it.
func shared(t *testing.T, glob string) []string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		found, err := filepath.Glob(filepath.Join(dir, "shared/formats/samples", glob))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 {
			return found
		}
	}
	t.Skip("shared samples not present: " + glob)
	return nil
}

// Real sessions, one of them once more as a copy in another folder, give one machine's cube.
func TestSamples(t *testing.T) {
	paths := shared(t, "claude-code-jsonl/claude-code-*.jsonl")
	paths = append(paths, shared(t, "claude-code-jsonl/sniffly__*.jsonl")...)
	content, err := os.ReadFile(paths[len(paths)-1])
	if err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(t.TempDir(), "resumed.jsonl")
	if err := os.WriteFile(again, content, 0o600); err != nil {
		t.Fatal(err)
	}
	paths = append(paths, again)
	with := settings{Dialect: traffic.ClaudeCode, Sampling: 1, Now: started}
	output := filepath.Join(t.TempDir(), "out.cube")
	if err := run(paths, output, with); err != nil {
		t.Fatal(err)
	}
	want := local(t, paths, with)
	same(t, output, want)
	if n := duplicates(t, want); n == 0 {
		t.Error("nothing repeats in the samples")
	}
}
