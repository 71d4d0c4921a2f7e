package traffic

import (
	"bytes"
	"cmp"
	"errors"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/token"
)

// lack is why a call has no Prompt although Options.Text asks for one. It is a byte: there is one in every record.
type lack byte

const (
	lackNothing  lack = iota // there is a Prompt, or nobody asked
	lackDialect              // Claude Code logs the conversation, not the system prompt and tools around it; tables log no text
	lackText                 // the recorder does not log prompts
	lackRedacted             // it put a mark in their place
	lackPart                 // it cut them short or left parts out
	lackTools                // tools were called and are not in the record, so that billed text is missing
	lackReadable             // what is there cannot be decoded, or holds what no count can be told of
	numLacks
)

var lackReasons = [numLacks]string{
	lackDialect:  "the dialect does not hold whole prompts",
	lackText:     "no prompt text in the record",
	lackRedacted: "the prompt text was redacted",
	lackPart:     "a part of the prompt text was left out",
	lackTools:    "tools were called whose definitions are not in the record",
	lackReadable: "the prompt text cannot be counted",
}

// marks are what recorders write in place of text, or inside of text that they cut. A prompt that speaks of such a mark
// is taken for one that was cut: it is one call less to calibrate on. Sources: LiteLLM's redact_messages.py and its
// constants REDACTED_BY_LITELM_STRING and LITELLM_TRUNCATED_PAYLOAD_FIELD.
var marks = []struct {
	text string
	lack lack
}{
	{"redacted-by-litellm", lackRedacted},
	{"litellm_truncated", lackPart},
}

func marked(text []byte) lack {
	for _, m := range marks {
		if bytes.Contains(text, []byte(m.text)) {
			return m.lack
		}
	}
	return lackNothing
}

// prompt is what a record says of its prompt's text: numbers, or why there are none.
type prompt struct {
	content *token.Content
	lack    lack
	err     error // with lackReadable: what is wrong with the text
}

func unreadable(err error) prompt { return prompt{lack: lackReadable, err: err} }

// weighBody reduces the text of a prompt, written as the body of a request, to numbers.
func weighBody(body []byte) prompt {
	if l := marked(body); l != lackNothing {
		return prompt{lack: l}
	}
	r, err := request.Decode(body)
	if err != nil {
		return unreadable(err)
	}
	return weigh(r)
}

// weigh counts a request if all of it seems to be there. A message of nothing at all is one whose text was not recorded;
// a model calls only tools that it was told of.
func weigh(r request.Body) prompt {
	hollow, calls := 0, false
	for _, m := range r.Messages {
		if len(m.Text)+len(m.Images) == 0 {
			hollow++
		}
		calls = calls || m.Calls > 0 || m.Role == "tool" || m.Role == "function"
	}
	switch {
	case hollow == len(r.Messages):
		return prompt{lack: lackText}
	case hollow > 0:
		return prompt{lack: lackPart}
	case calls && len(r.Tools) == 0:
		return prompt{lack: lackTools}
	}
	c := r.Content()
	return prompt{content: &c}
}

// attach gives a record its prompt and warns of text that cannot be counted. The call counts either way.
func (f *file) attach(r *record, p prompt, line int) {
	r.call.Prompt, r.lack = p.content, p.lack
	if p.err != nil {
		summary, hint := textProblem(p.err)
		f.texts.add(f.name, line, hint, "the prompt text cannot be counted: "+summary)
	}
}

// textProblem words an error, and what to do about it.
func textProblem(err error) (summary, hint string) {
	var e *request.Error
	if !errors.As(err, &e) {
		b := badReason(err)
		return b.Error(), b.hint
	}
	if e.Pointer == "" {
		return e.Problem, e.Hint
	}
	return e.Problem + " at " + clip(e.Pointer), e.Hint
}

// body writes the body of a request out of what a record holds of it.
type body struct{ json []byte }

func (b *body) reset() { b.json = b.json[:0] }

func (b *body) add(name string, value jsontext.Value) {
	if len(value) == 0 || value.Kind() == 'n' {
		return
	}
	open := byte(',')
	if len(b.json) == 0 {
		open = '{'
	}
	b.json = append(b.json, open)
	b.json = strconv.AppendQuote(b.json, name)
	b.json = append(append(b.json, ':'), value...)
}

// weigh closes the body and weighs it.
func (b *body) weigh() prompt {
	if len(b.json) == 0 {
		return prompt{lack: lackText}
	}
	return weighBody(append(b.json, '}'))
}

// comparePrompts orders prompts by how much they say; none at all is the least.
func comparePrompts(a, b *token.Content) int {
	switch {
	case a == b:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	sum, each := 0, 0
	for i := range a.Text {
		sum += int(a.Text[i] - b.Text[i])
		each = cmp.Or(each, cmp.Compare(a.Text[i], b.Text[i]))
	}
	return cmp.Or(sum, each, cmp.Compare(a.Messages, b.Messages), cmp.Compare(a.Tools, b.Tools), cmp.Compare(a.Images, b.Images))
}

// adopt takes the prompt of an equal record if it says more.
func (r *record) adopt(other *record) {
	switch by := comparePrompts(r.call.Prompt, other.call.Prompt); {
	case by < 0:
		r.call.Prompt, r.lack = other.call.Prompt, other.lack
	case r.call.Prompt == nil:
		r.lack = max(r.lack, other.lack)
	}
}
