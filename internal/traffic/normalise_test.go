package traffic

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/token"
)

// TestNormalise pins what each provider's counts mean: which are inside which.
func TestNormalise(t *testing.T) {
	anthropic := func(b string) (token.Usage, error) {
		var u anthropicUsage
		if err := decode([]byte(b), &u); err != nil {
			return token.Usage{}, err
		}
		return fromAnthropic(u)
	}
	openAI := func(b string) (token.Usage, error) {
		var u openAIUsage
		if err := decode([]byte(b), &u); err != nil {
			return token.Usage{}, err
		}
		return fromOpenAI(u)
	}
	gemini := func(b string) (token.Usage, error) {
		var u geminiUsage
		if err := decode([]byte(b), &u); err != nil {
			return token.Usage{}, err
		}
		return fromGemini(u)
	}
	bedrock := func(b string) (token.Usage, error) {
		var u bedrockUsage
		if err := decode([]byte(b), &u); err != nil {
			return token.Usage{}, err
		}
		return fromBedrock(u)
	}
	for _, c := range []struct {
		name string
		read func(string) (token.Usage, error)
		in   string
		want token.Usage
		err  string
	}{
		{"anthropic disjoint", anthropic, `{"input_tokens":10,"cache_read_input_tokens":200,"cache_creation_input_tokens":30,"output_tokens":5}`,
			token.Usage{Input: 10, CacheRead: 200, CacheWrite5m: 30, Output: 5}, ""},
		{"anthropic nulls", anthropic, `{"input_tokens":10,"cache_read_input_tokens":null,"cache_creation_input_tokens":null,"output_tokens":5}`,
			token.Usage{Input: 10, Output: 5}, ""},
		{"anthropic lifetimes", anthropic, `{"input_tokens":10,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":5}`,
			token.Usage{Input: 10, CacheWrite5m: 10, CacheWrite1h: 20, Output: 5}, ""},
		{"anthropic the split is authoritative", anthropic, `{"input_tokens":10,"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":5}`,
			token.Usage{Input: 10, CacheWrite5m: 10, CacheWrite1h: 20, Output: 5}, ""},
		{"anthropic an empty split is none", anthropic, `{"input_tokens":10,"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":5}`,
			token.Usage{Input: 10, CacheWrite5m: 7, Output: 5}, ""},
		{"anthropic thinking is inside output", anthropic, `{"input_tokens":1,"output_tokens":50,"output_tokens_details":{"thinking_tokens":40}}`,
			token.Usage{Input: 1, Output: 50, Reasoning: 40}, ""},
		{"anthropic nothing", anthropic, `{"service_tier":"standard"}`, token.Usage{}, "no usage"},
		{"openai cached and reasoning are inside", openAI, `{"prompt_tokens":100,"completion_tokens":60,"total_tokens":160,"prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":50}}`,
			token.Usage{Input: 36, CacheRead: 64, Output: 60, Reasoning: 50}, ""},
		{"openai cache writes are inside", openAI, `{"prompt_tokens":100,"completion_tokens":6,"prompt_tokens_details":{"cached_tokens":64,"cache_write_tokens":16}}`,
			token.Usage{Input: 20, CacheRead: 64, CacheWrite5m: 16, Output: 6}, ""},
		{"openai responses", openAI, `{"input_tokens":100,"output_tokens":60,"input_tokens_details":{"cached_tokens":64},"output_tokens_details":{"reasoning_tokens":50}}`,
			token.Usage{Input: 36, CacheRead: 64, Output: 60, Reasoning: 50}, ""},
		{"openai details of null", openAI, `{"prompt_tokens":10,"completion_tokens":20,"prompt_tokens_details":null,"completion_tokens_details":null}`,
			token.Usage{Input: 10, Output: 20}, ""},
		{"openai with times among the counts", openAI, `{"queue_time":0.02,"prompt_tokens":10,"completion_tokens":20,"total_time":0.3}`,
			token.Usage{Input: 10, Output: 20}, ""},
		{"openai more cached than prompt", openAI, `{"prompt_tokens":10,"completion_tokens":20,"prompt_tokens_details":{"cached_tokens":64}}`, token.Usage{}, "64 cached tokens in a prompt of 10"},
		{"gemini thoughts and tools are outside, cache inside", gemini, `{"promptTokenCount":100,"cachedContentTokenCount":40,"toolUsePromptTokenCount":7,"candidatesTokenCount":5,"thoughtsTokenCount":30,"totalTokenCount":142}`,
			token.Usage{Input: 67, CacheRead: 40, Output: 35, Reasoning: 30}, ""},
		{"gemini as an SDK dumps it", gemini, `{"prompt_token_count":100,"cached_content_token_count":null,"candidates_token_count":5,"total_token_count":105}`,
			token.Usage{Input: 100, Output: 5}, ""},
		{"gemini without an answer", gemini, `{"promptTokenCount":100,"totalTokenCount":100}`, token.Usage{Input: 100}, ""},
		{"gemini parts missing", gemini, `{"promptTokenCount":100,"candidatesTokenCount":5,"totalTokenCount":140}`, token.Usage{}, "a total of 140 tokens, but parts of 105"},
		{"bedrock disjoint", bedrock, `{"inputTokens":10,"outputTokens":5,"totalTokens":245,"cacheReadInputTokens":200,"cacheWriteInputTokens":30}`,
			token.Usage{Input: 10, CacheRead: 200, CacheWrite5m: 30, Output: 5}, ""},
		{"bedrock inclusive by its total", bedrock, `{"inputTokens":300,"outputTokens":5,"totalTokens":305,"cacheReadInputTokens":200}`,
			token.Usage{Input: 100, CacheRead: 200, Output: 5}, ""},
		{"bedrock lifetimes", bedrock, `{"inputTokens":10,"outputTokens":5,"cacheWriteInputTokens":30,"cacheDetails":[{"ttl":"1h","inputTokens":20},{"ttl":"5m","inputTokens":10}]}`,
			token.Usage{Input: 10, CacheWrite5m: 10, CacheWrite1h: 20, Output: 5}, ""},
		{"negative", anthropic, `{"input_tokens":-1,"output_tokens":5}`, token.Usage{}, "-1 tokens"},
		{"absurd", openAI, `{"prompt_tokens":2000000000,"completion_tokens":1}`, token.Usage{}, "over 1000000000"},
		{"a fraction", openAI, `{"prompt_tokens":1.5,"completion_tokens":1}`, token.Usage{}, "1.5 is not a whole number"},
		{"counts as text", openAI, `{"prompt_tokens":"15","completion_tokens":1.0}`, token.Usage{Input: 15, Output: 1}, ""},
		{"a key twice", openAI, `{"prompt_tokens":1,"prompt_tokens":2,"completion_tokens":1}`, token.Usage{}, "duplicate"},
		{"another case is another key", openAI, `{"Prompt_Tokens":1,"Completion_Tokens":1}`, token.Usage{}, "no usage"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.read(c.in)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want one with %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestInclusive pins OpenTelemetry's counts and the instrumentation of Anthropic models that departs from them.
func TestInclusive(t *testing.T) {
	n := func(i int64) number { return number{i, true} }
	for _, c := range []struct {
		name  string
		in    inclusive
		mixed bool
		want  token.Usage
		bad   bool
	}{
		{"inclusive", inclusive{input: n(1000), output: n(50), read: n(600), write: n(100)}, true, token.Usage{Input: 300, CacheRead: 600, CacheWrite5m: 100, Output: 50}, false},
		{"more cached than input", inclusive{input: n(10), output: n(50), read: n(600)}, true, token.Usage{Input: 10, CacheRead: 600, Output: 50}, false},
		{"more cached than input, not Anthropic", inclusive{input: n(10), output: n(50), read: n(600)}, false, token.Usage{}, true},
		{"a total that adds the cache", inclusive{input: n(1000), output: n(50), read: n(600), total: n(1650)}, true, token.Usage{Input: 1000, CacheRead: 600, Output: 50}, false},
		{"a total that does not", inclusive{input: n(1000), output: n(50), read: n(600), total: n(1050)}, true, token.Usage{Input: 400, CacheRead: 600, Output: 50}, false},
		{"reasoning inside", inclusive{input: n(10), output: n(50), reasoning: n(40), total: n(60)}, false, token.Usage{Input: 10, Output: 50, Reasoning: 40}, false},
		{"reasoning beside, by the total", inclusive{input: n(10), output: n(50), reasoning: n(40), total: n(100)}, false, token.Usage{Input: 10, Output: 90, Reasoning: 40}, false},
		{"reasoning beside, since it is more", inclusive{input: n(10), output: n(5), reasoning: n(40)}, false, token.Usage{Input: 10, Output: 45, Reasoning: 40}, false},
		{"nothing known", inclusive{}, false, token.Usage{}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.in.usage(c.mixed)
			if (err != nil) != c.bad {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); !c.bad && diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTier(t *testing.T) {
	for _, c := range []struct{ word, speed, want text }{
		{"", "", ""}, {"standard", "", ""}, {"default", "standard", ""}, {"batch", "", "batch"}, {"flex", "", "flex"},
		{"priority", "", "priority"}, {"standard", "fast", "fast"}, {"auto", "", "auto"}, {"scale", "", "scale"},
	} {
		if got := tier(c.word, c.speed); got != string(c.want) {
			t.Errorf("tier(%q, %q) = %q, want %q", c.word, c.speed, got, c.want)
		}
	}
}
