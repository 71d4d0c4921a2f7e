package request

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

var (
	messageText  = []string{"role", "name", "content", "tool_calls", "function_call", "refusal", "reasoning_content", "reasoning"}
	messageOther = []string{"type", "id", "status", "tool_call_id", "cache_control", "annotations", "phase", "stop_reason",
		"stop_sequence", "model", "usage", "recipient"}
)

func messages(list *node) ([]Message, error) {
	if !list.is(jsontext.KindBeginArray) {
		return nil, list.fail("", "expected an array of messages")
	}
	out := make([]Message, 0, len(list.items))
	for _, item := range list.items {
		if !item.is(jsontext.KindBeginObject) {
			return nil, item.fail("", "expected an object, a message")
		}
		m, err := message(item)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// message reads a message of either provider, or an item of a Responses input that is no message but a call or its
// result.
func message(n *node) (Message, error) {
	if kind := n.get("type").str(); n.get("role") == nil && kind != "message" {
		return item(n, kind)
	}
	if n.get("role").str() == "" {
		return Message{}, n.fail("", `the message has no "role"`)
	}
	if err := n.known(messageText, messageOther); err != nil {
		return Message{}, err
	}
	name, err := n.word("name")
	if err != nil {
		return Message{}, err
	}
	m := Message{Role: n.get("role").str(), Name: name}
	for _, name := range []string{"reasoning_content", "reasoning", "content", "refusal"} {
		if c := n.get(name); c != nil {
			if err := m.content(c); err != nil {
				return Message{}, err
			}
		}
	}
	return m, m.calls(n)
}

// calls adds the tool calls of a Chat Completions message: name and arguments.
func (m *Message) calls(n *node) error {
	if f := n.get("function_call"); f != nil {
		if err := m.call(f, f.get("arguments")); err != nil {
			return err
		}
	}
	list := n.get("tool_calls")
	if list == nil {
		return nil
	}
	if !list.is(jsontext.KindBeginArray) {
		return list.fail("", "expected an array of tool calls")
	}
	for _, c := range list.items {
		f, arguments := c.get("function"), "arguments"
		if f == nil {
			f, arguments = c.get("custom"), "input"
		}
		if f == nil {
			return c.fail("", fmt.Sprintf("tool call of type %q is not known", c.get("type").str()))
		}
		if err := m.call(f, f.get(arguments)); err != nil {
			return err
		}
	}
	return nil
}

// call adds one tool call: the name and the arguments, which are text, or JSON written without whitespace.
func (m *Message) call(n, arguments *node) error {
	name := n.get("name").str()
	if name == "" {
		return n.fail("", `the tool call has no "name"`)
	}
	m.Calls++
	m.Text = append(m.Text, name)
	switch {
	case arguments == nil:
	case arguments.is(jsontext.KindString):
		m.Text = append(m.Text, arguments.text)
	default:
		m.Text = append(m.Text, compact(arguments.raw))
	}
	return nil
}

// item reads an item of a Responses input.
func item(n *node, kind string) (Message, error) {
	call, result := Message{Role: "assistant"}, Message{Role: "tool"}
	switch kind {
	case "function_call":
		return call, call.callItem(n, "arguments")
	case "custom_tool_call":
		return call, call.callItem(n, "input")
	case "function_call_output", "custom_tool_call_output":
		output := n.get("output")
		if output == nil {
			return result, n.fail("", `the tool result has no "output"`)
		}
		err := result.content(output)
		return result, err
	case "reasoning":
		content := n.get("content")
		if content == nil {
			return call, n.fail(askProvider, "a reasoning item without its text cannot be counted")
		}
		err := call.content(content)
		return call, err
	case "":
		return call, n.fail("", `the message has no "role"`)
	}
	return call, n.fail(askProvider, fmt.Sprintf("item of type %q is not known", kind))
}
