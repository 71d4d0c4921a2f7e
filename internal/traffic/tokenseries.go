package traffic

import (
	"maps"
	"slices"
	"strconv"
)

// tokenClass is what a series counts.
type tokenClass byte

const (
	inputTokens tokenClass = iota
	outputTokens
	readTokens
	writtenTokens
	reasoningTokens
	numClasses
)

type tokenMetric struct {
	name      string
	class     tokenClass
	attribute string // tells the class, where the name does not
}

// tokenMetrics are the metrics that count tokens, newest first: where a service writes two generations, the first that
// has a class is taken. Sources: OpenTelemetry GenAI
// conventions (gen_ai.client.token.usage until its removal, the others after it) and Claude Code's documentation.
var tokenMetrics = []tokenMetric{
	{"gen_ai.client.inference.operation.input_tokens", inputTokens, ""},
	{"gen_ai.client.inference.operation.output_tokens", outputTokens, ""},
	{"gen_ai.client.inference.usage.input_tokens", inputTokens, ""},
	{"gen_ai.client.inference.usage.output_tokens", outputTokens, ""},
	{"gen_ai.client.inference.usage.cache_read.input_tokens", readTokens, ""},
	{"gen_ai.client.inference.usage.cache_write.input_tokens", writtenTokens, ""},
	{"gen_ai.client.inference.usage.reasoning.output_tokens", reasoningTokens, ""},
	{"gen_ai.client.token.usage", 0, "gen_ai.token.type"},
	{claudeCodeMetric, 0, "type"},
}

// metricNamed gives the place of a metric among tokenMetrics, -1 if it counts no tokens.
func metricNamed(name string) int {
	return slices.IndexFunc(tokenMetrics, func(m tokenMetric) bool { return m.name == name })
}

const claudeCodeMetric = "claude_code.token.usage"

// tokenTypes are the values of the attribute that tells the class.
var tokenTypes = map[string]tokenClass{
	"input": inputTokens, "prompt": inputTokens, "output": outputTokens, "completion": outputTokens,
	"cacheRead": readTokens, "cacheCreation": writtenTokens,
}

const modalityKey = "gen_ai.token.modality"

// tokenSeries is what all points of a series and of those beside it, of other classes, share.
type tokenSeries struct {
	key     string // tells the resource and the attributes
	bare    bool   // Claude Code's: input excludes cache
	call    Call   // labels and model
	service string
	facts   []Fact
}

func (f *file) seriesOf(bare bool, a, shared map[string]string) *tokenSeries {
	b := strconv.AppendBool(nil, bare)
	for _, m := range []map[string]string{shared, a} {
		b = append(b, '\n')
		for _, k := range slices.Sorted(maps.Keys(m)) {
			b = append(strconv.AppendQuote(append(strconv.AppendQuote(b, k), '='), m[k]), ' ')
		}
	}
	if s, ok := f.series[string(b)]; ok {
		return s
	}
	s := &tokenSeries{key: string(b), bare: bare, call: callOf(&otlpSpan{}, a, shared), service: shared[serviceKey]}
	s.call.ID, s.call.UsageIsMean = "", true
	if f.facts {
		s.facts = f.spanFacts(&otlpSpan{}, a, shared)
	}
	if f.series == nil {
		f.series = map[string]*tokenSeries{}
	}
	f.series[s.key] = s
	return s
}
