package pricing

import "strings"

// litellmProviders are LiteLLM's providers that go by another name here. Vertex is split there by model maker.
var litellmProviders = map[string]string{
	"text-completion-openai":        "openai",
	"azure_text":                    "azure",
	"azure_ai":                      "azure-ai",
	"bedrock_converse":              "bedrock",
	"gemini":                        "google",
	"cohere_chat":                   "cohere",
	"together_ai":                   "together",
	"fireworks_ai":                  "fireworks",
	"fireworks_ai-embedding-models": "fireworks",
	"jina_ai":                       "jina",
	"dashscope":                     "qwen",
}

// litellmID is the id of a LiteLLM key: provider and name, with the prefixes taken off that only repeat the provider.
// What else stands before the name, such as eu/ or a region, stays: it has a price of its own there.
func litellmID(litellmProvider, key string) string {
	provider := litellmProvider
	if p, ok := litellmProviders[litellmProvider]; ok {
		provider = p
	}
	if strings.HasPrefix(litellmProvider, "vertex_ai") {
		provider = "vertex"
	}
	name := key
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(name, p.prefix); ok && (provider == "" || p.provider == provider) && rest != "" {
			name, provider = rest, p.provider
			break
		}
	}
	name = strings.TrimPrefix(name, litellmProvider+"/")
	name = strings.TrimPrefix(name, "accounts/fireworks/models/")
	if provider == "" {
		provider = "custom"
	}
	if name == "" {
		name = key
	}
	return strings.ReplaceAll(provider, "_", "-") + "/" + name
}
