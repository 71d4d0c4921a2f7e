package traffic

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/request"
)

// Attributes that hold the prompt of a span. Sources: OpenTelemetry GenAI conventions (gen_ai.prompt until 1.28, the
// others from 1.37 and 1.38 on), OpenLLMetry for what is numbered, and the specification of exports to Jaeger.
const (
	inputMessages      = "gen_ai.input.messages"
	systemInstructions = "gen_ai.system_instructions"
	toolDefinitions    = "gen_ai.tool.definitions"
	oldPrompt          = "gen_ai.prompt"
	promptPrefix       = "gen_ai.prompt."         // 0.role, 0.content, 0.tool_calls.0.name …
	functionPrefix     = "llm.request.functions." // 0.name, 0.description, 0.parameters or 0.input_schema
	finishReasons      = "gen_ai.response.finish_reasons"
	droppedAttributes  = "otel.dropped_attributes_count" // Jaeger's
)

func isPromptKey(key string) bool {
	switch key {
	case inputMessages, systemInstructions, toolDefinitions, oldPrompt, droppedAttributes, finishReasons:
		return true
	}
	return strings.HasPrefix(key, promptPrefix) || strings.HasPrefix(key, functionPrefix)
}

// spanPrompt is the prompt text of one span as its attributes give it.
type spanPrompt struct {
	messages, system, tools jsontext.Value // as the conventions have it
	turns                   map[int]*spanTurn
	functions               map[int]*spanFunction
	asksTools               bool // the model answered with a tool call
	dropped                 bool // a limit of the SDK dropped attributes
	err                     error
}

// prompt reads the text of a span. Attributes that a limit of the SDK dropped are told by their count; text that such a
// limit shortened shows only where it was JSON.
func (s *otlpSpan) prompt() prompt {
	p := spanPrompt{dropped: s.Dropped != "" && s.Dropped != "0"}
	for _, a := range s.Attributes {
		if !isPromptKey(a.Key) {
			continue
		}
		if l := marked([]byte(a.Value.text())); l != lackNothing {
			return prompt{lack: l}
		}
		p.take(a.Key, a.Value)
	}
	r, err := p.request()
	switch {
	case p.err != nil:
		return unreadable(p.err)
	case err != nil:
		return unreadable(err)
	case len(r.Messages) == 0:
		return prompt{lack: lackText}
	case p.dropped:
		return prompt{lack: lackPart}
	case p.asksTools && len(r.Tools) == 0:
		return prompt{lack: lackTools}
	}
	return weigh(r)
}

func (p *spanPrompt) take(key string, v otlpValue) {
	switch key {
	case inputMessages:
		p.messages = v.json()
	case oldPrompt:
		if p.messages == nil {
			p.messages = v.json()
		}
	case systemInstructions:
		p.system = v.json()
	case toolDefinitions:
		p.tools = v.json()
	case droppedAttributes:
		p.dropped = p.dropped || v.text() != "0"
	case finishReasons:
		p.asksTools = strings.Contains(v.text(), "tool_call") || strings.Contains(v.text(), "tool_use")
	default:
		if rest, ok := strings.CutPrefix(key, promptPrefix); ok {
			p.numbered(key, rest, v.text(), p.turn)
		} else if rest, ok := strings.CutPrefix(key, functionPrefix); ok {
			p.numbered(key, rest, v.text(), p.function)
		}
	}
}

// numbered takes an attribute such as 3.content. A name that is not known may hold text, and is an error.
func (p *spanPrompt) numbered(key, rest, value string, set func(i int, name, value string) bool) {
	number, name, _ := strings.Cut(rest, ".")
	i, err := strconv.Atoi(number)
	switch {
	case rest == "prompt_filter_results": // what Azure found in the prompt
	case err != nil || i < 0 || !set(i, name, value):
		p.err = errors.Join(p.err, &request.Error{Problem: fmt.Sprintf("attribute %q is not known, and may hold prompt text", clip(key))})
	}
}

// request makes a request of the attributes of either generation.
func (p *spanPrompt) request() (r request.Body, err error) {
	if r.Messages, err = p.instructions(); err != nil {
		return r, inAttribute(systemInstructions, err)
	}
	said, err := conversation(p.messages)
	if err != nil {
		return r, inAttribute(inputMessages, err)
	}
	r.Messages = append(r.Messages, said...)
	if len(said) == 0 {
		if said, err = p.numberedTurns(); err != nil {
			return r, err
		}
		r.Messages = append(r.Messages, said...)
	}
	if len(said) == 0 { // instructions alone are no prompt
		return request.Body{}, nil
	}
	r.Tools, err = p.definitions()
	return r, err
}

func inAttribute(name string, err error) error {
	var e *request.Error
	if errors.As(err, &e) {
		return &request.Error{Pointer: e.Pointer, Offset: e.Offset, Problem: name + ": " + e.Problem, Hint: e.Hint}
	}
	return inside(name, err)
}

// instructions are parts without a message around them, or plain text.
func (p *spanPrompt) instructions() ([]request.Message, error) {
	if len(p.system) == 0 {
		return nil, nil
	}
	m := request.Message{Role: "system"}
	if p.system.Kind() == '"' {
		err := say(&m, p.system)
		return []request.Message{m}, err
	}
	var parts []spanPart
	if err := decode(p.system, &parts); err != nil {
		return nil, err
	}
	err := addParts(&m, parts)
	return []request.Message{m}, err
}

// definitions reads the tools. Emitters leave out what is not required of a definition; one with neither description
// nor schema is cut short.
func (p *spanPrompt) definitions() ([]request.Tool, error) {
	if len(p.tools) == 0 {
		return p.numberedTools()
	}
	var b body
	b.add("messages", jsontext.Value("[]"))
	b.add("tools", p.tools)
	r, err := request.Decode(append(b.json, '}'))
	if err != nil {
		return nil, inAttribute(toolDefinitions, err)
	}
	return wholeTools(r.Tools)
}

func wholeTools(tools []request.Tool) ([]request.Tool, error) {
	if i := slices.IndexFunc(tools, func(t request.Tool) bool { return t.Description == "" && t.Schema == nil }); i >= 0 {
		return nil, &request.Error{Problem: fmt.Sprintf("the definition of tool %q is its name alone", clip(tools[i].Name)), Hint: "record descriptions and parameters of tools"}
	}
	return tools, nil
}
