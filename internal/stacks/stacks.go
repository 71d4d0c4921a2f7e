// Package stacks owns the project templates that tokengate ships: for each stack a CLAUDE.md with its skills and rules, a
// tokengate.yaml, prompts with fixtures, and a workflow. It fills in what a project is called and who owns it, compares a
// project's files with those that are shipped, and makes example traffic for the tracks that a template declares.
//
// The files of a stack stand under files/<stack> exactly as they are written into a project; files/common is written with
// each of them. They are valid as they stand: what is filled in replaces placeholders that are good values themselves.
//
// What is left to others: reading and writing a project (a file system comes in, contents go out), counting, prices, and
// what the budget in a template means.
//
//	s, ok := stacks.Find("incident-response")
//	files, err := s.Files(stacks.Values{Name: "pager", Owner: "@org/sre"})
package stacks

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed all:files
var shipped embed.FS

// Workflow is the file that runs tokengate on GitHub. GitHub reads workflows from the root of a repository only.
const Workflow = ".github/workflows/tokengate.yml"

// Stack is one template for a whole project.
type Stack struct {
	Name    string
	Summary string // what it is for, a few words

	sessions []Sessions // of the example traffic
}

// All lists the stacks by name.
var All = []Stack{djangoNinjaOracle, incidentResponse, nestjsMySQLAuth0Prisma, nuxtTursoClerkDrizzle, remixMongoDBAuth0Mongoose}

// Names lists the names of the stacks, sorted.
func Names() []string {
	var names []string
	for _, s := range All {
		names = append(names, s.Name)
	}
	return names
}

// Find gives the stack of a name.
func Find(name string) (Stack, bool) {
	i := slices.IndexFunc(All, func(s Stack) bool { return s.Name == name })
	if i < 0 {
		return Stack{}, false
	}
	return All[i], true
}

// File is one file of a template: its slash-separated path in a project, and its content.
type File struct {
	Path    string
	Content []byte
}

// Files gives the files of the template as they are written for a project, sorted by path. The example recording is not
// among them: Example makes it. The error says which value cannot be filled in.
func (s Stack) Files(v Values) ([]File, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	files, err := s.raw()
	if err != nil {
		return nil, err
	}
	for i := range files {
		files[i].Content = v.fill(files[i].Content)
	}
	return files, nil
}

// raw gives the files as they are embedded.
func (s Stack) raw() ([]File, error) {
	var out []File
	for _, top := range []string{"files/common", "files/" + s.Name} {
		err := fs.WalkDir(shipped, top, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := shipped.ReadFile(name)
			out = append(out, File{strings.TrimPrefix(name, top+"/"), content})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read template %s: %w", s.Name, err)
		}
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// Version identifies what is shipped: the first twelve digits of a SHA-256 over the paths and contents of the files, so
// that it changes with them and with nothing else.
func (s Stack) Version() (string, error) {
	files, err := s.raw()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%s\x00%d\x00", f.Path, len(f.Content))
		_, _ = h.Write(f.Content) // a hash never fails to take bytes
	}
	return hex.EncodeToString(h.Sum(nil))[:12], nil
}
