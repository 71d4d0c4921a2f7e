package traffic

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// litellmText is where a record holds the prompt: the messages, with tools among the parameters, or, in a spend log that
// stores prompts, the request as the proxy took it.
type litellmText struct {
	Messages jsontext.Value `json:"messages"`
	Params   jsontext.Value `json:"model_parameters"`
	Request  jsontext.Value `json:"proxy_server_request"`
}

// promptMembers are the members of a request's body, besides messages and input, that add to its prompt. The last line
// brings in text that is kept elsewhere; with one of them the prompt cannot be counted.
var promptMembers = []string{"tools", "functions", "tool_choice", "function_call", "response_format", "text", "system", "instructions",
	"output_format", "output_config",
	"previous_response_id", "conversation", "prompt", "container", "mcp_servers"}

// prompt weighs the text of a record. Rows without stored prompts hold {} in place of all of it.
func (row *litellmRow) prompt(value []byte) prompt {
	var t litellmText
	if err := decode(value, &t); err != nil {
		return unreadable(err)
	}
	var b body
	messages := unwrap(t.Messages)
	if isHollow(messages) {
		if err := b.take(unwrap(t.Request), append([]string{"messages", "input"}, promptMembers...)); err != nil {
			return unreadable(err)
		}
		return b.weigh()
	}
	if err := b.take(unwrap(t.Params), promptMembers); err != nil {
		return unreadable(err)
	}
	row.say(&b, messages)
	return b.weigh()
}

// say adds the messages under the name that their form has: a text alone is an input, embeddings take a list of texts,
// and the Responses API has items of its own.
func (row *litellmRow) say(b *body, messages jsontext.Value) {
	switch {
	case strings.Contains(string(row.CallType), "embedding"):
		b.add("messages", jsontext.Value(`[{"role":"user","content":`+string(messages)+`}]`))
	case messages.Kind() == '"', strings.Contains(string(row.CallType), "responses"):
		b.add("input", messages)
	default:
		b.add("messages", messages)
	}
}

// isHollow tells values that stand for no text.
func isHollow(v jsontext.Value) bool {
	switch strings.Join(strings.Fields(string(v)), "") {
	case "", "null", "{}", "[]", `""`, `"None"`, `"null"`:
		return true
	}
	return false
}

// unwrap gives what is encoded into a string once more. Text that only begins like JSON stays text; what begins like an
// object, or a list of them, does not: cut short, it would be counted as if it were whole.
func unwrap(v jsontext.Value) jsontext.Value {
	if v.Kind() != '"' {
		return v
	}
	s, err := unquote(v)
	if err != nil {
		return v
	}
	inner := jsontext.Value(bytes.TrimSpace([]byte(s)))
	if k := inner.Kind(); k == '{' || k == '[' && (bytes.HasPrefix(inner, []byte("[{")) || inner.IsValid(foreign)) {
		return inner
	}
	return v
}

// take adds the named members of an object; anything but an object has none.
func (b *body) take(object jsontext.Value, names []string) error {
	if object.Kind() != '{' {
		return nil
	}
	var all map[string]jsontext.Value
	if err := decode(object, &all); err != nil {
		return err
	}
	for _, name := range names {
		b.add(name, all[name])
	}
	return nil
}
