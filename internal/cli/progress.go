package cli

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/tokengate/tokengate/internal/traffic"
)

// newProgress shows how much was read, how fast, and how long the rest will take, on a terminal; nothing elsewhere. A
// broken terminal must not break the reading.
func newProgress(env *Env) (report func(done, total int64), stop func()) {
	if !env.Progress {
		return nil, func() {}
	}
	var bar *progressbar.ProgressBar
	report = func(done, total int64) {
		if total == 0 {
			total = -1
		}
		switch {
		case bar == nil:
			bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(env.Err), progressbar.OptionSetDescription("reading traffic"),
				progressbar.OptionShowBytes(true), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
		case total != bar.GetMax64():
			bar.ChangeMax64(total)
		}
		_ = bar.Set64(done)
	}
	return report, func() {
		if bar != nil {
			_ = bar.Finish()
		}
	}
}

// newScratch makes a file that is gone when it is closed, or the program is.
func newScratch() (traffic.Scratch, error) {
	f, err := os.CreateTemp("", "tokengate-*")
	if err != nil {
		return nil, err
	}
	return &scratch{f, os.Remove(f.Name()) == nil}, nil
}

// scratch is a temporary file. Where an open file cannot be removed, it is removed once closed.
type scratch struct {
	*os.File
	removed bool
}

// Close implements io.Closer.
func (s *scratch) Close() error {
	err := s.File.Close()
	if !s.removed {
		return os.Remove(s.Name())
	}
	return err
}
