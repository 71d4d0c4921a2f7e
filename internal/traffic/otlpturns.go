package traffic

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/request"
)

// spanTurn is a message that OpenLLMetry spreads over attributes.
type spanTurn struct {
	role, content string
	spoken        bool // there is a content, however short
	calls         map[int]*spanFunction
}

// spanFunction is a tool, or a call of one, spread over attributes.
type spanFunction struct{ name, description, schema, arguments string }

// turn takes one attribute of message i; false if its name is not known.
func (p *spanPrompt) turn(i int, name, value string) bool {
	t := entry(&p.turns, i)
	switch name {
	case "role":
		t.role = value
	case "content":
		t.content, t.spoken = value, true
	case "tool_call_id", "id", "finish_reason":
	default:
		rest, ok := strings.CutPrefix(name, "tool_calls.")
		number, name, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(number)
		if !ok || err != nil {
			return false
		}
		return entry(&t.calls, n).set(name, value)
	}
	return true
}

func (p *spanPrompt) function(i int, name, value string) bool {
	return entry(&p.functions, i).set(name, value)
}

func (f *spanFunction) set(name, value string) bool {
	switch name {
	case "name":
		f.name = value
	case "description":
		f.description = value
	case "parameters", "input_schema":
		f.schema = value
	case "arguments":
		f.arguments = value
	case "id", "type":
	default:
		return false
	}
	return true
}

// entry gives the value of a number, made if it is not there.
func entry[T any](m *map[int]*T, i int) *T {
	if *m == nil {
		*m = map[int]*T{}
	}
	if (*m)[i] == nil {
		(*m)[i] = new(T)
	}
	return (*m)[i]
}

// inOrder gives numbered values in their order, and fails if a number is missing: what stood there was lost.
func inOrder[T any](m map[int]*T, what string) ([]*T, error) {
	var out []*T
	for at, i := range slices.Sorted(maps.Keys(m)) {
		if i != at {
			return nil, &request.Error{Problem: fmt.Sprintf("%s %d is missing", what, at), Hint: "raise OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT"}
		}
		out = append(out, m[i])
	}
	return out, nil
}

func (p *spanPrompt) numberedTurns() ([]request.Message, error) {
	turns, err := inOrder(p.turns, "message")
	if err != nil {
		return nil, err
	}
	var out []request.Message
	for i, t := range turns {
		m := request.Message{Role: t.role}
		if err := t.say(&m); err != nil {
			return nil, inAttribute(promptPrefix+strconv.Itoa(i), err)
		}
		out = append(out, m)
	}
	return out, nil
}

// say adds content and tool calls to a message. OpenLLMetry writes a content of parts as JSON.
func (t *spanTurn) say(m *request.Message) error {
	switch {
	case t.spoken && isParts(t.content):
		var b body
		b.add("role", jsontext.Value(strconv.Quote("user")))
		b.add("content", jsontext.Value(t.content))
		said, err := request.DecodeMessages(slices.Concat([]byte("["), b.json, []byte("}]")))
		if err != nil {
			return err
		}
		m.Text, m.Images, m.Calls = said[0].Text, said[0].Images, said[0].Calls
	case t.spoken:
		m.Text = append(m.Text, t.content)
	}
	calls, err := inOrder(t.calls, "tool call")
	for _, c := range calls {
		m.Calls++
		m.Text = append(m.Text, c.name)
		if c.arguments != "" {
			m.Text = append(m.Text, c.arguments)
		}
	}
	return err
}

// isParts tells content that is a JSON list of parts from text that only begins like one.
func isParts(content string) bool {
	if !strings.HasPrefix(strings.TrimSpace(content), "[") {
		return false
	}
	var parts []struct {
		Type *text `json:"type"`
	}
	if decode([]byte(content), &parts) != nil {
		return false
	}
	for _, p := range parts {
		if p.Type == nil || *p.Type == "" {
			return false
		}
	}
	return len(parts) > 0
}

func (p *spanPrompt) numberedTools() ([]request.Tool, error) {
	functions, err := inOrder(p.functions, "tool")
	var out []request.Tool
	for _, f := range functions {
		t := request.Tool{Name: f.name, Description: f.description}
		if f.schema != "" {
			t.Schema = []byte(f.schema)
		}
		out = append(out, t)
	}
	if err != nil {
		return nil, err
	}
	return wholeTools(out)
}
