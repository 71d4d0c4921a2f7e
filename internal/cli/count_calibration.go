package cli

import (
	"io/fs"
	"path"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/repo"
	"github.com/tokengate/tokengate/internal/token"
)

// calibrate takes the calibration that the configuration of the current folder names, so that count and check give the
// same numbers. Without one, published factors hold. note says which file it was; "" where there is none.
func (o *countOptions) calibrate() (note string, err error) {
	files, err := repo.Folder(".")
	if err != nil {
		return "", err
	}
	cfg, found, diags := config.Load(files, config.Name)
	if !found || !diags.HasErrors() && !cfg.Calibration.Set {
		return "", nil
	}
	if diags.HasErrors() {
		return "", diagnosticsError{diags, contentOf(files)}
	}
	name := path.Clean(cfg.Calibration.Value)
	content, err := fs.ReadFile(files, name)
	if err != nil {
		diags.Add("path-missing", cfg.Calibration.Span, "run tokengate calibrate, or remove the line", "cannot read calibration %q: %v", name, err)
		return "", diagnosticsError{diags, contentOf(files)}
	}
	calibration, diags := token.ReadCalibration(content, name)
	if diags.HasErrors() {
		return "", diagnosticsError{diags, contentOf(files)}
	}
	o.book.Calibration = calibration
	return "calibration: " + name + " (" + calibration.Digest() + ")", nil
}
