package traffic

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

func isBedrock(h head) bool {
	return h.answers(Bedrock) || h.has("schemaType", "modelId", "operation") || h.has("modelId", "operation", "input.inputTokenCount")
}

// isBedrockBody: a Converse response or the event that ends its stream, or what Amazon's and Meta's models return from
// InvokeModel. Anthropic's return their own form.
func isBedrockBody(o map[string]bool, at string) bool {
	return o[at+"usage.inputTokens"] || o[at+"metadata.usage"] && o[at+"metadata.metrics"] || o[at+"stopReason"] && o[at+"output"] ||
		o[at+"inputTextTokenCount"] || o[at+"prompt_token_count"] && o[at+"generation_token_count"]
}

type bedrockBody struct {
	Usage   *bedrockUsage `json:"usage"`
	Metrics struct {
		Latency number `json:"latencyMs"`
	} `json:"metrics"`
	Tier struct {
		Type text `json:"type"`
	} `json:"serviceTier"`
	Performance struct {
		Latency text `json:"latency"`
	} `json:"performanceConfig"`
	Meta     bedrockMeta  `json:"ResponseMetadata"`
	Metadata *bedrockBody `json:"metadata"` // the event that ends a stream

	Prompt     number `json:"prompt_token_count"` // Llama
	Generation number `json:"generation_token_count"`
	Input      number `json:"inputTextTokenCount"` // Titan
	Results    []struct {
		Tokens number `json:"tokenCount"`
	} `json:"results"`
}

// bedrockMeta is what AWS's Python SDK adds to every response.
type bedrockMeta struct {
	Request text    `json:"RequestId"`
	Status  number  `json:"HTTPStatusCode"`
	Headers headers `json:"HTTPHeaders"`
}

// bedrockAnswer reads a response; it names neither the model nor, but for the SDK's headers, a time.
func (f *file) bedrockAnswer(body jsontext.Value, a *reply) (err error) {
	var b bedrockBody
	if err := decode(body, &b); err != nil {
		return err
	}
	a.noted = "usage"
	if b.Usage == nil && b.Metadata != nil {
		b, a.noted = *b.Metadata, "metadata.usage"
	}
	a.id, a.created, a.failed = string(b.Meta.Request), b.Meta.Headers.date(), b.Meta.Status.n >= 400
	if ms := b.Metrics.Latency.n; ms > 0 && ms < maxLatency.Milliseconds() {
		a.latency = time.Duration(ms) * time.Millisecond
	}
	a.tier = tier(b.Tier.Type, "")
	if b.Performance.Latency == "optimized" {
		a.tier = "optimized" // priced apart, and not as any tier
	}
	a.final = true
	return b.count(a)
}

// count reads the usage of Converse, or else that of a model's own form.
func (b *bedrockBody) count(a *reply) (err error) {
	switch {
	case b.Usage != nil:
		a.usage, err = fromBedrock(*b.Usage)
	case b.Prompt.known:
		a.usage, err = inclusive{input: b.Prompt, output: b.Generation}.usage(false)
		a.noted = "prompt_token_count"
	case b.Input.known:
		n := inclusive{input: b.Input}
		for _, r := range b.Results {
			n.output = number{n.output.n + r.Tokens.n, true}
		}
		a.usage, err = n.usage(false)
		a.noted = "inputTextTokenCount"
	default:
		return nil
	}
	a.known = true
	return err
}
