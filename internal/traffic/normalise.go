package traffic

import "github.com/tokengate/tokengate/internal/token"

// Providers mean different things by "input tokens" and "output tokens". Each function here turns one provider's usage
// block into additive usage, in one place, pinned by golden vectors. Sources: the providers' published API types.
//
//	Anthropic  input excludes cache reads and writes; output includes thinking
//	OpenAI     input includes cached and cache-written tokens; output includes reasoning
//	Gemini     input includes cached, excludes tool-use prompts; output excludes thoughts
//	Bedrock    input excludes cache, unless the total shows that it is inside
//	OTel       input includes cache, output includes reasoning; some Anthropic instrumentation excludes cache

// anthropicUsage is the usage block of a Messages response, and of a Claude Code line.
type anthropicUsage struct {
	Input      number `json:"input_tokens"`
	Output     number `json:"output_tokens"`
	CacheRead  number `json:"cache_read_input_tokens"`
	CacheWrite number `json:"cache_creation_input_tokens"`
	Creation   *struct {
		Short number `json:"ephemeral_5m_input_tokens"`
		Long  number `json:"ephemeral_1h_input_tokens"`
	} `json:"cache_creation"`
	OutputDetails *struct {
		Thinking number `json:"thinking_tokens"`
	} `json:"output_tokens_details"`
	ServerTools *struct {
		WebSearches number `json:"web_search_requests"`
	} `json:"server_tool_use"`
	ServiceTier text `json:"service_tier"`
	Speed       text `json:"speed"`
	Geo         text `json:"inference_geo"`
}

// fromAnthropic: all four counts are disjoint. Where writes are split by lifetime, the split's sum holds; without a
// split, writes count as the API's default lifetime of five minutes.
func fromAnthropic(a anthropicUsage) (token.Usage, error) {
	if !a.Input.known && !a.Output.known {
		return token.Usage{}, bad(noUsage, "neither input_tokens nor output_tokens")
	}
	u := token.Usage{Input: a.Input.n, CacheRead: a.CacheRead.n, CacheWrite5m: a.CacheWrite.n, Output: a.Output.n}
	if c := a.Creation; c != nil && c.Short.n+c.Long.n != 0 {
		u.CacheWrite5m, u.CacheWrite1h = c.Short.n, c.Long.n
	}
	if a.OutputDetails != nil {
		u.Reasoning = a.OutputDetails.Thinking.n
	}
	return u, checkUsage(u)
}

// openAIUsage is the usage block of Chat Completions and of Responses, with what LiteLLM adds to it.
type openAIUsage struct {
	Prompt        number         `json:"prompt_tokens"`
	Completion    number         `json:"completion_tokens"`
	Input         number         `json:"input_tokens"`
	Output        number         `json:"output_tokens"`
	Total         number         `json:"total_tokens"`
	PromptDetails *promptDetails `json:"prompt_tokens_details"`
	InputDetails  *promptDetails `json:"input_tokens_details"`
	CompletionDet *outputDetails `json:"completion_tokens_details"`
	OutputDetails *outputDetails `json:"output_tokens_details"`
	CacheRead     number         `json:"cache_read_input_tokens"`     // LiteLLM, for Anthropic models
	CacheWrite    number         `json:"cache_creation_input_tokens"` // the same
	CacheHit      number         `json:"prompt_cache_hit_tokens"`     // DeepSeek
}

type promptDetails struct {
	Cached   number `json:"cached_tokens"`
	Written  number `json:"cache_write_tokens"`
	Created  number `json:"cache_creation_tokens"` // LiteLLM
	Creation *struct {
		Short number `json:"ephemeral_5m_input_tokens"`
		Long  number `json:"ephemeral_1h_input_tokens"`
	} `json:"cache_creation_token_details"` // LiteLLM
}

type outputDetails struct {
	Reasoning number `json:"reasoning_tokens"`
}

// fromOpenAI: cached and cache-written tokens are inside the prompt, reasoning inside the completion.
func fromOpenAI(o openAIUsage) (token.Usage, error) { return o.inclusive().usage(false) }

func (o openAIUsage) inclusive() inclusive {
	in := inclusive{input: first(o.Prompt, o.Input), output: first(o.Completion, o.Output), total: o.Total}
	in.read, in.write = first(o.CacheRead, o.CacheHit), o.CacheWrite
	for _, d := range []*promptDetails{o.PromptDetails, o.InputDetails} {
		if d == nil {
			continue
		}
		in.read, in.write = first(in.read, d.Cached), first(in.write, d.Written, d.Created)
		if c := d.Creation; c != nil {
			in.long = c.Long
			in.write = first(in.write, number{c.Short.n + c.Long.n, true})
		}
	}
	for _, d := range []*outputDetails{o.CompletionDet, o.OutputDetails} {
		if d != nil {
			in.reasoning = first(in.reasoning, d.Reasoning)
		}
	}
	return in
}

// geminiUsage is usageMetadata; REST writes camelCase, SDK dumps snake_case.
type geminiUsage struct {
	Prompt, Cached, Candidates, Thoughts, Tool, Total number
}

