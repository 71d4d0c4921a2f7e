package traffic

// vercelMetadata is what the Vercel AI SDK keeps of a provider's own answer, as JSON in one attribute. Versions 4 and 5
// say there, and nowhere else, what was read from and written to a cache.
type vercelMetadata struct {
	Anthropic struct {
		Read  number          `json:"cacheReadInputTokens"`
		Write number          `json:"cacheCreationInputTokens"`
		Usage *anthropicUsage `json:"usage"`
	} `json:"anthropic"`
	OpenAI struct {
		Cached    number `json:"cachedPromptTokens"`
		Reasoning number `json:"reasoningTokens"`
		Tier      text   `json:"serviceTier"`
	} `json:"openai"`
}

// vercelDetails reads the attribute; what is not of the form says nothing, since providers put there what they like.
func vercelDetails(s string) vercelMetadata {
	var m vercelMetadata
	if embedded(s).into(&m, '{') != nil {
		return vercelMetadata{}
	}
	return m
}

// complete fills counts that the span's own attributes do not give.
func (m vercelMetadata) complete(n inclusive) inclusive {
	read, write := first(m.Anthropic.Read, m.OpenAI.Cached), m.Anthropic.Write
	if u := m.Anthropic.Usage; u != nil {
		read, write = first(read, u.CacheRead), first(write, u.CacheWrite)
		if u.Creation != nil && u.Creation.Long.n <= write.n {
			n.long = u.Creation.Long
		}
	}
	n.read, n.write = first(n.read, read), first(n.write, write)
	n.reasoning = first(n.reasoning, m.OpenAI.Reasoning)
	if n.long.n > n.write.n {
		n.long = number{}
	}
	return n
}
