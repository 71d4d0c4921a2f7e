package traffic

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/source"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// show writes a recording as the golden files hold it: calls in the native dialect, each with what its prompt counts to
// (tokens by class), then counts, then diagnostics.
func show(t *testing.T, rec *Recording, diags source.Diagnostics) string {
	t.Helper()
	var b bytes.Buffer
	for i := range rec.Calls {
		c := &rec.Calls[i]
		fmt.Fprintf(&b, "%s:%d ", path.Base(c.Place.File), c.Place.Line)
		if err := WriteNative(&b, c); err != nil {
			t.Fatal(err)
		}
		if p := c.Prompt; p != nil {
			fmt.Fprintf(&b, "  prompt: tokens %d, messages %d, tools %d, images %d\n", p.Text, p.Messages, p.Tools, p.Images)
		}
	}
	fmt.Fprintf(&b, "lines %d, duplicates %d, bad share %.4f\n", rec.Lines, rec.Duplicates, rec.BadShare())
	for _, f := range rec.Files {
		fmt.Fprintf(&b, "file %s: %s, %d lines, %d calls, sampling %v\n", path.Base(f.Name), f.Dialect, f.Lines, f.Calls, f.Sampling)
	}
	for _, s := range rec.Skipped {
		fmt.Fprintf(&b, "skipped %d (bad: %v) %s\n", s.Count, s.Bad, s.Reason)
	}
	for _, l := range rec.Lacks {
		fmt.Fprintf(&b, "without a prompt %d: %s\n", l.Count, l.Reason)
	}
	for _, d := range diags {
		fmt.Fprintf(&b, "%s: %s\n", d.Severity, strings.TrimPrefix(d.String(), path.Dir(d.Span.File)+"/"))
		if d.Hint != "" {
			fmt.Fprintf(&b, "  hint: %s\n", d.Hint)
		}
	}
	return b.String()
}

// lacking is what recordings of a dialect do not say, so that the project must.
var lacking = map[string]Defaults{
	TraceCSV:       {Model: "trace-model"},
	Mooncake:       {Model: "trace-model"},
	OpenAIBatch:    {Day: time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)},
	AnthropicBatch: {Day: time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)},
	GeminiBatch:    {Day: time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)},
	BedrockBatch:   {Day: time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC), Model: "amazon.nova-lite-v1:0"},
}

// TestGolden reads every file of testdata/<dialect>, with the text of its prompts. The dialect must be found from the
// content.
func TestGolden(t *testing.T) {
	names, err := filepath.Glob("testdata/*/*")
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, ".golden") || strings.Contains(name, "fuzz") {
			continue
		}
		dialect := filepath.Base(filepath.Dir(name))
		tested[dialect] = true
		t.Run(filepath.ToSlash(name), func(t *testing.T) {
			s := Source{FS: os.DirFS("."), Path: filepath.ToSlash(name)}
			s.Defaults = lacking[dialect]
			rec, diags, err := Read([]Source{s}, Options{Text: true})
			if err != nil {
				t.Fatal(err)
			}
			if got := rec.Files[0].Dialect; got != dialect {
				t.Errorf("dialect %q, want %q", got, dialect)
			}
			compareGolden(t, strings.TrimSuffix(name, filepath.Ext(name))+".golden", show(t, rec, diags))
		})
	}
	for _, d := range Dialects() {
		if !tested[d] {
			t.Errorf("dialect %s has no fixture", d)
		}
	}
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
