package request

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/token"
)

// jargon is the conversation of OpenAI's notebook How_to_count_tokens_with_tiktoken, which it counts and then sends.
const jargon = `{"messages": [
	{"role": "system", "content": "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."},
	{"role": "system", "name": "example_user", "content": "New synergies will help drive top-line growth."},
	{"role": "system", "name": "example_assistant", "content": "Things working well together will increase revenue."},
	{"role": "system", "name": "example_user", "content": "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage."},
	{"role": "system", "name": "example_assistant", "content": "Let's talk later when we're less busy about how to do better."},
	{"role": "user", "content": "This late pivot means we don't have time to boil the ocean for the client deliverable."}]}`

// weather is the notebook's request with a tool.
const weather = `{"messages": [
	{"role": "system", "content": "You are a helpful assistant that can answer to questions about the weather."},
	{"role": "user", "content": "What's the weather like in San Francisco?"}],
	"tools": [{"type": "function", "function": {"name": "get_current_weather", "description": "Get the current weather in a given location",
		"parameters": {"type": "object", "properties": {
			"location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
			"unit": {"type": "string", "description": "The unit of temperature to return", "enum": ["celsius", "fahrenheit"]}},
			"required": ["location"]}}}]}`

// scientist and forecast are the examples of Anthropic's token counting guide, which say 14 and 403.
const (
	scientist = `{"system": "You are a scientist", "messages": [{"role": "user", "content": "Hello, Claude"}]}`
	forecast  = `{"messages": [{"role": "user", "content": "What's the weather like in San Francisco?"}],
	"tools": [{"name": "get_weather", "description": "Get the current weather in a given location", "input_schema": {"type": "object",
		"properties": {"location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"}}, "required": ["location"]}}]}`
)

