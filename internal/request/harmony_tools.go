package request

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// harmonySection declares tools as openai/harmony does (docs/format.md, "Defining available tools"; src/encoding.rs).
// whole is false if some part of a schema has no form there, or none that is known here, and stands as JSON.
func harmonySection(tools []Tool) (text string, whole bool) {
	d := declarations{whole: true}
	d.b.WriteString("\n\n# Tools\n\n## functions\n\nnamespace functions {\n\n")
	for _, t := range tools {
		d.comment("", t.Description)
		d.b.WriteString("type " + t.Name + " = (")
		if len(t.Schema) > 0 {
			d.b.WriteString("_: ")
			d.schema(t.Schema)
		}
		d.b.WriteString(") => any;\n\n")
	}
	d.b.WriteString("} // namespace functions")
	return d.b.String(), d.whole
}

// declarations writes types and remembers what it could not write as one.
type declarations struct {
	b     strings.Builder
	whole bool
}

func (d *declarations) schema(raw []byte) {
	n, err := readJSON(raw)
	if err != nil {
		d.whole = false
		d.b.Write(raw)
		return
	}
	d.typed(n, "")
}

func (d *declarations) comment(indent, text string) {
	if text == "" {
		return
	}
	for line := range strings.Lines(text) {
		d.b.WriteString(indent + "// " + strings.TrimRight(line, "\r\n") + "\n")
	}
}

// typed writes the type of a schema.
func (d *declarations) typed(n *node, indent string) {
	for _, m := range n.items {
		if !plain(m.name, "type", "description", "enum", "properties", "required", "items", "default", "additionalProperties", "$schema", "nullable") {
			d.whole = false
		}
	}
	switch kind := n.get("type"); {
	case kind.is(jsontext.KindBeginArray):
		d.union(kind.items, func(m *node) string { return scalar(m.str()) })
	case n.get("enum").is(jsontext.KindBeginArray):
		d.union(n.get("enum").items, func(m *node) string { return string(m.raw) })
	case kind.str() == "object":
		d.object(n, indent)
	case kind.str() == "array" && n.get("items").is(jsontext.KindBeginObject):
		d.typed(n.get("items"), indent)
		d.b.WriteString("[]")
	case kind.str() == "array":
		d.b.WriteString("Array<any>")
	case kind.str() != "":
		d.b.WriteString(scalar(kind.str()))
	default:
		d.whole = false
		d.b.WriteString(compact(n.raw))
	}
}

func (d *declarations) union(of []*node, write func(*node) string) {
	for i, m := range of {
		if i > 0 {
			d.b.WriteString(" | ")
		}
		d.b.WriteString(write(m))
	}
}

func scalar(kind string) string {
	if kind == "integer" {
		return "number"
	}
	return kind
}

func (d *declarations) object(n *node, indent string) {
	d.comment(indent, n.get("description").str())
	d.b.WriteString("{\n")
	if props := n.get("properties"); props != nil {
		for _, p := range props.items {
			d.property(p, required(n, p.name), indent)
		}
	}
	d.b.WriteString(indent + "}")
}

func (d *declarations) property(p *node, must bool, indent string) {
	d.comment(indent, p.get("description").str())
	d.b.WriteString(indent + p.name)
	if !must {
		d.b.WriteByte('?')
	}
	d.b.WriteString(": ")
	d.typed(p, indent+"    ")
	if p.get("nullable").is(jsontext.KindTrue) {
		d.b.WriteString(" | null")
	}
	d.b.WriteByte(',')
	if def := p.get("default"); def != nil {
		text := string(def.raw)
		if def.is(jsontext.KindString) && p.get("enum") != nil {
			text = def.text
		}
		d.b.WriteString(" // default: " + text)
	}
	d.b.WriteByte('\n')
}

func required(object *node, name string) bool {
	list := object.get("required")
	return list != nil && slices.ContainsFunc(list.items, func(r *node) bool { return r.str() == name })
}
