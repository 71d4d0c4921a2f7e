package render

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// saved reads every saved report, by name.
func saved(t testing.TB) map[string]*report.Report {
	t.Helper()
	paths, err := filepath.Glob("testdata/reports/*.json")
	if err != nil || len(paths) < 6 {
		t.Fatalf("saved reports: %v %v", paths, err)
	}
	out := map[string]*report.Report{}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := report.Read(f)
		f.Close()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		out[strings.TrimSuffix(filepath.Base(path), ".json")] = r
	}
	return out
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// The JSON of a saved report is the saved report: its golden is its source.
func TestGolden(t *testing.T) {
	cases := []struct {
		ext    string
		render func(*bytes.Buffer, *report.Report) error
	}{
		{".80.txt", func(b *bytes.Buffer, r *report.Report) error { return Table(b, r, Options{Width: 80}) }},
		{".120.txt", func(b *bytes.Buffer, r *report.Report) error { return Table(b, r, Options{Width: 120}) }},
		{".md", func(b *bytes.Buffer, r *report.Report) error { return Markdown(b, r) }},
		{".json", func(b *bytes.Buffer, r *report.Report) error { return JSON(b, r) }},
	}
	for name, r := range saved(t) {
		for _, c := range cases {
			t.Run(name+c.ext, func(t *testing.T) {
				var b bytes.Buffer
				if err := c.render(&b, r); err != nil {
					t.Fatal(err)
				}
				if c.ext == ".json" {
					golden(t, "../reports/"+name+c.ext, b.Bytes())
				} else {
					golden(t, name+c.ext, b.Bytes())
				}
			})
		}
	}
}
