package config

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/prompt"
)

func TestLoader(t *testing.T) {
	load := func(text string) (*Config, string) {
		cfg, _, diags := Load(fstest.MapFS{"tokengate.yaml": {Data: []byte(text)}}, "tokengate.yaml")
		var out []string
		for _, d := range diags {
			out = append(out, d.String())
		}
		return cfg, strings.Join(out, "\n")
	}
	cfg, diags := load("loader:\n  tool: claude-code\n  version: 2026-05-25\n  import_depth: 3\n  agents_md: true\n  context_window: 1M\n  listing_chars: 8k\n  cwd: web\n  excludes: [vendor/**, a/CLAUDE.md]\n")
	want := prompt.Loader{Tool: "claude-code", Version: "2026-05-25", ImportDepth: 3, AgentsMD: true, ContextWindow: 1_000_000, ListingChars: 8000, Cwd: "web", Excludes: []string{"vendor/**", "a/CLAUDE.md"}}
	if diff := cmp.Diff(want, cfg.Loading()); diff != "" || diags != "" || !cfg.Loads() {
		t.Errorf("%s\n%s", diags, diff)
	}
	var settings []string
	for _, s := range (Policy{Config: cfg}).Settings() {
		settings = append(settings, s.Name+"="+s.Value)
	}
	if diff := cmp.Diff("loader.tool=claude-code loader.version=2026-05-25 loader.import_depth=3 loader.agents_md=true loader.context_window=1,000,000 loader.listing_chars=8,000 loader.cwd=web loader.excludes=vendor/**, a/CLAUDE.md", strings.Join(settings, " ")); diff != "" {
		t.Error(diff)
	}
	if cfg, diags := load("version: 1\n"); cfg.Loads() || diags != "" {
		t.Error("a loader without a block", diags)
	}
	for text, want := range map[string]string{
		"loader: {tool: clade-code}":            `tokengate.yaml:1:16: loader.tool: there is no loader for "clade-code"`,
		"loader: {version: latest}":             `tokengate.yaml:1:19: loader.version: "latest" is neither a version nor a day`,
		"loader: {version: 2024-01-01}":         `tokengate.yaml:1:19: loader.version: nothing is known of the loading before 2025-07-09`,
		"loader: {import_depth: 0}":             `tokengate.yaml:1:24: loader.import_depth is 0`,
		"loader: {import_depth: 900}":           `tokengate.yaml:1:24: loader.import_depth: an import depth of 900`,
		"loader: {cwd: ../x}":                   `tokengate.yaml:1:15: loader.cwd: "../x" is not a path inside the project`,
		"loader: {excludes: ['a[']}":            `tokengate.yaml:1:21: loader.excludes: "a[" is not a valid glob`,
		"loader: {imports: 4}":                  `unknown key "imports"`,
		"loader: {tool: codex, version: 1.2.3}": `loader.version: versions are told apart for claude-code only`,
	} {
		if _, diags := load(text); !strings.Contains(diags, want) {
			t.Errorf("%s: %s\nwant %s", text, diags, want)
		}
	}
}
