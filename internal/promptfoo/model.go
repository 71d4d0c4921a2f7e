package promptfoo

import (
	"regexp"
	"strings"
)

// model is what an id of a provider says: the name to look a price up by, or why there is none.
type model struct {
	model string
	free  bool // it calls no model
	many  bool // it is an agent: one prompt, many calls
	why   string
}

// vendors maps the first word of an id to the provider as the price catalogue writes it.
var vendors = map[string]string{
	"openai": "openai/", "anthropic": "anthropic/", "bedrock": "bedrock/", "azure": "azure/", "azureopenai": "azure/",
	"google": "gemini/", "palm": "gemini/", "vertex": "vertex_ai/", "mistral": "mistral/", "cohere": "cohere/", "deepseek": "deepseek/",
	"xai": "xai/", "groq": "groq/", "together": "together_ai/", "togetherai": "together_ai/", "fireworks": "fireworks_ai/",
	"cerebras": "cerebras/", "perplexity": "perplexity/", "voyage": "voyage/", "moonshot": "moonshot/", "openrouter": "openrouter/",
	"litellm": "", "replicate": "replicate/", "huggingface": "huggingface/", "github": "github/", "databricks": "databricks/",
	"cloudflare-ai": "cloudflare/", "nscale": "nscale/", "hyperbolic": "hyperbolic/", "sambanova": "sambanova/", "ai21": "ai21/",
}

// modes are the words between vendor and model that say which API is called.
var modes = regexp.MustCompile(`^(chat|completions?|responses|messages|embeddings?|converse|text-generation|image|realtime|moderation|transcription|feature-extraction)(:|$)`)

// scripted are providers that run code, or speak to something that is no model's API.
var scripted = regexp.MustCompile(`^(python|exec|golang|ruby|package|file|https?|webhook|websocket|wss?|browser|mcp|sequence|promptfoo|http):`)

// agents answer one prompt by many calls, with tools.
var agents = regexp.MustCompile(`^(anthropic:claude-(agent-sdk|code)|openai:(agents?|assistant|codex|codex-sdk|chatkit)|bedrock:agents|azure:(assistant|foundry-agent)|google:adk|opencode)`)

// modelOf reads an id such as openai:chat:gpt-4.1. A deployment of Azure may be called anything: it is looked up as a
// model, and not found where it is called otherwise.
func modelOf(id string) model {
	vendor, rest, ok := strings.Cut(id, ":")
	switch {
	case id == "echo" || id == "manual-input" || id == "promptfoo:manual-input":
		return model{free: true}
	case scripted.MatchString(id) || script(id) || vendor == "http" || vendor == "https":
		return model{why: id + " runs code of its own: which model it calls, and how often, is not known"}
	case agents.MatchString(id):
		return model{many: true, why: id + " is an agent: which model it calls is not known"}
	case vendor == "ollama" || vendor == "localai" || vendor == "llama" || vendor == "llamafile" || vendor == "vllm":
		return model{why: id + " is a model of one's own machine: it has no price per token"}
	case !ok:
		return model{why: id + " names no model"}
	}
	if at := modes.FindString(rest); at != "" {
		rest = rest[len(at):]
	}
	prefix, known := vendors[vendor]
	switch {
	case rest == "":
		return model{why: id + " names no model: promptfoo's default is called"}
	case !known:
		return model{why: "provider " + vendor + " is not known here"}
	}
	return model{model: prefix + rest}
}
