package promptfoo

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/tokengate/tokengate/internal/evals"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

const (
	maxFile  = 8 << 20 // bytes of one file that a configuration names
	maxFiles = 1000    // that one pattern matches
)

// loader reads one configuration and what it names.
type loader struct {
	fsys    fs.FS
	dir     string // of the configuration: paths in it are relative to it
	root    value
	env     map[string]any
	suite   *evals.Suite
	allowed map[string][]string // prompts that a provider is asked, by its id and label; all where there is no entry
	diags   source.Diagnostics
}

// fileURL is how a configuration points at a file; how far the pointer leads is up to where it stands.
const fileURL = "file://"

// open leaves something open that only a run can tell; calls says that the number of calls depends on it.
func (l *loader) open(at source.Span, calls bool, what string) {
	l.suite.Open = append(l.suite.Open, evals.Open{What: what, Calls: calls, Span: at})
}

// read gives a file that stands in the configuration at a place, or says why it cannot.
func (l *loader) read(name string, at source.Span) ([]byte, bool) {
	content, err := prompt.ReadText(l.fsys, name, maxFile)
	var unusable *prompt.FileError
	if errors.As(err, &unusable) {
		hint := unusable.Hint
		if hint == "" {
			hint = "paths are relative to the configuration's folder, " + l.dir
		}
		l.diags.Add("promptfoo-file", at, hint, "%s", unusable.Summary)
	}
	return content, err == nil
}

// path is a path of the configuration in the file system.
func (l *loader) path(name string) string {
	name = strings.TrimPrefix(name, fileURL)
	if strings.HasPrefix(name, "/") {
		return name // refused when it is read
	}
	return path.Join(l.dir, name)
}

// glob lists the files a pattern matches, sorted; a plain path is passed on for what opens it to judge.
func (l *loader) glob(name string, at source.Span) []string {
	pattern := l.path(name)
	if info, err := fs.Stat(l.fsys, pattern); fs.ValidPath(pattern) && err == nil && info.IsDir() {
		pattern += "/*"
	}
	if !strings.ContainsAny(pattern, "*?[{") {
		return []string{pattern}
	}
	found, err := doublestar.Glob(l.fsys, pattern, doublestar.WithFilesOnly())
	slices.Sort(found)
	switch {
	case err != nil || len(found) == 0:
		l.diags.Add("promptfoo-file", at, "paths are relative to the configuration's folder, "+l.dir, "%s matches no file", pattern)
	case len(found) > maxFiles:
		l.diags.Add("promptfoo-too-large", at, "name fewer files", "%s matches %d files; at most %d are read", pattern, len(found), maxFiles)
		return nil
	}
	return found
}

// decode reads a YAML or JSON file as a value.
func (l *loader) decode(name string, content []byte) (value, bool) {
	if strings.HasSuffix(name, ".json") {
		v, err := readJSON(name, content, 1)
		if err != nil {
			l.diags.Add("promptfoo-file", source.Span{File: name}, "", "%s is not JSON: %s", name, err)
		}
		return v, err == nil
	}
	var doc document
	diags := source.DecodeYAML(name, content, &doc)
	l.diags = append(l.diags, diags...)
	return doc.value, !diags.HasErrors()
}

// loaded follows a value that is "file://…" of YAML or JSON to what stands there; any other value is itself. ok is false
// where the file cannot be used, or is a script.
func (l *loader) loaded(v value) (_ value, ok bool) {
	name, isFile := strings.CutPrefix(v.text(), fileURL)
	if !isFile {
		return v, true
	}
	if script(name) {
		l.open(v.at, true, name+" is a script, and is not run")
		return value{at: v.at}, false
	}
	content, ok := l.read(l.path(name), v.at)
	if !ok {
		return value{at: v.at}, false
	}
	switch path.Ext(name) {
	case ".json", ".yaml", ".yml":
		return l.decode(l.path(name), content)
	}
	return value{string(content), v.at}, true
}

// scripts are the files that promptfoo runs. None is ever run here.
var scripts = regexp.MustCompile(`\.(js|cjs|mjs|ts|cts|mts|py|rb|go|sh|bash|exe|bat|cmd|ps1|pl)(:[\w.-]+)?$`)

func script(name string) bool { return scripts.MatchString(name) }

// deref replaces {$ref: "#/…"} by what it points to in the configuration, as the reader of promptfoo does.
func (l *loader) deref(v value) value {
	for range 8 {
		ref := v.get("$ref").text()
		if ref == "" {
			return v
		}
		to, ok := l.pointed(ref)
		if !ok {
			l.diags.Add("promptfoo-file", v.at, "point into this file: #/assertionTemplates/name", "$ref %q leads nowhere here", ref)
			return value{at: v.at}
		}
		v = to
	}
	return value{at: v.at}
}

func (l *loader) pointed(ref string) (value, bool) {
	rest, ok := strings.CutPrefix(ref, "#/")
	v := l.root
	for _, name := range strings.Split(rest, "/") {
		if !ok {
			break
		}
		v, ok = v.find(strings.NewReplacer("~1", "/", "~0", "~").Replace(name))
	}
	return v, ok
}
