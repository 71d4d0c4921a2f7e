package traffic

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

func isJaeger(h head) bool {
	return h.has("data") && strings.Contains(h.text, `"traceID"`) && strings.Contains(h.text, `"spanID"`)
}

// jaegerTrace is one trace as Jaeger's page and API export it: the same spans, with times in microseconds, parents as
// references, and plain values for attributes.
type jaegerTrace struct {
	Spans     []jaegerSpan             `json:"spans"`
	Processes map[string]jaegerProcess `json:"processes"`
}

type jaegerProcess struct {
	Service text        `json:"serviceName"`
	Tags    []jaegerTag `json:"tags"`
}

type jaegerTag struct {
	Key   string         `json:"key"`
	Value jsontext.Value `json:"value"`
}

type jaegerSpan struct {
	Trace      text `json:"traceID"`
	Span       text `json:"spanID"`
	Name       text `json:"operationName"`
	References []struct {
		Type text `json:"refType"`
		Span text `json:"spanID"`
	} `json:"references"`
	Start    number      `json:"startTime"`
	Duration number      `json:"duration"`
	Tags     []jaegerTag `json:"tags"`
	Process  text        `json:"processID"`
	offset   int64
}

// UnmarshalJSONFrom implements the decoder's interface; it notes where the span stands.
func (s *jaegerSpan) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	d.PeekKind()
	at := d.InputOffset()
	type bare jaegerSpan
	err := decodeFrom(d, (*bare)(s))
	s.offset = at
	return err
}

// groups gives the trace as OTLP would, with the attributes that the file wants.
func (t jaegerTrace) groups(f *file) []otlpResource {
	var out []otlpResource
	for _, s := range t.Spans {
		var g otlpResource
		g.Resource.Attributes = f.jaegerAttributes(t.Processes[string(s.Process)])
		g.ScopeSpans = []otlpScope{{Spans: []otlpSpan{s.span(f)}}}
		out = append(out, g)
	}
	return out
}

func (s jaegerSpan) span(f *file) otlpSpan {
	o := otlpSpan{Trace: s.Trace, Span: s.Span, Name: s.Name, Attributes: f.jaegerAttributes(jaegerProcess{Tags: s.Tags}), offset: s.offset}
	const maxMicros = 1<<63/1000 - 1
	if s.Start.n > 0 && s.Start.n < maxMicros && s.Duration.n >= 0 && s.Duration.n < maxMicros-s.Start.n {
		o.Start.n, o.End.n = s.Start.n*1000, (s.Start.n+s.Duration.n)*1000
	}
	for _, r := range s.References {
		if r.Type == "CHILD_OF" {
			o.Parent = r.Span
		}
	}
	for _, t := range s.Tags {
		if v := string(t.Value); t.Key == "otel.status_code" && v == `"ERROR"` || t.Key == "error" && v == "true" {
			o.Status.Code = "2"
		}
	}
	return o
}

// jaegerAttributes gives the tags of a span or a process, and, of a process, its service, which stands beside them.
func (f *file) jaegerAttributes(p jaegerProcess) []otlpAttribute {
	var out []otlpAttribute
	if p.Service != "" {
		out = append(out, otlpAttribute{serviceKey, otlpValue{String: p.Service}})
	}
	for _, t := range p.Tags {
		if !f.wants(t.Key) || t.Key == serviceKey && p.Service != "" {
			continue
		}
		if v, ok := plainValue(t.Value); ok {
			out = append(out, otlpAttribute{t.Key, v})
		}
	}
	return out
}
