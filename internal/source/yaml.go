package source

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"
)

// RuleSyntax and its siblings are the rule ids of the decoder.
const (
	RuleSyntax       = "yaml-syntax"
	RuleUnknownKey   = "unknown-key"
	RuleDuplicateKey = "duplicate-key"
	RuleBadValue     = "bad-value"
)

// Rules documents the decoder's rule ids.
var Rules = []Rule{
	{RuleSyntax, "the file is not valid YAML", "The file cannot be parsed, so nothing in it is in force. The run stops: a configuration that cannot be read must not be treated as one without limits."},
	{RuleUnknownKey, "a key is not known here", "Every key is checked. A misspelt ceiling would otherwise be no ceiling at all, which is how a typo disarms a gate. The hint names the nearest known key."},
	{RuleDuplicateKey, "a key stands twice in one mapping", "YAML forbids it and readers disagree on which one wins, so neither is used."},
	{RuleBadValue, "a value cannot be read", "Amounts read as $1,200 or 0.03 USD, counts as 40M or 6k, shares as 90%, durations as 4s or 90d. A value that cannot be read is an error, never \"no limit\"."},
}

// At is a value with the place it was written. Set tells a written zero from an absent key.
type At[T any] struct {
	Value T
	Span  Span
	Set   bool
}

// Of returns a set value at a place; for values made by the program, span may be zero.
func Of[T any](v T, span Span) At[T] { return At[T]{Value: v, Span: span, Set: true} }

func (a *At[T]) at() (any, *Span, *bool) { return &a.Value, &a.Span, &a.Set }

// Inner returns the type of the value, for schema generators.
func (At[T]) Inner() reflect.Type { return reflect.TypeFor[T]() }

type located interface{ at() (any, *Span, *bool) }

// Entry is one key of a mapping whose keys the user chooses; lists of entries keep the order of the file.
type Entry[T any] struct {
	Key   At[string]
	Value T
}

// Map is a mapping with free keys in file order.
type Map[T any] []Entry[T]

// Get returns the value under a key.
func (m Map[T]) Get(key string) (T, bool) {
	for _, e := range m {
		if e.Key.Value == key {
			return e.Value, true
		}
	}
	var zero T
	return zero, false
}

// Inner returns the type of the values, for schema generators.
func (Map[T]) Inner() reflect.Type { return reflect.TypeFor[T]() }

func (m *Map[T]) decodeMap(d *Decoder, n *yaml.Node) {
	for key, value := range d.pairs(n) {
		e := Entry[T]{Key: Of(key.Value, d.Span(key))}
		d.Decode(value, &e.Value)
		*m = append(*m, e)
	}
}

type freeMap interface {
	decodeMap(d *Decoder, n *yaml.Node)
}

// NodeDecoder lets a type read its own node, for values with a short and a long form.
type NodeDecoder interface {
	DecodeNode(d *Decoder, n *yaml.Node)
}

// Decoder turns YAML nodes into Go values, strictly: unknown and duplicate keys and unreadable values are errors with
// the place they stand. Struct fields are named by their yaml tag; `yaml:",inline"` merges a struct's keys.
type Decoder struct {
	file  string
	lines int // added to every line, for YAML embedded in another file
	cols  int
	depth int
	steps int
	Diags Diagnostics
}

const (
	maxDepth = 64
	maxSteps = 200_000 // aliases may repeat nodes; a bomb must end
)

// DecodeYAML reads one YAML document into v, a pointer. An empty document leaves v as it is.
func DecodeYAML(file string, content []byte, v any) Diagnostics {
	return DecodeYAMLAt(file, content, 0, v)
}

