package config

import (
	"io/fs"
	"path"

	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// Catalog lays the price files that the configuration names over a catalogue, in their order. A file that cannot be read
// or used is an error, and leaves the catalogue as it was before it.
func (c *Config) Catalog(files fs.FS, catalog *pricing.Catalog) (*pricing.Catalog, source.Diagnostics) {
	var diags source.Diagnostics
	for _, f := range c.Prices.Files {
		content, err := fs.ReadFile(files, path.Clean(f.Value))
		if err != nil {
			diags.Add("path-missing", f.Span, "check the path", "cannot read price file %q: %v", f.Value, err)
			continue
		}
		next, more := catalog.WithFile(path.Clean(f.Value), content)
		diags = append(diags, more...)
		if next != nil {
			catalog = next
		}
	}
	return catalog, diags
}

// Calibrated reads the calibration that the configuration names; nil where it names none. One that is missing, or was
// edited by hand, is an error: counting on with published factors would be another gate than the one declared.
func (c *Config) Calibrated(files fs.FS) (*token.Calibration, source.Diagnostics) {
	at := c.Calibration
	if !at.Set {
		return nil, nil
	}
	name := path.Clean(at.Value)
	content, err := fs.ReadFile(files, name)
	if err != nil {
		var diags source.Diagnostics
		diags.Add("path-missing", at.Span, "run tokengate calibrate, or remove the line", "cannot read calibration %q: %v", at.Value, err)
		return nil, diags
	}
	return token.ReadCalibration(content, name)
}

// Source is a file that the entry matches, as it is to be read.
func (r Recording) Source(files fs.FS, name string) traffic.Source {
	d := r.Defaults
	return traffic.Source{FS: files, Path: name, Name: name, Dialect: r.Dialect.Value, Sampling: float64(r.Share()),
		Defaults: traffic.Defaults{Track: d.Track.Value, Feature: d.Feature.Value, Model: d.Model.Value, Template: d.Template.Value, Day: d.Day.Value.Time}}
}
