package prompt

import (
	"strings"

	"github.com/tokengate/tokengate/internal/engine"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
	"go.yaml.in/yaml/v3"
)

// header is what a Dotprompt or Prompty file says in front of its body.
type header struct {
	model    source.At[string]
	cap      source.At[money.Count]
	language engine.Language // "" where it does not say
	defaults engine.Map      // of variables, for every call
	samples  engine.Map      // of variables, for trying the prompt out
	threads  []string        // variables that stand for the conversation so far
	legacy   bool            // Prompty's first generation
	notes    []string
}

// headerReader decodes a header; a value that it does not know belongs to other tools.
type headerReader struct {
	header
	l      *loader
	kind   Kind
	file   string
	deep   int
	values int // how many were made
}

// readHeader decodes the front matter of a document. A syntax error is reported by readFrontMatter.
func (l *loader) readHeader(d *document, kind Kind) header {
	r := &headerReader{l: l, kind: kind, file: d.file}
	content := d.text[d.front.start:d.front.end]
	if kind == Dotprompt || kind == Prompty {
		diags := source.DecodeYAMLAt(d.file, []byte(content), d.line(d.front.start)-1, r)
		for _, found := range diags {
			if found.Rule != source.RuleSyntax {
				l.diags = append(l.diags, found)
			}
		}
	}
	return r.header
}

// DecodeNode picks the keys that matter.
func (r *headerReader) DecodeNode(d *source.Decoder, n *yaml.Node) {
	n = r.resolve(d, n)
	for key, value := range mapping(n) {
		if r.kind == Dotprompt {
			r.dotprompt(d, key.Value, value)
		} else {
			r.prompty(d, key.Value, r.resolve(d, value))
		}
	}
}

// dotprompt reads one key of a Dotprompt header.
func (r *headerReader) dotprompt(d *source.Decoder, key string, value *yaml.Node) {
	switch key {
	case "model":
		r.setModel(d, value)
	case "config":
		for k, v := range mapping(value) {
			if k.Value == "maxOutputTokens" {
				d.Decode(v, &r.cap)
			}
		}
	case "input":
		for k, v := range mapping(value) {
			if k.Value == "default" {
				r.defaults, _ = r.value(d, v).(engine.Map)
			}
		}
	case "output":
		for k := range mapping(value) {
			if k.Value == "schema" {
				r.notes = append(r.notes, "the schema of the answer (output.schema) is sent by the runtime and is not counted")
			}
		}
	case "tools", "toolDefs":
		r.notes = append(r.notes, "tools are sent by the runtime and are not counted")
	}
}

// setModel takes the name of a model, with the provider as the price catalogue writes it.
func (r *headerReader) setModel(d *source.Decoder, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		return
	}
	name := n.Value
	for prefix, as := range map[string]string{"googleai/": "", "vertexai/": "vertex_ai/"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			name = as + rest
			break
		}
	}
	r.model = source.Of(name, d.Span(n))
}

// mapping gives the pairs of a mapping; none of anything else.
func mapping(n *yaml.Node) func(yield func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		if n = dealias(n); n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], dealias(n.Content[i+1])) {
				return
			}
		}
	}
}

func dealias(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// maxNested bounds values within values, and maxValues all of them: an alias could lead to itself, and double each time.
const (
	maxNested = 32
	maxValues = 100_000
)

// value makes a variable of a node, keys in the order of the file.
func (r *headerReader) value(d *source.Decoder, n *yaml.Node) any {
	if r.values++; r.deep >= maxNested || r.values > maxValues {
		if r.values != maxValues+2 && d != nil {
			d.Diags.Add(source.RuleBadValue, d.Span(n), "write the value out instead of nesting aliases", "the value is nested or repeated too deeply")
		}
		r.values = maxValues + 1
		return nil
	}
	r.deep++
	defer func() { r.deep-- }()
	n = r.resolve(d, dealias(n))
	switch n.Kind {
	case yaml.MappingNode:
		out := engine.Map{}
		for k, v := range mapping(n) {
			out = append(out, engine.Entry{Key: k.Value, Value: r.value(d, v)})
		}
		return out
	case yaml.SequenceNode:
		out := []any{}
		for _, v := range n.Content {
			out = append(out, r.value(d, v))
		}
		return out
	default:
		return scalar(n)
	}
}

// scalar is a value of YAML's own types; a date stays the text that it is.
func scalar(n *yaml.Node) any {
	var v any
	if err := n.Decode(&v); err != nil {
		return n.Value
	}
	switch v.(type) {
	case nil, bool, int, int64, float64, string:
		return v
	}
	return n.Value
}
