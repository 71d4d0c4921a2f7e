// Package request owns the body of a call to a model: it reads the three forms that providers take and counts them with
// what the provider puts around the text: frames of messages, roles and names, definitions of tools, images. Each rule
// names its source and states its error; a body that holds something no rule counts is an error, never a smaller count.
//
// It knows how providers write requests. Counting text is package token's, and which models there are is pricing's.
//
//	body, err := request.Decode(content)
//	n := request.Count(counter, body) // n.Text, n.Frame, n.Tools …, n.Total
package request

import "github.com/tokengate/tokengate/internal/token"

// Body is a request to a model of one call as far as it is counted: what is said by whom, with which tools and images.
type Body struct {
	Model    string    // as the body names it, "" where it names none; images and tools are counted by rules of the model
	Messages []Message // in the order sent; a system prompt is a message of role "system"
	Tools    []Tool
	Forced   bool   // the model must call a tool (tool_choice "any", "required" or one tool by name)
	Format   []byte // JSON Schema the answer must follow, as it stands in the request; nil without one
}

// Message is one turn.
type Message struct {
	Role   string   // "system", "user", "assistant", "tool" …
	Name   string   // of the participant, where the request gives one
	Text   []string // its text parts, tool calls and tool results among them, in order
	Calls  int      // how many tool calls are among Text: of each, the name and the arguments
	Images []Image
}

// Tool is a function the model may call.
type Tool struct {
	Name        string
	Description string
	Schema      []byte // JSON Schema of its parameters, as it stands in the request; nil without one
}

// Image is a picture in a message. Width and Height are pixels, 0 where the request does not tell them.
type Image struct {
	Width, Height int
	Detail        string // "low", "high", "auto", "original" or ""
}

// Content sums up the request in o200k tokens. Text is classified block by block, as Counter.Count does it, and takes in
// everything that is sent as text: the parts of messages, names, tool definitions and the schema of the answer. JSON is
// counted without its insignificant whitespace.
func (r Body) Content() token.Content {
	c := token.Content{Messages: int64(len(r.Messages)), Tools: int64(len(r.Tools))}
	for _, m := range r.Messages {
		c.Images += int64(len(m.Images))
		c.Add(m.Name)
		for _, text := range m.Text {
			c.Add(text)
		}
	}
	for _, t := range r.Tools {
		c.Add(t.Name)
		c.Add(t.Description)
		c.Add(compact(t.Schema))
	}
	c.Add(compact(r.Format))
	return c
}
