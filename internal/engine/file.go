package engine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// read gives the script of an included file, looked for next to the file that names it and then in each folder above it:
// which folder a template loader was given is not written in a template. names are tried in their order in each folder.
// It is nil where none is there.
func (m *machine) read(at place, names ...string) *script {
	for _, n := range names {
		if n == "" || path.IsAbs(n) || strings.Contains(n, "\\") || slices.Contains(strings.Split(n, "/"), "..") {
			m.failHint(at, "name it relative to the template, without ..", "%q leads out of the project", n)
		}
	}
	if m.opts.Files == nil {
		return nil
	}
	for dir := path.Dir(at.s.name); ; dir = path.Dir(dir) {
		for _, n := range names {
			if s := m.open(at, path.Join(dir, n)); s != nil {
				return s
			}
		}
		if dir == "." || dir == "/" {
			return nil
		}
	}
}

func (m *machine) open(at place, name string) *script {
	if s, ok := m.files[name]; ok {
		return s
	}
	m.step(at, 1)
	if !fs.ValidPath(name) {
		return nil
	}
	text, err := content(m.opts.Files, name, m.opts.MaxBytes)
	if err != nil {
		if info, gone := fs.Stat(m.opts.Files, name); gone == nil && !info.IsDir() || errors.Is(err, fs.ErrInvalid) {
			m.fail(at, "%s cannot be read: %s", name, err)
		}
		return nil
	}
	m.text(at, len(text))
	if m.files == nil {
		m.files = map[string]*script{}
	}
	s := newScript(name, text)
	m.files[name] = s
	return s
}

// content reads a file of at most limit bytes.
func content(fsys fs.FS, name string, limit int) (string, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(b) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	return strings.ToValidUTF8(string(b), "\uFFFD"), err
}
