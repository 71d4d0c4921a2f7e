package gate

import (
	"bytes"
	"io/fs"
	"path"
	"time"
)

// standIn is a tree in which one file has another's content, at its own path: what kind of template it is, and what it
// imports, goes by where it stands.
type standIn struct {
	fs.FS
	name    string
	content []byte
}

// Open implements fs.FS.
func (s standIn) Open(name string) (fs.File, error) {
	if name != s.name {
		return s.FS.Open(name)
	}
	return &stoodIn{bytes.NewReader(s.content), s}, nil
}

// Lstat implements fs.ReadLinkFS: the file stands for itself, whatever stood at its path.
func (s standIn) Lstat(name string) (fs.FileInfo, error) {
	if name == s.name {
		return &stoodIn{bytes.NewReader(s.content), s}, nil
	}
	return fs.Lstat(s.FS, name)
}

// ReadLink implements fs.ReadLinkFS.
func (s standIn) ReadLink(name string) (string, error) {
	if name == s.name {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return fs.ReadLink(s.FS, name)
}

// stoodIn is the open file; it is its own fs.FileInfo.
type stoodIn struct {
	*bytes.Reader
	of standIn
}

func (f *stoodIn) Stat() (fs.FileInfo, error) { return f, nil }
func (f *stoodIn) Close() error               { return nil }
func (f *stoodIn) Name() string               { return path.Base(f.of.name) }
func (f *stoodIn) Size() int64                { return int64(len(f.of.content)) }
func (f *stoodIn) Mode() fs.FileMode          { return 0o444 }
func (f *stoodIn) ModTime() time.Time         { return time.Time{} }
func (f *stoodIn) IsDir() bool                { return false }
func (f *stoodIn) Sys() any                   { return nil }
