package traffic

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/token"
)

// TestGenerations holds one vector for each generation of attribute names. Unless said otherwise, the prompt has 1000
// tokens of which 600 were read from a cache and 100 written, and 50 came out, 20 of them reasoning.
func TestGenerations(t *testing.T) {
	all := token.Usage{Input: 300, CacheRead: 600, CacheWrite5m: 100, Output: 50, Reasoning: 20}
	without := func(do func(*token.Usage)) token.Usage { u := all; do(&u); return u }
	for _, c := range []struct {
		name, attrs string
		want        token.Usage
	}{
		{"conventions after 1.44", "gen_ai.usage.input_tokens=1000 gen_ai.usage.output_tokens=50 gen_ai.usage.cache_read.input_tokens=600 gen_ai.usage.cache_write.input_tokens=100 gen_ai.usage.reasoning.output_tokens=20", all},
		{"conventions 1.40", "gen_ai.usage.input_tokens=1000 gen_ai.usage.output_tokens=50 gen_ai.usage.cache_read.input_tokens=600 gen_ai.usage.cache_creation.input_tokens=100 gen_ai.usage.reasoning_tokens=20", all},
		{"conventions 1.26", "gen_ai.usage.prompt_tokens=300 gen_ai.usage.completion_tokens=50", token.Usage{Input: 300, Output: 50}},
		{"OpenLLMetry", "gen_ai.usage.input_tokens=1000 gen_ai.usage.output_tokens=50 llm.usage.total_tokens=1050 gen_ai.usage.cache_read_input_tokens=600 gen_ai.usage.cache_creation_input_tokens=100 llm.usage.reasoning_tokens=20", all},
		{"OpenLLMetry, first", "llm.usage.prompt_tokens=300 llm.usage.completion_tokens=50 llm.usage.total_tokens=350", token.Usage{Input: 300, Output: 50}},
		{"OpenInference", "llm.token_count.prompt=1000 llm.token_count.completion=50 llm.token_count.total=1050 llm.token_count.prompt_details.cache_read=600 llm.token_count.prompt_details.cache_write=100 llm.token_count.completion_details.reasoning=20", all},
		{"OpenInference, cache_input", "llm.token_count.prompt=1000 llm.token_count.completion=50 llm.token_count.prompt_details.cache_input=600", token.Usage{Input: 400, CacheRead: 600, Output: 50}},
		{"Vercel AI SDK 6", "ai.usage.inputTokens=1000 ai.usage.outputTokens=50 ai.usage.inputTokenDetails.cacheReadTokens=600 ai.usage.inputTokenDetails.cacheWriteTokens=100 ai.usage.outputTokenDetails.reasoningTokens=20", all},
		{"Vercel AI SDK 5", "ai.usage.inputTokens=1000 ai.usage.outputTokens=50 ai.usage.totalTokens=1050 ai.usage.cachedInputTokens=600 ai.usage.reasoningTokens=20", token.Usage{Input: 400, CacheRead: 600, Output: 50, Reasoning: 20}},
		{"Vercel AI SDK 4, OpenAI", `ai.usage.promptTokens=1000 ai.usage.completionTokens=50 ai.response.providerMetadata={"openai":{"cachedPromptTokens":600,"reasoningTokens":20}}`, token.Usage{Input: 400, CacheRead: 600, Output: 50, Reasoning: 20}},
		{"Vercel AI SDK 4, Anthropic, which excludes cache", `ai.usage.promptTokens=300 ai.usage.completionTokens=50 ai.model.provider=anthropic.messages ai.response.providerMetadata={"anthropic":{"cacheReadInputTokens":600,"cacheCreationInputTokens":100}}`, without(func(u *token.Usage) { u.Reasoning = 0 })},
		{"Vercel AI SDK 5, Anthropic, an hour", `ai.usage.inputTokens=300 ai.usage.outputTokens=50 ai.model.provider=anthropic.messages ai.response.providerMetadata={"anthropic":{"usage":{"cache_read_input_tokens":600,"cache_creation_input_tokens":100,"cache_creation":{"ephemeral_1h_input_tokens":70}}}}`, token.Usage{Input: 300, CacheRead: 600, CacheWrite5m: 30, CacheWrite1h: 70, Output: 50}},
		{"Vercel, embeddings", "ai.usage.tokens=300", token.Usage{Input: 300}},
		{"pydantic-ai", "gen_ai.usage.input_tokens=1000 gen_ai.usage.output_tokens=50 gen_ai.usage.details.cache_read_tokens=600 gen_ai.usage.details.cache_write_tokens=100 gen_ai.usage.details.reasoning_tokens=20", all},
		{"pydantic-ai, Anthropic's names", "gen_ai.usage.input_tokens=1000 gen_ai.usage.output_tokens=50 gen_ai.usage.details.cache_read_input_tokens=600 gen_ai.usage.details.cache_creation_input_tokens=100 gen_ai.usage.details.thinking_tokens=20", all},
		{"OpenLIT", "gen_ai.usage.input_tokens=1000 gen_ai.usage.output_tokens=50 gen_ai.usage.cost=1 gen_ai.usage.prompt_tokens_details.cache_read=600 gen_ai.usage.prompt_tokens_details.cache_write=100 gen_ai.usage.completion_tokens_details.reasoning=20", all},
	} {
		t.Run(c.name, func(t *testing.T) {
			line := spanLine("a", "", "x", append(strings.Fields(c.attrs), "gen_ai.request.model=m")...)
			rec, diags, err := Read([]Source{{FS: fstest.MapFS{"a": &fstest.MapFile{Data: []byte(line)}}, Path: "a"}}, Options{})
			if err != nil || len(rec.Calls) != 1 {
				t.Fatal(len(rec.Calls), told(diags), err)
			}
			if diff := gocmp.Diff(c.want, rec.Calls[0].Usage); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// factsOf reads a text with facts and gives those of its first record, as "name=value @key" lines.
func factsOf(t *testing.T, data string) string {
	t.Helper()
	f := newFile(Source{FS: fstest.MapFS{"a": &fstest.MapFile{Data: []byte(data)}}, Path: "a", Sampling: 1})
	facts := hearFacts(f)
	drain(f)
	var out []string
	for _, told := range *facts {
		for _, fact := range told {
			if len(out) < 99 {
				out = append(out, fmt.Sprintf("%s=%s @%s", fact.Name, fact.Value, fact.Key))
			}
		}
	}
	return strings.Join(out, "\n")
}

func TestFacts(t *testing.T) {
	span := strings.Replace(spanLine("a", "", "chat m", "gen_ai.operation.name=chat", "gen_ai.request.model=m", "gen_ai.usage.input_tokens=5", "gen_ai.usage.output_tokens=1",
		"langfuse.observation.prompt.name=greet", "langfuse.observation.prompt.version=3", "app.stage=rank", "gen_ai.prompt=secret", "input.value=secret", "url.full="+strings.Repeat("x", 999)),
		`"scopeSpans"`, `"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"svc"}},{"key":"tokengate.track","value":{"stringValue":"ranking"}}]},"scopeSpans"`, 1)
	row := `{"id":"r1","call_type":"acompletion","startTime":"2026-02-03T10:00:00Z","model":"m","model_group":"g","api_base":"https://x/v1","custom_llm_provider":"openai","prompt_tokens":5,"completion_tokens":1,
		"end_user":"u1","session_id":"s1","request_tags":["User-Agent: cli","team:a","track:t1"],
		"metadata":{"user_api_key_alias":"key-a","user_api_key_team_alias":"team-a","applied_guardrails":[],"spend_logs_metadata":{"feature":"f1","job":7}}}`
	for name, c := range map[string]struct{ data, want string }{
		"span": {span, `name=chat m @name
operation=chat @attributes.gen_ai.operation.name
track=ranking @resource.attributes.tokengate.track
template=greet @attributes.langfuse.observation.prompt.name
model=m @attributes.gen_ai.request.model
prompt=greet @attributes.langfuse.observation.prompt.name
prompt_version=3 @attributes.langfuse.observation.prompt.version
metadata.app.stage=rank @attributes.app.stage
metadata.gen_ai.operation.name=chat @attributes.gen_ai.operation.name
metadata.gen_ai.request.model=m @attributes.gen_ai.request.model
metadata.langfuse.observation.prompt.name=greet @attributes.langfuse.observation.prompt.name
metadata.langfuse.observation.prompt.version=3 @attributes.langfuse.observation.prompt.version
metadata.service.name=svc @resource.attributes.service.name
metadata.tokengate.track=ranking @resource.attributes.tokengate.track`},
		"litellm": {row, `name=acompletion @call_type
model=m @model
path=https://x/v1 @api_base
provider=openai @custom_llm_provider
metadata.model_group=g @model_group
tag=team:a @request_tags
tag=track:t1 @request_tags
track=t1 @request_tags
feature=f1 @metadata.spend_logs_metadata.feature
id=r1 @id
session=s1 @session_id
user=u1 @end_user
metadata.feature=f1 @metadata.spend_logs_metadata.feature
metadata.job=7 @metadata.spend_logs_metadata.job
metadata.user_api_key_alias=key-a @metadata.user_api_key_alias
metadata.user_api_key_team_alias=team-a @metadata.user_api_key_team_alias`},
	} {
		if diff := gocmp.Diff(c.want, factsOf(t, c.data)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
