package stacks

import (
	"bytes"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

func each(t *testing.T, do func(t *testing.T, s Stack)) {
	for _, s := range All {
		t.Run(s.Name, func(t *testing.T) { do(t, s) })
	}
}

func filesOf(t *testing.T, s Stack, v Values) []File {
	t.Helper()
	files, err := s.Files(v)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func treeOf(files []File) fstest.MapFS {
	out := fstest.MapFS{}
	for _, f := range files {
		out[f.Path] = &fstest.MapFile{Data: f.Content}
	}
	return out
}

func TestNames(t *testing.T) {
	names := Names()
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("%v", names)
	}
	folders, err := fs.ReadDir(shipped, "files")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, d := range folders {
		if d.Name() != "common" {
			want = append(want, d.Name())
		}
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("folders and list (-folders +list):\n%s", diff)
	}
	if _, ok := Find("incident-respons"); ok {
		t.Error("found a stack that is not there")
	}
}

// Every template has the parts that init promises, each a text file that ends with one line feed.
func TestParts(t *testing.T) {
	each(t, func(t *testing.T, s Stack) {
		files := filesOf(t, s, Values{})
		paths := map[string]int{}
		for _, f := range files {
			paths[f.Path]++
			for _, part := range []string{".claude/skills/", ".claude/rules/", "prompts/", "fixtures/"} {
				if strings.HasPrefix(f.Path, part) {
					paths[part]++
				}
			}
			if !bytes.HasSuffix(f.Content, []byte("\n")) || bytes.HasSuffix(f.Content, []byte("\n\n")) || bytes.ContainsAny(f.Content, "\r\t") {
				t.Errorf("%s does not end with one line feed, or holds a tab or a carriage return", f.Path)
			}
		}
		for _, part := range []string{"CLAUDE.md", "tokengate.yaml", Workflow, ".claude/skills/", ".claude/rules/", "prompts/", "fixtures/"} {
			if paths[part] == 0 {
				t.Errorf("no %s", part)
			}
		}
	})
}

var item = regexp.MustCompile(`^\s*(?:[-*+]|\d+[.)])\s`)

// rules counts the list items of a Markdown file outside of front matter and fences.
func rules(content string) (n int) {
	inside := strings.HasPrefix(content, "---\n")
	for i, line := range strings.Split(content, "\n") {
		switch {
		case i > 0 && inside && line == "---", strings.HasPrefix(strings.TrimSpace(line), "```"):
			inside = !inside
		case !inside && item.MatchString(line):
			n++
		}
	}
	return n
}

func TestRulesAreCounted(t *testing.T) {
	if n := rules("---\nkey:\n  - no\n---\n# A\n- one\n- two\n  1. three\n```yaml\n- no\n```\n* four\ntext - no\n"); n != 4 {
		t.Errorf("%d rules, want 4", n)
	}
}

// A CLAUDE.md is read in every call: 900 to 1,400 tokens, 40 to 60 rules.
func TestSize(t *testing.T) {
	o200k, err := token.For("o200k_base")
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, s Stack) {
		tree := treeOf(filesOf(t, s, Values{}))
		c, diags := prompt.Load(tree, "CLAUDE.md", prompt.Options{})
		if len(diags) > 0 {
			t.Error(diags)
		}
		n, lines := o200k.Count(c.Text()).Tokens, strings.Count(string(tree["CLAUDE.md"].Data), "\n")
		if n < 900 || n > 1400 || lines > 200 {
			t.Errorf("CLAUDE.md has %d tokens and %d lines", n, lines)
		}
		if n := rules(string(tree["CLAUDE.md"].Data)); n < 40 || n > 60 {
			t.Errorf("CLAUDE.md has %d rules", n)
		}
	})
}

// Skills and rules are listed by what their front matter says, so it has to be YAML, and short.
func TestFrontMatter(t *testing.T) {
	each(t, func(t *testing.T, s Stack) {
		for _, f := range filesOf(t, s, Values{}) {
			if !strings.HasPrefix(f.Path, ".claude/") {
				continue
			}
			head, _, ok := strings.Cut(strings.TrimPrefix(string(f.Content), "---\n"), "\n---\n")
			if !ok || !strings.HasPrefix(string(f.Content), "---\n") {
				t.Errorf("%s has no front matter", f.Path)
				continue
			}
			var is struct {
				Name        source.At[string]   `yaml:"name"`
				Description source.At[string]   `yaml:"description"`
				Paths       []source.At[string] `yaml:"paths"`
			}
			if diags := source.DecodeYAML(f.Path, []byte(head), &is); len(diags) > 0 {
				t.Error(diags)
			}
			skill := strings.HasPrefix(f.Path, ".claude/skills/")
			switch {
			case skill && (f.Path != ".claude/skills/"+is.Name.Value+"/SKILL.md" || len(is.Description.Value) < 40 || len(is.Description.Value) > 300):
				t.Errorf("%s: name %q, description of %d characters", f.Path, is.Name.Value, len(is.Description.Value))
			case !skill && len(is.Paths) == 0:
				t.Errorf("%s is always on", f.Path)
			}
		}
	})
}

