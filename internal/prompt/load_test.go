package prompt

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tokengate/tokengate/internal/source"
)

// files makes a file system; a value that starts with "->" is a symbolic link.
func files(pairs ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		f := &fstest.MapFile{Data: []byte(pairs[i+1]), Mode: 0o644}
		if target, ok := strings.CutPrefix(pairs[i+1], "->"); ok {
			f.Data, f.Mode = []byte(target), fs.ModeSymlink|0o777
		}
		m[pairs[i]] = f
	}
	return m
}

// lines prints diagnostics one a line, severity first.
func lines(ds source.Diagnostics) string {
	var b strings.Builder
	for _, d := range ds {
		fmt.Fprintf(&b, "%s %s\n", d.Severity, d)
	}
	return b.String()
}

// rules prints severity, rule and place only.
func rules(ds source.Diagnostics) string {
	var out []string
	for _, d := range ds {
		out = append(out, fmt.Sprintf("%s %s %s", d.Severity, d.Rule, d.Span))
	}
	return strings.Join(out, "\n")
}

func paths(t *Template) string {
	var out []string
	for _, f := range t.files() {
		out = append(out, f.Path)
	}
	return strings.Join(out, " ")
}

const label = "(project instructions, checked into the codebase):\n\n"

// body strips the wrapper, for tests that are not about it.
func body(t *Template) string {
	return strings.TrimPrefix(t.Text(), "Contents of /repo/"+t.Path+" "+label)
}

func TestLoadClaudeMD(t *testing.T) {
	fsys := files(
		"CLAUDE.md", "---\ntitle: x\n---\n\n# Rules\nsee @docs/a.md\n<!-- note -->\n\nend\n\n",
		"docs/a.md", "A @b.md\n", "docs/b.md", "<!-- all -->\nB")
	got, diags := Load(fsys, "CLAUDE.md", Options{})
	want := "Contents of /repo/CLAUDE.md " + label + "# Rules\nsee @docs/a.md\nend" +
		"\n\nContents of /repo/docs/a.md " + label + "A @b.md" +
		"\n\nContents of /repo/docs/b.md " + label + "B"
	if diff := cmp.Diff(want, got.Text()); diff != "" || len(diags) > 0 {
		t.Errorf("%s\n(-want +got):\n%s", lines(diags), diff)
	}
	if got.Kind != ClaudeMD || got.Lazy || got.Path != "CLAUDE.md" {
		t.Errorf("kind %s, lazy %v, path %s", got.Kind, got.Lazy, got.Path)
	}
	local, _ := Load(files("CLAUDE.local.md", "@x.md", "x.md", "x"), "CLAUDE.local.md", Options{Root: "/w"})
	want = "Contents of /w/CLAUDE.local.md (user's private project instructions, not checked in):\n\n@x.md" +
		"\n\nContents of /w/x.md (user's private project instructions, not checked in):\n\nx"
	if diff := cmp.Diff(want, local.Text()); diff != "" {
		t.Errorf("an import inherits the label of its root (-want +got):\n%s", diff)
	}
}

// The ids are those of git: `printf 'hello\n' | git hash-object --stdin`.
func TestLoadIDs(t *testing.T) {
	got, _ := Load(files("p.txt", "hello\n"), "p.txt", Options{})
	if got.BlobID != "ce013625030ba8dba906f756967f9e9ca394464a" {
		t.Errorf("blob id %s", got.BlobID)
	}
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte("hello\n"))); got.SHA256 != want {
		t.Errorf("sha256 %s", got.SHA256)
	}
}

