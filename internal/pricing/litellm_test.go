package pricing

import (
	"strings"
	"testing"
)

const litellmSample = `{
  "sample_spec": {"input_cost_per_token": 0.0, "litellm_provider": "one of https://…", "mode": "one of: chat"},
  "claude-opus-5": {
    "litellm_provider": "anthropic", "mode": "chat", "supports_vision": true,
    "input_cost_per_token": 5.5e-06, "output_cost_per_token": 2.75e-05,
    "cache_read_input_token_cost": 5.5e-07, "cache_creation_input_token_cost": 6.875e-06,
    "cache_creation_input_token_cost_above_1hr": 1.1e-05,
    "input_cost_per_token_batches": 2.5e-06, "output_cost_per_token_batches": 1.25e-05,
    "max_input_tokens": 1000000, "max_output_tokens": 128000, "max_tokens": 128000,
    "prompt_cache_min_tokens": 512, "deprecation_date": "2027-08-01",
    "provider_specific_entry": {"us": 1.1, "fast": 2.0},
    "search_context_cost_per_query": {"search_context_size_low": 0.01}
  },
  "gemini/gemini-9-pro": {
    "litellm_provider": "gemini", "mode": "chat",
    "input_cost_per_token": 2e-06, "output_cost_per_token": 0.000012, "cache_read_input_token_cost": "2e-7",
    "input_cost_per_token_above_200k_tokens": 4e-06, "output_cost_per_token_above_200k_tokens": 1.8e-05,
    "cache_read_input_token_cost_above_200k_tokens": 4e-07,
    "input_cost_per_token_priority": 3.6e-06, "output_cost_per_token_priority": 2.16e-05,
    "input_cost_per_token_above_200k_tokens_priority": 7.3e-06,
    "input_cost_per_token_flex": 1e-06, "output_cost_per_token_flex": 6e-06,
    "output_cost_per_reasoning_token": 0.000012, "max_input_tokens": 1048576
  },
  "xai/grok-9": {"litellm_provider": "xai", "mode": "chat", "input_cost_per_token": 2e-06, "output_cost_per_token": 6e-06,
    "input_cost_per_token_above_200k_tokens": 4e-06, "output_cost_per_token_above_200k_tokens": 1.2e-05},
  "dashscope/qwen9": {"litellm_provider": "dashscope", "mode": "chat", "tiered_pricing": [
    {"range": [0, 256000.0], "input_cost_per_token": 5e-08, "output_cost_per_token": 4e-07},
    {"range": [256000.0, 1000000.0], "input_cost_per_token": 2.5e-07, "output_cost_per_token": 2e-06}]},
  "us.anthropic.claude-opus-4-7": {"litellm_provider": "bedrock_converse", "mode": "chat", "input_cost_per_token": 5.6e-06, "output_cost_per_token": 2.8e-05},
  "azure/eu/gpt-4o": {"litellm_provider": "azure", "mode": "chat", "input_cost_per_token": 2.75e-06, "output_cost_per_token": 1.1e-05},
  "deepseek/deepseek-v9": {"litellm_provider": "deepseek", "mode": "chat", "input_cost_per_token": 3e-07, "output_cost_per_token": 1e-06,
    "input_cost_per_token_cache_hit": 3e-08, "cache_creation_input_token_cost": 0.0, "input_cost_per_audio_token": 1e-06},
  "vertex_ai/claude-opus-5": {"litellm_provider": "vertex_ai-anthropic_models", "mode": "chat", "input_cost_per_token": 5.1e-06, "output_cost_per_token": 2.5e-05},
  "openrouter/anthropic/claude-opus-5": {"litellm_provider": "openrouter", "mode": "chat", "input_cost_per_token": 5e-06, "output_cost_per_token": 2.5e-05},
  "free/model": {"litellm_provider": "free", "mode": "chat", "input_cost_per_token": 0.0, "output_cost_per_token": 0},
  "voyage/voyage-9": {"litellm_provider": "voyage", "mode": "embedding", "input_cost_per_token": 6e-08, "output_cost_per_token": null},
  "rerank-9": {"litellm_provider": "cohere", "mode": "rerank", "input_cost_per_query": 0.002},
  "dall-e-9": {"litellm_provider": "openai", "mode": "image_generation", "output_cost_per_image": 0.04},
  "half": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06}
}
`

