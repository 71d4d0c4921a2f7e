package traffic

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Names of span attributes moved with every version of the conventions, and emitters of all generations are in use.
// Each list is newest first. Sources: OpenTelemetry GenAI conventions 1.26 to 1.44 and their successor, OpenLLMetry,
// OpenInference, the Vercel AI SDK 4 to 6, pydantic-ai, OpenLIT and Claude Code's own spans and events.
//
// OpenLLMetry counts the tokens itself where a provider streams no usage and the instrumentation is set to enrich it. No
// attribute marks such a count; it is read as billed.
var (
	inputKeys = []string{"gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens",
		"llm.token_count.prompt", "ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"}
	outputKeys = []string{"gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens",
		"llm.token_count.completion", "ai.usage.outputTokens", "ai.usage.completionTokens"}
	readKeys = []string{"gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
		"gen_ai.usage.details.cache_read_tokens", "gen_ai.usage.details.cache_read_input_tokens", "gen_ai.usage.details.cached_tokens",
		"gen_ai.usage.prompt_tokens_details.cache_read", "llm.token_count.prompt_details.cache_read",
		"llm.token_count.prompt_details.cache_input", "ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens"}
	writeKeys = []string{"gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens",
		"gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.details.cache_write_tokens",
		"gen_ai.usage.details.cache_creation_input_tokens", "gen_ai.usage.prompt_tokens_details.cache_write",
		"llm.token_count.prompt_details.cache_write", "ai.usage.inputTokenDetails.cacheWriteTokens"}
	reasoningKeys = []string{"gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens", "llm.usage.reasoning_tokens",
		"gen_ai.usage.details.reasoning_tokens", "gen_ai.usage.details.thinking_tokens", "gen_ai.usage.completion_tokens_details.reasoning",
		"llm.token_count.completion_details.reasoning", "ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens"}
	totalKeys = []string{"gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total", "ai.usage.totalTokens"}
	bareKeys  = []string{"input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens"} // Claude Code

	modelKeys = []string{"gen_ai.response.model", "ai.response.model", "gen_ai.request.model", "llm.model_name", "ai.model.id", "model"}
	idKeys    = []string{"gen_ai.response.id", "ai.response.id", "request_id"}

	sessionKeys       = []string{"gen_ai.conversation.id", "session.id", "langfuse.session.id", "ai.telemetry.metadata.sessionId"}
	userKeys          = []string{"tokengate.user", "user.id", "enduser.id", "langfuse.user.id", "ai.telemetry.metadata.userId"}
	tierKeys          = []string{"openai.response.service_tier", "gen_ai.openai.response.service_tier"}
	promptKeys        = []string{"gen_ai.prompt.name", "langfuse.observation.prompt.name", "traceloop.prompt.key"}
	promptVersionKeys = []string{"gen_ai.prompt.version", "langfuse.observation.prompt.version", "traceloop.prompt.version", "llm.prompt_template.version"}
	templateKeys      = append([]string{"tokengate.template"}, promptKeys...)
	firstKeys         = []string{"ttft_ms", "ai.response.msToFirstChunk"}
	providerKeys      = []string{"gen_ai.provider.name", "gen_ai.system", "llm.provider", "ai.model.provider"}
)

const (
	operationKey = "gen_ai.operation.name"
	serviceKey   = "service.name"
	metadataKey  = "ai.response.providerMetadata" // Vercel: what the provider's own response says beside the usage
	eventKey     = "event.name"
)

// Claude Code's own span and event. They alone carry the API's own, exclusive, numbers under bare names.
const (
	claudeCodeSpan  = "claude_code.llm_request"
	claudeCodeEvent = "claude_code.api_request"
)

// wanted are the attributes that are kept; the others, prompts among them, are dropped while decoding.
var wanted = func() map[string]bool {
	m := map[string]bool{}
	for _, list := range [][]string{inputKeys, outputKeys, readKeys, writeKeys, reasoningKeys, totalKeys, bareKeys, modelKeys, idKeys,
		sessionKeys, userKeys, tierKeys, templateKeys, promptVersionKeys, firstKeys, providerKeys, {operationKey, serviceKey, metadataKey, eventKey,
			"openinference.span.kind", "llm.request.type", "ai.operationId", "speed", "tokengate.track", "tokengate.feature",
			"tokengate.template_version", "error.type", "duration_ms", "event.sequence"}} {
		for _, k := range list {
			m[k] = true
		}
	}
	return m
}()

