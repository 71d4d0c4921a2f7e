package token

import (
	"bytes"
	"go/build"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// corpus is a named text. Prose, code and JSON come with every Go installation, the scripts are this project's own.
type corpus struct{ name, text string }

// corpora reads what the differential tests count, each text cut at a line to at most size bytes. What a machine
// lacks is skipped by name; that nothing is left is a failure.
func corpora(t *testing.T, size int) []corpus {
	t.Helper()
	goroot := build.Default.GOROOT
	all := []corpus{
		{"prose", readAll(t, filepath.Join(goroot, "src/testdata/Isaac.Newton-Opticks.txt"))},
		{"code", readAll(t, filepath.Join(goroot, "src/net/http/server.go"), filepath.Join(goroot, "src/go/types/expr.go"))},
		{"assembly", readAll(t, filepath.Join(goroot, "src/runtime/asm_amd64.s"))},
		{"markdown", readAll(t, "../../README.md", "../../ARCHITECTURE.md", "../../CHANGELOG.md")},
	}
	for _, name := range []string{"twitter_status", "string_escaped", "synthea_fhir"} {
		file := filepath.Join(goroot, "src/encoding/json/internal/jsontest/testdata", name+".json.zst")
		all = append(all, corpus{name, unzstd(t, readAll(t, file))})
	}
	all = append(all, scripts(t)...)
	all = append(all, sharedSamples(t)...)
	kept := all[:0]
	for _, c := range all {
		if c.text = cutAtLine(c.text, size); c.text != "" {
			kept = append(kept, c)
		}
	}
	if len(kept) < 8 {
		t.Fatalf("only %d corpora to count", len(kept))
	}
	return kept
}

// scripts are texts of this project's own in scripts other than Latin, one file each.
func scripts(t *testing.T) []corpus {
	t.Helper()
	files, err := filepath.Glob("../../testdata/corpus/multilingual/*.txt")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	var all []corpus
	for _, f := range files {
		all = append(all, corpus{strings.TrimSuffix(filepath.Base(f), ".txt"), readAll(t, f)})
	}
	return all
}

// sharedSamples are sample files that may lie beside the project.
func sharedSamples(t *testing.T) []corpus {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for filepath.Dir(dir) != dir {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	samples := filepath.Join(filepath.Dir(dir), "shared", "formats")
	files, _ := filepath.Glob(filepath.Join(samples, "*.md"))
	if len(files) == 0 {
		t.Log("shared samples not present: formats")
		return nil
	}
	return []corpus{{"samples", readAll(t, files...)}}
}

// readAll joins files; one that is missing is logged and left out.
func readAll(t *testing.T, files ...string) string {
	t.Helper()
	var all strings.Builder
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Logf("left out: %v", err)
			continue
		}
		all.Write(data)
	}
	return all.String()
}

func unzstd(t *testing.T, packed string) string {
	t.Helper()
	if packed == "" {
		return ""
	}
	r, err := zstd.NewReader(strings.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out bytes.Buffer
	if _, err := io.Copy(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func cutAtLine(text string, size int) string {
	if len(text) <= size {
		return text
	}
	if i := strings.LastIndexByte(text[:size], '\n'); i > size/2 {
		return text[:i+1]
	}
	return text[:size]
}
