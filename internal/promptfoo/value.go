package promptfoo

import (
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tokengate/tokengate/internal/source"
)

// value is a value of a configuration with its place. data is nil, bool, int64, float64, string, []value or []member:
// what a reader of YAML in JavaScript makes of it. A configuration has keys of plugins and versions that are not known
// here, so nothing is refused for its name.
type value struct {
	data any
	at   source.Span
}

type member struct {
	name  string
	at    source.Span
	value value
}

// document is a file as a value; it decodes through source, which finds duplicate keys and keeps places.
type document struct{ value }

const (
	maxNodes = 400_000 // aliases may repeat nodes; a bomb must end
	maxDepth = 100
)

// DecodeNode reads the whole node.
func (doc *document) DecodeNode(d *source.Decoder, n *yaml.Node) {
	r := nodes{d: d}
	doc.value = r.read(n, 0)
	if r.n > maxNodes {
		d.Diags.Add(source.RuleBadValue, d.Span(n), "write the value out instead of nesting aliases", "the document is nested or repeated too deeply")
		doc.value = value{at: d.Span(n)}
	}
}

type nodes struct {
	d *source.Decoder
	n int
}

func (r *nodes) read(n *yaml.Node, depth int) value {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	v := value{at: r.d.Span(n)}
	if depth > maxDepth {
		r.n = maxNodes + 1
	}
	if r.n++; r.n > maxNodes {
		return v
	}
	switch n.Kind {
	case yaml.SequenceNode:
		list := make([]value, 0, len(n.Content))
		for _, item := range n.Content {
			list = append(list, r.read(item, depth+1))
		}
		v.data = list
	case yaml.MappingNode:
		v.data = r.members(n, depth)
	default:
		v.data = scalar(n)
	}
	return v
}

// members reads a mapping. What is merged in with << stands behind the mapping's own keys, which win.
func (r *nodes) members(n *yaml.Node, depth int) []member {
	own, merged := []member{}, []member{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		v := r.read(n.Content[i+1], depth+1)
		if key.Tag == "!!merge" {
			merged = append(merged, mergedFrom(v)...)
			continue
		}
		if _, twice := (value{data: own}).find(key.Value); twice {
			r.d.Diags.Add(source.RuleDuplicateKey, r.d.Span(key), "keep one of the two", "key %q stands twice", key.Value)
			continue
		}
		own = append(own, member{key.Value, r.d.Span(key), v})
	}
	for _, m := range merged {
		if _, have := (value{data: own}).find(m.name); !have {
			own = append(own, m)
		}
	}
	return own
}

// mergedFrom is the members that << brings in: of a mapping, or of several.
func mergedFrom(v value) (out []member) {
	for _, item := range v.list() {
		out = append(out, mergedFrom(item)...)
	}
	return append(out, v.members()...)
}

// scalar resolves a scalar the way JavaScript prints it later: whole numbers without a fraction. Dates stay text.
func scalar(n *yaml.Node) any {
	v := source.Scalar(n)
	if f, ok := v.(float64); ok {
		return number(f)
	}
	return v
}

func number(f float64) any {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f)
	}
	return f
}

// find is a member of a mapping.
func (v value) find(name string) (value, bool) {
	for _, m := range v.members() {
		if m.name == name {
			return m.value, true
		}
	}
	return value{}, false
}

// get is find without a word whether it is there; what is not there is null.
func (v value) get(name string) value {
	found, _ := v.find(name)
	return found
}

func (v value) members() []member {
	list, _ := v.data.([]member)
	return list
}

func (v value) list() []value {
	list, _ := v.data.([]value)
	return list
}

// text is a string; "" of anything else.
func (v value) text() string {
	s, _ := v.data.(string)
	return s
}

func (v value) isText() bool {
	_, ok := v.data.(string)
	return ok
}

func (v value) null() bool { return v.data == nil }

// float is a number, also one written as text, as JavaScript compares it.
func (v value) float() (float64, bool) {
	switch n := v.data.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, !math.IsNaN(n)
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
		return f, err == nil
	}
	return 0, false
}

// whole is a positive whole number, or 0.
func (v value) whole() int {
	if f, ok := v.float(); ok && f >= 1 && f == math.Trunc(f) && f < 1<<31 {
		return int(f)
	}
	return 0
}

// many is the items of a list, or the value itself where it is none; nothing of null.
func (v value) many() []value {
	if v.null() {
		return nil
	}
	if list, ok := v.data.([]value); ok {
		return list
	}
	return []value{v}
}

// plain is the value as a template sees it.
func (v value) plain() any {
	switch d := v.data.(type) {
	case []value:
		out := make([]any, len(d))
		for i, item := range d {
			out[i] = item.plain()
		}
		return out
	case []member:
		out := make(map[string]any, len(d))
		for _, m := range d {
			out[m.name] = m.value.plain()
		}
		return out
	}
	return v.data
}
