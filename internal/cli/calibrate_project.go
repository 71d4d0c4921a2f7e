package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/repo"
	"github.com/tokengate/tokengate/internal/source"
)

// calibrateProject is the project as far as a calibration looks at it.
type calibrateProject struct {
	files   fs.FS
	config  *config.Config
	catalog *pricing.Catalog
	out     string // path of the calibration file
	declare string // how the configuration would name it; "" where it does
}

// project reads the configuration and the price files of the working tree. Without a configuration there are neither.
func (o *calibrateOptions) project(ctx context.Context) (*calibrateProject, error) {
	p := &calibrateProject{}
	var err error
	if p.files, err = openProject(ctx, o.traffic.dir); err != nil {
		return nil, err
	}
	name := o.traffic.config
	if name == "" {
		name = config.Name
	}
	cfg, found, diags := config.Load(p.files, name)
	if !found && o.traffic.config != "" {
		return nil, usageError{fmt.Sprintf("no configuration at %s", name), "check the path, or run tokengate init"}
	}
	builtin, err := pricing.Builtin()
	if err != nil {
		return nil, err
	}
	if p.config = cfg; !diags.HasErrors() {
		var more source.Diagnostics
		p.catalog, more = cfg.Catalog(p.files, builtin) // price files name models, and with them their tokenizers
		diags = append(diags, more...)
	}
	if diags.HasErrors() {
		diags.Sort()
		return nil, diagnosticsError{diags, contentOf(p.files)}
	}
	p.out, p.declare = o.file(cfg.Calibration)
	return p, nil
}

// file is where the calibration stands on disk, and how the configuration would name it if it names no file yet.
func (o *calibrateOptions) file(named source.At[string]) (out, declare string) {
	switch {
	case o.out != "":
		out = o.out
	case named.Set:
		return filepath.Join(o.traffic.dir, filepath.FromSlash(named.Value)), ""
	default:
		out = filepath.Join(o.traffic.dir, calibrationName)
	}
	if rel, err := filepath.Rel(o.traffic.dir, out); !named.Set && err == nil {
		declare = filepath.ToSlash(rel)
	}
	return out, declare
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
