package traffic

import (
	"github.com/go-json-experiment/json/jsontext"
)

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
