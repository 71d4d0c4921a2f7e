package traffic

import (
	"os"
	"path/filepath"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/token"
)

// TestOTLPSamples reads the real files that TestSamples does not. The totals were computed apart, by a script that shares
// no code with the reader. The spans of the Vercel AI SDK were written without a context, so that its outer spans, which
// repeat the inner ones, stand alone: they are counted, and told.
func TestOTLPSamples(t *testing.T) {
	for name, want := range map[string]struct {
		totals
		lone bool
	}{
		"openinference__all-spans.json":                  {totals{Calls: 10, Lines: 438, Usage: token.Usage{Input: 304, Output: 594}}, true},
		"openinference__ai-generateText-doGenerate.json": {totals{Calls: 2, Lines: 99, Usage: token.Usage{Input: 64, Output: 29}}, false},
		"openinference__ai-generateText.json":            {totals{Calls: 2, Lines: 75, Usage: token.Usage{Input: 64, Output: 29}}, true},
		"openinference__ai-streamText-doStream.json":     {totals{Calls: 1, Lines: 74, Usage: token.Usage{Input: 15, Output: 112}}, false},
		"file-exporter-spec-logs.jsonl":                  {totals{Lines: 4}, false},
		"proto-example-logs.json":                        {totals{Lines: 101}, false},
		"proto-example-events.json":                      {totals{Lines: 79}, false},
		"proto-example-metrics.json":                     {totals{Lines: 140}, false},
	} {
		t.Run(name, func(t *testing.T) {
			root, path := shared(t, "formats/samples/otlp/"+name)
			rec, diags, err := Read([]Source{{FS: os.DirFS(root), Path: path}}, Options{})
			if err != nil || rec.Files[0].Dialect != OTLP {
				t.Fatal(rec.Files, told(diags), err)
			}
			if diff := gocmp.Diff(want.totals, sum(rec)); diff != "" {
				t.Error(filepath.Base(path), diff)
			}
			lone := false
			for _, d := range diags {
				lone = lone || d.Rule == ruleCallless
			}
			if lone != want.lone {
				t.Error(told(diags))
			}
			if skipped := len(rec.Skipped) > 0; skipped == (want.Calls > 0) {
				t.Errorf("skipped: %+v", rec.Skipped)
			}
		})
	}
}
