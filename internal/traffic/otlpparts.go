package traffic

import (
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/request"
)

// spanMessage is a message of gen_ai.input.messages. Some emitters write the provider's own form, with a content.
type spanMessage struct {
	Role  text        `json:"role"`
	Name  text        `json:"name"`
	Parts *[]spanPart `json:"parts"`
}

// spanPart is a part of a message by the conventions' JSON schema (gen-ai-input-messages.json).
type spanPart struct {
	Type      text           `json:"type"`
	Content   jsontext.Value `json:"content"`   // of text and reasoning: a string
	Name      text           `json:"name"`      // of tool_call
	Arguments jsontext.Value `json:"arguments"` // of tool_call: any value
	Response  jsontext.Value `json:"response"`  // of tool_call_response: any value
	Result    jsontext.Value `json:"result"`    // the same, in version 1.37
	Modality  text           `json:"modality"`  // of blob, file and uri
}

// conversation reads gen_ai.input.messages.
func conversation(list jsontext.Value) ([]request.Message, error) {
	if len(list) == 0 || list.Kind() == 'n' {
		return nil, nil
	}
	var items []jsontext.Value
	if err := decode(list, &items); err != nil {
		return nil, err
	}
	var out []request.Message
	for i, item := range items {
		m, err := spanSays(item)
		if err != nil {
			return nil, inAttribute("message "+strconv.Itoa(i), err)
		}
		out = append(out, m)
	}
	return out, nil
}

func spanSays(item jsontext.Value) (request.Message, error) {
	var s spanMessage
	if err := decode(item, &s); err != nil {
		return request.Message{}, err
	}
	if s.Parts == nil {
		m, err := request.DecodeMessages(append(append([]byte("["), item...), ']'))
		if err != nil {
			return request.Message{}, err
		}
		return m[0], nil
	}
	m := request.Message{Role: string(s.Role), Name: string(s.Name)}
	return m, addParts(&m, *s.Parts)
}

func addParts(m *request.Message, parts []spanPart) error {
	for _, p := range parts {
		if err := p.add(m); err != nil {
			return err
		}
	}
	return nil
}

// add adds a part; one whose tokens the record does not tell is an error.
func (p spanPart) add(m *request.Message) error {
	switch p.Type {
	case "text", "reasoning":
		if p.Content.Kind() != '"' {
			return &request.Error{Problem: fmt.Sprintf("a part of type %q has no string content", p.Type)}
		}
		return say(m, p.Content)
	case "tool_call":
		m.Calls++
		m.Text = append(m.Text, string(p.Name))
		return say(m, p.Arguments)
	case "tool_call_response":
		if len(p.Response) == 0 {
			p.Response = p.Result
		}
		return say(m, p.Response)
	case "blob", "uri", "file":
		if p.Modality == "image" {
			m.Images = append(m.Images, request.Image{})
			return nil
		}
		return &request.Error{Problem: fmt.Sprintf("the tokens of a %s of modality %q cannot be told from the record", p.Type, clip(string(p.Modality)))}
	}
	return &request.Error{Problem: fmt.Sprintf("a part of type %q is not known", clip(string(p.Type)))}
}

// say adds what a string says, or JSON as it is sent: without whitespace.
func say(m *request.Message, v jsontext.Value) error {
	switch {
	case len(v) == 0 || v.Kind() == 'n':
		return nil
	case v.Kind() == '"':
		s, err := unquote(v)
		m.Text = append(m.Text, s)
		return err
	}
	v = v.Clone()
	err := v.Compact(foreign)
	m.Text = append(m.Text, string(v))
	return explainJSON(err)
}
