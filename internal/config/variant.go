package config

import (
	"github.com/invopop/jsonschema"
	"go.yaml.in/yaml/v3"

	"github.com/tokengate/tokengate/internal/source"
)

// Variant is one entry under variants: the project with some settings replaced, to be priced beside the project as it is.
// It is no policy: it changes no ceiling and no verdict. Policy.Override reads it.
type Variant struct {
	Name        source.At[string]   `yaml:"name"`
	Description source.At[string]   `yaml:"description" jsonschema_description:"What the variant is for, in a sentence."`
	Set         Settings            `yaml:"set" jsonschema_description:"Settings by path: model, fallback.model, max_output_tokens, max_input_tokens, max_retrieved_tokens, top_k or chunk_tokens for all tracks; track.NAME.KEY or template.PATH.KEY for one."`
	Volume      Scoped              `yaml:"volume" jsonschema_description:"More or fewer calls: +30%, -20% or x2; by track: {track.NAME: +30%}."`
	Prices      []source.At[string] `yaml:"prices" jsonschema_description:"Price files that are laid over the prices of the project for this variant."`
	Cache       Scoped              `yaml:"cache" jsonschema_description:"off takes every prompt token to be plain input; on is as recorded; by track: {track.NAME: off}."`
	Tier        Scoped              `yaml:"tier" jsonschema_description:"Service tier: standard, batch, flex or priority; by track: {track.NAME: batch}."`
	Template    Settings            `yaml:"template" jsonschema_description:"Templates whose text another file stands in for: {CLAUDE.md: drafts/short.md}."`
}

// Settings are values by path, in the order they are written.
type Settings []source.Entry[source.At[string]]

// DecodeNode reads a mapping whose values may be text or numbers.
func (s *Settings) DecodeNode(d *source.Decoder, n *yaml.Node) {
	d.Decode(n, (*source.Map[source.At[string]])(s))
}

// Scoped is one value for all calls, whose key is "", or values by what they are for: {track.NAME: value}.
type Scoped []source.Entry[source.At[string]]

// DecodeNode reads the short and the long form.
func (s *Scoped) DecodeNode(d *source.Decoder, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode {
		d.Decode(n, (*source.Map[source.At[string]])(s))
		return
	}
	var one source.At[string]
	d.Decode(n, &one)
	*s = Scoped{{Value: one}}
}

// schemaOfSettings is a mapping of text or numbers.
func schemaOfSettings() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}}}}
}

func schemaOfScoped() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "object", AdditionalProperties: &jsonschema.Schema{Type: "string"}}}}
}

// files are the paths that the variant names.
func (v Variant) files() []source.At[string] {
	out := append([]source.At[string]{}, v.Prices...)
	for _, t := range v.Template {
		out = append(out, t.Key, t.Value)
	}
	return out
}
