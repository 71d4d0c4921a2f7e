package promptfoo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// samples gives the real configurations that stand beside the project on some machines, each at the path it has in the
// repository it is from, or skips the test.
func samples(t *testing.T) (fsys fstest.MapFS, configs []string) {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	found := filepath.Join(dir, "..", "shared", "formats", "samples")
	manifest, err := os.ReadFile(filepath.Join(found, "MANIFEST.tsv"))
	if err != nil {
		t.Skip("shared samples not present: formats/samples")
	}
	fsys = fstest.MapFS{}
	for line := range strings.Lines(string(manifest)) {
		f := strings.Split(line, "\t")
		if len(f) < 3 || !strings.HasPrefix(f[0], "promptfoo/") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(found, filepath.FromSlash(f[0])))
		if err != nil {
			t.Fatal(err)
		}
		fsys[f[2]] = &fstest.MapFile{Data: content}
		if Is(f[2], content) {
			configs = append(configs, f[2])
		}
	}
	return fsys, configs
}

// planned is what a real configuration calls, counted by hand: prompts × providers × tests, and what grades.
var planned = map[string]struct {
	prompts, providers, tests int
	calls, graders, limits    int
	complete                  bool
	files                     string // what is missing beside the configuration here
}{
	"prompt_evaluations/07_prompt_foo_custom_graders/promptfooconfig.yaml": {1, 2, 5, 10, 0, 0, true, ""},
	"prompt_evaluations/08_prompt_foo_model_graded/promptfooconfig.yaml":   {3, 1, 5, 15, 30, 0, true, ""}, // two rubrics an answer
	"prompt_evaluations/09_custom_model_graded_prompt_foo/promptfooconfig.yaml": {3, 1, 8, 24, 0, 0, true,
		"article1.txt article2.txt article3.txt article4.txt article5.txt article6.txt article7.txt article8.txt"},
	"examples/amazon-bedrock/models/promptfooconfig.yaml":                       {2, 4, 45, 360, 16, 0, true, ""}, // one test is similar: 8 answers × 2 embeddings
	"examples/azure/openai/promptfooconfig.yaml":                                {1, 1, 2, 2, 2, 2, true, ""},
	"examples/compare-claude-vs-gpt-image/promptfooconfig.yaml":                 {2, 4, 1, 8, 8, 0, true, ""},
	"examples/compare-claude-vs-gpt/promptfooconfig.yaml":                       {1, 2, 15, 30, 4, 30, true, "prompt.yaml"}, // cost and latency of 15 tests
	"examples/compare-openai-models/promptfooconfig.yaml":                       {1, 2, 15, 30, 4, 30, true, ""},
	"examples/compare-gpt-vs-claude-vs-gemini/promptfooconfig.yaml":             {1, 3, 3, 9, 6, 3, true, "prompt.yaml"},
	"examples/config-external-defaulttest/promptfooconfig.yaml":                 {1, 2, 4, 8, 0, 0, false, "defaultTest.yaml"},
	"examples/config-multi-turn/promptfooconfig.yaml":                           {1, 1, 7, 7, 0, 0, true, "prompt.json"},
	"examples/config-tests-per-provider/promptfooconfig.yaml":                   {1, 2, 3, 4, 1, 1, true, ""}, // 1 + 1 + 2
	"examples/config-pdf-files/promptfooconfig.yaml":                            {1, 3, 1, 3, 0, 0, true, ""},
	"examples/compare-gpt-5-vs-gpt-5-mini-mmlu/promptfooconfig.yaml":            {1, 2, 0, 0, 0, 0, false, ""}, // its tests are on another machine
	"prompt_evaluations/05_prompt_foo_code_graded_animals/promptfooconfig.yaml": {3, 2, 0, 0, 0, 0, false, "animal_legs_tests.csv"},
}

func TestSamples(t *testing.T) {
	fsys, configs := samples(t)
	known := 0
	for _, name := range configs {
		s, diags := Load(fsys, name, Options{})
		if s == nil {
			t.Errorf("%s: %v", name, diags)
			continue
		}
		missing := []string{}
		for _, d := range diags {
			if d.Rule != "promptfoo-file" && d.Summary != "the configuration has no prompt" || d.Span.Start.Line == 0 {
				t.Errorf("%s: %s", name, d)
			}
			missing = append(missing, filepath.Base(strings.Fields(d.Summary)[0]))
		}
		want, ok := planned[name]
		if !ok {
			continue
		}
		known++
		least, most := s.Grading()
		got := want
		got.prompts, got.providers, got.tests, got.calls = len(s.Prompts), len(s.Providers), len(s.Tests), int(s.Total())
		got.graders, got.limits, got.complete, got.files = int(most), len(s.Limits), s.Complete(), strings.Join(missing, " ")
		if got != want || least != most {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
		}
	}
	if known != len(planned) {
		t.Errorf("%d of %d configurations were there", known, len(planned))
	}
}
