package traffic

import (
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
	APIBase   text     `json:"api_base"`
	Team      text     `json:"team_id"`
	Hidden    struct {
		Model text `json:"litellm_model_name"`
	} `json:"hidden_params"`
}

type litellmMetadata struct {
	Usage     *litellmUsage `json:"usage_object"`
	UserID    text          `json:"user_api_key_user_id"`
	EndUser   text          `json:"user_api_key_end_user_id"`
	Spend     labels        `json:"spend_logs_metadata"`
	Requester labels        `json:"requester_metadata"`
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
	fees, err := row.usage(&c, meta.Usage, resp)
	if err != nil {
		return err
	}
	tags := f.litellmTags(row, line)
	tagged := func(name string) string { return f.tagged(tags, name, line) }
	row.label(&c, meta, tagged)
	r := record{call: c, strict: true, fees: fees}
	if f.facts {
		f.litellmFacts(&r, row, meta, tags)
	}
	if f.text {
		f.attach(&r, row.prompt(value), line)
	}
	f.accept(r, line)
	return nil
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
	reversed := false
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
		reversed = reversed || !at.IsZero() && at.Before(start)
	}
	if reversed {
		f.odd.reversed++
	}
	return nil
}
