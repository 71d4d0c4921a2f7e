package lint

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/token"
)

// samples gives the folder of real files that stands beside the project on some machines, or skips the test.
func samples(t *testing.T) fs.FS {
	t.Helper()
	found := filepath.Join("..", "..", "..", "shared", "formats", "samples")
	if _, err := os.Stat(found); err != nil {
		t.Skip("shared samples not present: formats/samples")
	}
	return os.DirFS(found)
}

// now is the day of every test.
var now = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// inputOf loads a project as the gate does: the configuration, if there is one, and the templates that are named.
func inputOf(t testing.TB, files fs.FS, templates ...string) Input {
	t.Helper()
	catalog, err := pricing.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	counter, err := token.For("o200k_base")
	if err != nil {
		t.Fatal(err)
	}
	cfg, _, diags := config.Load(files, config.Name)
	if diags.HasErrors() {
		t.Fatalf("%v", diags)
	}
	in := Input{Now: now, Files: files, Catalog: catalog, Policy: config.Policy{Config: cfg, Now: now, From: "head"}, Settings: cfg.Lint, HeadRevision: report.Revision{Ref: "folder"},
		Count: func(string) *token.Counter { return counter }}
	for _, name := range templates {
		tmpl, diags := prompt.Load(files, name, prompt.Options{Now: now})
		in.Loaded = append(in.Loaded, diags...)
		if tmpl != nil {
			in.Policy.Templates = append(in.Policy.Templates, tmpl)
		}
	}
	for _, f := range cfg.Fixtures {
		list, diags := prompt.LoadFixtures(files, f.Value)
		in.Fixtures, in.Loaded = append(in.Fixtures, list...), append(in.Loaded, diags...)
	}
	in.Loaded = append(in.Loaded, in.Policy.Contradictions(nil)...)
	in.Model = func(t *prompt.Template) string { return in.Policy.Limits(t.Path, "").Model.Value }
	return in
}

// placed gives a sample the name it has in a project, from which its kind is told.
func placed(name string) string {
	base := path.Base(name)
	switch folder, _, _ := strings.Cut(name, "/"); {
	case folder == "claude-md" || folder == "agents-md":
		return "CLAUDE.md"
	case folder == "rules":
		return ".claude/rules/" + base
	}
	return base
}

// Every real file, and every tree of real files, is linted without a panic, in time that grows with its size. The rules
// that advise are quiet: what is found was read, and found to be so.
func TestSamples(t *testing.T) {
	all, counts, seen := samples(t), map[string]int{}, 0
	lint := func(name string, files fs.FS, root string) {
		begun := time.Now()
		doc, _ := Run(inputOf(t, files, root))
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		seen++
		for _, f := range doc.Findings {
			counts[f.Rule]++
			t.Logf("%s:%d %s: %s", name, f.Place.Start.Line, f.Rule, f.Message)
		}
	}
	err := fs.WalkDir(all, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if dir, base := path.Split(name); strings.Contains(dir, "/trees/") {
			if tree, err := fs.Sub(all, path.Clean(dir)); err == nil && (base == "CLAUDE.md" || base == "AGENTS.md") {
				lint(name, tree, base)
			}
			return nil
		}
		if !slices.Contains([]string{".md", ".prompt", ".prompty", ".mdc", ".txt"}, path.Ext(name)) {
			return nil
		}
		content, err := fs.ReadFile(all, name)
		if err == nil {
			lint(name, fstest.MapFS{placed(name): {Data: content}}, placed(name))
		}
		return err
	})
	for _, id := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%4d %s", counts[id], id)
	}
	if err != nil || seen < 70 {
		t.Errorf("%d files, %v", seen, err)
	}
	for rule, most := range map[string]int{"could-be-lazy": 5, "duplicate-text": 5, "volatile-before-stable": 3, "cache-minimum": 0} {
		if counts[rule] > most {
			t.Errorf("%d of %s: read them before this is raised", counts[rule], rule)
		}
	}
}
