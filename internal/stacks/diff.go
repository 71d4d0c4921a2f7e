package stacks

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/bmatcuk/doublestar/v4"
)

// Change says how a file of a project differs from the template.
type Change string

// The changes.
const (
	Same    Change = "same"
	Edited  Change = "differs"
	Missing Change = "missing" // shipped, and not in the project
	Extra   Change = "extra"   // in the project, in a folder that the template fills, and not shipped
)

// Difference is one file beside its shipped version. Patch takes the project's file to the shipped one, as a unified diff;
// it is "" for Same and for Extra, which no template asks anybody to delete.
type Difference struct {
	Path           string
	Change         Change
	Added, Removed int // lines of Patch
	Patch          string
}

// filled are the folders whose files belong to a template or were added beside it.
var filled = []string{".claude/skills/**", ".claude/rules/**", ".claude/agents/**", ".claude/commands/**", "prompts/**", "fixtures/**"}

// Diff compares the files of a project with those that the template writes for v, sorted by path.
func (s Stack) Diff(project fs.FS, v Values) ([]Difference, error) {
	files, err := s.Files(v)
	if err != nil {
		return nil, err
	}
	var out []Difference
	known := map[string]bool{}
	for _, f := range files {
		known[f.Path] = true
		d, err := f.diff(project)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	extra, err := others(project, known)
	if err != nil {
		return nil, err
	}
	out = append(out, extra...)
	slices.SortFunc(out, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

func (f File) diff(project fs.FS) (Difference, error) {
	d := Difference{Path: f.Path, Change: Same}
	from := "a/" + f.Path
	now, err := fs.ReadFile(project, f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.Change, from = Missing, "/dev/null"
	case err != nil:
		return d, fmt.Errorf("read %s: %w", f.Path, err)
	case string(now) == string(f.Content):
		return d, nil
	default:
		d.Change = Edited
	}
	d.Patch = udiff.Unified(from, "b/"+f.Path, string(now), string(f.Content))
	d.Added, d.Removed = lines(d.Patch)
	return d, nil
}

// lines counts what a patch adds and removes; its first two lines name the files.
func lines(patch string) (added, removed int) {
	n := 0
	for line := range strings.Lines(patch) {
		n++
		switch {
		case n <= 2:
		case line[0] == '+':
			added++
		case line[0] == '-':
			removed++
		}
	}
	return added, removed
}

// others lists what stands in the folders of a template and is not part of it.
func others(project fs.FS, known map[string]bool) ([]Difference, error) {
	var out []Difference
	for _, pattern := range filled {
		names, err := doublestar.Glob(project, pattern, doublestar.WithFilesOnly())
		if err != nil {
			return nil, fmt.Errorf("look into %s: %w", path.Dir(pattern), err)
		}
		for _, name := range names {
			if !known[name] {
				out = append(out, Difference{Path: name, Change: Extra})
			}
		}
	}
	return out, nil
}

// Size is how much of a file differs, "+12 −3"; "" where no lines do.
func (d Difference) Size() string {
	if d.Patch == "" {
		return ""
	}
	return fmt.Sprintf("+%d −%d", d.Added, d.Removed)
}
