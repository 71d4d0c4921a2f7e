package request

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/token"
)

// tools counts the definitions of tools and what comes with them.
func (c counter) tools(r Body) token.Estimate {
	if len(r.Tools) == 0 {
		return token.Estimate{Method: "exact"}
	}
	switch c.Family() {
	case "o200k_harmony":
		return c.harmonyTools(r)
	case "o200k_base", "cl100k_base", "o200k_base?":
		return c.chatTools(r)
	case "claude-3", "claude-4.7":
		return join(c.claudePrompt(r), c.toolsAsJSON(r, "definitions as JSON"))
	}
	e := c.toolsAsJSON(r, "no rule for this family; definitions as JSON")
	e.RelativeError = max(e.RelativeError, asJSONError)
	return e
}

// asJSONError is the error of counting a definition by its JSON where nothing says how it is written out for the model:
// in the one example that Anthropic counts (its token counting guide, 403 tokens in all) the definition takes about 40
// tokens, and 60 as JSON.
const asJSONError = .4

// toolsAsJSON counts every definition as one JSON object without whitespace.
func (c counter) toolsAsJSON(r Body, method string) token.Estimate {
	var sum token.Estimate
	for _, t := range r.Tools {
		sum = join(sum, c.Count(t.json()))
	}
	sum.Method = method + ", " + sum.Method
	sum.RelativeError = max(sum.RelativeError, asJSONError)
	return sum
}

// json is the definition as an Anthropic request holds it.
func (t Tool) json() string {
	b := append([]byte(`{"name":`), quote(t.Name)...)
	if t.Description != "" {
		b = append(append(b, `,"description":`...), quote(t.Description)...)
	}
	if len(t.Schema) > 0 {
		b = append(append(b, `,"input_schema":`...), compact(t.Schema)...)
	}
	return string(append(b, '}'))
}

// quote writes a JSON string; invalid UTF-8 becomes U+FFFD.
func quote(s string) []byte {
	b, _ := jsontext.AppendQuote(nil, strings.ToValidUTF8(s, "\uFFFD")) // valid UTF-8 always quotes
	return b
}

// format counts the schema that the answer must follow. No vendor says how it is shown to the model.
func (c counter) format(r Body) token.Estimate {
	if len(r.Format) == 0 {
		return token.Estimate{Method: "exact"}
	}
	e := c.Count(compact(r.Format))
	e.RelativeError = max(e.RelativeError, asJSONError)
	e.Method = "schema as JSON, assumed; " + e.Method
	return e
}

// toolPrompt is the system prompt that Anthropic adds where a request has tools, in tokens: where the model may choose
// (tool choice auto or none), and where it must call one (any or tool).
type toolPrompt struct{ free, forced int64 }

// toolPrompts is the table "Tool use system prompt token count" of platform.claude.com/docs/en/agents-and-tools/tool-use/
// overview as of August 2026; models that it dropped are from the tables of May 2025 (docs.anthropic.com, tool use
// overview). The numbers of one model have changed: until spring 2026 Opus 4 to 4.6 and Sonnet 4 to 4.6 stood at 346 and
// 313.
var toolPrompts = map[string]toolPrompt{
	"claude-opus-5": {286, 406}, "claude-opus-4-8": {290, 410}, "claude-opus-4-7": {675, 804}, "claude-sonnet-5": {354, 474},
	"claude-opus-4-6": {497, 589}, "claude-opus-4-5": {496, 588}, "claude-opus-4-1": {313, 315}, "claude-opus-4": {313, 315},
	"claude-4-opus": {313, 315}, "claude-opus-4-0": {313, 315}, "claude-sonnet-4": {313, 315}, "claude-4-sonnet": {313, 315},
	"claude-sonnet-4-0": {313, 315}, "claude-sonnet-4-6": {497, 589}, "claude-sonnet-4-5": {496, 588},
	"claude-haiku-4-5": {496, 588}, "claude-3-5-haiku": {264, 355}, "claude-3-7-sonnet": {346, 313},
	"claude-3-5-sonnet": {346, 313}, "claude-3-opus": {530, 281}, "claude-3-sonnet": {159, 235}, "claude-3-haiku": {264, 340},
}

// The range of the table over a tokenizer family, for models that it does not list.
var toolPromptRange = map[string]span{"claude-3": {159, 589}, "claude-4.7": {286, 804}}

func (c counter) claudePrompt(r Body) token.Estimate {
	p, ok := toolPrompts[plainModel(r.Model)]
	switch {
	case !ok:
		return toolPromptRange[c.Family()].estimate("tool prompt: the most of the models listed (Anthropic tool use guide)")
	case r.Forced:
		return token.Estimate{Tokens: p.forced, Method: "tool prompt (Anthropic tool use guide)"}
	}
	return token.Estimate{Tokens: p.free, Method: "tool prompt (Anthropic tool use guide)"}
}
