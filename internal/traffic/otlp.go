package traffic

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

func isOTLP(h head) bool {
	for _, key := range []string{"resourceSpans", "batches", "trace.resourceSpans", "trace.batches", "resourceMetrics", "resourceLogs"} {
		if h.has(key) {
			return true
		}
	}
	return isJaeger(h)
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
	Data    []jaegerTrace  `json:"data"`
	Metrics jsontext.Value `json:"resourceMetrics"`
	Logs    jsontext.Value `json:"resourceLogs"`
}

type otlpResource struct {
	Resource struct {
		Attributes []otlpAttribute `json:"attributes"`
	} `json:"resource"`
	ScopeSpans   []otlpScope `json:"scopeSpans"`
	LibrarySpans []otlpScope `json:"instrumentationLibrarySpans"` // before OTLP 0.19
}

type otlpScope struct {
	Spans []otlpSpan `json:"spans"`
}

type otlpAttribute struct {
	Key   string    `json:"key"`
	Value otlpValue `json:"value"`
}

// otlpSpan is what a call needs of a span. offset is where it begins in the decoded value.
type otlpSpan struct {
	Trace      text            `json:"traceId"`
	Span       text            `json:"spanId"`
	Parent     text            `json:"parentSpanId"`
	Name       text            `json:"name"`
	Start      number          `json:"startTimeUnixNano"`
	End        number          `json:"endTimeUnixNano"`
	Attributes []otlpAttribute `json:"attributes"`
	Status     struct {
		Code text `json:"code"`
	} `json:"status"`
	Dropped text `json:"droppedAttributesCount"` // how many attributes a limit of the SDK cost
	offset  int64
}

// UnmarshalJSONFrom implements the decoder's interface; it notes where the span stands.
func (s *otlpSpan) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	d.PeekKind()
	at := d.InputOffset()
	type bare otlpSpan
	if err := decodeFrom(d, (*bare)(s)); err != nil {
		return err
	}
	s.offset = at
	return nil
}

// otlpValue is an attribute's value as text; lists are kept as JSON, and byte strings are not kept.
type otlpValue struct {
	String text           `json:"stringValue"`
	Bool   text           `json:"boolValue"`
	Int    text           `json:"intValue"`
	Double text           `json:"doubleValue"`
	Array  jsontext.Value `json:"arrayValue"`
}

func (v otlpValue) text() string {
	return either(string(v.String), either(string(v.Int), either(string(v.Double), either(string(v.Bool), string(v.Array)))))
}

const (
	skipMetrics = "OTLP metrics and logs, which are no spans"
	skipSpan    = "a span that is no model call"
	skipNested  = "a span that repeats what a span below it reports"
)

// readOTLP reads GenAI spans. Which of them are calls is known only when all spans of a trace are, and they may be
// spread over lines and files: they are kept until every file is read. See resolveSpans. A prompt is that of the span
// which counts; text in events and log records, and under the names of other conventions, is not read.
func readOTLP(f *file, in *input) error {
	return f.eachValue(in, func(value []byte, line int) error {
		var doc otlpDoc
		if err := decode(value, &doc); err != nil {
			f.reject(line, err)
			return nil
		}
		if len(doc.Metrics)+len(doc.Logs) > 0 {
			f.skip(skipMetrics)
		}
		groups := append(doc.ResourceSpans, doc.Batches...)
		if doc.Trace != nil {
			groups = append(append(groups, doc.Trace.ResourceSpans...), doc.Trace.Batches...)
		}
		for _, t := range doc.Data {
			groups = append(groups, t.groups(f.text)...)
		}
		at, from := line, 0
		for _, g := range groups {
			shared := attributes(g.Resource.Attributes)
			for _, scope := range append(g.ScopeSpans, g.LibrarySpans...) {
				for i := range scope.Spans {
					s := &scope.Spans[i]
					if to := int(s.offset); to > from {
						at, from = at+bytes.Count(value[from:to], []byte("\n")), to
					}
					f.span(s, shared, at)
				}
			}
		}
		return nil
	})
}

// span keeps a span's place in its tree and, if it may be a call, the call.
func (f *file) span(s *otlpSpan, shared map[string]string, line int) {
	key := spanKey{f.strings.bytes([]byte(spanID(s.Trace, 16))), spanID(s.Span, 8)}
	if key.span != "" {
		f.links = append(f.links, spanLink{key, spanID(s.Parent, 8)})
	}
	a := attributes(s.Attributes)
	n, err := usageOf(string(s.Name), a)
	if err != nil {
		f.reject(line, err)
		return
	}
	c := callOf(s, a, shared)
	sp := span{key: key, id: c.ID, line: line, file: f}
	sp.carries = n.input.n+n.output.n+n.read.n+n.write.n > 0
	if !sp.carries && !isModelCall(a) {
		f.skip(skipSpan)
		return
	}
	if sp.carries {
		f.usageSpans++
		c.Usage, sp.err = n.usage(isClaude(c.Model, a["gen_ai.provider.name"]+a["gen_ai.system"]))
	}
	for _, s := range []*string{&c.Model, &c.Session, &c.User, &c.Track, &c.Feature, &c.Template, &c.TemplateVersion, &c.Tier} {
		*s = f.strings.bytes([]byte(*s))
	}
	if f.text {
		p := s.prompt()
		c.Prompt, sp.lack, sp.textErr = p.content, p.lack, p.err
	}
	sp.call = c
	f.spans = append(f.spans, sp)
}

// spanID gives an id in lower-case hex. OTLP/JSON writes hex; exports through protobuf's own JSON write base64.
func spanID(s text, size int) string {
	id := strings.ToLower(string(s))
	if len(id) == 2*size {
		return id
	}
	if b, err := base64.StdEncoding.DecodeString(string(s)); err == nil && len(b) == size {
		id = hex.EncodeToString(b)
	}
	if strings.Trim(id, "0") == "" {
		return ""
	}
	return id
}

func nanoTime(n number) time.Time {
	if n.n <= 0 {
		return time.Time{}
	}
	return time.Unix(0, n.n).UTC()
}
