package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// SchemaURL is the $id of the JSON Schema of tokengate.yaml.
const SchemaURL = "https://github.com/tokengate/tokengate/schema/config/v1.json"

// Schema returns the JSON Schema (draft 2020-12) of tokengate.yaml, generated from the Go types, so that an editor
// completes and checks it. Values that are written in several ways (amounts, counts) are checked by pattern there and
// fully by the program.
func Schema() ([]byte, error) {
	r := reflector()
	root := r.Reflect(&Config{})
	root.ID, root.Title, root.Version = SchemaURL, "tokengate.yaml", "https://json-schema.org/draft/2020-12/schema"
	out, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write schema: %w", err)
	}
	return append(out, '\n'), nil
}

func reflector() *jsonschema.Reflector {
	r := &jsonschema.Reflector{FieldNameTag: "yaml", Anonymous: true, DoNotReference: true, ExpandedStruct: true, RequiredFromJSONSchemaTags: true}
	r.Mapper = written
	return r
}

// text is a scalar that people write in a form of their own.
var text = map[reflect.Type]*jsonschema.Schema{
	reflect.TypeFor[money.Amount]():   {OneOf: scalar(`^\s*(\$|USD|US\$)?\s*[0-9][0-9,_.]*\s*[kKMB]?\s*(USD)?\s*$`), Description: "An amount of US dollars: $1,200 or 0.03 USD."},
	reflect.TypeFor[money.Count]():    {OneOf: scalar(`^\s*[0-9][0-9,_.]*\s*[kKMB]?\s*$`), Description: "A count: 40M, 6k or 40000."},
	reflect.TypeFor[money.Ratio]():    {OneOf: scalar(`^\s*[0-9.]+\s*%?\s*$`), Description: "A share or growth: 15%."},
	reflect.TypeFor[money.Duration](): {Type: "string", Pattern: `^\s*([0-9.]+(ms|s|m|h|d|w))+\s*$`, Description: "A duration: 250ms, 4s or 90d."},
	reflect.TypeFor[Period]():         {Type: "string", Enum: periodNames()},
	reflect.TypeFor[Change]():         {Type: "string", Pattern: `^\s*[+-]\s*[0-9][0-9.,]*\s*%\s*$`, Description: "A change: +40% or -20%."},
	reflect.TypeFor[Tolerance]():      {Type: "string", Enum: []any{"low", "medium", "high"}},
	reflect.TypeFor[Quantile]():       {Type: "string", Pattern: "^[Pp](50|75|90|95)$", Description: "P50, P75, P90 or P95."},
	reflect.TypeFor[Action]():         {Type: "string", Enum: []any{"warn", "degrade", "hand_over", "refuse"}},
	reflect.TypeFor[BreakerScope]():   {Type: "string", Pattern: "^(project|track|feature|user|session|(track|feature)/.+)$"},
	reflect.TypeFor[When]():           {Type: "string", Pattern: `^\s*((cost|tokens|calls)\s+per\s+[0-9a-z.]+\s*>.*[0-9].*|error\s+rate\s*>\s*[0-9.]+%?\s+over\s+[0-9]+\s+calls\s*)$`},
	reflect.TypeFor[money.Date]():     {Type: "string", Format: "date"},
	reflect.TypeFor[Level]():          {Type: "string", Enum: []any{"off", "info", "warning", "error"}},
}

func scalar(pattern string) []*jsonschema.Schema {
	return []*jsonschema.Schema{{Type: "string", Pattern: pattern}, {Type: "number", Minimum: "0"}}
}

// written gives the schema of types that carry their place, or have a short form.
func written(t reflect.Type) *jsonschema.Schema {
	if s, ok := text[t]; ok {
		same := *s
		return &same
	}
	if t == reflect.TypeFor[prompt.Ceiling]() {
		type long prompt.Ceiling
		short := append(scalar(`[0-9]`), inner(reflect.TypeFor[long]()))
		return &jsonschema.Schema{OneOf: short, Description: "One amount ($2,000), one token count (40M), or both: {tokens, cost}."}
	}
	switch t {
	case reflect.TypeFor[source.Map[Patterns]]():
		return schemaOfWhen()
	case reflect.TypeFor[Settings]():
		return schemaOfSettings()
	case reflect.TypeFor[Scoped]():
		return schemaOfScoped()
	case reflect.TypeFor[Patterns]():
		one := &jsonschema.Schema{Type: "string", MinLength: new(uint64(1))}
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{one, {Type: "array", Items: one, MinItems: new(uint64(1))}}}
	}
	in, ok := reflect.Zero(t).Interface().(interface{ Inner() reflect.Type })
	switch {
	case !ok:
		return nil
	case strings.HasPrefix(t.Name(), "Map["):
		return &jsonschema.Schema{Type: "object", AdditionalProperties: inner(in.Inner())}
	}
	return inner(in.Inner())
}

func inner(t reflect.Type) *jsonschema.Schema {
	s := written(t)
	if s == nil {
		s = reflector().ReflectFromType(t)
		s.Version = ""
	}
	return s
}
