package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"
	"go.yaml.in/yaml/v3"

	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

// MapRule is one entry under map: what calls get that the dialect of a recording does not say.
type MapRule struct {
	When            source.Map[Patterns] `yaml:"when" jsonschema_description:"What must hold of a call: patterns by the name of a fact. tokengate traffic explain shows the facts of recorded calls."`
	Track           source.At[string]    `yaml:"track"`
	Feature         source.At[string]    `yaml:"feature"`
	User            source.At[string]    `yaml:"user"`
	Session         source.At[string]    `yaml:"session"`
	Template        source.At[string]    `yaml:"template" jsonschema_description:"Path of the template, relative to this file."`
	TemplateVersion source.At[string]    `yaml:"template_version" jsonschema_description:"Git blob id, or sha256 of the template's content."`
	Agent           source.At[string]    `yaml:"agent" jsonschema_description:"Name of the subagent that made the call, as in its file under .claude/agents."`
	Skill           source.At[string]    `yaml:"skill" jsonschema_description:"Name of the skill or command that the call belongs to."`
	Override        source.At[bool]      `yaml:"override" jsonschema_description:"Replace what the record says, where the recorder's own label is wrong."`
}

// values gives the fields a call can get, in the order of traffic.MapFields.
func (r MapRule) values() []source.At[string] {
	return []source.At[string]{r.Track, r.Feature, r.User, r.Session, r.Template, r.TemplateVersion, r.Agent, r.Skill}
}

// Patterns is one pattern or a list of them, of which one is enough.
type Patterns []source.At[string]

// DecodeNode reads the short and the long form.
func (p *Patterns) DecodeNode(d *source.Decoder, n *yaml.Node) {
	if n.Kind == yaml.SequenceNode {
		d.Decode(n, (*[]source.At[string])(p))
		return
	}
	var one source.At[string]
	d.Decode(n, &one)
	*p = Patterns{one}
}

// Mapping compiles the rules under map.
func (c *Config) Mapping() (traffic.Mapping, source.Diagnostics) {
	var rules []traffic.MapRule
	var diags source.Diagnostics
	for _, at := range c.Map {
		r := traffic.MapRule{Override: at.Value.Override.Value, Span: at.Span}
		for _, w := range at.Value.When {
			r.When = append(r.When, source.Entry[[]source.At[string]]{Key: w.Key, Value: w.Value})
		}
		for i, v := range at.Value.values() {
			if v.Set {
				r.Set = append(r.Set, traffic.MapValue{Field: traffic.MapFields()[i], Value: v})
			}
		}
		if t := at.Value.Template; t.Value != "" && !strings.Contains(t.Value, "{") {
			checkPath(t, &diags)
		}
		rules = append(rules, r)
	}
	m, more := traffic.NewMapping(rules)
	return m, append(diags, more...)
}

// Misnamed warns of map rules whose track is nearly a declared one: what they map would count on a track without a
// ceiling. A track of quite another name may be meant, and is shown as one that is not declared.
func (p Policy) Misnamed() source.Diagnostics {
	var declared []string
	for _, d := range p.Declared() {
		declared = append(declared, d.Scope.Name)
	}
	var diags source.Diagnostics
	for _, at := range p.Map {
		t := at.Value.Track
		if near := source.Nearest(t.Value, declared); t.Set && near != "" && !slices.Contains(declared, t.Value) {
			diags.Warn("map-track", t.Span, fmt.Sprintf("did you mean %q?", near), "the map rule gives calls the track %q, which is not declared", t.Value)
		}
	}
	return diags
}

// mapText tells one set of rules from another. Their order matters, so that they are one setting: named one by one, a
// rule that is put before the others would name them all.
func (c *Config) mapText() string {
	h := sha256.New()
	for _, at := range c.Map {
		for _, w := range at.Value.When {
			fmt.Fprintf(h, "%q:", w.Key.Value)
			for _, p := range w.Value {
				fmt.Fprintf(h, "%q,", p.Value)
			}
		}
		for _, v := range at.Value.values() {
			fmt.Fprintf(h, "%q;", v.Value)
		}
		fmt.Fprintf(h, "%t\n", at.Value.Override.Value)
	}
	return fmt.Sprintf("%d %s (sha256 %s)", len(c.Map), map[bool]string{true: "rule", false: "rules"}[len(c.Map) == 1], hex.EncodeToString(h.Sum(nil))[:12])
}

// schemaOfWhen lists the names of facts, so that an editor completes them.
func schemaOfWhen() *jsonschema.Schema {
	patterns := inner(reflect.TypeFor[Patterns]())
	s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema,
		PatternProperties: map[string]*jsonschema.Schema{"^metadata\\..": patterns}}
	for _, name := range traffic.FactNames() {
		s.Properties.Set(name, patterns)
	}
	return s
}
