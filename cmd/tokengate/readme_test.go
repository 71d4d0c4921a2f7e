package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/prompt"
)

const root = "../.."

func readme(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var fence = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")

// blocks gives the fenced blocks of README with an info string.
func blocks(t *testing.T, info string) []string {
	t.Helper()
	var out []string
	for _, m := range fence.FindAllStringSubmatch(readme(t), -1) {
		if m[1] == info {
			out = append(out, m[2])
		}
	}
	if len(out) == 0 {
		t.Fatalf("README has no block marked %q", info)
	}
	return out
}

// TestReadmeCommands runs every tokengate command of README in the example project and wants it to succeed.
func TestReadmeCommands(t *testing.T) {
	var script strings.Builder
	script.WriteString("cd project\ncommit base\nexec git switch -q -c change\n")
	n := 0
	for _, b := range blocks(t, "sh") {
		for line := range strings.Lines(b) {
			command, _, _ := strings.Cut(line, "#")
			command = strings.TrimSpace(command)
			if strings.HasPrefix(command, "tokengate check") {
				command = strings.Replace(command, "check", "check --as-of 2026-11-23", 1) // prices of the day the example was recorded
			}
			if strings.HasPrefix(command, "tokengate ") {
				n++
				script.WriteString("exec sh -c '" + command + "'\n")
			}
		}
	}
	if n < 8 {
		t.Fatalf("README shows %d commands", n)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "readme.txtar"), []byte(script.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:  dir,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"commit": commit},
		Setup: func(e *testscript.Env) error {
			if err := os.CopyFS(filepath.Join(e.WorkDir, "project"), os.DirFS(filepath.Join(root, "testdata/projects/rag-assistant"))); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(e.WorkDir, "project", "text.jsonl"), callsWithText(), 0o644); err != nil {
				return err
			}
			return setup(e)
		},
	})
}

// callsWithText is a recording with prompt text, enough of it to fit one class of content.
func callsWithText() []byte {
	var b bytes.Buffer
	for i := range 30 {
		text := strings.Repeat("The gate refuses a build that would spend more than its budget. ", i+2)
		fmt.Fprintf(&b, `{"ts":"2026-11-20T09:30:%02dZ","model":"claude-opus-4-7","usage":{"input":%d,"output":9},"messages":[{"role":"user","content":%q}]}`+"\n",
			i, 12+20*(i+2), text)
	}
	return b.Bytes()
}

// TestReadmeConfigurations reads README's tokengate.yaml and its budget block as the program does.
func TestReadmeConfigurations(t *testing.T) {
	found := 0
	for _, b := range blocks(t, "yaml") {
		if strings.HasPrefix(b, "volume:") || strings.HasPrefix(b, "map:") {
			if cfg, _, diags := config.Load(fstest.MapFS{config.Name: {Data: []byte(b)}}, config.Name); len(diags) > 0 || len(cfg.Volume)+len(cfg.Map) < 2 {
				t.Errorf("%v\n%s", diags, b)
			}
		}
		if !strings.HasPrefix(b, "version: 1") {
			continue
		}
		found++
		cfg, _, diags := config.Load(fstest.MapFS{config.Name: {Data: []byte(b)}}, config.Name)
		if len(diags) > 0 || len(cfg.Tracks) == 0 {
			t.Errorf("%v", diags)
		}
	}
	tmpl, diags := prompt.Load(fstest.MapFS{"README.md": {Data: []byte(readme(t))}}, "README.md", prompt.Options{})
	if tmpl == nil || diags.HasErrors() || len(tmpl.Budgets) != 1 || !tmpl.Budgets[0].PerCall.Latency.Set || found != 1 {
		t.Errorf("%d configurations, budget blocks of README: %v", found, diags)
	}
}

// TestReadmeLinks wants every file that README links to.
func TestReadmeLinks(t *testing.T) {
	for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(readme(t), -1) {
		if _, err := fs.Stat(os.DirFS(root), m[1]); err != nil {
			t.Error(err)
		}
	}
}

// TestDemo runs what `make demo` runs: the script itself wants exit code 0 for one change and 1 for the other. README's
// picture of the output is held against it line by line.
func TestDemo(t *testing.T) {
	out, err := exec.Command("sh", filepath.Join(root, "testdata/demo.sh")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	shown := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		shown[strings.TrimSpace(line)] = true
	}
	for line := range strings.Lines(blocks(t, "text")[0]) {
		if line = strings.TrimSpace(line); line != "" && !shown[line] {
			t.Errorf("README shows a line that the demo does not print: %s", line)
		}
	}
}
