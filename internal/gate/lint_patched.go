package gate

import (
	"bytes"
	"io/fs"
	"maps"
	"slices"
	"testing/fstest"

	"github.com/tokengate/tokengate/internal/lint"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/report"
)

// patched is a file system in which some files have another content. They are known by their real paths, so that a file
// is changed under all of its names.
type patched struct {
	fs.FS
	changed map[string]*FileChange
}

// Open implements fs.FS.
func (p *patched) Open(name string) (fs.File, error) {
	f, err := p.FS.Open(name)
	c := p.changed[prompt.RealPath(p.FS, name)]
	if err != nil || c == nil {
		return f, err
	}
	info, err := f.Stat()
	if err := f.Close(); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	return fstest.MapFS{"file": {Data: c.After, Mode: info.Mode(), ModTime: info.ModTime()}}.Open("file")
}

// Lstat implements fs.ReadLinkFS.
func (p *patched) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(p.FS, name) }

// ReadLink implements fs.ReadLinkFS.
func (p *patched) ReadLink(name string) (string, error) { return fs.ReadLink(p.FS, name) }

// apply makes edits, and says which were made.
func (p *patched) apply(edits []lint.Edit) ([]report.LintFix, error) {
	byFile := map[string][]lint.Edit{}
	for _, e := range edits {
		name := prompt.RealPath(p.FS, e.Place.File)
		byFile[name] = append(byFile[name], e)
	}
	var out []report.LintFix
	for _, name := range slices.Sorted(maps.Keys(byFile)) {
		content, err := fs.ReadFile(p, name)
		if err != nil {
			return nil, err
		}
		after, done := lint.Apply(content, byFile[name])
		if bytes.Equal(after, content) {
			continue
		}
		if p.changed[name] == nil {
			p.changed[name] = &FileChange{Path: name, Before: content}
		}
		p.changed[name].After = after
		for _, e := range done {
			out = append(out, report.LintFix{Rule: e.Rule, Place: e.Place, Message: e.Message})
		}
	}
	return out, nil
}

// changes lists the files that differ, by path.
func (p *patched) changes() []FileChange {
	var out []FileChange
	for _, name := range slices.Sorted(maps.Keys(p.changed)) {
		if c := p.changed[name]; !bytes.Equal(c.Before, c.After) {
			out = append(out, *c)
		}
	}
	return out
}