func TestLoadBodies(t *testing.T) {
	cases := []struct{ name, path, content, want string }{
		{"plain stays as it is", "p.md", " a\r\n<!-- c -->\n@x.md \n", " a\r\n<!-- c -->\n@x.md \n"},
		{"plain without front matter", "p.md", "---\nmodel: m\n---\nbody\n", "body\n"},
		{"plain that begins with a rule", "p.md", "---\njust text\n---\nbody\n", "---\njust text\n---\nbody\n"},
		{"plain with front matter that is no YAML", "p.md", "---\na: b: c\n---\nbody\n", "---\na: b: c\n---\nbody\n"},
		{"plain with empty front matter", "p.md", "---\n---\nbody", "body"},
		{"plain with a byte order mark", "p.md", "\uFEFFbody", "\uFEFFbody"},
		{"front matter that is no YAML", "CLAUDE.md", "---\na: b: c\n---\nbody\n", "body"},
		{"front matter after a byte order mark, CRLF", "CLAUDE.md", "\uFEFF---\r\na: b\r\n---\r\nbody\r\n", "body"},
		{"byte order mark alone is trimmed", "CLAUDE.md", "\uFEFFbody", "body"},
		{"front matter that does not close", "CLAUDE.md", "---\na: b\nbody\n", "---\na: b\nbody"},
		{"front matter not at the start", "CLAUDE.md", "\n---\na: b\n---\n", "---\na: b\n---"},
		{"four dashes are no front matter", "CLAUDE.md", "----\na: b\n----\n", "----\na: b\n----"},
		{"comment", "CLAUDE.md", "a\n\n<!-- x\ny -->\n\nb", "a\n\nb"},
		{"comment interrupts a paragraph", "CLAUDE.md", "a\n<!-- x -->\nb", "a\nb"},
		{"text after a comment stays", "CLAUDE.md", "<!-- x --> b\nc", "b\nc"},
		{"text after a comment below blank lines is trimmed", "CLAUDE.md", "\n\n<!-- x --> b\nc", "b\nc"},
		{"text between comments at the end is trimmed", "CLAUDE.md", "a\n\n<!-- x --> b <!-- y -->\n", "a\n\n b"},
		{"two comments on a line", "CLAUDE.md", "a\n\n<!-- x --><!-- y -->\nb", "a\n\nb"},
		{"inline comment stays", "CLAUDE.md", "a <!-- x --> b", "a <!-- x --> b"},
		{"comment in a fence stays", "CLAUDE.md", "```\n<!-- x -->\n```", "```\n<!-- x -->\n```"},
		{"comment in a list stays", "CLAUDE.md", "- a\n  <!-- x -->\n- b", "- a\n  <!-- x -->\n- b"},
		{"indented comment is code", "CLAUDE.md", "a\n\n    <!-- x -->\n\nb", "a\n\n    <!-- x -->\n\nb"},
		{"fence in a comment opens nothing", "CLAUDE.md", "<!--\n```\n-->\na\n\n<!-- x -->\n", "a"},
		{"unclosed comment stays", "CLAUDE.md", "a\n\n<!-- x\nb\n", "a\n\n<!-- x\nb"},
		{"other HTML stays", "CLAUDE.md", "<div>\n<!-- x -->\n</div>\n", "<div>\n<!-- x -->\n</div>"},
		{"CRLF comment", "CLAUDE.md", "a\r\n\r\n<!-- x -->\r\n\r\nb\r\n", "a\r\n\r\nb"},
		{"invalid UTF-8", "CLAUDE.md", "a\xff\xfeb", "a\uFFFD\uFFFDb"},
		{"no final newline", "p.md", "a", "a"},
		{"empty", "p.md", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, diags := Load(files(c.path, c.content), c.path, Options{})
			if got == nil {
				t.Fatal(lines(diags))
			}
			if diff := cmp.Diff(c.want, body(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestKinds(t *testing.T) {
	for path, want := range map[string]struct {
		kind Kind
		lazy bool
	}{
		"CLAUDE.md": {ClaudeMD, false}, "AGENTS.md": {ClaudeMD, false}, "GEMINI.md": {ClaudeMD, false}, "CLAUDE.local.md": {ClaudeMD, false},
		".claude/CLAUDE.md": {ClaudeMD, false}, "web/CLAUDE.md": {ClaudeMD, true}, ".claude/rules/x.md": {ClaudeMD, false},
		".claude/rules/a/x.md": {ClaudeMD, false}, "web/.claude/rules/x.md": {ClaudeMD, true}, ".claude/rules/x.txt": {Plain, false},
		"docs/rules/x.md": {Plain, false}, "claude.md": {Plain, false}, "prompts/answer.md": {Plain, false},
	} {
		got, _ := Load(files(path, "x"), path, Options{})
		if got.Kind != want.kind || got.Lazy != want.lazy {
			t.Errorf("%s: %s, lazy %v", path, got.Kind, got.Lazy)
		}
	}
	rule, _ := Load(files(".claude/rules/x.md", "---\npaths: ['*.py']\n---\nx"), ".claude/rules/x.md", Options{})
	if !rule.Lazy {
		t.Error("a rule with paths is lazy")
	}
}

func TestLoadRefuses(t *testing.T) {
	fsys := files("dir/x.md", "x", "nul.md", "a\x00b", "big.md", strings.Repeat("x", maxFile+1), "max.md", strings.Repeat("x", maxFile), "gone.md", "->nowhere.md",
		"lfs.md", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
	for path, want := range map[string]string{
		"": "template-outside", "/etc/passwd": "template-outside", "../x.md": "template-outside", "dir/../x.md": "template-outside",
		"C:/x.md": "template-outside", "dir": "template-not-a-file", ".": "template-not-a-file", "none.md": "template-missing",
		"dir/x.md/y.md": "template-missing", "nul.md": "template-binary", "lfs.md": "template-binary", "big.md": "template-too-large", "gone.md": "template-missing",
		strings.Repeat("n", 300): "template-missing",
	} {
		got, diags := Load(fsys, path, Options{})
		if got != nil || len(diags) != 1 || diags[0].Rule != want || diags[0].Severity != source.Error || diags[0].Span.File != path {
			t.Errorf("%q: %v %s, want %s", path, got, lines(diags), want)
		}
	}
	for _, path := range []string{"max.md", "./dir/x.md"} {
		if got, diags := Load(fsys, path, Options{}); got == nil || len(diags) > 0 {
			t.Errorf("%s is refused: %s", path, lines(diags))
		}
	}
}

type brokenFS struct{ err error }

func (b brokenFS) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: b.err}
}

func TestLoadErrors(t *testing.T) {
	for want, err := range map[string]error{"template-outside": fs.ErrInvalid, "template-unreadable": fs.ErrPermission, "template-missing": fs.ErrNotExist} {
		if _, diags := Load(brokenFS{err}, "a/b.md", Options{}); len(diags) != 1 || diags[0].Rule != want {
			t.Errorf("%v: %s", err, lines(diags))
		}
	}
}

func TestLoadWarnings(t *testing.T) {
	cases := []struct{ name, path, content, want string }{
		{"empty", "CLAUDE.md", "<!-- x -->\n", "warning CLAUDE.md: template CLAUDE.md sends nothing [template-empty]\n"},
		{"utf-8", "CLAUDE.md", "a\xffb", "warning CLAUDE.md: CLAUDE.md holds 1 bytes that are not UTF-8; each counts as U+FFFD [template-invalid-utf8]\n"},
		{"link", "CLAUDE.md", "x.md", "warning CLAUDE.md: template CLAUDE.md holds only the path x.md; it looks like a symbolic link that was checked out as text [template-link-text]\n"},
		{"front matter", "CLAUDE.md", "---\na: b: c\n---\nx\n", "warning CLAUDE.md:2: front matter is not valid YAML: mapping values are not allowed in this context [front-matter-invalid]\n"},
		{"front matter with a budget", "CLAUDE.md", "---\na: b: c\ntokengate: {}\n---\nx\n", "error CLAUDE.md:2: not valid YAML: mapping values are not allowed in this context [yaml-syntax]\n"},
		{"logic", "p.txt", "x\n {{#if a}} {{/if}}", "warning p.txt:2:2: \"{{#\" is template logic, which is counted as it stands (2 in this file); only {{name}} is replaced [placeholder-unsupported]\n"},
		{"braces in a CLAUDE.md", "CLAUDE.md", "{{#if a}}", ""},
		{"text that is no path", "CLAUDE.md", "nothing.md", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, diags := Load(files(c.path, c.content, "x.md", "x"), c.path, Options{})
			if diff := cmp.Diff(c.want, lines(diags)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A real root of the machine keeps links inside, and the same file under two names is sent once.
func TestLoadRoot(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"repo/AGENTS.md": "agents @CLAUDE.md\n@out.md\n", "secret.md": "secret"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"CLAUDE.md": "AGENTS.md", "out.md": "../secret.md", "GEMINI.md": "../secret.md"} {
		if err := os.Symlink(target, filepath.Join(dir, "repo", link)); err != nil {
			t.Skip("no symbolic links here")
		}
	}
	root, err := os.OpenRoot(filepath.Join(dir, "repo"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	got, diags := Load(root.FS(), "CLAUDE.md", Options{})
	if got == nil || body(got) != "agents @CLAUDE.md\n@out.md" {
		t.Fatalf("%q %s", got.Text(), lines(diags))
	}
	want := "warning import-cycle CLAUDE.md:1:8\nwarning import-outside CLAUDE.md:2:1"
	if diff := cmp.Diff(want, rules(diags)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, diags := Load(root.FS(), "GEMINI.md", Options{}); len(diags) != 1 || diags[0].Rule != "template-outside" {
		t.Errorf("a link out of the root: %s", lines(diags))
	}
}

// Nesting, broken links and definitions that cost a Markdown parser the square of their length stay bounded.
func TestLoadHostile(t *testing.T) {
	for _, unit := range []string{"> ", "- ", "[a](", "[a]: b\n", "@a.md ", "{{a}} "} {
		for _, path := range []string{"CLAUDE.md", "p.txt"} {
			start := time.Now()
			got, _ := Load(files(path, "@ "+strings.Repeat(unit, 256<<10/len(unit))), path, Options{})
			got.Placeholders()
			if d := time.Since(start); d > 8*time.Second {
				t.Errorf("256 KiB of %q as %s take %v", unit, path, d)
			}
		}
	}
}

func BenchmarkLoad1MB(b *testing.B) {
	text := strings.Repeat("## A heading\n\nSome *text* with `code`, a [link](https://example.com) and a mention of @someone.\n\n- one\n- two\n\n```go\nfunc f() {}\n```\n\n", 8000)
	fsys := files("CLAUDE.md", text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Load(fsys, "CLAUDE.md", Options{})
	}
}
