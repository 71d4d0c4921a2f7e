package traffic

import "github.com/go-json-experiment/json/jsontext"

func isAnthropic(h head) bool { return h.answers(Anthropic) }

// isAnthropicBody: a message, or an event of a stream that says something of the call.
func isAnthropicBody(o map[string]bool, at string) bool {
	return o[at+"type=message"] && (o[at+"usage"] || o[at+"model"]) || o[at+"type=message_start"] || o[at+"type=message_delta"]
}

// anthropicBody is a Messages response or an event of one that is streamed.
type anthropicBody struct {
	Type    text            `json:"type"`
	ID      text            `json:"id"`
	Model   text            `json:"model"`
	Stop    jsontext.Value  `json:"stop_reason"`
	Usage   *anthropicUsage `json:"usage"`
	Message *anthropicBody  `json:"message"`
	Delta   *struct {
		Stop jsontext.Value `json:"stop_reason"`
	} `json:"delta"`
}

// anthropicAnswer reads a message. In a stream, message_start has the input and a placeholder for the output, and every
// message_delta has the output so far; older ones have nothing but that.
func (f *file) anthropicAnswer(body jsontext.Value, a *reply) error {
	var b anthropicBody
	if err := decode(body, &b); err != nil {
		return err
	}
	if b.Type == "message_start" && b.Message != nil {
		a.piece = true
		b = *b.Message
		b.Stop = jsontext.Value("null")
	}
	if b.Type == "message_delta" {
		a.piece = true
		a.lost = a.id == ""
		b.Stop = jsontext.Value("null")
		if b.Delta != nil {
			b.Stop = b.Delta.Stop
		}
	}
	a.id, a.model = either(a.id, string(b.ID)), either(a.model, string(b.Model))
	a.final = a.final || b.Stop.Kind() != 'n' && (len(b.Stop) > 0 || !a.piece)
	if b.Usage == nil {
		return nil
	}
	a.claude = a.claude.then(*b.Usage)
	u, err := fromAnthropic(a.claude)
	if err != nil {
		return err
	}
	a.usage, a.known, a.noted = u, true, "usage"
	a.tier, a.geo = tier(a.claude.ServiceTier, a.claude.Speed), string(a.claude.Geo)
	if s := a.claude.ServerTools; s != nil {
		a.fees = s.WebSearches.n
	}
	return nil
}

// then lays later counts over earlier ones; what they do not name stays.
func (a anthropicUsage) then(b anthropicUsage) anthropicUsage {
	for _, n := range []struct{ to, from *number }{{&a.Input, &b.Input}, {&a.Output, &b.Output}, {&a.CacheRead, &b.CacheRead}, {&a.CacheWrite, &b.CacheWrite}} {
		if n.from.known {
			*n.to = *n.from
		}
	}
	if b.Creation != nil {
		a.Creation = b.Creation
	}
	if b.OutputDetails != nil {
		a.OutputDetails = b.OutputDetails
	}
	if b.ServerTools != nil {
		a.ServerTools = b.ServerTools
	}
	a.ServiceTier, a.Speed, a.Geo = orText(b.ServiceTier, a.ServiceTier), orText(b.Speed, a.Speed), orText(b.Geo, a.Geo)
	return a
}

func orText(t, fallback text) text { return text(either(string(t), string(fallback))) }
