// Package repo shows a working tree and the revisions of a git repository as file systems, so that one loader reads
// both. It knows nothing of what a file means.
//
// Git objects are read through the git binary, not a reimplementation: partial and shallow clones, worktrees,
// alternates, SHA-256 repositories and the user's own configuration then behave as the user's git does, and the
// binary stays small. Where git is missing, a run without a base still works.
//
//	r, err := repo.Open(ctx, ".")
//	rev, err := r.MergeBase(ctx, "origin/main")
package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ErrNotGit says that a folder is in no git working tree, or that git is not installed.
var ErrNotGit = errors.New("not in a git repository")

// RefError is a revision that cannot be compared with; Hint is what to do about it.
type RefError struct{ Ref, Reason, Hint string }

// Error gives "revision REF: reason".
func (e *RefError) Error() string { return fmt.Sprintf("revision %s: %s", e.Ref, e.Reason) }

// Repo is a git repository, looked at from one project folder inside it.
type Repo struct {
	top     string // absolute path of the working tree
	project string // slash path of the project folder below top; "." for top itself
	objects *objects
}

// Revision is one commit and the project's files as they were in it.
type Revision struct {
	Commit string
	Time   time.Time
	FS     fs.FS
}

// Open finds the repository that holds dir. It returns ErrNotGit where there is none.
func Open(ctx context.Context, dir string) (*Repo, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return nil, err
	}
	out, err := git(ctx, abs, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotGit, err)
	}
	top := filepath.FromSlash(strings.TrimRight(out, "\r\n"))
	rel, err := filepath.Rel(top, abs)
	if err != nil {
		return nil, err
	}
	return &Repo{top: top, project: filepath.ToSlash(rel), objects: &objects{dir: top}}, nil
}

// Close ends the helper process that reads objects.
func (r *Repo) Close() error { return r.objects.close() }

// WorkTree shows the project's files as they stand on disk; symlinks may point anywhere inside the repository, and
// nothing outside it can be opened.
func (r *Repo) WorkTree() (fs.FS, error) { return rooted(r.top, r.project) }

// Whole shows the whole working tree, with the slash path of the folder the repository was opened at.
func (r *Repo) Whole() (files fs.FS, project string, err error) {
	files, err = rooted(r.top, ".")
	return files, r.project, err
}

// Folder shows a folder that is not in a repository; nothing outside it can be opened.
func Folder(dir string) (fs.FS, error) { return rooted(dir, ".") }

func rooted(top, project string) (fs.FS, error) {
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, err
	}
	return fs.Sub(root.FS(), project)
}

// Head returns the commit that is checked out, or "" in a repository without commits.
func (r *Repo) Head(ctx context.Context) string {
	out, err := git(ctx, r.top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(out)
}

// DefaultBranch names the branch that changes are merged into: what origin/HEAD points at, else the first of
// origin/main, origin/master, main and master that exists.
func (r *Repo) DefaultBranch(ctx context.Context) (string, error) {
	if out, err := git(ctx, r.top, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"); err == nil {
		return strings.TrimSpace(out), nil
	}
	for _, name := range []string{"origin/main", "origin/master", "main", "master"} {
		if _, err := git(ctx, r.top, "rev-parse", "--verify", "--quiet", name+"^{commit}"); err == nil {
			return name, nil
		}
	}
	return "", &RefError{"(default branch)", "no default branch is known here",
		"name one with --base REF, or pass --base none to check without a comparison"}
}

// MergeBase returns the last common commit of ref and HEAD. Every failure is a RefError: a comparison that cannot be
// made must not turn into a check without one.
func (r *Repo) MergeBase(ctx context.Context, ref string) (*Revision, error) {
	if strings.HasPrefix(ref, "-") {
		return nil, &RefError{ref, "not a revision", "a revision cannot start with a dash"}
	}
	if _, err := git(ctx, r.top, "rev-parse", "--verify", "--quiet", ref+"^{commit}"); err != nil {
		return nil, &RefError{ref, "no such revision in this repository",
			r.shallowHint(ctx, "check the name, or fetch it: git fetch origin "+strings.TrimPrefix(ref, "origin/"))}
	}
	out, err := git(ctx, r.top, "merge-base", ref, "HEAD")
	if err != nil {
		return nil, &RefError{ref, "no common history with HEAD", r.shallowHint(ctx, "name a revision that HEAD descends from")}
	}
	return r.Revision(ctx, strings.TrimSpace(out))
}

func (r *Repo) shallowHint(ctx context.Context, otherwise string) string {
	if out, err := git(ctx, r.top, "rev-parse", "--is-shallow-repository"); err == nil && strings.TrimSpace(out) == "true" {
		return "this is a shallow clone: set fetch-depth: 0 on the checkout step, or run git fetch --unshallow"
	}
	return otherwise
}

// Revision returns one commit with the project's files in it. A project folder that the commit lacks is an empty
// file system.
func (r *Repo) Revision(ctx context.Context, commit string) (*Revision, error) {
	out, err := git(ctx, r.top, "show", "--no-patch", "--format=%H %ct", commit, "--")
	if err != nil {
		return nil, &RefError{commit, "cannot be read", "check that the commit is fetched"}
	}
	id, stamp, _ := strings.Cut(strings.TrimSpace(out), " ")
	sec, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("commit time of %s: %w", commit, err)
	}
	tree, err := r.tree(ctx, id)
	if err != nil {
		return nil, err
	}
	return &Revision{Commit: id, Time: time.Unix(sec, 0).UTC(), FS: tree}, nil
}

// git runs one git command and returns its standard output; the error carries the first line git wrote.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0")
	var out, msg bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &msg
	if err := cmd.Run(); err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(msg.String()), "\n")
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, line)
	}
	return out.String(), nil
}
