package cli

import (
	"context"
	"path/filepath"

	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/source"
)

// calibrateProject is the project, and where its calibration stands.
type calibrateProject struct {
	*project
	catalog *pricing.Catalog
	out     string // path of the calibration file
	declare string // how the configuration would name it; "" where it does
}

func (o *calibrateOptions) project(ctx context.Context) (*calibrateProject, error) {
	p, err := loadProject(ctx, o.traffic.dir, o.traffic.config)
	if err != nil {
		return nil, err
	}
	catalog, err := p.prices()
	if err != nil {
		return nil, err
	}
	out, declare := o.file(p.config.Calibration)
	return &calibrateProject{p, catalog, out, declare}, nil
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