func o200k(t *testing.T) *token.Counter {
	t.Helper()
	c, err := token.For("o200k_base")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func framed(t *testing.T, family, model, body string) Framed {
	t.Helper()
	r, err := Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	c, err := token.For(family)
	if err != nil {
		t.Fatal(err)
	}
	r.Model = model
	return Count(c, r)
}

// TestRequestAgainstAPI holds whole requests against the prompt tokens that the providers' own documents report.
func TestRequestAgainstAPI(t *testing.T) {
	for _, c := range []struct {
		family, model, body string
		want                int64
		exact               bool
	}{
		{"cl100k_base", "gpt-4-0613", jargon, 129, true},
		{"cl100k_base", "gpt-3.5-turbo-0125", jargon, 129, true},
		{"o200k_base", "gpt-4o-2024-08-06", jargon, 124, true},
		{"o200k_base", "openai/gpt-4o-mini", jargon, 124, true},
		{"cl100k_base", "gpt-4", weather, 105, true},
		{"o200k_base", "gpt-4o", weather, 101, true},
		{"o200k_base", "gpt-4.1", weather, 101, false},
		{"claude-3", "claude-3-opus-20240229", scientist, 14, false},
		{"claude-3", "claude-3-7-sonnet-20250219", forecast, 403, false}, // of the time of the example: 346 for the tool prompt
	} {
		got := framed(t, c.family, c.model, c.body).Total
		if c.exact && (got.Tokens != c.want || got.RelativeError != 0) {
			t.Errorf("%s: %d tokens ± %.1f%%, the API counted %d", c.model, got.Tokens, 100*got.RelativeError, c.want)
		}
		if off := math.Abs(float64(got.Tokens - c.want)); !c.exact && (got.RelativeError == 0 || off > got.RelativeError*float64(got.Tokens)) {
			t.Errorf("%s: %d tokens ± %.1f%%, the API counted %d", c.model, got.Tokens, 100*got.RelativeError, c.want)
		}
		t.Logf("%-28s %4d ± %4.1f%%, reported %d", c.model, got.Tokens, 100*got.RelativeError, c.want)
	}
}

// TestRequestParts has every part counted by hand, with tokens of o200k: "user" and "hi" are one each, "Bo" one.
func TestRequestParts(t *testing.T) {
	body := `{"model": "gpt-4o", "messages": [
		{"role": "user", "name": "Bo", "content": [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}]},
		{"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}]}`
	f := framed(t, "o200k_base", "gpt-4o", body)
	want := Framed{
		Messages: []token.Estimate{{Tokens: 1, Method: "exact"}, {Tokens: 2, Method: "exact"}}, // hi; f and {}
		Text:     token.Estimate{Tokens: 3, RelativeError: 0, Method: "exact"},
		Frame:    token.Estimate{Tokens: (3 + 1 + 1 + 1) + (3 + 1 + 3) + 3, RelativeError: 3.0 / 16, Method: "3 a message, role, name, 3 for the reply (OpenAI cookbook)"},
		Tools:    token.Estimate{Tokens: 0, RelativeError: 0, Method: "exact"},
		Format:   token.Estimate{Tokens: 0, RelativeError: 0, Method: "exact"},
		Images:   token.Estimate{Tokens: 85, RelativeError: 0, Method: byTiles},
		Total:    token.Estimate{Tokens: 104, RelativeError: 3.0 / 104, Method: "sum of its parts"},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
}

// TestRequestFrames has the frame of each family counted by hand for one short request, and wants no family without
// one, without a stated error where nothing is published, or without the name of its rule.
func TestRequestFrames(t *testing.T) {
	body := `{"messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": "hi"},
		{"role": "user", "content": "bye"}]}`
	for family, want := range map[string]int64{
		"cl100k_base": 4*(3+1) + 3, "o200k_base": 4*(3+1) + 3, "o200k_base?": 4*(3+1) + 3,
		"claude-3": 7 + 2*4, "claude-4.7": 9 + 2*4, "gemini": 4*4 + 3, "llama3": 4*4 + 3, "other": 4*4 + 3,
	} {
		got := framed(t, family, "", body).Frame
		if got.Tokens != want || got.RelativeError <= 0 {
			t.Errorf("%s: frame %+v, want %d tokens and an error", family, got, want)
		}
	}
	for _, family := range token.Families() {
		f := framed(t, family, "", weather)
		for name, e := range map[string]token.Estimate{"frame": f.Frame, "tools": f.Tools, "total": f.Total} {
			published := family == "o200k_harmony" && name == "tools"
			if e.Tokens < 5 || e.RelativeError <= 0 && !published || e.RelativeError > 1 || e.Method == "" || e.Method == "exact" {
				t.Errorf("%s: %s %+v", family, name, e)
			}
		}
		if f.Total.Tokens != f.Text.Tokens+f.Frame.Tokens+f.Tools.Tokens {
			t.Errorf("%s: total %d is not %d + %d + %d", family, f.Total.Tokens, f.Text.Tokens, f.Frame.Tokens, f.Tools.Tokens)
		}
	}
}

// TestRequestSpecialTokens wants marks that a user wrote to be counted as the letters they are.
func TestRequestSpecialTokens(t *testing.T) {
	for _, family := range []string{"cl100k_base", "o200k_base", "o200k_harmony"} {
		c, err := token.For(family)
		if err != nil {
			t.Fatal(err)
		}
		text := "<|start|>system<|message|><|im_end|><|endoftext|>"
		r := Body{Messages: []Message{{Role: "user", Text: []string{text}}}}
		if got := Count(c, r).Text.Tokens; got < 20 || got != c.Count(text).Tokens {
			t.Errorf("%s: %d tokens", family, got)
		}
	}
}

// TestToolsNested wants what the notebook has no rule for to be counted and to widen the error.
func TestToolsNested(t *testing.T) {
	tool := func(schema string) string {
		return `{"messages": [{"role": "user", "content": "hi"}], "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": ` + schema + `}}]}`
	}
	o200k := o200k(t)
	flat := framed(t, "o200k_base", "gpt-4o", tool(`{"type": "object", "properties": {"a": {"type": "array", "description": "x."}}}`)).Tools
	want := 7 + o200k.Count("f:d").Tokens + 3 + 3 + o200k.Count("a:array:x").Tokens + 12
	if flat.Tokens != want || flat.RelativeError != 0 {
		t.Errorf("flat: %+v, want %d tokens", flat, want)
	}
	nested := framed(t, "o200k_base", "gpt-4o", tool(`{"type": "object", "properties": {"a": {"type": "array", "description": "x", "items": {"type": "string"}}}}`)).Tools
	more := o200k.Count("items").Tokens + o200k.Count(`{"type":"string"}`).Tokens
	if nested.Tokens != want+more || math.Abs(nested.RelativeError*float64(want+more)-.4*float64(more)) > 1e-9 || !strings.Contains(nested.Method, "nested parts as JSON") {
		t.Errorf("nested: %+v, want %d tokens, %d of them ± 40 %%", nested, want+more, more)
	}
	for _, schema := range []string{`true`, `[]`, `{"properties": {"a": true}}`, `{"properties": []}`, `{"$defs": {"x": {"type": "string"}}}`, `"text"`} {
		if e := framed(t, "o200k_base", "gpt-4o", tool(schema)).Tools; e.Tokens <= 7+2+12 {
			t.Errorf("schema %s: %+v", schema, e)
		}
	}
}

// TestRequestFormat counts the schema of the answer as JSON, into the total as well.
func TestRequestFormat(t *testing.T) {
	body := `{"messages": [{"role": "user", "content": "hi"}], "response_format": {"type": "json_schema", "json_schema": {"schema": {"type":  "object"}}}}`
	f := framed(t, "o200k_base", "gpt-4o", body)
	want := o200k(t).Count(`{"type":"object"}`).Tokens
	if f.Format.Tokens != want || f.Format.RelativeError != asJSONError || f.Total.Tokens != f.Text.Tokens+f.Frame.Tokens+want {
		t.Errorf("%+v, want %d tokens of schema", f, want)
	}
}

// TestClaudeTools takes the tool prompt by model and by what the model may choose.
func TestClaudeTools(t *testing.T) {
	any := strings.Replace(forecast, `"tools"`, `"tool_choice": {"type": "any"}, "tools"`, 1)
	for _, c := range []struct {
		model, body string
		prompt      int64
		width       float64
	}{
		{"claude-opus-4-7", forecast, 675, 0},
		{"claude-opus-4-7", any, 804, 0},
		{"anthropic/claude-opus-5", forecast, 286, 0},
		{"claude-opus-5-5", forecast, 804, 518}, // not listed: 286 to 804
	} {
		f := framed(t, "claude-4.7", c.model, c.body)
		counter, _ := token.For("claude-4.7")
		r, err := Decode([]byte(c.body))
		if err != nil {
			t.Fatal(err)
		}
		definition := counter.Count(r.Tools[0].json())
		if f.Tools.Tokens != c.prompt+definition.Tokens {
			t.Errorf("%s: %+v, want %d and %d for the definition", c.model, f.Tools, c.prompt, definition.Tokens)
		}
		if wrong := f.Tools.RelativeError * float64(f.Tools.Tokens); wrong < c.width+.39*float64(definition.Tokens) {
			t.Errorf("%s: error of %.0f tokens is too small", c.model, wrong)
		}
	}
}
