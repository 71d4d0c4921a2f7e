package traffic

import (
	"github.com/go-json-experiment/json/jsontext"
)

func isOpenAI(h head) bool { return h.answers(OpenAI) }

// isOpenAIBody: a response of Chat Completions, Completions, Responses or Embeddings, or an event of one that is
// streamed. Servers that speak OpenAI's dialect leave "object" out at times.
func isOpenAIBody(o map[string]bool, at string) bool {
	for _, object := range []string{"chat.completion", "chat.completion.chunk", "text_completion", "response"} {
		if o[at+"object="+object] {
			return true
		}
	}
	return o[at+"object=list"] && o[at+"usage.prompt_tokens"] || o[at+"choices"] && o[at+"usage.prompt_tokens"] || isResponsesEvent(o, at)
}

// isResponsesEvent tells an event of the Responses API that holds the response as it is then.
func isResponsesEvent(o map[string]bool, at string) bool { return o[at+"response.object=response"] }

type openAIBody struct {
	ID        text           `json:"id"`
	Object    text           `json:"object"`
	Model     text           `json:"model"`
	Created   text           `json:"created"`
	CreatedAt text           `json:"created_at"`
	Status    text           `json:"status"`
	Tier      text           `json:"service_tier"`
	Usage     jsontext.Value `json:"usage"`
	Output    jsontext.Value `json:"output"`
	Choices   jsontext.Value `json:"choices"`
	User      text           `json:"user"`
	Safety    text           `json:"safety_identifier"`
	Metadata  jsontext.Value `json:"metadata"`
	Prompt    embedded       `json:"prompt"`
	Talk      embedded       `json:"conversation"`
	Groq      embedded       `json:"x_groq"`
	Response  jsontext.Value `json:"response"`
}

// openAIAnswer reads a response. In a stream of Chat Completions the last chunk has the usage, if it was asked for; in
// one of Responses, the event that ends it has the whole response.
func (f *file) openAIAnswer(body jsontext.Value, a *reply) error {
	var b openAIBody
	err := decode(body, &b)
	if err == nil && b.Object != "response" && isObject(b.Response) {
		inner := b.Response
		b = openAIBody{}
		err = decode(inner, &b)
		a.piece = true
	}
	if err != nil {
		return err
	}
	if a.created, err = f.moment(either(string(b.Created), string(b.CreatedAt))); err != nil {
		return inside("created", err)
	}
	a.id, a.model = either(string(b.ID), a.id), either(string(b.Model), a.model)
	if b.Tier != "" {
		a.tier = tier(b.Tier, "")
	}
	a.user, a.metadata = either(string(b.Safety), string(b.User)), b.Metadata
	b.state(a)
	if err := b.named(a); err != nil {
		return err
	}
	return b.count(a)
}

// state tells how far a response is.
func (b *openAIBody) state(a *reply) {
	switch {
	case b.Object == "chat.completion.chunk":
		a.piece = true
		a.lost = len(b.Usage) == 0 && b.finished()
	case b.Object == "response":
		a.failed = b.Status == "failed" || b.Status == "cancelled"
		a.pending = b.Status == "in_progress" || b.Status == "queued"
	}
	a.final = a.final || !a.piece || b.finished()
}

func (b *openAIBody) finished() bool {
	var choices []struct {
		Finish text `json:"finish_reason"`
	}
	if b.Choices.Kind() != '[' || decode(b.Choices, &choices) != nil {
		return false
	}
	for _, c := range choices {
		if c.Finish != "" {
			return true
		}
	}
	return false
}

// named reads what the response was made from: a prompt and a conversation that the provider keeps.
func (b *openAIBody) named(a *reply) error {
	var prompt, talk struct {
		ID      text `json:"id"`
		Version text `json:"version"`
	}
	if err := b.Prompt.into(&prompt, '{'); err != nil {
		return inside("prompt", err)
	}
	if err := b.Talk.into(&talk, '{'); err != nil {
		return inside("conversation", err)
	}
	a.name, a.version, a.session = string(prompt.ID), string(prompt.Version), string(talk.ID)
	return nil
}

// count reads the usage. Groq puts that of a stream into a member of its own.
func (b *openAIBody) count(a *reply) (err error) {
	noted := "usage"
	if b.Usage.Kind() != '{' {
		var groq struct {
			Usage jsontext.Value `json:"usage"`
		}
		if err := b.Groq.into(&groq, '{'); err != nil {
			return inside("x_groq", err)
		}
		b.Usage, noted = groq.Usage, "x_groq.usage"
	}
	if b.Usage.Kind() != '{' {
		return nil
	}
	var u openAIUsage
	if err := decode(b.Usage, &u); err != nil {
		return inside(noted, err)
	}
	a.usage, err = fromOpenAI(u)
	a.known, a.final, a.lost, a.noted = true, true, false, noted
	a.fees = b.searches()
	return err
}

// searches counts the web searches among the items of a response.
func (b *openAIBody) searches() int64 {
	var items []struct {
		Type text `json:"type"`
	}
	if b.Output.Kind() != '[' || decode(b.Output, &items) != nil {
		return 0
	}
	n := int64(0)
	for _, item := range items {
		if item.Type == "web_search_call" {
			n++
		}
	}
	return n
}
