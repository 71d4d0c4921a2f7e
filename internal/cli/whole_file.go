package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// wholeFile is a file that is written from the beginning to the end, packed as its name says (.gz, .zst), and stands under
// its name only when it is whole: a run that is cut short, or that fails, leaves what was there before. "-" is standard
// output, which cannot be taken back, so it gets everything at the end.
type wholeFile struct {
	name   string
	mode   os.FileMode
	out    io.Writer // "-", a device or a pipe: what it is copied to in the end
	temp   *os.File
	buffer *bufio.Writer
	packer io.WriteCloser // nil where nothing is packed
}

// newWholeFile begins a file. force replaces one that is there.
func newWholeFile(stdout io.Writer, name string, force bool) (*wholeFile, error) {
	w := &wholeFile{name: name, mode: 0o644}
	dir, err := w.place(stdout, force)
	if err != nil {
		return nil, err
	}
	if w.temp, err = os.CreateTemp(dir, temporary(filepath.Base(name))); err != nil {
		return nil, err
	}
	return w, w.restart()
}

// place gives the folder that the file is written in.
func (w *wholeFile) place(stdout io.Writer, force bool) (string, error) {
	if w.name == "-" {
		w.out = stdout
		return os.TempDir(), nil
	}
	switch info, err := os.Stat(w.name); {
	case err != nil:
	case info.Mode()&(os.ModeDevice|os.ModeNamedPipe) != 0:
		w.out, err = os.OpenFile(w.name, os.O_WRONLY, 0)
		return os.TempDir(), err
	case info.IsDir():
		return "", usageError{w.name + " is a folder", "name a file in it"}
	case !force:
		return "", usageError{w.name + " is there already", "choose another name, or add --force to replace it"}
	}
	dir := filepath.Dir(w.name)
	if _, err := os.Stat(dir); err != nil {
		return "", usageError{fmt.Sprintf("cannot write to %s: %v", w.name, err), "make the folder first"}
	}
	return dir, nil
}

// restart throws away what was written.
func (w *wholeFile) restart() error {
	if _, err := w.temp.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := w.temp.Truncate(0); err != nil {
		return err
	}
	w.buffer, w.packer = bufio.NewWriterSize(w.temp, 1<<18), nil
	switch {
	case strings.HasSuffix(w.name, ".gz"):
		w.packer = gzip.NewWriter(w.buffer)
	case strings.HasSuffix(w.name, ".zst"):
		z, err := zstd.NewWriter(w.buffer, zstd.WithEncoderConcurrency(1)) // the same bytes on every machine
		if err != nil {
			return err
		}
		w.packer = z
	}
	return nil
}

// Write implements io.Writer.
func (w *wholeFile) Write(b []byte) (int, error) {
	if w.packer != nil {
		return w.packer.Write(b)
	}
	return w.buffer.Write(b)
}

// finish puts the file in its place.
func (w *wholeFile) finish() (err error) {
	defer func() { err = errors.Join(err, w.discard()) }()
	if w.packer != nil {
		if err := w.packer.Close(); err != nil {
			return err
		}
	}
	if err := w.buffer.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", w.name, err)
	}
	if w.out != nil {
		if _, err := w.temp.Seek(0, io.SeekStart); err != nil {
			return err
		}
		_, err := io.Copy(w.out, w.temp)
		return err
	}
	if err := w.temp.Chmod(w.mode); err != nil {
		return err
	}
	if err := w.temp.Close(); err != nil {
		return fmt.Errorf("write %s: %w", w.name, err)
	}
	if err := os.Rename(w.temp.Name(), w.name); err != nil {
		return err
	}
	w.temp = nil
	return nil
}

// replaceFile puts a whole new file in the place of the old one in one step.
func replaceFile(name string, content []byte, mode os.FileMode) error {
	w, err := newWholeFile(io.Discard, name, true)
	if err != nil {
		return err
	}
	w.mode = mode
	if _, err := w.Write(content); err != nil {
		return errors.Join(err, w.discard())
	}
	if err := w.finish(); err != nil {
		return fmt.Errorf("replace %s: %w", name, err)
	}
	return nil
}

// temporary is the pattern of a file's name while it is written.
func temporary(base string) string { return base + ".tmp-*" }

// discard removes what is not in its place yet; after finish there is nothing.
func (w *wholeFile) discard() error {
	if w.temp == nil {
		return nil
	}
	_ = w.temp.Close() // closed before, where finish failed late
	err := os.Remove(w.temp.Name())
	w.temp = nil
	return err
}
