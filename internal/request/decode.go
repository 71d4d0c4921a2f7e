package request

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Decode reads the body of one call: OpenAI Chat Completions, OpenAI Responses, or Anthropic Messages. Which of
// the three it is need not be said: their members do not contradict each other.
//
// What would be lost is an error, never dropped: a part of a kind that is not known or whose tokens the body does not
// tell (a PDF, a file by id, audio, encrypted reasoning), a conversation the provider holds, and a member of the body or
// of a message that is not known and may hold text. Identifiers, sampling parameters and cache marks are not prompt text and are passed over. A member
// that stands twice is an error; invalid UTF-8 is U+FFFD, as in Counter.Count. Errors are of type *Error.
func Decode(body []byte) (Body, error) {
	root, err := readJSON(body)
	if err != nil {
		return Body{}, err
	}
	if !root.is(jsontext.KindBeginObject) {
		return Body{}, root.fail("", "expected an object")
	}
	if err := root.known(requestText, requestOther); err != nil {
		return Body{}, err
	}
	r := Body{Forced: forced(root.get("tool_choice")) || forced(root.get("function_call"))}
	if r.Model, err = root.word("model"); err != nil {
		return Body{}, err
	}
	if r.Messages, err = requestMessages(root); err != nil {
		return Body{}, err
	}
	if r.Tools, err = requestTools(root); err != nil {
		return Body{}, err
	}
	r.Format = requestFormat(root)
	return r, nil
}

// DecodeMessages reads the array of messages alone: the value of "messages" of a Chat Completions or an Anthropic body,
// or of "input" of a Responses body. The rules are those of Decode; pointers start at the array.
func DecodeMessages(array []byte) ([]Message, error) {
	root, err := readJSON(array)
	if err != nil {
		return nil, err
	}
	return messages(root)
}

// The members of the three bodies that hold prompt tokens, and those that hold none. Sources: the request schemas of
// OpenAI's OpenAPI description (openai/openai-openapi) and of Anthropic's SDK (anthropics/anthropic-sdk-python).
var (
	requestText = []string{"model", "messages", "input", "instructions", "system", "tools", "functions", "tool_choice",
		"function_call", "response_format", "text", "output_format", "output_config"}
	requestOther = []string{
		"audio", "background", "cache_control", "client_metadata", "context_management", "include", "inference_geo", "logit_bias", "metadata",
		"modalities", "prediction", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning", "reasoning_effort",
		"safety_identifier", "service_tier", "speed", "stop", "stop_sequences", "stream_options", "thinking", "truncation",
		"user", "verbosity", "web_search_options", "anthropic_version", "anthropic_beta", "betas", "diagnostics",
	}
	// requestElsewhere are members that put text into the prompt which the body does not hold.
	requestElsewhere = []string{"previous_response_id", "conversation", "prompt", "container", "mcp_servers"}
)

// known fails on a member that is in neither list and is more than a number or a switch.
func (n *node) known(lists ...[]string) error {
	for _, m := range n.items {
		if slices.ContainsFunc(lists, func(l []string) bool { return slices.Contains(l, m.name) }) || !m.holds() {
			continue
		}
		if n.up == nil && slices.Contains(requestElsewhere, m.name) {
			return m.fail("ask the provider's own count endpoint", fmt.Sprintf("%q brings in text that is not in the body", m.name))
		}
		return m.fail("remove it if it holds no prompt text", fmt.Sprintf("member %q is not known, and may hold prompt text", m.name))
	}
	return nil
}

// holds reports whether a value could hold prompt text at all.
func (n *node) holds() bool {
	return n.text != "" || len(n.items) > 0 // of no other kind has either
}

func requestMessages(root *node) ([]Message, error) {
	var out []Message
	for _, name := range []string{"instructions", "system"} {
		if s := root.get(name); s != nil {
			m := Message{Role: "system"}
			if err := m.content(s); err != nil {
				return nil, err
			}
			out = append(out, m)
		}
	}
	list, input := root.get("messages"), root.get("input")
	switch {
	case list != nil && input != nil:
		return nil, input.fail("", `both "messages" and "input" are given`)
	case list == nil && input == nil:
		return nil, root.fail("", `neither "messages" nor "input" is given`)
	case input.is(jsontext.KindString):
		return append(out, Message{Role: "user", Text: []string{input.text}}), nil
	case list == nil:
		list = input
	}
	rest, err := messages(list)
	return append(out, rest...), err
}

// requestFormat is the schema the answer must follow, wherever the three bodies put it.
func requestFormat(root *node) []byte {
	for _, at := range [][]string{{"response_format", "json_schema", "schema"}, {"text", "format", "schema"}, {"output_format", "schema"}, {"output_config", "format", "schema"}} {
		n := root
		for _, name := range at {
			n = n.get(name)
		}
		if n != nil {
			return bytes.Clone(n.raw)
		}
	}
	return nil
}

// forced reports whether a tool choice leaves the model no other answer than a tool call.
func forced(choice *node) bool {
	word := choice.str()
	if choice.is(jsontext.KindBeginObject) {
		word = choice.get("type").str()
		if word == "" { // the form of old: {"name": "f"}
			return choice.get("name") != nil
		}
	}
	return word != "" && !strings.EqualFold(word, "auto") && !strings.EqualFold(word, "none") && word != "allowed_tools"
}
