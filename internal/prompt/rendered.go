package prompt

import (
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/source"
)

// Rendered is what a template sends with given variables.
type Rendered struct {
	Messages        []Message
	Model           source.At[string]      // that the file declares, as it stands there but for the provider in front
	MaxOutputTokens source.At[money.Count] // likewise
	Notes           []string               // what is sent as well and not counted here
}

// Message is one turn of a rendered prompt.
type Message struct {
	Role  string      // system, user, assistant or model as the file says; "" for a file that knows no roles
	Text  string      // all that the message says
	Media []string    // URLs of pictures and the like, which Text does not hold
	Span  source.Span // whole lines of the file that the text comes from

	from []region // of the rendering, in order; their text is Text
}

// Body is the messages that have a role, as they stand in a request: a provider puts a frame around each. A file that
// knows no roles has none, since its text is one part of a request that others write.
func (r Rendered) Body() request.Body {
	var body request.Body
	for _, m := range r.Messages {
		if m.Role != "" {
			body.Messages = append(body.Messages, request.Message{Role: m.Role, Text: []string{m.Text}})
		}
	}
	return body
}

// Text is the text of all messages; what a provider puts around each is not part of it.
func (r Rendered) Text() string {
	text := ""
	for _, m := range r.Messages {
		text += m.Text
	}
	return text
}
