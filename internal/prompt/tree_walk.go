package prompt

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
)

// maxFolders bounds how many folders are looked into for memory files that are loaded later. No project of people has as
// many; a tree made to have them must not stop a build.
const maxFolders = 100_000

// folders lists the folders of the project below the one a session starts in, parents first, sorted. Links are not
// followed, and neither installed packages nor repositories inside the repository are looked into: a revision does not
// hold them.
func (b *builder) folders() []string {
	var out []string
	todo := []string{b.loader.cwd()}
	for len(todo) > 0 {
		dir := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		entries, err := fs.ReadDir(b.fsys, dir)
		if err != nil {
			b.unreadable(dir, err)
			continue
		}
		if dir != "." && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == ".git" }) {
			continue
		}
		if len(out) == maxFolders {
			b.diags.Warn("tree-too-wide", source.Span{File: dir}, "set loader.cwd to the folder sessions start in", "the project has more than %d folders; memory files in the rest are not listed", maxFolders)
			break
		}
		out = append(out, dir)
		for _, e := range slices.Backward(entries) {
			if name := path.Join(dir, e.Name()); e.IsDir() && !skipped(name) {
				todo = append(todo, name)
			}
		}
	}
	return out
}

func skipped(dir string) bool {
	switch path.Base(dir) {
	case ".git", "node_modules", ".claude":
		return true
	}
	return false
}

// unreadable reports a folder that cannot be listed; one that is not there holds nothing.
func (b *builder) unreadable(dir string, err error) {
	if p := openProblem(b.fsys, dir, err); p.kind != "missing" {
		b.diags.Add("tree-unreadable", source.Span{File: dir}, "", "folder %s", p.summary)
	}
}

// under lists the files below a folder whose name passes, sorted by path. Links to files and folders are followed; each
// real folder is looked into once, so that links may lead in a circle.
func (b *builder) under(dir string, wanted func(name string) bool) []string {
	var out []string
	visited := map[string]bool{}
	var visit func(dir string, depth int)
	visit = func(dir string, depth int) {
		real := realPath(b.fsys, dir)
		if visited[real] || depth > maxNesting {
			return
		}
		visited[real] = true
		entries, err := fs.ReadDir(b.fsys, dir)
		if err != nil {
			b.unreadable(dir, err)
			return
		}
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			folder := e.IsDir()
			if e.Type()&fs.ModeSymlink != 0 {
				info, err := fs.Stat(b.fsys, name)
				folder = err == nil && info.IsDir()
			}
			switch {
			case folder:
				visit(name, depth+1)
			case wanted(e.Name()):
				out = append(out, name)
			}
		}
	}
	if _, err := fs.Stat(b.fsys, dir); err != nil && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	visit(dir, 0)
	slices.Sort(out)
	return out
}

func isMarkdown(name string) bool { return strings.HasSuffix(name, ".md") }

// plural writes a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
