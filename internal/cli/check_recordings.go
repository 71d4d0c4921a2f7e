package cli

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/spendlogs"
	"github.com/tokengate/tokengate/internal/traffic"
)

// extra opens the recordings named by hand. They may lie anywhere: the person who runs the command chose them. They may be
// read until done is called.
func (o *checkOptions) extra() (out []traffic.Source, done func(), err error) {
	assumed, err := o.assumed()
	if err != nil {
		return nil, nil, err
	}
	var closers []func() error
	done = func() {
		for _, c := range closers {
			_ = c() // only read from: nothing can be lost by a failing close
		}
	}
	open := recordingSource
	if o.text {
		open = recordingWithText
	}
	for _, name := range o.recordings {
		files, err := o.files(name)
		if err != nil {
			done()
			return nil, nil, err
		}
		for _, f := range files {
			s, c, err := open(f)
			if err != nil {
				done()
				return nil, nil, err
			}
			closers = append(closers, c)
			s.Dialect = cmp.Or(s.Dialect, o.dialect)
			s.Defaults = assumed
			out = append(out, s)
		}
	}
	return out, done, nil
}

// files lists what a folder holds; anything else stands for itself.
func (o *checkOptions) files(name string) ([]string, error) {
	if spendlogs.IsAddress(name) {
		return []string{name}, nil
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, usageError{fmt.Sprintf("recording %s: %v", name, err), "check the path"}
	case info.IsDir():
		return recordingFiles(name)
	}
	return []string{name}, nil
}

var recordingSuffixes = []string{".jsonl", ".json", ".ndjson", ".csv", ".parquet"}

func recordingFiles(dir string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		plain := strings.TrimSuffix(strings.TrimSuffix(p, ".gz"), ".zst")
		if d.Type().IsRegular() && slices.Contains(recordingSuffixes, filepath.Ext(plain)) {
			out = append(out, p)
		}
		return nil
	})
	return out, err
}