// DecodeYAMLAt is DecodeYAML for a document that starts after `lines` lines of file.
func DecodeYAMLAt(file string, content []byte, lines int, v any) Diagnostics {
	d := &Decoder{file: file, lines: lines}
	content = []byte(strings.TrimPrefix(string(content), "\uFEFF"))
	var doc, second yaml.Node
	parser := yaml.NewDecoder(bytes.NewReader(content))
	if err := parser.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		d.syntax(err)
		return d.Diags
	}
	switch err := parser.Decode(&second); {
	case err == nil:
		d.Diags.Add(RuleSyntax, Span{File: file, Start: Pos{Line: second.Line + lines}}, "keep one document; take the --- line out", "a second YAML document starts here, and would not be read")
		return d.Diags
	case !errors.Is(err, io.EOF):
		d.syntax(err)
		return d.Diags
	}
	if len(doc.Content) > 0 && !isNull(doc.Content[0]) {
		d.Decode(doc.Content[0], v)
	}
	return d.Diags
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func (d *Decoder) syntax(err error) {
	msg := err.Error()
	at := Span{File: d.file, Start: Pos{Line: d.lines + 1}}
	if m := yamlLine.FindStringSubmatch(msg); m != nil {
		if n, e := strconv.Atoi(m[1]); e == nil {
			at.Start.Line = n + d.lines
		}
		msg = msg[len(m[0]):]
	}
	hint := "check indentation, quotes and colons on this line and the one before"
	if strings.Contains(msg, "tab") {
		hint = "indent with spaces; YAML does not allow tabs"
	}
	d.Diags.Add(RuleSyntax, at, hint, "not valid YAML: %s", msg)
}

// Span returns the place of a node's own text.
func (d *Decoder) Span(n *yaml.Node) Span {
	start := Pos{Line: n.Line + d.lines, Col: n.Column + d.cols}
	end := Pos{}
	if n.Kind == yaml.ScalarNode && !strings.ContainsAny(n.Value, "\n") {
		width := len([]rune(n.Value))
		if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
			width += 2
		}
		end = Pos{Line: start.Line, Col: start.Col + max(width, 1)}
	}
	return Span{File: d.file, Start: start, End: end}
}

// Decode reads n into v, a pointer.
func (d *Decoder) Decode(n *yaml.Node, v any) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	d.depth, d.steps = d.depth+1, d.steps+1
	defer func() { d.depth-- }()
	if d.depth > maxDepth || d.steps > maxSteps {
		if d.steps <= maxSteps+1 {
			d.Diags.Add(RuleBadValue, d.Span(n), "write the value out instead of nesting aliases", "the document is nested or repeated too deeply")
		}
		d.steps = maxSteps + 2
		return
	}
	switch t := v.(type) {
	case located:
		inner, span, set := t.at()
		*span, *set = d.Span(n), true
		d.Decode(n, inner)
		return
	case NodeDecoder:
		t.DecodeNode(d, n)
		return
	case freeMap:
		if d.want(n, yaml.MappingNode, "a mapping") {
			t.decodeMap(d, n)
		}
		return
	case encoding.TextUnmarshaler:
		if d.want(n, yaml.ScalarNode, "a single value") {
			if err := t.UnmarshalText([]byte(n.Value)); err != nil {
				d.Diags.Add(RuleBadValue, d.Span(n), "", "%s", err)
			}
		}
		return
	}
	d.decodeKind(n, reflect.ValueOf(v).Elem())
}

func (d *Decoder) decodeKind(n *yaml.Node, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.Decode(n, v.Interface())
	case reflect.Struct:
		if d.want(n, yaml.MappingNode, "a mapping") {
			d.decodeStruct(n, v)
		}
	case reflect.Slice:
		if d.want(n, yaml.SequenceNode, "a list") {
			for _, item := range n.Content {
				e := reflect.New(v.Type().Elem())
				d.Decode(item, e.Interface())
				v.Set(reflect.Append(v, e.Elem()))
			}
		}
	default:
		d.decodeScalar(n, v)
	}
}

