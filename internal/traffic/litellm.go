package traffic

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

func isLiteLLM(h head) bool {
	return h.has("call_type", "startTime") || h.has("call_type", "request_id") || h.has("call_type", "prompt_tokens")
}

// litellmRow is what a call needs of a standard logging payload or a spend-log row; the two name the id differently,
// and rows encode their inner objects into strings.
type litellmRow struct {
	ID        text     `json:"id"`
	RequestID text     `json:"request_id"`
	CallType  text     `json:"call_type"`
	Status    text     `json:"status"`
	Model     text     `json:"model"`
	Group     text     `json:"model_group"`
	Provider  text     `json:"custom_llm_provider"`
	Prompt    number   `json:"prompt_tokens"`
	Output    number   `json:"completion_tokens"`
	Total     number   `json:"total_tokens"`
	Start     text     `json:"startTime"`
	First     text     `json:"completionStartTime"`
	End       text     `json:"endTime"`
	Cost      decimal  `json:"response_cost"`
	Spend     decimal  `json:"spend"`
	CacheHit  text     `json:"cache_hit"`
	User      text     `json:"user"`
	EndUser   text     `json:"end_user"`
	Session   text     `json:"session_id"`
	Trace     text     `json:"trace_id"`
	Metadata  embedded `json:"metadata"`
	Tags      embedded `json:"request_tags"`
	Response  embedded `json:"response"`
	Hidden    struct {
		Model text `json:"litellm_model_name"`
	} `json:"hidden_params"`
}

type litellmMetadata struct {
	Usage     *openAIUsage `json:"usage_object"`
	UserID    text         `json:"user_api_key_user_id"`
	EndUser   text         `json:"user_api_key_end_user_id"`
	Spend     labels       `json:"spend_logs_metadata"`
	Requester labels       `json:"requester_metadata"`
}

// labels are what the caller of the proxy attached to a request.
type labels struct {
	Track    string
	Feature  string
	Template string
	Version  string
}

// UnmarshalJSON implements the decoder's interface; anything but an object with our keys says nothing.
func (l *labels) UnmarshalJSON(b []byte) error {
	var v struct {
		Track    text `json:"track"`
		Feature  text `json:"feature"`
		Template text `json:"template"`
		Version  text `json:"template_version"`
	}
	err := embedded(b).into(&v, '{')
	*l = labels{string(v.Track), string(v.Feature), string(v.Template), string(v.Version)}
	return err
}

// litellmResponse is the part of a logged response that tells usage. Pass-through endpoints log the provider's own.
type litellmResponse struct {
	Type   text           `json:"type"`
	Usage  jsontext.Value `json:"usage"`
	Gemini *geminiUsage   `json:"usageMetadata"`
	Tier   text           `json:"service_tier"`
}

const skipCached = "answered from LiteLLM's own response cache, which costs nothing"

func readLiteLLM(f *file, in *input) error {
	return f.eachValue(in, func(value []byte, line int) error {
		var row litellmRow
		err := decode(value, &row)
		if err == nil {
			err = f.litellm(&row, value, line)
		}
		if err != nil {
			f.reject(line, err)
		}
		return nil
	})
}

func (f *file) litellm(row *litellmRow, value []byte, line int) error {
	if strings.EqualFold(string(row.CacheHit), "true") || row.CacheHit == "t" {
		f.skip(skipCached)
		return nil
	}
	var meta litellmMetadata
	if err := row.Metadata.into(&meta, '{'); err != nil {
		return inside("metadata", err)
	}
	var resp litellmResponse
	if err := row.Response.into(&resp, '{'); err != nil {
		return inside("response", err)
	}
	c := Call{
		ID: either(string(row.ID), string(row.RequestID)), Session: either(string(row.Session), string(row.Trace)),
		User:  either(either(string(row.EndUser), string(meta.EndUser)), either(string(row.User), string(meta.UserID))),
		Model: either(string(row.Model), either(string(row.Hidden.Model), string(row.Group))), Tier: tier(resp.Tier, ""), Status: "ok",
	}
	if row.Status == "failure" {
		c.Status = "error"
	}
	if err := f.litellmTimes(row, &c); err != nil {
		return err
	}
	if err := row.usage(&c, meta.Usage, resp); err != nil {
		return err
	}
	row.label(&c, meta)
	r := record{call: c, strict: true}
	if f.text {
		f.attach(&r, row.prompt(value), line)
	}
	f.accept(r, line)
	return nil
}

