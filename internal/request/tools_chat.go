package request

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/token"
)

// What OpenAI's chat models add to the names, types, descriptions and enumerated values of tools: openai/openai-cookbook,
// examples/How_to_count_tokens_with_tiktoken.ipynb, section 7.
const (
	functionO200k  = 7  // per function, of gpt-4o and gpt-4o-mini
	functionCl100k = 10 // per function, of gpt-3.5-turbo and gpt-4
	functionsEnd   = 12 // once
	properties     = 3  // per function that has properties
	property       = 3  // per property
	enumeration    = -3 // per property that lists its values
	enumerated     = 3  // per listed value
)

// unlisted is the assumed error of these numbers for models that the notebook does not check.
const unlisted = .1

// chatTools counts flat definitions as the notebook does. It knows a property's type, description and values only; what
// else a schema holds (nested objects, items, alternatives) is counted as JSON, and the error says so.
func (c counter) chatTools(r Body) token.Estimate {
	each := int64(functionO200k)
	if c.Family() == "cl100k_base" {
		each = functionCl100k
	}
	flat, nested := int64(functionsEnd), int64(0)
	for _, t := range r.Tools {
		a, b := c.function(t)
		flat, nested = flat+each+a, nested+b
	}
	e := token.Estimate{Tokens: flat + nested, Method: "function and property tokens (OpenAI cookbook)"}
	wrong := asJSONError * float64(nested)
	if !slices.Contains(notebook, plainModel(r.Model)) {
		wrong += unlisted * float64(flat)
		e.Method = "function and property tokens as of gpt-4o (OpenAI cookbook), assumed"
	}
	wrong += c.Count("a").RelativeError * float64(e.Tokens) // of a vocabulary that is itself assumed
	if nested > 0 {
		e.Method += "; nested parts as JSON"
	}
	e.RelativeError = wrong / float64(e.Tokens)
	return e
}

// function counts one definition; nested is the part that the notebook has no rule for.
func (c counter) function(t Tool) (flat, nested int64) {
	flat = c.size(t.Name + ":" + strings.TrimSuffix(t.Description, "."))
	if len(t.Schema) == 0 {
		return flat, 0
	}
	schema, err := readJSON(t.Schema)
	if err != nil || !schema.is(jsontext.KindBeginObject) {
		return flat, c.size(string(t.Schema))
	}
	for _, m := range schema.items {
		if !plain(m.name, "type", "properties", "required", "additionalProperties", "$schema") {
			nested += c.size(m.name) + c.size(compact(m.raw))
		}
	}
	props := schema.get("properties")
	switch {
	case props == nil:
		return flat, nested
	case !props.is(jsontext.KindBeginObject):
		return flat, nested + c.size(compact(props.raw))
	case len(props.items) == 0:
		return flat, nested
	}
	flat += properties
	for _, p := range props.items {
		a, b := c.property(p)
		flat, nested = flat+a, nested+b
	}
	return flat, nested
}

func (c counter) property(p *node) (flat, nested int64) {
	kind, description := p.get("type"), p.get("description").str()
	flat = property + c.size(p.name+":"+kind.str()+":"+strings.TrimSuffix(description, "."))
	if values := p.get("enum"); values.is(jsontext.KindBeginArray) {
		flat += enumeration
		for _, v := range values.items {
			text := string(v.raw)
			if v.is(jsontext.KindString) {
				text = v.text
			}
			flat += enumerated + c.size(text)
		}
	}
	if !p.is(jsontext.KindBeginObject) {
		return flat, nested + c.size(compact(p.raw)) // true, or what is no schema
	}
	for _, m := range p.items {
		known := plain(m.name, "type", "description", "enum") && (m.name != "type" || m.is(jsontext.KindString))
		if !known {
			nested += c.size(m.name) + c.size(compact(m.raw))
		}
	}
	return flat, nested
}

func (c counter) size(text string) int64 { return c.Count(text).Tokens }

// plain reports whether a member of a schema is one of those that the rule at hand knows.
func plain(name string, known ...string) bool { return slices.Contains(known, name) }