func TestFill(t *testing.T) {
	v := Values{Name: "acme: billing's #1", Owner: "@org/my-project", Approver: "finance@example.com"}
	each(t, func(t *testing.T, s Stack) {
		for _, f := range filesOf(t, s, v) {
			text := strings.ReplaceAll(string(f.Content), v.Owner, "")
			for _, word := range []string{NamePlaceholder, OwnerPlaceholder, ApproverPlaceholder} {
				if strings.Contains(text, word) {
					t.Errorf("%s holds %s", f.Path, word)
				}
			}
		}
		for _, f := range filesOf(t, s, Values{}) {
			for line := range strings.Lines(string(f.Content)) {
				key, value, ok := strings.Cut(line, ": ")
				if ok && strings.HasSuffix(f.Path, ".yaml") && !strings.Contains(key, "#") && strings.HasPrefix(value, "@") {
					t.Errorf("%s: a value begins with an unquoted @: %s", f.Path, line)
				}
			}
		}
	})
}

// What would not stay inside the quotes, the code span or the cell it is written into is refused.
func TestValues(t *testing.T) {
	for _, v := range []Values{{Name: `a"b`}, {Owner: `a\b`}, {Approver: "a\nb"}, {Name: "a`b"}, {Owner: "a|b"}, {Name: "a\xffb"}} {
		var bad *ValueError
		if _, err := incidentResponse.Files(v); !errors.As(err, &bad) {
			t.Errorf("%+v: %v", v, err)
		}
	}
	if got := (Values{Owner: "@x/my-project"}).fill([]byte("my-project @your-org/your-team @your-org/your-approver")); string(got) != "my-project @x/my-project @your-org/your-approver" {
		t.Errorf("%s", got)
	}
}

func TestVersion(t *testing.T) {
	seen := map[string]bool{}
	each(t, func(t *testing.T, s Stack) {
		a, err := s.Version()
		b, _ := s.Version()
		if err != nil || a != b || len(a) != 12 || seen[a] {
			t.Errorf("%s, %s, %v", a, b, err)
		}
		seen[a] = true
	})
}

// What the templates add to the program stays small.
func TestEmbedded(t *testing.T) {
	size := 0
	err := fs.WalkDir(shipped, "files", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := shipped.ReadFile(name)
		size += len(content)
		return err
	})
	t.Logf("%d bytes", size)
	if err != nil || size > 200_000 {
		t.Errorf("%d bytes: %v", size, err)
	}
}

func TestDiff(t *testing.T) {
	v := Values{Name: "shop", Owner: "@org/shop"}
	shippedFiles := filesOf(t, incidentResponse, v)
	same, err := incidentResponse.Diff(treeOf(shippedFiles), v)
	if err != nil || len(same) != len(shippedFiles) {
		t.Fatalf("%d of %d: %v", len(same), len(shippedFiles), err)
	}
	for _, d := range same {
		if d.Change != Same || d.Patch != "" || d.Size() != "" {
			t.Errorf("%+v", d)
		}
	}
	project := treeOf(shippedFiles)
	delete(project, "fixtures/triage.yaml")
	project["prompts/own.md"] = &fstest.MapFile{Data: []byte("own\n")}
	project["src/main.go"] = &fstest.MapFile{Data: []byte("not of a template\n")}
	content := string(project["CLAUDE.md"].Data)
	project["CLAUDE.md"] = &fstest.MapFile{Data: []byte(strings.Replace(content, "# shop: incident response\n", "# Our pager\n+++ own line\n", 1))}
	got := map[string]string{}
	all, err := incidentResponse.Diff(project, v)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.Change != Same {
			got[d.Path] = string(d.Change) + " " + d.Size()
		}
	}
	want := map[string]string{"CLAUDE.md": "differs +1 −2", "fixtures/triage.yaml": "missing +28 −0", "prompts/own.md": "extra "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	i := slices.IndexFunc(all, func(d Difference) bool { return d.Change == Missing })
	if !strings.HasPrefix(all[i].Patch, "--- /dev/null\n+++ b/fixtures/triage.yaml\n@@ -0,0 +1,28 @@\n") {
		t.Errorf("%s", all[i].Patch)
	}
}