// usage: prompt_tokens includes cached tokens for every provider; the details stand in the metadata or the response. A
// successful call that was billed without tokens (images, speech, searches) is bad, because it would seem to be free.
func (row *litellmRow) usage(c *Call, details *openAIUsage, resp litellmResponse) (err error) {
	if row.Prompt.n+row.Output.n == 0 {
		if done, err := resp.native(c); done || err != nil {
			return err
		}
		switch {
		case row.Total.n != 0:
			return bad(noUsage, "only a total of %d tokens", row.Total.n)
		case c.Status == "error":
			return nil
		}
		return bad(noUsage, "a successful %s without tokens, billed $%s", either(string(row.CallType), "call"), strconv.FormatFloat(row.Cost.f+row.Spend.f, 'g', -1, 64))
	}
	var u openAIUsage
	if details != nil {
		u = *details
	} else if resp.Usage.Kind() == '{' {
		if err := decode(resp.Usage, &u); err != nil {
			return inside("response.usage", err)
		}
	}
	u.Prompt, u.Completion, u.Input, u.Output = row.Prompt, row.Output, number{}, number{}
	u.Total = first(row.Total, u.Total)
	c.Usage, err = u.inclusive().usage(isClaude(c.Model, string(row.Provider)))
	return err
}

// native takes the usage of a response that the proxy passed through without counting it.
func (resp litellmResponse) native(c *Call) (done bool, err error) {
	if resp.Gemini != nil {
		c.Usage, err = fromGemini(*resp.Gemini)
		return true, err
	}
	if resp.Usage.Kind() != '{' {
		return false, nil
	}
	var shape struct {
		Bedrock number `json:"inputTokens"`
		Input   number `json:"input_tokens"`
	}
	if err := decode(resp.Usage, &shape); err != nil {
		return false, inside("response.usage", err)
	}
	switch {
	case shape.Bedrock.known:
		var u bedrockUsage
		if err = decode(resp.Usage, &u); err == nil {
			c.Usage, err = fromBedrock(u)
		}
	case shape.Input.known && resp.Type == "message":
		var u anthropicUsage
		if err = decode(resp.Usage, &u); err == nil {
			c.Usage, err = fromAnthropic(u)
			c.Tier = tier(u.ServiceTier, u.Speed)
		}
	default:
		var u openAIUsage
		if err = decode(resp.Usage, &u); err == nil && first(u.Prompt, u.Input).n+first(u.Completion, u.Output).n > 0 {
			c.Usage, err = fromOpenAI(u)
			return true, err
		}
		return false, err
	}
	return true, err
}

func isClaude(model, provider string) bool {
	return strings.Contains(strings.ToLower(model), "claude") || strings.Contains(strings.ToLower(provider), "anthropic")
}

// label takes track, feature and template from what the caller attached: metadata first, then tags written as
// "track:retrieval". Other tags, such as the User-Agent that the proxy adds, say nothing here.
func (row *litellmRow) label(c *Call, meta litellmMetadata) {
	var tags []text
	if row.Tags.into(&tags, '[') != nil {
		tags = nil
	}
	tagged := func(name string) string {
		for _, t := range tags {
			if rest, ok := strings.CutPrefix(string(t), name+":"); ok {
				return strings.TrimSpace(rest)
			}
		}
		return ""
	}
	s, r := meta.Spend, meta.Requester
	c.Track = either(s.Track, either(r.Track, tagged("track")))
	c.Feature = either(s.Feature, either(r.Feature, tagged("feature")))
	c.Template = either(s.Template, either(r.Template, tagged("template")))
	c.TemplateVersion = either(s.Version, either(r.Version, tagged("template_version")))
}

func (f *file) litellmTimes(row *litellmRow, c *Call) error {
	start, err := f.stamp(string(row.Start))
	if err != nil {
		return inside("startTime", err)
	}
	if start.IsZero() {
		return bad(noTime, "no startTime")
	}
	c.Time = start
	for _, t := range []struct {
		text text
		to   *time.Duration
	}{{row.End, &c.Latency}, {row.First, &c.FirstToken}} {
		at, err := f.stamp(string(t.text))
		if err != nil {
			return err
		}
		if at.After(start) {
			*t.to = at.Sub(start)
		}
	}
	return nil
}
