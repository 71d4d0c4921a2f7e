package evals

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// registry is a file of evals as OpenAI's registry writes them: an entry with an id leads to a split, a split has a class
// and names its samples.
type registry struct {
	evals  []entry
	splits map[string]entry
}

type entry struct {
	name, id, class, samples string
	fewShot                  bool
	at                       source.Span // of the samples, or of the id
}

// DecodeNode takes what it knows and passes over the rest: the file is not ours, and classes have arguments of their own.
func (r *registry) DecodeNode(d *source.Decoder, n *yaml.Node) {
	r.splits = map[string]entry{}
	for name, value := range members(n) {
		e := entry{name: name.Value, at: d.Span(name)}
		for key, v := range members(value) {
			switch key.Value {
			case "id":
				e.id = v.Value
			case "class":
				e.class = v.Value
			case "args":
				e.args(d, v)
			}
		}
		if e.class != "" {
			r.splits[e.name] = e
		} else if e.id != "" {
			r.evals = append(r.evals, e)
		}
	}
}

func (e *entry) args(d *source.Decoder, n *yaml.Node) {
	for key, v := range members(n) {
		switch key.Value {
		case "samples_jsonl":
			e.samples, e.at = v.Value, d.Span(v)
		case "few_shot_jsonl", "num_few_shot":
			e.fewShot = true
		}
	}
}

// members yields the keys and values of a mapping; nothing of any other node.
func members(n *yaml.Node) func(yield func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if n.Content[i].Kind == yaml.ScalarNode && !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// IsRegistry reports whether a file lists evals of OpenAI's registry.
func IsRegistry(name string, content []byte) bool {
	var r registry
	return source.DecodeYAML(name, content, &r) == nil && len(r.splits) > 0
}

// ReadRegistry reads the evals of a registry file one after the other, with the samples each leads to. A file of splits
// alone is read split by split.
func ReadRegistry(fsys fs.FS, name string) (*Suite, source.Diagnostics) {
	s := &Suite{Path: name, Format: Samples}
	content, err := prompt.ReadText(fsys, name, maxSamples)
	if err != nil {
		var diags source.Diagnostics
		diags.Add("eval-unreadable", source.Span{File: name}, "", "registry %s", err)
		return s, diags
	}
	var r registry
	diags := source.DecodeYAML(name, content, &r)
	if diags.HasErrors() {
		return s, diags
	}
	for _, e := range r.order(&diags) {
		s.addSplit(fsys, e, &diags)
	}
	if len(s.Tests) == 0 && !diags.HasErrors() {
		diags.Warn("eval-empty", source.Span{File: name}, "", "%s leads to no sample", name)
	}
	s.close()
	return s, diags
}

// order gives the splits that the evals lead to, in the order of the file.
func (r *registry) order(diags *source.Diagnostics) (out []entry) {
	for _, e := range r.evals {
		if split, ok := r.splits[e.id]; ok {
			out = append(out, split)
		} else {
			diags.Add("eval-registry", e.at, "", "eval %s leads to %q, which is not in this file", e.name, e.id)
		}
	}
	if len(r.evals) == 0 {
		for _, e := range r.splits {
			out = append(out, e)
		}
		slices.SortFunc(out, func(a, b entry) int { return a.at.Start.Line - b.at.Start.Line })
	}
	return out
}

// addSplit adds the samples of a split, and what grades them.
func (s *Suite) addSplit(fsys fs.FS, e entry, diags *source.Diagnostics) {
	if e.samples == "" {
		s.Open = append(s.Open, Open{What: e.name + " names no samples_jsonl: its class makes them", Calls: true, Span: e.at})
		return
	}
	file := ""
	for _, dir := range []string{path.Join(path.Dir(s.Path), "..", "data"), path.Dir(s.Path), "."} {
		at := path.Join(dir, e.samples)
		if info, err := fs.Stat(fsys, at); fs.ValidPath(at) && err == nil && !info.IsDir() {
			file = at
			break
		}
	}
	if file == "" {
		diags.Add("eval-registry", e.at, "samples stand in the data folder beside the registry, or beside this file", "%s: no file %s", e.name, e.samples)
		return
	}
	before := len(s.Tests)
	*diags = append(*diags, s.addFile(fsys, file, e.at)...)
	if n := int64(len(s.Tests) - before); strings.Contains(e.class, ".modelgraded.") && n > 0 {
		s.Grade(Grader{Kind: "model-graded", Needs: "text", Least: n, Most: n})
	}
	if e.fewShot {
		s.Open = append(s.Open, Open{What: e.name + " puts examples in front of every sample: their tokens are not counted", Span: e.at})
	}
}

// Grade adds calls of a grader to those of its kind.
func (s *Suite) Grade(g Grader) {
	for i, have := range s.Graders {
		if have.Kind == g.Kind && have.Needs == g.Needs && have.Provider == g.Provider {
			s.Graders[i].Least += g.Least
			s.Graders[i].Most += g.Most
			return
		}
	}
	s.Graders = append(s.Graders, g)
}
