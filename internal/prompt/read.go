package prompt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxFile is the size above which the tool skips a memory file; no prompt that is sent with every call is longer.
const maxFile = 4 << 20

// problem is why a file cannot be used; kind is the end of a rule id.
type problem struct {
	kind    string // outside, missing, not-a-file, too-large, binary or unreadable
	summary string
	hint    string
}

// inside cleans a path that must stay in the project: relative, and never through "..".
func inside(name string) (string, *problem) {
	clean := path.Clean(name)
	drive := len(name) > 1 && name[1] == ':'
	if name == "" || path.IsAbs(name) || drive || slices.Contains(strings.Split(name, "/"), "..") || !fs.ValidPath(clean) {
		return "", &problem{"outside", fmt.Sprintf("%q is not a path inside the project", name), "write it relative to the project's root, with slashes"}
	}
	return clean, nil
}

// read returns the content of a regular file that a tool loads.
func read(fsys fs.FS, name string) ([]byte, *problem) { return readUpTo(fsys, name, maxFile) }

func readUpTo(fsys fs.FS, name string, limit int64) ([]byte, *problem) {
	if p := stat(fsys, name); p != nil {
		return nil, p
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, openProblem(fsys, name, err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, &problem{"unreadable", fmt.Sprintf("%s cannot be read: %s", name, err), ""}
	case int64(len(content)) > limit:
		return nil, &problem{"too-large", fmt.Sprintf("%s is larger than %d MiB", name, limit>>20), "such a file is not loaded; keep what every call needs and drop the rest"}
	case bytes.IndexByte(content, 0) >= 0:
		return nil, &problem{"binary", fmt.Sprintf("%s is not a text file: it holds NUL bytes", name), "save it as UTF-8 text"}
	case bytes.HasPrefix(content, []byte("version https://git-lfs.github.com/")):
		return nil, &problem{"binary", fmt.Sprintf("%s is a Git LFS pointer, not the text itself", name), "fetch it with git lfs pull"}
	}
	return content, nil
}

// stat reports why name is not a regular file inside fsys, or nil when it is.
func stat(fsys fs.FS, name string) *problem {
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return openProblem(fsys, name, err)
	case info.IsDir():
		return &problem{"not-a-file", name + " is a directory", "name a file in it"}
	case !info.Mode().IsRegular():
		return &problem{"not-a-file", name + " is not a regular file", ""}
	}
	return nil
}

// openProblem sorts the errors of a file system. One that keeps symbolic links inside the project says fs.ErrInvalid, or
// that the path escapes.
func openProblem(fsys fs.FS, name string, err error) *problem {
	switch {
	case absent(fsys, name, err) && isLink(fsys, name):
		return &problem{"missing", name + " is a symbolic link to a file that does not exist", "point the link at a file of the repository, or remove it"}
	case absent(fsys, name, err):
		return &problem{"missing", name + " does not exist", ""}
	case errors.Is(err, fs.ErrInvalid) || strings.Contains(err.Error(), "escape"):
		return &problem{"outside", name + " leads out of the project through a symbolic link", "keep the linked file inside the repository"}
	}
	return &problem{"unreadable", fmt.Sprintf("%s cannot be opened: %s", name, err), ""}
}

func isLink(fsys fs.FS, name string) bool {
	info, err := fs.Lstat(fsys, name)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// absent tells a file that is not there from one that cannot be opened; a path through a file, and a name longer than
// file systems allow, are errors of their own kind on some systems.
func absent(fsys fs.FS, name string, err error) bool {
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if info, err := fs.Stat(fsys, dir); err == nil {
			return !info.IsDir() || len(path.Base(name)) > 255
		}
	}
	return len(path.Base(name)) > 255
}

// maxLinks bounds a chain of symbolic links, as operating systems do.
const maxLinks = 40

// realPath follows symbolic links by name, so that one file under two names is known as one. A file system that cannot
// read links gives the path back. It is used only to compare files: whether a link may be followed is fsys's decision.
func realPath(fsys fs.FS, name string) string {
	links, ok := fsys.(fs.ReadLinkFS)
	if !ok {
		return name
	}
	at, rest := ".", strings.Split(name, "/")
	for hops := 0; len(rest) > 0; {
		at, rest = path.Join(at, rest[0]), rest[1:]
		info, err := links.Lstat(at)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			continue
		}
		target, err := links.ReadLink(at)
		if hops++; err != nil || hops > maxLinks || path.IsAbs(target) {
			return name
		}
		next := path.Join(path.Dir(at), target)
		if next == ".." || strings.HasPrefix(next, "../") {
			return name
		}
		at, rest = ".", append(strings.Split(next, "/"), rest...)
	}
	return at
}
