package lint

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/report"
)

var update = flag.Bool("update", false, "rewrite the expected findings")

// archive is one test: input/ is the project, base/ the approved state, measured a report's templates with what they cost,
// want the findings and fixed/ the files that fixing changes.
type archive struct {
	*txtar.Archive
	input, base fstest.MapFS
}

func open(t *testing.T, name string) archive {
	t.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return archive{a, folder(a, "input/"), folder(a, "base/")}
}

func folder(a *txtar.Archive, prefix string) fstest.MapFS {
	out := fstest.MapFS{}
	for _, f := range a.Files {
		if name, ok := strings.CutPrefix(f.Name, prefix); ok {
			out[name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return out
}

func (a archive) file(name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

func (a archive) set(name string, content []byte) {
	for i, f := range a.Files {
		if f.Name == name {
			a.Files[i].Data = content
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: content})
}

// load gives what lint is run on: the files that the first lines of the archive name are the templates.
func (a archive) load(t *testing.T, files fs.FS) Input {
	t.Helper()
	var templates []string
	for line := range strings.Lines(string(a.Comment)) {
		if list, ok := strings.CutPrefix(line, "templates: "); ok {
			templates = strings.Fields(list)
		}
	}
	in := inputOf(t, files, templates...)
	if len(a.base) > 0 {
		in.Base, in.Before, in.BaseRevision = a.base, map[string]*prompt.Template{}, &report.Revision{Ref: "main"}
		before := inputOf(t, a.base, templates...)
		in.Settings = before.Settings
		for _, tmpl := range before.Policy.Templates {
			in.Before[tmpl.Path] = tmpl
		}
	}
	if m := a.file("measured"); m != nil {
		in.Measured = &report.Report{Period: report.Period{Name: "month", Days: 30}}
		if err := json.Unmarshal(m, &in.Measured.Templates); err != nil {
			t.Fatal(err)
		}
	}
	return in
}

// show writes findings as the archives have them.
func show(d *report.Lint) string {
	var b strings.Builder
	for _, f := range slices.Concat(d.Findings, d.Suppressed) {
		fmt.Fprintf(&b, "%s: %s: %s [%s]\n", f.Place, f.Severity, f.Message, f.Rule)
		if f.Hint != "" {
			fmt.Fprintf(&b, "  hint: %s\n", f.Hint)
		}
		for _, r := range f.Related {
			fmt.Fprintf(&b, "  %s: %s\n", r.Place, r.Message)
		}
		if f.Tokens != nil {
			fmt.Fprintf(&b, "  tokens: %d\n", *f.Tokens)
		}
		if f.Cost != nil {
			fmt.Fprintf(&b, "  cost: %s\n", f.Cost)
		}
		if f.Suppression != nil {
			fmt.Fprintf(&b, "  suppressed by %s at %s: %s\n", f.Suppression.Kind, f.Suppression.Place, f.Suppression.Reason)
		}
	}
	return b.String()
}

// fix applies edits until there are none left, as the gate does.
func fix(t *testing.T, a archive) (changed map[string][]byte) {
	t.Helper()
	files, changed := fstest.MapFS{}, map[string][]byte{}
	for name, f := range a.input {
		files[name] = &fstest.MapFile{Data: f.Data}
	}
	for range 10 {
		_, edits := Run(a.load(t, files))
		byFile := map[string][]Edit{}
		for _, e := range edits {
			byFile[e.Place.File] = append(byFile[e.Place.File], e)
		}
		if len(byFile) == 0 {
			return changed
		}
		for name, list := range byFile {
			after, _ := Apply(files[name].Data, list)
			files[name], changed[name] = &fstest.MapFile{Data: after}, after
		}
	}
	t.Fatal("fixing does not come to an end")
	return nil
}

// TestRules runs every archive of testdata/rules: what is found, what is held back, and what fixing makes of the files.
func TestRules(t *testing.T) {
	names, err := filepath.Glob("testdata/rules/*.txtar")
	if err != nil || len(names) < 12 {
		t.Fatalf("%d archives, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a := open(t, name)
			doc, _ := Run(a.load(t, a.input))
			got, changed := show(doc), fix(t, a)
			if *update {
				a.set("want", []byte(got))
				for file, content := range changed {
					a.set("fixed/"+file, content)
				}
				if err := os.WriteFile(name, txtar.Format(a.Archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(a.file("want")), got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			want := folder(a.Archive, "fixed/")
			for file, content := range changed {
				if f := want[file]; f == nil || !bytes.Equal(f.Data, content) {
					t.Errorf("fixed %s:\n%s", file, content)
				}
			}
			if len(want) != len(changed) {
				t.Errorf("%d files are fixed, want %d", len(changed), len(want))
			}
		})
	}
}

// TestEveryRuleFires wants an archive for every rule in which it is found, and an explanation and a summary for it. What
// is lifted from the loaders is tested there.
func TestEveryRuleFires(t *testing.T) {
	names, err := filepath.Glob("testdata/rules/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		all.Write(open(t, name).file("want"))
	}
	for _, r := range Rules {
		if !strings.Contains(all.String(), "["+r.ID+"]") {
			t.Errorf("no archive shows %s", r.ID)
		}
		if r.Summary == "" || r.Explain == "" {
			t.Errorf("%s is not explained", r.ID)
		}
	}
}

// TestClean wants nothing found in a project that does all rules ask for, traffic and base included.
func TestClean(t *testing.T) {
	a := open(t, "testdata/clean.txtar")
	doc, edits := Run(a.load(t, a.input))
	if got := show(doc); got != "" || len(edits) > 0 || doc.Status != report.Pass {
		t.Errorf("%s: %d edits\n%s", doc.Status, len(edits), got)
	}
	if len(doc.Files) != 3 {
		t.Errorf("looked at %v", doc.Files)
	}
}