// attributes gives the wanted ones, or all that are not prompt text. An attribute that stands twice with different
// values is an error: none of them can be taken for the right one.
func attributes(list []otlpAttribute, all bool) (m map[string]string, err error) {
	return collect(list, func(a otlpAttribute) bool { return wanted[a.Key] || all && isMetadata(a) })
}

// everything gives all attributes: those of a metric tell its series.
func everything(list []otlpAttribute) (m map[string]string, err error) {
	return collect(list, func(otlpAttribute) bool { return true })
}

func collect(list []otlpAttribute, take func(otlpAttribute) bool) (m map[string]string, err error) {
	m = make(map[string]string, 12)
	for _, a := range list {
		if !take(a) {
			continue
		}
		v := a.Value.text()
		if old, twice := m[a.Key]; twice && old != v && err == nil {
			err = bad(wrongType, "attribute %s stands twice, as %s and as %s", a.Key, clip(old), clip(v))
		}
		m[a.Key] = v
	}
	return m, err
}

// firstOf gives the first attribute of the list that says something, and its name.
func firstOf(a map[string]string, keys []string) (value, key string) {
	for _, k := range keys {
		if a[k] != "" {
			return a[k], k
		}
	}
	return "", ""
}

func firstText(a map[string]string, keys []string) string {
	v, _ := firstOf(a, keys)
	return v
}

// usageOf reads token counts as inclusive counts; bare says that they are Claude Code's.
func usageOf(bare bool, a map[string]string) (n inclusive, err error) {
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
	if bare {
		n = inclusive{input: take(bareKeys[0]), output: take(bareKeys[1]), read: take(bareKeys[2]), write: take(bareKeys[3])}
		n.input.n += n.read.n + n.write.n
		return n, err
	}
	n = inclusive{input: take(inputKeys...), output: take(outputKeys...), read: take(readKeys...), write: take(writeKeys...),
		reasoning: take(reasoningKeys...), total: take(totalKeys...)}
	if m := a[metadataKey]; m != "" {
		n = vercelDetails(m).complete(n)
	}
	return n, err
}

// counts tells whether any token count is not 0.
func (n inclusive) counts() bool {
	return n.input.n != 0 || n.output.n != 0 || n.read.n != 0 || n.write.n != 0
}

// isModelCall tells a span that stands for one request to a model even though it carries no usage: a failed call, or
// one whose usage was lost.
func isModelCall(a map[string]string) bool {
	switch a[operationKey] {
	case "chat", "text_completion", "generate_content", "embeddings":
		return true
	}
	switch strings.ToLower(a["llm.request.type"] + a["openinference.span.kind"]) {
	case "chat", "completion", "embedding", "llm":
		return true
	}
	return false
}

// isAggregate tells a span that sums what several requests below it used.
func isAggregate(a map[string]string) bool {
	switch a[operationKey] {
	case "invoke_agent", "create_agent", "invoke_workflow", "plan":
		return true
	}
	kind := strings.ToLower(a["openinference.span.kind"])
	vercel := a["ai.operationId"]
	return kind == "agent" || kind == "chain" || vercel != "" && !strings.Contains(vercel, ".do")
}

// callOf fills a call from a span's attributes and, for labels, its resource's. The model that answered is the one that
// is billed; the provider named on a span is not to be trusted, since nested instrumentation names up to three.
func callOf(s *otlpSpan, a, shared map[string]string) Call {
	c := Call{Time: nanoTime(s.Start), ID: firstText(a, idKeys), Model: firstText(a, modelKeys), Session: firstText(a, sessionKeys),
		User: firstText(a, userKeys), Template: firstText(a, templateKeys), TemplateVersion: a["tokengate.template_version"],
		Tier: tier(text(strings.ToLower(firstText(a, tierKeys))), text(a["speed"])), Status: "ok"}
	c.Track = either(a["tokengate.track"], shared["tokengate.track"])
	c.Feature = either(a["tokengate.feature"], shared["tokengate.feature"])
	if c.Tier == "" && a[metadataKey] != "" {
		c.Tier = tier(vercelDetails(a[metadataKey]).OpenAI.Tier, "")
	}
	if code := s.Status.Code; code == "2" || slices.Contains([]text{"STATUS_CODE_ERROR", "ERROR"}, code) {
		c.Status = "error"
	}
	if s.End.n > s.Start.n {
		c.Latency = time.Duration(s.End.n - s.Start.n)
	}
	if ms, err := strconv.ParseFloat(firstText(a, firstKeys), 64); err == nil && ms > 0 && ms < 1e9 {
		c.FirstToken = time.Duration(ms * 1e6)
	}
	return c
}
