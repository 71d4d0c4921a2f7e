package traffic

import (
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/token"
)

// reply is what a provider's response says of the call it ended. The events of a stream are read into one answer, one
// after the other: usage in them is cumulative, so the last that says something holds.
type reply struct {
	provider        string
	id, model, tier string
	usage           token.Usage
	known           bool // usage was there
	final           bool // the response says how it ended
	fees            int64
	created         time.Time // zero where the provider's API does not tell
	latency         time.Duration
	user, session   string
	name, version   string         // of a prompt the provider keeps
	metadata        jsontext.Value // what the request attached and the response repeats
	geo             string
	failed, pending bool
	piece           bool   // it is one event of a stream
	lost            bool   // it ends a stream that carries no usage at all
	noted           string // where in the body the usage stands

	claude anthropicUsage // of a stream, so far
}

// provider reads what one provider's API sends back.
type provider struct {
	name string
	// is tells a body of this provider by its keys; all of them begin with at.
	is func(o map[string]bool, at string) bool
	// read takes a whole response, or the next event of a stream, into a.
	read func(f *file, body jsontext.Value, a *reply) error
}

func providers() []provider {
	return []provider{
		{Anthropic, isAnthropicBody, (*file).anthropicAnswer},
		{Gemini, isGeminiBody, (*file).geminiAnswer},
		{Bedrock, isBedrockBody, (*file).bedrockAnswer},
		{OpenAI, isOpenAIBody, (*file).openAIAnswer},
	}
}

// providerOf finds whose body the keys under at are of, or nil.
func providerOf(o map[string]bool, at string) *provider {
	for _, p := range providers() {
		if p.is(o, at) {
			return &p
		}
	}
	return nil
}

// answer reads the body of a response: an object, a list of the events of a stream, or their text as it was sent.
// o are the keys of the record, where those of the body begin with at.
func (f *file) answer(body jsontext.Value, o map[string]bool, at string) (a reply, err error) {
	if isObject(body) {
		if p := providerOf(o, at); p != nil {
			a.provider = p.name
			return a, p.read(f, body, &a)
		}
		return a, f.readBody(body, &a)
	}
	events, err := events(body)
	if err != nil {
		return a, err
	}
	for _, e := range events {
		if err := f.readBody(e, &a); err != nil {
			return a, err
		}
	}
	if a.provider == "" && !a.failed {
		return a, bad(unknownBody, "a stream without an event of a known API")
	}
	a.piece = false
	a.lost = !a.known && !a.failed || a.provider == Anthropic && !a.claude.Input.known
	return a, nil
}

func isObject(body jsontext.Value) bool { return body.Kind() == '{' }

// readBody takes one object into an answer. Objects of no provider are events without news, unless they are all there is.
func (f *file) readBody(body jsontext.Value, a *reply) error {
	o, _ := lookAt(body)
	p := providerOf(o, "")
	if p == nil {
		if isErrorBody(o) {
			a.failed = true
		}
		return nil
	}
	a.provider = p.name
	return p.read(f, body, a)
}

// isErrorBody tells what every provider sends in place of a response when a request failed.
func isErrorBody(o map[string]bool) bool {
	return (o["error.message"] || o["error.type"] || o["error.code"]) && !o["usage"] || o["type=error"]
}

const unknownBody = "a response of no known API"

// pairs gives the members of an object that are text or numbers, by name. Anything else has none.
func pairs(object jsontext.Value) (names []string, values map[string]text) {
	if embedded(object).into(&values, '{') != nil {
		return nil, nil
	}
	return slices.Sorted(maps.Keys(values)), values
}
