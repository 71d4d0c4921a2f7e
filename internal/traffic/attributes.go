package traffic

import (
	"strconv"
	"strings"
	"time"
)

// Names of span attributes moved with every version of the conventions, and emitters of all generations are in use.
// Each list is newest first. Sources: OpenTelemetry GenAI conventions 1.26 to 1.44 and their successor, OpenLLMetry,
// OpenInference, the Vercel AI SDK, pydantic-ai and Claude Code's own spans.
var (
	inputKeys = []string{"gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens",
		"llm.token_count.prompt", "ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"}
	outputKeys = []string{"gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens",
		"llm.token_count.completion", "ai.usage.outputTokens", "ai.usage.completionTokens"}
	readKeys = []string{"gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
		"gen_ai.usage.details.cache_read_tokens", "llm.token_count.prompt_details.cache_read", "ai.usage.cachedInputTokens"}
	writeKeys = []string{"gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens",
		"gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.details.cache_write_tokens", "llm.token_count.prompt_details.cache_write"}
	reasoningKeys = []string{"gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens", "llm.usage.reasoning_tokens",
		"llm.token_count.completion_details.reasoning", "ai.usage.reasoningTokens"}
	totalKeys = []string{"gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total", "ai.usage.totalTokens"}

	modelKeys = []string{"gen_ai.response.model", "ai.response.model", "gen_ai.request.model", "llm.model_name", "ai.model.id", "model"}
	idKeys    = []string{"gen_ai.response.id", "ai.response.id", "request_id"}

	sessionKeys  = []string{"gen_ai.conversation.id", "session.id", "langfuse.session.id"}
	userKeys     = []string{"tokengate.user", "user.id", "enduser.id", "langfuse.user.id"}
	tierKeys     = []string{"openai.response.service_tier", "gen_ai.openai.response.service_tier"}
	templateKeys = []string{"tokengate.template", "gen_ai.prompt.name", "langfuse.observation.prompt.name", "traceloop.prompt.key"}
	firstKeys    = []string{"ttft_ms", "ai.response.msToFirstChunk"}
)

// claudeCodeSpan is the one span whose usage attributes carry the API's own, exclusive, numbers under bare names.
const claudeCodeSpan = "claude_code.llm_request"

// wanted are the attributes that are kept; the others, prompts among them, are dropped while decoding.
var wanted = func() map[string]bool {
	m := map[string]bool{}
	for _, list := range [][]string{inputKeys, outputKeys, readKeys, writeKeys, reasoningKeys, totalKeys, modelKeys, idKeys, sessionKeys,
		userKeys, tierKeys, templateKeys, firstKeys, {"gen_ai.operation.name", "openinference.span.kind", "llm.request.type",
			"gen_ai.provider.name", "gen_ai.system", "input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens", "speed",
			"tokengate.track", "tokengate.feature", "tokengate.template_version", "error.type"}} {
		for _, k := range list {
			m[k] = true
		}
	}
	return m
}()

func attributes(list []otlpAttribute) map[string]string {
	m := map[string]string{}
	for _, a := range list {
		if wanted[a.Key] {
			m[a.Key] = a.Value.text()
		}
	}
	return m
}

// firstOf gives the first attribute of the list that says something.
func firstOf(a map[string]string, keys []string) string {
	for _, k := range keys {
		if a[k] != "" {
			return a[k]
		}
	}
	return ""
}

// usageOf reads the token counts of a span as inclusive counts.
func usageOf(name string, a map[string]string) (n inclusive, err error) {
	take := func(keys ...string) number {
		var found []number
		for _, k := range keys {
			if a[k] == "" {
				continue
			}
			v, wrong := parseNumber(a[k])
			if wrong != nil {
				err = inside(k, wrong)
			}
			found = append(found, v)
		}
		return first(found...)
	}
	if name == claudeCodeSpan {
		n = inclusive{input: take("input_tokens"), output: take("output_tokens"), read: take("cache_read_tokens"), write: take("cache_creation_tokens")}
		n.input.n += n.read.n + n.write.n
		return n, err
	}
	return inclusive{input: take(inputKeys...), output: take(outputKeys...), read: take(readKeys...), write: take(writeKeys...),
		reasoning: take(reasoningKeys...), total: take(totalKeys...)}, err
}

// isModelCall tells a span that stands for one request to a model even though it carries no usage: a failed call, or
// one whose usage was lost.
func isModelCall(a map[string]string) bool {
	switch a["gen_ai.operation.name"] {
	case "chat", "text_completion", "generate_content", "embeddings":
		return true
	}
	switch strings.ToLower(a["llm.request.type"] + a["openinference.span.kind"]) {
	case "chat", "completion", "embedding", "llm":
		return true
	}
	return false
}

// callOf fills a call from a span's attributes and, for labels, its resource's. The model that answered is the one that
// is billed; the provider named on a span is not to be trusted, since nested instrumentation names up to three.
func callOf(s *otlpSpan, a, shared map[string]string) Call {
	c := Call{Time: nanoTime(s.Start), ID: firstOf(a, idKeys), Model: firstOf(a, modelKeys), Session: firstOf(a, sessionKeys),
		User: firstOf(a, userKeys), Template: firstOf(a, templateKeys), TemplateVersion: a["tokengate.template_version"],
		Tier: tier(text(strings.ToLower(firstOf(a, tierKeys))), text(a["speed"])), Status: "ok"}
	c.Track = either(a["tokengate.track"], shared["tokengate.track"])
	c.Feature = either(a["tokengate.feature"], shared["tokengate.feature"])
	if code := s.Status.Code; code == "2" || code == "STATUS_CODE_ERROR" {
		c.Status = "error"
	}
	if s.End.n > s.Start.n {
		c.Latency = time.Duration(s.End.n - s.Start.n)
	}
	if ms, err := strconv.ParseFloat(firstOf(a, firstKeys), 64); err == nil && ms > 0 && ms < 1e9 {
		c.FirstToken = time.Duration(ms * 1e6)
	}
	return c
}
