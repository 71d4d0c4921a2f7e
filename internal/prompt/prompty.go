package prompt

import (
	"path"
	"regexp"
	"strings"

	"github.com/tokengate/tokengate/internal/engine"
	"github.com/tokengate/tokengate/internal/source"
	"go.yaml.in/yaml/v3"
)

// prompty reads one key of a Prompty header, of either generation: the first has model.configuration and model.parameters,
// the second model.id and model.options, or the model alone.
func (r *headerReader) prompty(d *source.Decoder, key string, value *yaml.Node) {
	switch key {
	case "model":
		r.setModel(d, value)
		for k, v := range mapping(value) {
			r.promptyModel(d, k.Value, v)
		}
	case "inputs":
		r.promptyInputs(d, value)
	case "sample":
		r.legacy = true
		r.samples, _ = r.value(d, value).(engine.Map)
	case "template":
		r.promptyTemplate(d, value)
	case "outputs":
		r.notes = append(r.notes, "the schema of the answer (outputs) is sent by the runtime and is not counted")
	case "tools":
		r.notes = append(r.notes, "tools are sent by the runtime and are not counted")
	}
}

func (r *headerReader) promptyModel(d *source.Decoder, key string, value *yaml.Node) {
	switch key {
	case "id":
		r.setModel(d, r.resolve(d, value))
	case "configuration":
		r.legacy = true
		r.configuration(d, r.resolve(d, value))
	case "parameters", "options":
		for k, v := range mapping(r.resolve(d, value)) {
			switch k.Value {
			case "max_tokens", "max_completion_tokens", "maxOutputTokens":
				d.Decode(v, &r.cap)
			case "tools":
				r.notes = append(r.notes, "tools are sent by the runtime and are not counted")
			}
		}
	}
}

// configuration reads model.configuration. A deployment is a name that a team gave, so it is not taken for a model.
func (r *headerReader) configuration(d *source.Decoder, n *yaml.Node) {
	for k, v := range mapping(n) {
		switch k.Value {
		case "model", "name":
			r.setModel(d, r.resolve(d, v))
		case "azure_deployment":
			d.Diags.Warn("prompt-deployment", d.Span(v), "declare the model in a budget block, or on the track in tokengate.yaml", "azure_deployment %q names a deployment, which may hold any model", v.Value)
		}
	}
}

// promptyInputs reads {name: {default, sample}} and, of the second generation, [{name, default, kind}].
func (r *headerReader) promptyInputs(d *source.Decoder, n *yaml.Node) {
	input := func(name string, of *yaml.Node) {
		for k, v := range mapping(of) {
			switch k.Value {
			case "default":
				r.defaults = append(r.defaults, engine.Entry{Key: name, Value: r.value(d, v)})
			case "sample", "example":
				r.samples = append(r.samples, engine.Entry{Key: name, Value: r.value(d, v)})
			case "kind":
				if v.Value == "thread" {
					r.threads = append(r.threads, name)
				}
			}
		}
	}
	for k, v := range mapping(n) {
		input(k.Value, r.resolve(d, v))
	}
	if n.Kind != yaml.SequenceNode {
		return
	}
	for _, of := range n.Content {
		of = r.resolve(d, dealias(of))
		for k, v := range mapping(of) {
			if k.Value == "name" {
				input(v.Value, of)
			}
		}
	}
}

// promptyTemplate reads which language the body is in: a name, {type}, or {format: {kind}}.
func (r *headerReader) promptyTemplate(d *source.Decoder, n *yaml.Node) {
	for _, key := range []string{"format", "type", "kind"} {
		for k, v := range mapping(n) {
			if k.Value == key {
				n = r.resolve(d, v)
			}
		}
	}
	switch n.Value {
	case "jinja2", "":
	case "mustache":
		r.language = engine.Mustache
	default:
		d.Diags.Add("prompt-syntax", d.Span(n), "write jinja2 or mustache", "template format %q is not known", n.Value)
	}
}

var reference = regexp.MustCompile(`^\$\{(env|file):([^}:]*)(?::([^}]*))?\}$`)

// resolve replaces ${env:NAME:default} by its default, since no environment is read, and ${file:path} by what the file
// holds, which must lie in the project. Other nodes stay.
func (r *headerReader) resolve(d *source.Decoder, n *yaml.Node) *yaml.Node {
	n = dealias(n)
	m := reference.FindStringSubmatch(n.Value)
	if r.kind != Prompty || n.Kind != yaml.ScalarNode || m == nil {
		return n
	}
	out := *n
	if m[1] == "env" {
		out.Value = m[3]
		if m[3] == "" {
			d.Diags.Warn("prompt-reference", d.Span(n), "write a default, as in ${env:"+m[2]+":value}", "%s is read from the environment, which differs from machine to machine; it is taken as empty", n.Value)
		}
		return &out
	}
	name, p := inside(path.Join(path.Dir(r.file), m[2]))
	if strings.HasPrefix(m[2], "/") || strings.Contains(m[2], "..") {
		name, p = inside(m[2])
	}
	var content []byte
	if p == nil {
		content, p = read(r.l.fsys, name)
	}
	if p != nil {
		d.Diags.Warn("prompt-reference", d.Span(n), p.hint, "%s: %s; it is taken as empty", n.Value, p.summary)
		out.Value = ""
		return &out
	}
	var doc yaml.Node
	if ext := path.Ext(name); ext != ".json" && ext != ".yaml" && ext != ".yml" || yaml.Unmarshal(content, &doc) != nil || len(doc.Content) == 0 {
		out.Value = string(content)
		return &out
	}
	moved(doc.Content[0], n.Line, n.Column, 0)
	return doc.Content[0]
}

// moved gives the nodes of another file the place that names it.
func moved(n *yaml.Node, line, col, deep int) {
	n.Line, n.Column = line, col
	for _, c := range n.Content {
		if deep < maxNested {
			moved(c, line, col, deep+1)
		}
	}
}
