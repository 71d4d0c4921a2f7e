package token

// Request is the body of one call as far as it is counted: what is said by whom, with which tools and images.
type Request struct {
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

// Content is a request in numbers: what recorded input tokens are regressed on in a calibration.
type Content struct {
	Text     [numClasses]int64 // o200k tokens of the text of messages and tools, by class in the order of the factor table
	Messages int64
	Tools    int64
	Images   int64
}

// Content sums up the request in o200k tokens. Text is classified block by block, as Counter.Count does it, and takes in
// everything that is sent as text: the parts of messages, names, tool definitions and the schema of the answer. JSON is
// counted without its insignificant whitespace.
func (r Request) Content() Content {
	c := Content{Messages: int64(len(r.Messages)), Tools: int64(len(r.Tools))}
	for _, m := range r.Messages {
		c.Images += int64(len(m.Images))
		c.add(m.Name)
		for _, text := range m.Text {
			c.add(text)
		}
	}
	for _, t := range r.Tools {
		c.add(t.Name)
		c.add(t.Description)
		c.add(compact(t.Schema))
	}
	c.add(compact(r.Format))
	return c
}

func (c *Content) add(text string) {
	if text == "" {
		return
	}
	for _, block := range blocks(text) {
		c.Text[Classify(block).i()] += counters["o200k_base"].Count(block).Tokens
	}
}
