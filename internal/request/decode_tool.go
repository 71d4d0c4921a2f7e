package request

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// requestTools reads the tools of a body: OpenAI's {"type": "function", "function": {…}} and the flat form of Responses,
// Anthropic's with input_schema, and the "functions" of old.
func requestTools(root *node) ([]Tool, error) {
	var out []Tool
	for _, name := range []string{"tools", "functions"} {
		list := root.get(name)
		if list == nil {
			continue
		}
		if !list.is(jsontext.KindBeginArray) {
			return nil, list.fail("", "expected an array of tools")
		}
		for _, n := range list.items {
			t, err := tool(n)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
		}
	}
	return out, nil
}

func tool(n *node) (Tool, error) {
	f := n.get("function")
	if f == nil {
		f = n.get("custom")
	}
	if f == nil {
		f = n
	}
	switch kind := n.get("type").str(); kind {
	case "", "function", "custom":
	default:
		return Tool{}, n.fail(askProvider, fmt.Sprintf("the definition of a tool of type %q is the provider's and not in the request", kind))
	}
	description, err := f.word("description")
	if err != nil {
		return Tool{}, err
	}
	t := Tool{Name: f.get("name").str(), Description: description}
	if t.Name == "" {
		return Tool{}, n.fail("", `the tool has no "name"`)
	}
	for _, name := range []string{"parameters", "input_schema", "format"} {
		if s := f.get(name); s != nil {
			t.Schema = bytes.Clone(s.raw)
		}
	}
	return t, nil
}
