package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/repo"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

// project is the working tree with its configuration, as commands see it that compare nothing.
type project struct {
	dir    string
	name   string // of the configuration's file
	files  fs.FS
	config *config.Config
}

// loadProject reads the configuration of the working tree; without one it is the default.
func loadProject(ctx context.Context, dir, configName string) (*project, error) {
	p := &project{dir: dir, name: cmp.Or(configName, config.Name)}
	var err error
	if p.files, err = openProject(ctx, dir); err != nil {
		return nil, err
	}
	cfg, found, diags := config.Load(p.files, p.name)
	if !found && configName != "" {
		return nil, usageError{fmt.Sprintf("no configuration at %s", p.name), "check the path, or run tokengate init"}
	}
	if diags.HasErrors() {
		diags.Sort()
		return nil, diagnosticsError{diags, contentOf(p.files)}
	}
	p.config = cfg
	return p, nil
}

// prices lays the price files of the configuration over the builtin catalogue. They name models, and with them their
// tokenizers.
func (p *project) prices() (*pricing.Catalog, error) {
	builtin, err := pricing.Builtin()
	if err != nil {
		return nil, err
	}
	catalog, diags := p.config.Catalog(p.files, builtin)
	if diags.HasErrors() {
		diags.Sort()
		return nil, diagnosticsError{diags, contentOf(p.files)}
	}
	return catalog, nil
}

// recordings lists the files that the configuration's entries match in the working tree; the first entry to match one
// holds, as in a check.
func (p *project) recordings() ([]traffic.Source, error) {
	var out []traffic.Source
	for _, r := range p.config.Recordings {
		names, err := doublestar.Glob(p.files, path.Clean(r.Path.Value), doublestar.WithFilesOnly())
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", r.Path.Value, err)
		}
		if len(names) == 0 {
			diags := source.Diagnostics{{Rule: "recording-missing", Severity: source.Error, Span: r.Path.Span,
				Summary: fmt.Sprintf("%q matches no recording", r.Path.Value), Hint: "record traffic there, or name a recording with --recording"}}
			return nil, diagnosticsError{diags, contentOf(p.files)}
		}
		slices.Sort(names)
		for _, name := range names {
			if slices.ContainsFunc(out, func(s traffic.Source) bool { return s.Name == name }) {
				continue
			}
			out = append(out, r.Source(p.files, name))
		}
	}
	return out, nil
}

func openProject(ctx context.Context, dir string) (fs.FS, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, usageError{fmt.Sprintf("%s is not a folder", dir), "name the project's folder with -C"}
	}
	r, err := repo.Open(ctx, dir)
	if errors.Is(err, repo.ErrNotGit) {
		return repo.Folder(dir)
	}
	if err != nil {
		return nil, err
	}
	files, err := r.WorkTree()
	return files, errors.Join(err, r.Close())
}

// listed finds the recordings entry that a file on disk belongs to, and the file's path in the project: the first entry
// to match it holds, as in a check.
func (p *project) listed(file string) (entry config.Recording, name string, ok bool) {
	dir, err := filepath.Abs(p.dir)
	if err != nil {
		return entry, "", false
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return entry, "", false
	}
	rel, err := filepath.Rel(dir, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return entry, "", false
	}
	name = filepath.ToSlash(rel)
	for _, r := range p.config.Recordings {
		if doublestar.MatchUnvalidated(path.Clean(r.Path.Value), name) {
			return r, name, true
		}
	}
	return entry, "", false
}

// adopt gives a file named by hand what the configuration says of it, where the command line says nothing: the name, the
// dialect and the defaults it has in a check.
func (p *project) adopt(s traffic.Source) traffic.Source {
	entry, name, ok := p.listed(filepath.FromSlash(s.Name))
	if !ok {
		return s
	}
	said := entry.Source(s.FS, s.Path)
	s.Name, s.Sampling = name, said.Sampling
	for _, to := range []struct {
		field *string
		said  string
	}{{&s.Dialect, said.Dialect}, {&s.Defaults.Track, said.Defaults.Track}, {&s.Defaults.Feature, said.Defaults.Feature},
		{&s.Defaults.Model, said.Defaults.Model}, {&s.Defaults.Template, said.Defaults.Template}} {
		if *to.field == "" {
			*to.field = to.said
		}
	}
	return s
}