// UnmarshalJSON implements the decoder's interface.
func (g *geminiUsage) UnmarshalJSON(b []byte) error {
	var camel struct {
		Prompt     number `json:"promptTokenCount"`
		Cached     number `json:"cachedContentTokenCount"`
		Candidates number `json:"candidatesTokenCount"`
		Thoughts   number `json:"thoughtsTokenCount"`
		Tool       number `json:"toolUsePromptTokenCount"`
		Total      number `json:"totalTokenCount"`
	}
	var snake struct {
		Prompt     number `json:"prompt_token_count"`
		Cached     number `json:"cached_content_token_count"`
		Candidates number `json:"candidates_token_count"`
		Thoughts   number `json:"thoughts_token_count"`
		Tool       number `json:"tool_use_prompt_token_count"`
		Total      number `json:"total_token_count"`
	}
	if err := decode(b, &camel); err != nil {
		return err
	}
	if err := decode(b, &snake); err != nil {
		return err
	}
	*g = geminiUsage{first(camel.Prompt, snake.Prompt), first(camel.Cached, snake.Cached), first(camel.Candidates, snake.Candidates),
		first(camel.Thoughts, snake.Thoughts), first(camel.Tool, snake.Tool), first(camel.Total, snake.Total)}
	return nil
}

// fromGemini: total = prompt + candidates + tool-use prompt + thoughts; cached tokens are inside the prompt. Counts
// that are 0 are left out by the API, but a total that the parts do not reach means that some are missing.
func fromGemini(g geminiUsage) (token.Usage, error) {
	if !g.Prompt.known && !g.Total.known {
		return token.Usage{}, bad(noUsage, "no promptTokenCount")
	}
	if sum := g.Prompt.n + g.Candidates.n + g.Tool.n + g.Thoughts.n; g.Total.n > sum {
		return token.Usage{}, bad(impossible, "a total of %d tokens, but parts of %d", g.Total.n, sum)
	}
	u := token.Usage{Input: g.Prompt.n - g.Cached.n + g.Tool.n, CacheRead: g.Cached.n, Output: g.Candidates.n + g.Thoughts.n, Reasoning: g.Thoughts.n}
	if g.Cached.n > g.Prompt.n {
		return u, bad(impossible, "%d cached tokens in a prompt of %d", g.Cached.n, g.Prompt.n)
	}
	return u, checkUsage(u)
}

// bedrockUsage is the usage block of Converse.
type bedrockUsage struct {
	Input      number `json:"inputTokens"`
	Output     number `json:"outputTokens"`
	Total      number `json:"totalTokens"`
	CacheRead  number `json:"cacheReadInputTokens"`
	CacheWrite number `json:"cacheWriteInputTokens"`
	Details    []struct {
		TTL    text   `json:"ttl"`
		Tokens number `json:"inputTokens"`
	} `json:"cacheDetails"`
}

// fromBedrock: the total includes cache. Where it equals input plus output although a cache was used, input is
// inclusive (models other than Claude); otherwise the counts are disjoint.
func fromBedrock(b bedrockUsage) (token.Usage, error) {
	in := inclusive{input: b.Input, output: b.Output, read: b.CacheRead, write: b.CacheWrite, total: b.Total}
	for _, d := range b.Details {
		if d.TTL == "1h" {
			in.long.n += d.Tokens.n
		}
	}
	inside := b.Total.known && b.Total.n == b.Input.n+b.Output.n && b.CacheRead.n+b.CacheWrite.n <= b.Input.n
	if !inside {
		in.input.n += b.CacheRead.n + b.CacheWrite.n
		in.total = number{}
	}
	return in.usage(false)
}

// inclusive holds counts as OpenAI and OpenTelemetry define them. long is the part of write kept for an hour.
type inclusive struct {
	input, output, read, write, long, reasoning, total number
}

// usage makes them additive. mixed is for instrumentation of Anthropic models, some of which passes the API's exclusive
// input on: a total that includes the cache beside input, or more cached tokens than input, shows it. For reasoning,
// the total, or more reasoning than output, shows output that excludes it.
func (n inclusive) usage(mixed bool) (token.Usage, error) {
	if !n.input.known && !n.output.known {
		return token.Usage{}, bad(noUsage, "neither input nor output tokens")
	}
	cached := n.read.n + n.write.n
	input, output := n.input.n, n.output.n
	beside := cached > input || n.total.known && n.total.n == input+output+cached
	switch {
	case cached == 0:
	case mixed && beside:
		input += cached
	case cached > input:
		return token.Usage{}, bad(impossible, "%d cached tokens in a prompt of %d", cached, input)
	}
	if n.reasoning.n > output || n.reasoning.n > 0 && n.total.known && n.total.n == n.input.n+output+n.reasoning.n {
		output += n.reasoning.n
	}
	if n.long.n > n.write.n {
		return token.Usage{}, bad(impossible, "%d tokens written for an hour of %d written", n.long.n, n.write.n)
	}
	u := token.Usage{Input: input - cached, CacheRead: n.read.n, CacheWrite5m: n.write.n - n.long.n, CacheWrite1h: n.long.n, Output: output, Reasoning: n.reasoning.n}
	return u, checkUsage(u)
}

// first gives the first count that is above 0, or else the first that is known: emitters of two generations write a
// count under both names, and leave one at 0.
func first(ns ...number) number {
	var out number
	for _, n := range ns {
		if n.known && n.n != 0 {
			return n
		}
		if n.known && !out.known {
			out = n
		}
	}
	return out
}

// tier turns a provider's word for a service tier into ours; "" is standard. A word that is not ours is kept, so that
// pricing can refuse it rather than take it for standard. Claude's fast mode is such a tier of its own: it costs more,
// and not what priority costs.
func tier(word, speed text) string {
	if speed == "fast" {
		return "fast"
	}
	switch word {
	case "standard", "default", "standard_only", "on_demand":
		return ""
	}
	return string(word)
}