func TestWithLiteLLM(t *testing.T) {
	c := with(t, litellmSample, "info prices.yaml: 1 of 14 models have no price per token and are left out [price-skipped]")
	cases := []struct {
		name, tier string
		prompt     int64
		want       string
	}{
		{"claude-opus-5", "", 1, "5.5 0.55 6.875 11 27.5"},
		{"claude-opus-5", "batch", 1, "2.5 0.25 3.125 5 12.5"},
		{"claude-opus-5", "fast", 1, "11 1.1 13.75 22 55"},
		{"us/claude-opus-5", "", 1, "6.05 0.605 7.5625 12.1 30.25"},
		{"gemini-9-pro", "", 200_000, "2 0.2 2 2 12"},
		{"gemini-9-pro", "", 200_001, "4 0.4 4 4 18"},
		{"gemini-9-pro", "flex", 200_001, "2 0.2 2 2 9"},
		{"gemini-9-pro", "priority", 1, "3.6 0.36 3.6 3.6 21.6"},
		// Its input above 200k is listed; the rest is the product 1.8 × (0.4, 4, 18), moved with that input by 7.3/7.2.
		{"gemini-9-pro", "priority", 200_001, "7.3 0.73 7.3 7.3 32.85"},
		{"xai/grok-9", "", 199_999, "2 2 2 2 6"},
		{"xai/grok-9", "", 200_000, "4 4 4 4 12"},
		{"dashscope/qwen9", "", 256_000, "0.05 0.05 0.05 0.05 0.4"},
		{"qwen9", "", 256_001, "0.25 0.25 0.25 0.25 2"},
		{"us.anthropic.claude-opus-4-7", "", 1, "5.6 5.6 5.6 5.6 28"},
		{"deepseek-v9", "", 1, "0.3 0.03 0.3 0.3 1"}, // no surcharge for writing is not writing for nothing
		{"azure/eu/gpt-4o", "", 1, "2.75 2.75 2.75 2.75 11"},
		{"azure/gpt-4o", "", 1, "2.5 1.25 2.5 2.5 10"},
		{"vertex_ai/claude-opus-5@20260724", "", 1, "5.1 5.1 5.1 5.1 25"},
		{"openrouter/anthropic/claude-opus-5", "", 1, "5 5 5 5 25"},
		{"free/model", "", 1, "0 0 0 0 0"},
		{"voyage-9", "", 1, "0.06 0.06 0.06 0.06 0"},
		{"gpt-6-sol", "", 1, "2 0.2 2.5 2.5 10"},
	}
	for _, k := range cases {
		m := lookup(t, c, k.name, now)
		if got := text(rates(t, m, k.tier, m.Band(k.prompt))); got != k.want {
			t.Errorf("%s %s %d: %s, want %s (%s)", k.name, k.tier, k.prompt, got, k.want, m.ID)
		}
	}
	m := lookup(t, c, "claude-opus-5", now)
	if m.Origin != "prices.yaml" || !m.AsOf.IsZero() || m.Tokenizer != "claude-4.7" || m.MinCacheable != 512 || m.Retires != on("2027-08-01") || m.MaxOutput != 128_000 {
		t.Errorf("%+v", m)
	}
	if notes := lookup(t, c, "deepseek-v9", now).Notes; len(notes) != 1 || notes[0] != "not counted: audio input at $1" {
		t.Errorf("notes %q", notes)
	}
	for name, want := range map[string]string{
		"cohere/rerank-9": "is not priced per token: it is priced per query, $0.002 each",
		"half":            "is not priced per token: the price file gives no output price for it",
	} {
		if _, err := lookup(t, c, name, now).Rates("", 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_ = unknown(t, c, "dall-e-9")
	_ = unknown(t, c, "sample_spec")
}

func TestWithLiteLLMDiagnostics(t *testing.T) {
	cases := []struct {
		name, content string
		want          []string
	}{
		{"negative", "{\n  \"m\": {\"input_cost_per_token\": -1e-6, \"output_cost_per_token\": 1e-6}\n}", []string{`error prices.yaml:2:3: model "m": input_cost_per_token: -1e-6 is negative [price-litellm]`}},
		{"text", `{"m": {"input_cost_per_token": "cheap"}}`, []string{`error prices.yaml:1:2: model "m": input_cost_per_token: "cheap" is not a decimal number [price-litellm]`}},
		{"huge", `{"m": {"input_cost_per_token": 1e99}}`, []string{`error prices.yaml:1:2: model "m": input_cost_per_token: 1e99 is out of range for a price [price-litellm]`}},
		{"twice", "{\"m\": {\"input_cost_per_token\": 1, \"output_cost_per_token\": 1},\n\"m\": {}}", []string{`error prices.yaml:2:1: model "m" stands twice [duplicate-key]`}},
		{"one model, two prices", "{\"gpt-4o\": {\"input_cost_per_token\": 1, \"output_cost_per_token\": 1, \"litellm_provider\": \"openai\"},\n\"openai/gpt-4o\": {\"input_cost_per_token\": 2, \"output_cost_per_token\": 1, \"litellm_provider\": \"openai\"}}", []string{`error prices.yaml:2:1: "gpt-4o" and "openai/gpt-4o" are the same model at different prices [price-litellm]`}},
		{"cut off", "{\"m\": {\"input_cost_per_token\": 1,\n", []string{"error prices.yaml:2:1: cannot read the price file: unexpected EOF [price-litellm]"}},
		{"not an object", `{"input_cost_per_token": 1}`, []string{"error prices.yaml:1:2: model \"input_cost_per_token\" is a number [price-litellm]"}},
		{"more", `{"m": {"input_cost_per_token": 1, "output_cost_per_token": 1}} x`, []string{"error prices.yaml:1:63: text after the end of the JSON object [price-litellm]"}},
		{"range", `{"m": {"litellm_provider": "x", "tiered_pricing": [{"range": [-5, 1], "input_cost_per_token": 1}]}}`, []string{`error prices.yaml:1:2: model "m": tiered_pricing range cannot be read [price-litellm]`}},
		{"date", `{"m": {"input_cost_per_token": 1, "output_cost_per_token": 1, "deprecation_date": "soon"}}`, []string{`error prices.yaml:1:2: model "m": deprecation_date "soon" is not a date [price-litellm]`}},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) { with(t, k.content, k.want...) })
	}
}
