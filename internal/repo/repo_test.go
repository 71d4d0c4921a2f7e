package repo

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// newRepo makes a repository with a project folder, two commits on main and one on a branch.
func newRepo(t *testing.T) (*Repo, string) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "app/CLAUDE.md", "one\n")
	write(t, dir, "AGENTS.md", "shared\n")
	write(t, dir, "app/docs/a name with spaces and more than forty letters.md", "x\n")
	link(t, dir, "app/LINK.md", "../AGENTS.md")
	link(t, dir, "app/OUT.md", "../../outside.md")
	link(t, dir, "app/ABS.md", "/etc/passwd")
	link(t, dir, "app/LOOP.md", "LOOP.md")
	link(t, dir, "app/more", "docs")
	run(t, dir, "init", "-q", "-b", "main")
	commit(t, dir, "first")
	write(t, dir, "app/CLAUDE.md", "two\n")
	commit(t, dir, "second")
	run(t, dir, "switch", "-q", "-c", "change")
	write(t, dir, "app/CLAUDE.md", "three\n")
	commit(t, dir, "third")
	r, err := Open(context.Background(), filepath.Join(dir, "app"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r, dir
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, dir, name, target string) {
	t.Helper()
	if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func commit(t *testing.T, dir, msg string) {
	t.Helper()
	run(t, dir, "add", "-A")
	run(t, dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", msg)
}

// The working tree and a revision answer every question alike; only the content of CLAUDE.md differs.
func TestBothSidesReadAlike(t *testing.T) {
	r, _ := newRepo(t)
	ctx := context.Background()
	work, err := r.WorkTree()
	if err != nil {
		t.Fatal(err)
	}
	base, err := r.MergeBase(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	for _, side := range []struct {
		name   string
		fs     fs.FS
		claude string
	}{{"work tree", work, "three\n"}, {"merge base", base.FS, "two\n"}} {
		t.Run(side.name, func(t *testing.T) {
			for name, want := range map[string]string{"CLAUDE.md": side.claude, "LINK.md": "shared\n", "more/a name with spaces and more than forty letters.md": "x\n"} {
				if got, err := fs.ReadFile(side.fs, name); err != nil || string(got) != want {
					t.Errorf("%s reads as %q, %v", name, got, err)
				}
			}
			for _, name := range []string{"OUT.md", "ABS.md", "LOOP.md", "none.md", "../AGENTS.md"} {
				if got, err := fs.ReadFile(side.fs, name); err == nil {
					t.Errorf("%s reads as %q", name, got)
				}
			}
			if target, err := fs.ReadLink(side.fs, "LINK.md"); err != nil || target != "../AGENTS.md" {
				t.Errorf("ReadLink = %q, %v", target, err)
			}
			names, err := fs.Glob(side.fs, "docs/*.md")
			if err != nil || len(names) != 1 {
				t.Errorf("glob = %v, %v", names, err)
			}
		})
	}
}

// The tree obeys the contract of fs.FS where no symlink leads out.
func TestTreeContract(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a/b/c.md", "c")
	write(t, dir, "a/d.md", "d")
	run(t, dir, "init", "-q", "-b", "main")
	commit(t, dir, "x")
	r, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rev, err := r.Revision(context.Background(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(rev.FS, "a/b/c.md", "a/d.md"); err != nil {
		t.Error(err)
	}
}

func TestBadRefs(t *testing.T) {
	r, dir := newRepo(t)
	ctx := context.Background()
	run(t, dir, "checkout", "-q", "--orphan", "lonely")
	commit(t, dir, "alone")
	run(t, dir, "switch", "-q", "change")
	for ref, hint := range map[string]string{"nowhere": "git fetch origin nowhere", "lonely": "descends from", "--upload-pack=x": "dash"} {
		_, err := r.MergeBase(ctx, ref)
		var bad *RefError
		if !errors.As(err, &bad) || !strings.Contains(bad.Hint, hint) {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

// A shallow clone has no merge base; the hint says which line to add.
func TestShallowClone(t *testing.T) {
	_, dir := newRepo(t)
	shallow := filepath.Join(t.TempDir(), "clone")
	run(t, dir, "clone", "-q", "--depth", "1", "--branch", "change", "--no-single-branch", "file://"+dir, shallow)
	r, err := Open(context.Background(), shallow)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.MergeBase(context.Background(), "origin/main")
	var bad *RefError
	if !errors.As(err, &bad) || !strings.Contains(bad.Hint, "fetch-depth: 0") {
		t.Errorf("%v", err)
	}
}

func TestDefaultBranch(t *testing.T) {
	r, dir := newRepo(t)
	ctx := context.Background()
	if got, err := r.DefaultBranch(ctx); err != nil || got != "main" {
		t.Errorf("%q, %v", got, err)
	}
	run(t, dir, "branch", "-m", "main", "trunk")
	var bad *RefError
	if got, err := r.DefaultBranch(ctx); !errors.As(err, &bad) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestHistory(t *testing.T) {
	r, dir := newRepo(t)
	h := r.History(context.Background())
	old := run(t, dir, "rev-parse", "main~1:app/CLAUDE.md")
	for _, id := range []string{old, "sha256:2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806"} {
		f, err := h.Find("CLAUDE.md", id)
		if err != nil || f == nil {
			t.Fatalf("%s: %v, %v", id, f, err)
		}
		if got, err := fs.ReadFile(f, "CLAUDE.md"); err != nil || string(got) != "one\n" {
			t.Errorf("%s reads as %q, %v", id, got, err)
		}
	}
	if f, err := h.Find("CLAUDE.md", strings.Repeat("0", 40)); f != nil || err != nil {
		t.Errorf("an unknown version gives %v, %v", f, err)
	}
	long := "docs/a name with spaces and more than forty letters.md"
	if f, err := h.Find(long, run(t, dir, "rev-parse", "main:app/"+long)); f == nil || err != nil {
		t.Errorf("long name: %v, %v", f, err)
	}
}

func TestNotGit(t *testing.T) {
	if _, err := Open(context.Background(), t.TempDir()); !errors.Is(err, ErrNotGit) {
		t.Errorf("%v", err)
	}
}
