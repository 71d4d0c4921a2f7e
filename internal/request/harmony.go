package request

import (
	"strings"

	"github.com/tokengate/tokengate/internal/token"
)

// The frame of o200k_harmony, as openai/harmony publishes it (docs/format.md): every mark such as <|start|> is one token.
//
//	<|start|>{role}<|message|>{text}<|end|>                                                 a turn
//	<|start|>assistant<|channel|>final<|message|>{text}<|end|>                              an answer of an earlier turn
//	<|start|>assistant to=functions.{name}<|channel|>commentary <|constrain|>json<|message|>{arguments}<|call|>
//	<|start|>functions.{name} to=assistant<|channel|>commentary<|message|>{result}<|end|>   what the tool said
//	<|start|>assistant                                                                      starts the reply
//
// What a request calls system prompt is the developer message; before it stands a system message of fixed words.
const (
	harmonyTurn   = 3 // <|start|>, <|message|>, <|end|>
	harmonyAnswer = 2 // <|channel|>, final
	harmonyReply  = 2 // <|start|>, assistant
	harmonyCall   = 6 // <|start|>, <|channel|>, <|constrain|>, <|message|>, <|call|>, and the blank before <|constrain|>
	harmonyResult = 4 // <|start|>, <|channel|>, <|message|>, <|end|>

	harmonyInstructions = "# Instructions\n\n"
)

// harmonySystem is the text of the system message. The date counts the same on any day; the line about tools stands
// only where there are any.
const (
	harmonySystem = "You are ChatGPT, a large language model trained by OpenAI.\nKnowledge cutoff: 2024-06\nCurrent date: 2025-06-28\n\n" +
		"Reasoning: medium\n\n# Valid channels: analysis, commentary, final. Channel must be included for every message."
	harmonySystemTools = "\nCalls to these tools must go to the commentary channel: 'functions'."
)

// Errors in tokens: the host may leave out the date or change the effort; a tool result has its tool's name, which a
// request tells only by the call's id.
const (
	harmonySystemError = 12
	harmonyResultError = 3
)

func (c counter) harmonyFrame(r Body) token.Estimate {
	system := harmonySystem
	if len(r.Tools) > 0 {
		system += harmonySystemTools
	}
	n := harmonyTurn + c.size("system") + c.size(system) + harmonyReply
	wrong := int64(harmonySystemError)
	for _, m := range r.Messages {
		a, b := c.harmonyMessage(m)
		n, wrong = n+a, wrong+b
	}
	return within(n, wrong, "marks and headers (openai/harmony)")
}

// harmonyMessage is the frame of one message and its error.
func (c counter) harmonyMessage(m Message) (n, wrong int64) {
	name := int64(0)
	if m.Name != "" {
		name = c.size(":" + m.Name)
	}
	switch m.Role {
	case "system", "developer":
		return harmonyTurn + c.size("developer") + c.size(harmonyInstructions) + name, 0
	case "tool", "function":
		return harmonyResult + c.size("functions.") + harmonyResultError + c.size(" to=assistant") + c.size("commentary"), harmonyResultError
	case "assistant":
		call := harmonyCall + c.size("assistant") + c.size(" to=functions.") + c.size("commentary") + c.size("json")
		n = call * int64(m.Calls)
		if len(m.Text) > 2*m.Calls || m.Calls == 0 { // it says something beside its calls
			n += harmonyTurn + harmonyAnswer + c.size("assistant") + name
		}
		return n, 0
	}
	return harmonyTurn + c.size(m.Role) + name, 0
}

// harmonyTools counts the section of the developer message that declares the tools. Where no system prompt stands
// before it, the developer message is there for it alone.
func (c counter) harmonyTools(r Body) token.Estimate {
	section, whole := harmonySection(r.Tools)
	n := c.size(section)
	if !strings.HasPrefix(firstRole(r), "system") && firstRole(r) != "developer" {
		n += harmonyTurn + c.size("developer")
	}
	e := token.Estimate{Tokens: n, Method: "TypeScript declarations (openai/harmony)"}
	if !whole {
		e.RelativeError = asJSONError
		e.Method += "; some parts as JSON"
	}
	return e
}

func firstRole(r Body) string {
	if len(r.Messages) == 0 {
		return ""
	}
	return r.Messages[0].Role
}
