package traffic

import (
	"bytes"
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
	Tags []jaegerTag `json:"tags"`
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

// groups gives the trace as OTLP would; with text, prompts too.
func (t jaegerTrace) groups(text bool) []otlpResource {
	var out []otlpResource
	for _, s := range t.Spans {
		var g otlpResource
		g.Resource.Attributes = jaegerAttributes(t.Processes[string(s.Process)].Tags, false)
		g.ScopeSpans = []otlpScope{{Spans: []otlpSpan{s.span(text)}}}
		out = append(out, g)
	}
	return out
}

func (s jaegerSpan) span(text bool) otlpSpan {
	o := otlpSpan{Trace: s.Trace, Span: s.Span, Name: s.Name, Attributes: jaegerAttributes(s.Tags, text), offset: s.offset}
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

func jaegerAttributes(tags []jaegerTag, text bool) []otlpAttribute {
	var out []otlpAttribute
	for _, t := range tags {
		var v otlpValue
		if (wanted[t.Key] || text && isPromptKey(t.Key)) && !bytes.Equal(t.Value, []byte("null")) && decode(t.Value, &v.String) == nil {
			out = append(out, otlpAttribute{t.Key, v})
		}
	}
	return out
}
