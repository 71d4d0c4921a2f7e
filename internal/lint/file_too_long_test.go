package lint

import (
	"strings"
	"testing"
	"testing/fstest"
)

// A file of 60,000 characters is long for a context of 200,000 tokens, not for one of 310,000; another tool than
// Claude Code is not known to mind.
func TestFileTooLong(t *testing.T) {
	text := strings.Repeat("words in a line of twenty\n", 60_000/26+1)
	for yaml, want := range map[string]string{
		"":                               "more than the 40,000 that Claude Code warns at",
		"loader: {context_window: 100k}": "more than the 40,000 that Claude Code warns at",
		"loader: {context_window: 250k}": "more than the 50,000 that are 5 % of loader.context_window",
		"loader: {context_window: 310k}": "lines; below 200 is advised",
		"loader: {tool: codex}":          "lines; below 200 is advised",
		"defaults: {model: claude-sonnet-4-5}\nloader: {context_window: 1M}": "lines; below 200 is advised",
	} {
		doc, _ := Run(inputOf(t, fstest.MapFS{"tokengate.yaml": {Data: []byte(yaml)}, "CLAUDE.md": {Data: []byte(text)}}, "CLAUDE.md"))
		if got := show(doc); !strings.Contains(got, want) || strings.Count(got, "[file-too-long]") != 1 {
			t.Errorf("%q: %s, want %s", yaml, got, want)
		}
	}
}