func (d *Decoder) decodeScalar(n *yaml.Node, v reflect.Value) {
	if !d.want(n, yaml.ScalarNode, "a single value") {
		return
	}
	var err error
	switch v.Kind() {
	case reflect.String:
		if isNull(n) {
			err = fmt.Errorf("a value is missing")
		}
		v.SetString(n.Value)
	case reflect.Bool:
		var b bool
		err = n.Decode(&b)
		v.SetBool(b)
	case reflect.Int, reflect.Int64:
		var i int64
		i, err = strconv.ParseInt(n.Value, 10, 64)
		v.SetInt(i)
	case reflect.Float64:
		var f float64
		f, err = strconv.ParseFloat(n.Value, 64)
		v.SetFloat(f)
	default:
		panic("source: cannot decode into " + v.Type().String())
	}
	if err != nil {
		d.Diags.Add(RuleBadValue, d.Span(n), "", "cannot read %q as %s", n.Value, kindName(v.Kind()))
	}
}

func kindName(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	return "text"
}

func (d *Decoder) want(n *yaml.Node, kind yaml.Kind, name string) bool {
	if n.Kind == kind && (kind != yaml.ScalarNode || !isNull(n)) {
		return true
	}
	if isNull(n) {
		d.Diags.Add(RuleBadValue, d.Span(n), "write the value, or remove the key", "expected %s, found nothing", name)
		return false
	}
	found := map[yaml.Kind]string{yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.ScalarNode: "the value " + strconv.Quote(n.Value)}[n.Kind]
	d.Diags.Add(RuleBadValue, d.Span(n), "", "expected %s, found %s", name, found)
	return false
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// pairs yields keys and values of a mapping, reporting duplicate keys and keys that are not text.
func (d *Decoder) pairs(n *yaml.Node) func(yield func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		seen := map[string]Span{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			if k.Kind != yaml.ScalarNode {
				d.Diags.Add(RuleBadValue, d.Span(k), "", "a key must be text")
				continue
			}
			if first, dup := seen[k.Value]; dup {
				d.Diags.Add(RuleDuplicateKey, d.Span(k), "keep one of the two", "key %q stands twice; the first is on line %d", k.Value, first.Start.Line)
				continue
			}
			seen[k.Value] = d.Span(k)
			if !yield(k, v) {
				return
			}
		}
	}
}

func (d *Decoder) decodeStruct(n *yaml.Node, v reflect.Value) {
	fields := fieldsOf(v)
	for k, value := range d.pairs(n) {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == k.Value })
		if i < 0 {
			d.UnknownKey(k, fieldNames(fields))
			continue
		}
		d.Decode(value, fields[i].value.Addr().Interface())
	}
}

// UnknownKey reports key k with the nearest of the known names.
func (d *Decoder) UnknownKey(k *yaml.Node, known []string) {
	hint := DidYouMean(k.Value, known, "known keys here: "+strings.Join(known, ", "))
	if len(k.Value) == 3 && strings.Trim(k.Value, "0123456789") == "" {
		hint = "inside { } a comma ends a value: write $1200, or quote it: \"$1,200\""
	}
	d.Diags.Add(RuleUnknownKey, d.Span(k), hint, "unknown key %q", k.Value)
}

type field struct {
	name  string
	value reflect.Value
}

func fieldsOf(v reflect.Value) []field {
	var out []field
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("yaml")
		name, opts, _ := strings.Cut(tag, ",")
		switch {
		case opts == "inline":
			out = append(out, fieldsOf(v.Field(i))...)
		case name != "" && name != "-":
			out = append(out, field{name, v.Field(i)})
		}
	}
	return out
}

func fieldNames(fs []field) []string {
	names := make([]string, len(fs))
	for i, f := range fs {
		names[i] = f.name
	}
	return names
}

// DidYouMean is the hint for a word that is none of the candidates: the nearest one, or otherwise where none is near.
func DidYouMean(word string, candidates []string, otherwise string) string {
	if near := Nearest(word, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return otherwise
}

// Nearest returns the candidate closest to word by edit distance, or "" when none is close enough to be a typo.
func Nearest(word string, candidates []string) string {
	best, dist := "", 1+max(len(word)/3, min(len(word)/2, 2))
	for _, c := range candidates {
		if d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(c)); d < dist {
			best, dist = c, d
		}
	}
	return best
}
