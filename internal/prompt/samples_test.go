package prompt

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// samples gives the folder of real files that stands beside the project on some machines, or skips the test.
func samples(t *testing.T) fs.FS {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			continue
		}
		found := filepath.Join(dir, "..", "shared", "formats", "samples")
		if _, err := os.Stat(found); err == nil {
			return os.DirFS(found)
		}
	}
	t.Skip("shared samples not present: formats/samples")
	return nil
}

// Every real file loads, its sections add up to what is sent, and what is sent is the file less what is stripped.
func TestSamples(t *testing.T) {
	fsys, loaded, budgets := samples(t), 0, 0
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(name, ".md") && !strings.HasSuffix(name, ".txt") {
			return err
		}
		got, diags := Load(fsys, name, Options{})
		if got == nil {
			t.Errorf("%s: %s", name, lines(diags))
			return nil
		}
		loaded++
		budgets += len(got.Budgets)
		for _, d := range diags {
			if d.Span.File == "" || d.Severity > 1 {
				t.Errorf("%s: %s", name, d)
			}
		}
		checkTemplate(t, got)
		return nil
	})
	if err != nil || loaded == 0 || budgets > 0 {
		t.Errorf("%d files, %d budgets, %v", loaded, budgets, err)
	}
}

// checkTemplate holds what is true of every template.
func checkTemplate(t *testing.T, got *Template) {
	t.Helper()
	if got.Kind.Rendered() {
		checkRendered(t, got)
		return
	}
	for _, f := range got.Files {
		doc, _ := newDocument(f.Path, f.Content)
		doc.findFrontMatter(got.Kind)
		at, kept := 0, strings.Builder{}
		for _, k := range f.kept {
			kept.WriteString(f.doc.text[k.start:k.end])
			if k.start < at || k.start < doc.body {
				t.Errorf("%s: a part is sent twice or out of the front matter", f.Path)
			}
			at = k.end
		}
		sent := f.Text()
		if got.Kind == ClaudeMD && len(f.Sections) > 0 {
			sent = strings.TrimPrefix(sent, f.Sections[0].Text)
		}
		if sent != kept.String() {
			t.Errorf("%s: the sections are not what is sent", f.Path)
		}
		line := 1
		for _, s := range f.Sections {
			if s.Text == "" || s.Heading != Wrapper && (s.Span.Start.Line < line || s.Span.End.Line <= s.Span.Start.Line) {
				t.Errorf("%s: section %q at %s", f.Path, s.Heading, span(s.Span))
			}
			line = max(line, s.Span.End.Line)
		}
		if line > strings.Count(string(f.Content), "\n")+2 {
			t.Errorf("%s: sections end on line %d", f.Path, line)
		}
	}
	if got.Kind == Plain && len(got.Files) == 1 && !strings.HasSuffix(strings.ToValidUTF8(string(got.Files[0].Content), "?"), strings.ToValidUTF8(got.Text(), "?")) && !strings.Contains(got.Text(), "\uFFFD") {
		t.Errorf("%s: a plain file is sent as it stands", got.Path)
	}
}

// What the trees of real repositories load, checked by hand.
func TestSampleTrees(t *testing.T) {
	all := samples(t)
	for _, c := range []struct{ tree, root, files, diags string }{
		{"prometheus", "CLAUDE.md", "CLAUDE.md AGENTS.md", ""},
		{"skillsaw-broken/tests/fixtures/dot-claude/agents-imports-broken", "AGENTS.md", "AGENTS.md docs/setup.md docs/nested.md",
			"warning import-missing AGENTS.md:6:1\nwarning import-missing AGENTS.md:9:8\nwarning import-missing docs/nested.md:4:6"},
	} {
		fsys, err := fs.Sub(all, "claude-md/trees/"+c.tree)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fs.Stat(fsys, c.root); err != nil {
			t.Skip("shared samples not present: " + c.tree)
		}
		got, diags := Load(fsys, c.root, Options{})
		if paths(got) != c.files || rules(diags) != c.diags {
			t.Errorf("%s: %s\n%s", c.tree, paths(got), lines(diags))
		}
	}
}
