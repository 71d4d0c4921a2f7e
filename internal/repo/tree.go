package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tree is one commit's files. It follows symlinks itself and never leaves the repository: a link out of it is an
// error, as with os.Root on disk.
type tree struct {
	objects *objects
	nodes   map[string]*node
}

type node struct {
	name     string
	id       string
	size     int64
	mode     fs.FileMode
	children []*node
}

// ErrEscapes says that a path or symlink leads out of the repository.
var ErrEscapes = errors.New("path escapes from the repository")

var treeModes = map[string]fs.FileMode{"100644": 0o444, "100755": 0o555, "120000": fs.ModeSymlink | 0o777}

func (r *Repo) tree(ctx context.Context, commit string) (fs.FS, error) {
	out, err := git(ctx, r.top, "ls-tree", "-r", "-z", "--long", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	t := &tree{objects: r.objects, nodes: map[string]*node{".": {name: ".", mode: fs.ModeDir | 0o555}}}
	for entry := range strings.SplitSeq(out, "\x00") {
		meta, name, ok := strings.Cut(entry, "\t")
		f := strings.Fields(meta)
		if !ok || len(f) != 4 {
			continue
		}
		mode, known := treeModes[f[0]]
		if !known {
			continue // a submodule: its files are not in this repository
		}
		size, err := strconv.ParseInt(f[3], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("git ls-tree: size of %s: %w", name, err)
		}
		t.add(name, &node{name: path.Base(name), id: f[2], size: size, mode: mode})
	}
	return fs.Sub(t, r.project)
}

func (t *tree) add(name string, n *node) {
	t.nodes[name] = n
	for {
		dir := path.Dir(name)
		parent, ok := t.nodes[dir]
		if !ok {
			parent = &node{name: path.Base(dir), mode: fs.ModeDir | 0o555}
			t.nodes[dir] = parent
		}
		parent.children = append(parent.children, t.nodes[name])
		if ok {
			return
		}
		name = dir
	}
}

// resolve follows symlinks in every element of name; the last one only when follow is set.
func (t *tree) resolve(name string, follow bool) (string, *node, error) {
	done, rest := ".", strings.Split(name, "/")
	for hops := 0; len(rest) > 0; {
		next := path.Join(done, rest[0])
		if next == ".." || strings.HasPrefix(next, "../") {
			return "", nil, ErrEscapes
		}
		rest = rest[1:]
		n, ok := t.nodes[next]
		switch {
		case !ok:
			return "", nil, fs.ErrNotExist
		case n.mode&fs.ModeSymlink == 0 || (len(rest) == 0 && !follow):
			done = next
			continue
		}
		if hops++; hops > 40 {
			return "", nil, errors.New("too many levels of symbolic links")
		}
		target, err := t.objects.read(n.id)
		if err != nil {
			return "", nil, err
		}
		if path.IsAbs(string(target)) {
			return "", nil, ErrEscapes
		}
		done = path.Dir(next)
		rest = append(strings.Split(string(target), "/"), rest...)
	}
	return done, t.nodes[done], nil
}

// Open opens a file or a directory.
func (t *tree) Open(name string) (fs.File, error) {
	n, err := t.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if n.mode.IsDir() {
		return &openDir{tree: t, node: n}, nil
	}
	content, err := t.objects.read(n.id)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &openFile{node: n, Reader: bytes.NewReader(content)}, nil
}

// Stat follows symlinks.
func (t *tree) Stat(name string) (fs.FileInfo, error) { return t.info("stat", name, true) }

// Lstat does not follow a symlink at the end of name.
func (t *tree) Lstat(name string) (fs.FileInfo, error) { return t.info("lstat", name, false) }

// ReadLink returns the target of a symlink as it was written.
func (t *tree) ReadLink(name string) (string, error) {
	n, err := t.find("readlink", name, false)
	if err != nil {
		return "", err
	}
	if n.mode&fs.ModeSymlink == 0 {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	target, err := t.objects.read(n.id)
	return string(target), err
}

func (t *tree) info(op, name string, follow bool) (fs.FileInfo, error) {
	n, err := t.find(op, name, follow)
	if err != nil {
		return nil, err
	}
	return info{n}, nil
}

func (t *tree) find(op, name string, follow bool) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	_, n, err := t.resolve(name, follow)
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: err}
	}
	return n, nil
}

type info struct{ *node }

func (i info) Name() string               { return i.name }
func (i info) Size() int64                { return i.size }
func (i info) Mode() fs.FileMode          { return i.mode }
func (i info) Type() fs.FileMode          { return i.mode.Type() }
func (i info) ModTime() time.Time         { return time.Time{} }
func (i info) IsDir() bool                { return i.mode.IsDir() }
func (i info) Sys() any                   { return nil }
func (i info) Info() (fs.FileInfo, error) { return i, nil }

type openFile struct {
	*node
	*bytes.Reader
}

func (f *openFile) Stat() (fs.FileInfo, error) { return info{f.node}, nil }
func (f *openFile) Close() error               { return nil }

type openDir struct {
	tree *tree
	node *node
	next int
}

func (d *openDir) Stat() (fs.FileInfo, error) { return info{d.node}, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.node.name, Err: errors.New("is a directory")}
}

// ReadDir lists entries by name.
func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	all := make([]fs.DirEntry, 0, len(d.node.children))
	for _, c := range d.node.children {
		all = append(all, info{c})
	}
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	rest := all[min(d.next, len(all)):]
	if n > 0 {
		if len(rest) == 0 {
			return nil, io.EOF
		}
		rest = rest[:min(n, len(rest))]
	}
	d.next += len(rest)
	return rest, nil
}
