package cli

import (
	"path"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/repo"
)

// calibrate takes the calibration that the configuration of the current folder names, so that count and check give the
// same numbers. Without one, published factors hold. note says which file it was; "" where there is none.
func (o *countOptions) calibrate() (note string, err error) {
	files, err := repo.Folder(".")
	if err != nil {
		return "", err
	}
	cfg, found, diags := config.Load(files, config.Name)
	if !found {
		return "", nil
	}
	if !diags.HasErrors() {
		o.book.Calibration, diags = cfg.Calibrated(files)
	}
	if diags.HasErrors() {
		return "", diagnosticsError{diags, contentOf(files)}
	}
	if o.book.Calibration == nil {
		return "", nil
	}
	return "calibration: " + path.Clean(cfg.Calibration.Value) + " (" + o.book.Calibration.Digest() + ")", nil
}
