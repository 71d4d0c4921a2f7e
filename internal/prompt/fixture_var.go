package prompt

import (
	"io/fs"
	"strings"

	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v3"

	"github.com/tokengate/tokengate/internal/source"
)

// Var is the value of a fixture's variable: text, a number, a switch, nothing, or a list or mapping of these. A text
// "file://docs/a.md" is what that file holds, its path relative to the project's root.
type Var struct {
	Value any    // string, int64, float64, bool, nil, []any or map[string]any
	Text  string // as it is written in a plain template: a single value as it stands in the fixture, a list or mapping as JSON
	Span  source.Span
}

const (
	maxVarNodes = 100_000 // aliases may repeat nodes
	maxVarDepth = 50
	fileURL     = "file://"
)

// DecodeNode reads any value.
func (v *Var) DecodeNode(d *source.Decoder, n *yaml.Node) {
	left := maxVarNodes
	v.Span, v.Value, v.Text = d.Span(n), varOf(n, &left, 0), n.Value
	if left <= 0 {
		d.Diags.Add(source.RuleBadValue, v.Span, "write a smaller value", "the value is nested or repeated too deeply")
		v.Value = nil
	}
	v.Text = v.text(n.Value)
}

// text is how a plain template writes the value.
func (v Var) text(written string) string {
	switch v.Value.(type) {
	case []any, map[string]any:
		out, err := json.Marshal(v.Value, json.Deterministic(true))
		if err != nil {
			return written
		}
		return string(out)
	case nil:
		return ""
	}
	return written
}

func varOf(n *yaml.Node, left *int, depth int) any {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if *left--; *left <= 0 || depth > maxVarDepth {
		*left = 0
		return nil
	}
	switch n.Kind {
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			list = append(list, varOf(item, left, depth+1))
		}
		return list
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = varOf(n.Content[i+1], left, depth+1)
		}
		return m
	default:
		return source.Scalar(n)
	}
}

// load puts the content of files in the place of the texts that name them.
func (v *Var) load(fsys fs.FS, diags *source.Diagnostics) {
	v.Value = loadFiles(fsys, v.Value, v.Span, diags)
	if text, ok := v.Value.(string); ok && strings.HasPrefix(v.Text, fileURL) {
		v.Text = text
	} else if !ok {
		v.Text = v.text(v.Text)
	}
}

func loadFiles(fsys fs.FS, value any, at source.Span, diags *source.Diagnostics) any {
	switch v := value.(type) {
	case string:
		name, isFile := strings.CutPrefix(v, fileURL)
		if !isFile {
			return v
		}
		clean, p := inside(name)
		var content []byte
		if p == nil {
			content, p = read(fsys, clean)
		}
		if p != nil {
			diags.Add("fixture-unreadable", at, "write the path relative to the project's root", "variable file %s", p.summary)
			return ""
		}
		return string(content)
	case []any:
		for i := range v {
			v[i] = loadFiles(fsys, v[i], at, diags)
		}
	case map[string]any:
		for key := range v {
			v[key] = loadFiles(fsys, v[key], at, diags)
		}
	}
	return value
}
