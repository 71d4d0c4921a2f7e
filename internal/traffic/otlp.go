package traffic

import (
	"bytes"
	"strings"
	"time"
)

func isOTLP(h head) bool {
	for _, key := range []string{"resourceSpans", "batches", "trace.resourceSpans", "trace.batches", "resourceMetrics", "resourceLogs"} {
		if h.has(key) {
			return true
		}
	}
	return isJaeger(h) || isFlat(h)
}

// otlpDoc is one object of a file in any of the wrappers seen: TracesData, Tempo's first export (batches) and its
// second (trace), and Jaeger's (data). Metrics and logs may stand beside.
type otlpDoc struct {
	ResourceSpans []otlpResource `json:"resourceSpans"`
	Batches       []otlpResource `json:"batches"`
	Trace         *struct {
		ResourceSpans []otlpResource `json:"resourceSpans"`
		Batches       []otlpResource `json:"batches"`
	} `json:"trace"`
	Data    []jaegerTrace   `json:"data"`
	Metrics []otlpMeasured  `json:"resourceMetrics"`
	Logs    []otlpLogSource `json:"resourceLogs"`
}

// isWrapped tells a document that is one of OTLP's, however empty.
func (d *otlpDoc) isWrapped() bool {
	return d.ResourceSpans != nil || d.Batches != nil || d.Trace != nil || d.Data != nil || d.Metrics != nil || d.Logs != nil
}

// groups gives all spans of the document by their resource.
func (d *otlpDoc) groups(f *file) []otlpResource {
	groups := append(d.ResourceSpans, d.Batches...)
	if d.Trace != nil {
		groups = append(append(groups, d.Trace.ResourceSpans...), d.Trace.Batches...)
	}
	for _, t := range d.Data {
		groups = append(groups, t.groups(f)...)
	}
	return groups
}

type otlpOrigin struct {
	Attributes []otlpAttribute `json:"attributes"`
}

type otlpResource struct {
	Resource     otlpOrigin  `json:"resource"`
	ScopeSpans   []otlpScope `json:"scopeSpans"`
	LibrarySpans []otlpScope `json:"instrumentationLibrarySpans"` // before OTLP 0.19
}

type otlpScope struct {
	Spans []otlpSpan `json:"spans"`
}

const (
	skipMetric = "an OTLP metric that counts no tokens"
	skipLog    = "an OTLP log record that is no model call"
	skipSpan   = "a span that is no model call"
	skipNested = "a span that repeats what a span below it reports"
	skipNoSpan = "an object that holds no spans, logs or metrics"
)

// readOTLP reads GenAI spans, log events and metrics. Which spans are calls is known only when all spans of a trace are,
// and they may be spread over lines and files; whether an event or a metric repeats spans is known only then, too. They
// are kept until every file is read. See resolveSpans. A prompt is that of the span which counts; text in events and log
// records, and under the names of other conventions, is not read.
func readOTLP(f *file, in *input) error {
	return f.eachValue(in, func(value []byte, line int) error {
		var doc otlpDoc
		err := decode(value, &doc)
		if err == nil && !doc.isWrapped() {
			err = f.flat(value, line)
		}
		if err != nil {
			f.reject(line, err)
			return nil
		}
		p := placing{value: value, line: line}
		for _, g := range doc.groups(f) {
			f.spansOf(&g, &p)
		}
		for i := range doc.Logs {
			f.logsOf(&doc.Logs[i], &p)
		}
		for i := range doc.Metrics {
			f.metricsOf(&doc.Metrics[i], line)
		}
		return nil
	})
}

// placing finds the line on which a part of a decoded value begins; parts come mostly in their order.
type placing struct {
	value    []byte
	line, at int
}

func (p *placing) lineOf(offset int64) int {
	if to := int(offset); to > p.at {
		p.line, p.at = p.line+bytes.Count(p.value[p.at:to], []byte("\n")), to
	}
	return p.line
}

func (f *file) spansOf(g *otlpResource, p *placing) {
	shared, err := attributes(g.Resource.Attributes, f.facts)
	for _, scope := range append(g.ScopeSpans, g.LibrarySpans...) {
		for i := range scope.Spans {
			s := &scope.Spans[i]
			f.span(s, shared, p.lineOf(s.offset), err)
		}
	}
}

// span keeps a span's place in its tree and, if it may be a call, the call.
func (f *file) span(s *otlpSpan, shared map[string]string, line int, wrong error) {
	key := keyOf(s.Trace, s.Span)
	if key.known() {
		f.links.add(spanLink{key, spanIDOf(s.Parent)})
	}
	f.candidate(&span{key: key}, s, shared, line, wrong)
}

// candidate keeps a span, or an event written as one, if it may be a call. What cannot be read of it matters only if it
// turns out to count.
func (f *file) candidate(sp *span, s *otlpSpan, shared map[string]string, line int, wrong error) {
	a, err := attributes(s.Attributes, f.facts)
	n, unreadable := usageOf(s.Name == claudeCodeSpan || s.Name == claudeCodeEvent, a)
	if !n.counts() && unreadable == nil && !isModelCall(a) {
		f.skip(skipSpan)
		return
	}
	if s.End.n > 0 && s.End.n < s.Start.n {
		f.odd.reversed++
	}
	c := callOf(s, a, shared)
	sp.file, sp.line = f, int32(line)
	if !sp.event && isAggregate(a) {
		sp.rank = aggregateSpan
	}
	for _, e := range []error{unreadable, err, wrong} {
		sp.blame(e)
	}
	if n.counts() {
		f.usageSpans++
		var e error
		c.Usage, e = n.usage(isClaude(c.Model, firstText(a, providerKeys)))
		sp.blame(e)
	}
	sp.carries = n.counts() && (sp.more == nil || sp.more.err == nil)
	sp.hold(c, shared[serviceKey])
	if f.text {
		sp.say(s.prompt())
	}
	if f.facts {
		sp.extra().facts = f.spanFacts(s, a, shared)
	}
	f.spans.add(*sp)
}

func nanoTime(n number) time.Time {
	if n.n <= 0 {
		return time.Time{}
	}
	return time.Unix(0, n.n).UTC()
}

// isMetadata tells an attribute that a map rule may ask for: a scalar that is no prompt or response text. Text is never
// kept, so that long values are taken for it.
func isMetadata(a otlpAttribute) bool {
	if isPromptKey(a.Key) || len(a.Value.Array) > 0 || len(a.Value.text()) > maxMetadata {
		return false
	}
	for _, prefix := range []string{"gen_ai.completion", "gen_ai.output", "llm.input_messages", "llm.output_messages", "llm.prompts",
		"input.value", "output.value", "ai.prompt", "ai.response.text", "ai.response.object", "ai.response.toolCalls", "traceloop.entity.",
		"langfuse.observation.input", "langfuse.observation.output", "langfuse.trace.input", "langfuse.trace.output"} {
		if strings.HasPrefix(a.Key, prefix) {
			return false
		}
	}
	return a.Key != "prompt"
}

// maxMetadata is the longest value that is metadata, in bytes.
const maxMetadata = 256
