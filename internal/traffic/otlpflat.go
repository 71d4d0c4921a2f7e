package traffic

import (
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

func isFlat(h head) bool {
	return h.has("context.trace_id", "attributes") || h.has("spanContext.traceId", "attributes") ||
		h.has("traceId", "spanId", "attributes", "endTime") || h.has("hrTime", "attributes")
}

// flatObject is a span or a log record without OTLP's wrappers, as three exporters write it: the console exporter of
// OpenTelemetry for Python (context, ISO times), that of JavaScript (spanContext, times as seconds and nanoseconds), and
// GitHub Copilot (type, ids at the top). Attributes are a plain map.
type flatObject struct {
	Type    text `json:"type"`
	Name    text `json:"name"`
	Context *struct {
		Trace text `json:"trace_id"`
		Span  text `json:"span_id"`
	} `json:"context"`
	SpanContext *struct {
		Trace text `json:"traceId"`
		Span  text `json:"spanId"`
	} `json:"spanContext"`
	Trace         text `json:"traceId"`
	Span          text `json:"spanId"`
	SnakeTrace    text `json:"trace_id"`
	SnakeSpan     text `json:"span_id"`
	Parent        text `json:"parentSpanId"`
	SnakeParent   text `json:"parent_id"`
	ParentContext *struct {
		Span text `json:"spanId"`
	} `json:"parentSpanContext"`
	Start      flatTime                  `json:"startTime"`
	End        flatTime                  `json:"endTime"`
	SnakeStart flatTime                  `json:"start_time"`
	SnakeEnd   flatTime                  `json:"end_time"`
	LogTime    flatTime                  `json:"hrTime"`
	Stamp      flatTime                  `json:"timestamp"`
	Event      text                      `json:"eventName"`
	SnakeEvent text                      `json:"event_name"`
	Attributes map[string]jsontext.Value `json:"attributes"`
	Resource   struct {
		Attributes map[string]jsontext.Value `json:"attributes"`
	} `json:"resource"`
	Status struct {
		Code      text `json:"code"`
		SnakeCode text `json:"status_code"`
	} `json:"status"`
}

// flatTime is nanoseconds since 1970, written as [seconds, nanoseconds] or as RFC 3339. Anything else is no time.
type flatTime struct{ number }

// UnmarshalJSON implements the decoder's interface.
func (t *flatTime) UnmarshalJSON(b []byte) error {
	switch byte(jsontext.Value(b).Kind()) {
	case '[':
		var pair []number
		if err := decode(b, &pair); err != nil {
			return err
		}
		if len(pair) == 2 && pair[0].n >= 0 && pair[0].n < 1<<33 && pair[1].n >= 0 && pair[1].n < 1e9 {
			t.number = number{pair[0].n*1e9 + pair[1].n, true}
		}
	case '"':
		s, err := unquote(b)
		if at, wrong := time.Parse(time.RFC3339Nano, s); wrong == nil && at.Year() > 1970 && at.Year() < 2200 {
			t.number = number{at.UnixNano(), true}
		}
		return err
	}
	return nil
}

// flat reads an object that has none of OTLP's wrappers.
func (f *file) flat(value []byte, line int) error {
	var o flatObject
	if err := decode(value, &o); err != nil {
		return err
	}
	shared, err := attributes(f.flatAttributes(o.Resource.Attributes), f.facts)
	switch trace, span := o.ids(); {
	case o.Type == "metric":
		f.skip(skipMetric)
	case o.LogTime.known || o.isLog():
		l := otlpLog{Time: o.LogTime.number, Event: text(either(string(o.Event), string(o.SnakeEvent))), Trace: trace, Span: span, Attributes: f.flatAttributes(o.Attributes)}
		if !l.Time.known {
			l.Time = o.Stamp.number
		}
		f.log(&l, shared, line, err)
	case span != "" && o.Attributes != nil:
		s := o.span(f)
		f.span(&s, shared, line, err)
	default:
		f.skip(skipNoSpan)
	}
	return nil
}

func (o *flatObject) isLog() bool {
	return o.Event+o.SnakeEvent != "" || o.Attributes[eventKey] != nil && o.Name == ""
}

func (o *flatObject) ids() (trace, span text) {
	trace, span = text(either(string(o.Trace), string(o.SnakeTrace))), text(either(string(o.Span), string(o.SnakeSpan)))
	switch {
	case o.Context != nil:
		return o.Context.Trace, o.Context.Span
	case o.SpanContext != nil:
		return o.SpanContext.Trace, o.SpanContext.Span
	}
	return trace, span
}

// span gives the object as OTLP would. Where only the end is told, it stands for the start as well.
func (o *flatObject) span(f *file) otlpSpan {
	s := otlpSpan{Name: o.Name, Parent: text(either(string(o.Parent), string(o.SnakeParent))), Attributes: f.flatAttributes(o.Attributes)}
	s.Trace, s.Span = o.ids()
	if o.ParentContext != nil {
		s.Parent = o.ParentContext.Span
	}
	s.Start, s.End = first(o.Start.number, o.SnakeStart.number), first(o.End.number, o.SnakeEnd.number)
	if s.Start.n == 0 {
		s.Start = s.End
	}
	s.Status.Code = text(either(string(o.Status.Code), string(o.Status.SnakeCode)))
	return s
}

func (f *file) flatAttributes(m map[string]jsontext.Value) []otlpAttribute {
	var out []otlpAttribute
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if v, ok := plainValue(m[k]); ok && f.wants(k) {
			out = append(out, otlpAttribute{k, v})
		}
	}
	return out
}

// wants tells whether an attribute need be decoded at all.
func (f *file) wants(key string) bool { return wanted[key] || f.facts || f.text && isPromptKey(key) }

// plainValue takes a value as JSON has it; null is none.
func plainValue(raw jsontext.Value) (v otlpValue, ok bool) {
	switch byte(raw.Kind()) {
	case 'n':
		return v, false
	case '[', '{':
		v.Array = raw
		return v, true
	}
	return v, decode(raw, &v.String) == nil
}
