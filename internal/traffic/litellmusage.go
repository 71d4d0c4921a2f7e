package traffic

import (
	"strconv"
	"strings"
)

// litellmUsage is a usage block as LiteLLM keeps it: OpenAI's, with what Anthropic's tools ran on its servers.
type litellmUsage struct {
	openAIUsage
	ServerTools *struct {
		WebSearches number `json:"web_search_requests"`
	} `json:"server_tool_use"`
}

func (u *litellmUsage) searches() int64 {
	if u.ServerTools == nil {
		return 0
	}
	return u.ServerTools.WebSearches.n
}

// usage: prompt_tokens includes cached tokens for every provider; the details stand in the metadata or the response. A
// successful call that was billed without tokens (images, speech, searches) is bad, because it would seem to be free.
// fees are the web searches that were billed beside the tokens.
func (row *litellmRow) usage(c *Call, details *litellmUsage, resp litellmResponse) (fees int64, err error) {
	var u litellmUsage
	if resp.Usage.Kind() == '{' {
		if err := decode(resp.Usage, &u); err != nil && (details == nil || row.Prompt.n+row.Output.n == 0) {
			return 0, inside("response.usage", err)
		}
	}
	fees = u.searches()
	if row.Prompt.n+row.Output.n == 0 {
		return fees, row.uncounted(c, u.openAIUsage, resp)
	}
	if details != nil {
		fees = max(fees, details.searches())
		u = *details
	}
	u.Prompt, u.Completion, u.Input, u.Output = row.Prompt, row.Output, number{}, number{}
	u.Total = first(row.Total, u.Total)
	c.Usage, err = u.inclusive().usage(isClaude(c.Model, string(row.Provider)))
	return fees, err
}

// uncounted takes the usage of a row that the proxy counted no tokens for.
func (row *litellmRow) uncounted(c *Call, u openAIUsage, resp litellmResponse) error {
	if done, err := resp.native(c, u); done || err != nil {
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

// native takes the usage of a response that the proxy passed through without counting it.
func (resp litellmResponse) native(c *Call, u openAIUsage) (done bool, err error) {
	if resp.Gemini != nil {
		c.Usage, err = fromGemini(*resp.Gemini)
		return true, err
	}
	if resp.Usage.Kind() != '{' {
		return false, nil
	}
	var shape struct {
		Bedrock number `json:"inputTokens"`
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
	case u.Input.known && resp.Type == "message":
		var u anthropicUsage
		if err = decode(resp.Usage, &u); err == nil {
			c.Usage, err = fromAnthropic(u)
			c.Tier = tier(u.ServiceTier, u.Speed)
		}
	case first(u.Prompt, u.Input).n+first(u.Completion, u.Output).n > 0:
		c.Usage, err = fromOpenAI(u)
	default:
		return false, nil
	}
	return true, err
}

func isClaude(model, provider string) bool {
	return strings.Contains(strings.ToLower(model), "claude") || strings.Contains(strings.ToLower(provider), "anthropic")
}
