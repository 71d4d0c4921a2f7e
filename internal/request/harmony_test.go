package request

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/token"
)

// TestHarmonySection is the example of openai/harmony's docs/format.md, "Defining available tools".
func TestHarmonySection(t *testing.T) {
	location := `"location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"}`
	format := `"format": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"}`
	locations := `"locations": {"type": "array", "items": {"type": "string"}, "description": "List of city and state, e.g. [\"San Francisco, CA\", \"New York, NY\"]"}`
	got, whole := harmonySection([]Tool{
		{Name: "get_location", Description: "Gets the location of the user."},
		{"get_current_weather", "Gets the current weather in the provided location.",
			[]byte(`{"type": "object", "properties": {` + location + `, ` + format + `}, "required": ["location"]}`)},
		{"get_multiple_weathers", "Gets the current weather in the provided list of locations.",
			[]byte(`{"type": "object", "properties": {` + locations + `, ` + format + `}, "required": ["locations"]}`)},
	})
	want := "\n\n" + `# Tools

## functions

namespace functions {

// Gets the location of the user.
type get_location = () => any;

// Gets the current weather in the provided location.
type get_current_weather = (_: {
// The city and state, e.g. San Francisco, CA
location: string,
format?: "celsius" | "fahrenheit", // default: celsius
}) => any;

// Gets the current weather in the provided list of locations.
type get_multiple_weathers = (_: {
// List of city and state, e.g. ["San Francisco, CA", "New York, NY"]
locations: string[],
format?: "celsius" | "fahrenheit", // default: celsius
}) => any;

} // namespace functions`
	if diff := cmp.Diff(want, got); diff != "" || !whole {
		t.Errorf("whole: %v\n%s", whole, diff)
	}
}

func TestHarmonyTypes(t *testing.T) {
	for schema, want := range map[string]struct {
		text  string
		whole bool
	}{
		`{"type": "integer"}`:           {"number", true},
		`{"type": ["integer", "null"]}`: {"number | null", true},
		`{"type": "array"}`:             {"Array<any>", true},
		`{"type": "object"}`:            {"{\n}", true},
		`{"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string", "nullable": true, "default": "b"}}}}`: {"{\na?: string | null, // default: \"b\"\n}[]", true},
		`{"anyOf": [{"type": "string"}]}`:    {`{"anyOf":[{"type":"string"}]}`, false},
		`{"type": "string", "pattern": "a"}`: {"string", false},
		`no JSON`:                            {"no JSON", false},
	} {
		d := declarations{whole: true}
		d.schema([]byte(schema))
		if d.b.String() != want.text || d.whole != want.whole {
			t.Errorf("%s is written %q (whole: %v), want %q (%v)", schema, d.b.String(), d.whole, want.text, want.whole)
		}
	}
}

// TestHarmonyFrame counts each kind of message against its text in the published form, marks taken as one token each.
func TestHarmonyFrame(t *testing.T) {
	c, err := token.For("o200k_harmony")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []struct {
		message     Message
		marks       int64
		text        []string // what stands between the marks, without the message's own text
		least, most int64
	}{
		{Message{Role: "user", Text: []string{"hi"}}, 3, []string{"user"}, 0, 0},
		{Message{Role: "user", Name: "Bo", Text: []string{"hi"}}, 3, []string{"user", ":Bo"}, 0, 0},
		{Message{Role: "system", Text: []string{"hi"}}, 3, []string{"developer", "# Instructions\n\n"}, 0, 0},
		{Message{Role: "assistant", Text: []string{"hi"}}, 4, []string{"assistant", "final"}, 0, 0},
		{Message{Role: "assistant", Text: []string{"f", "{}"}, Calls: 1}, 5, []string{"assistant", " to=functions.", "commentary", " ", "json"}, 0, 0},
		{Message{Role: "assistant", Text: []string{"hi", "f", "{}"}, Calls: 1}, 9, []string{"assistant", "final", "assistant", " to=functions.", "commentary", " ", "json"}, 0, 0},
		{Message{Role: "tool", Text: []string{"hi"}}, 4, []string{"functions.", " to=assistant", "commentary"}, 0, 6},
	} {
		want := m.marks
		for _, s := range m.text {
			want += c.Count(s).Tokens
		}
		got, wrong := counter{c}.harmonyMessage(m.message)
		if got < want+m.least || got > want+m.most || wrong != m.most/2 {
			t.Errorf("%+v: %d ± %d, want %d", m.message, got, wrong, want)
		}
	}
	tool := Body{Tools: []Tool{{Name: "f"}}}
	section, _ := harmonySection(tool.Tools)
	if got := Count(c, tool).Tools.Tokens; got != 3+c.Count("developer").Tokens+c.Count(section).Tokens {
		t.Errorf("tools without a system prompt: %d tokens, and %d of section", got, c.Count(section).Tokens)
	}
	tool.Messages = []Message{{Role: "system", Text: []string{"hi"}}}
	if got := Count(c, tool).Tools.Tokens; got != c.Count(section).Tokens {
		t.Errorf("tools after a system prompt: %d tokens, and %d of section", got, c.Count(section).Tokens)
	}
	// One message: its own 4, <|start|>system<|message|>…<|end|>, <|start|>assistant.
	system := c.Count(harmonySystem).Tokens
	if got := Count(c, Body{Messages: []Message{{Role: "user", Text: []string{"hi"}}}}).Frame; got.Tokens != 4+4+system+2 || system < 40 {
		t.Errorf("frame %+v, system message of %d", got, system)
	}
}
