package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"

	"github.com/tokengate/tokengate/internal/traffic"
)

// isLocal tells paths of this machine from those of Beam's other file systems, such as gs://bucket/name.
func isLocal(path string) bool { return !strings.Contains(path, "://") }

// list gives the files that a glob matches.
func list(ctx context.Context, glob string) (paths []string, err error) {
	files, err := filesystem.New(ctx, glob)
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, files.Close()) }()
	if paths, err = files.List(ctx, glob); err != nil {
		return nil, fmt.Errorf("list %s: %w", glob, err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: no file matches", glob)
	}
	return paths, nil
}

// open gives a file as the source that a reader takes, and how much it may unpack to. done is called once it was read.
func (s *settings) open(ctx context.Context, path string) (src traffic.Source, opts traffic.Options, done func() error, err error) {
	src = traffic.Source{Name: path, Dialect: s.Dialect, Sampling: s.Sampling, Defaults: s.Defaults}
	opts = traffic.Options{Now: s.Now}
	if isLocal(path) {
		src.FS, src.Path = os.DirFS(filepath.Dir(path)), filepath.Base(path)
		return src, opts, func() error { return nil }, nil
	}
	files, err := filesystem.New(ctx, path)
	if err != nil {
		return src, opts, nil, err
	}
	size, err := files.Size(ctx, path)
	if err != nil {
		return src, opts, nil, fmt.Errorf("find %s: %w", path, cmp.Or(err, files.Close()))
	}
	src.FS, src.Path = store{ctx, files}, path
	opts.MaxBytes = max(1<<30, 250*size) // what a reader takes where it knows the size
	return src, opts, files.Close, nil
}

// store is a file system of Beam's as far as a reader needs one: it opens files by their whole name. It tells no sizes,
// and a file is read to wherever it ends: an object store may hand out more bytes than it says it holds, where it unpacks
// what was stored as Content-Encoding: gzip.
type store struct {
	ctx   context.Context // of the worker: fs.FS has no place for it
	files filesystem.Interface
}

func (s store) Open(name string) (fs.File, error) {
	r, err := s.files.OpenRead(s.ctx, name)
	if err != nil {
		return nil, err
	}
	return object{r, name}, nil
}

// Stat opens nothing.
func (s store) Stat(name string) (fs.FileInfo, error) { return objectInfo(name), nil }

type object struct {
	io.ReadCloser
	name string
}

func (o object) Stat() (fs.FileInfo, error) { return objectInfo(o.name), nil }

// objectInfo says that it is not a file with a size.
type objectInfo string

func (o objectInfo) Name() string     { return string(o) }
func (objectInfo) Size() int64        { return 0 }
func (objectInfo) Mode() fs.FileMode  { return fs.ModeIrregular }
func (objectInfo) ModTime() time.Time { return time.Time{} }
func (objectInfo) IsDir() bool        { return false }
func (objectInfo) Sys() any           { return nil }

// write writes a whole file, or leaves what was there.
func write(ctx context.Context, path string, content []byte) error {
	if isLocal(path) {
		return writeLocal(path, content)
	}
	files, err := filesystem.New(ctx, path)
	if err != nil {
		return err
	}
	w, err := files.OpenWrite(ctx, path)
	if err != nil {
		return cmp.Or(err, files.Close())
	}
	_, err = w.Write(content)
	err = cmp.Or(err, w.Close()) // an object is there once it is closed
	return cmp.Or(err, files.Close())
}

func writeLocal(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = cmp.Or(err, f.Close())
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error says what is wrong
	}
	return err
}
