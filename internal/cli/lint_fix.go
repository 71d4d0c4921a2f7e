package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/tokengate/tokengate/internal/gate"
)

// unified is the changes as a diff that git apply takes.
func unified(changes []gate.FileChange) string {
	var b strings.Builder
	for _, c := range changes {
		b.WriteString(udiff.Unified("a/"+c.Path, "b/"+c.Path, string(c.Before), string(c.After)))
	}
	return b.String()
}

// writeChanges puts every changed file in its place in one step. All of them are looked at before the first is written: a
// file that a symbolic link leads to from outside the project, or that has changed meanwhile, stops the run.
func writeChanges(dir string, changes []gate.FileChange) error {
	for _, c := range changes {
		name := filepath.Join(dir, filepath.FromSlash(c.Path))
		if err := within(dir, name); err != nil {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if !bytes.Equal(content, c.Before) {
			return fmt.Errorf("%s has changed while it was looked at; nothing was written", name)
		}
	}
	for _, c := range changes {
		name := filepath.Join(dir, filepath.FromSlash(c.Path))
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		if err := replaceFile(name, c.After, info.Mode().Perm()); err != nil {
			return err
		}
	}
	return nil
}

// within wants a file to be what its path says: in the folder, and behind no symbolic link.
func within(dir, name string) error {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(dir, name)
	if err != nil {
		return err
	}
	if real != filepath.Join(root, rel) {
		return usageError{fmt.Sprintf("%s leads to another file through a symbolic link, which --fix leaves alone", name), "mend the file it leads to by hand"}
	}
	return nil
}
