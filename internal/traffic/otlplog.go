package traffic

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// inferenceEvent is the event of the GenAI conventions that tells one request to a model.
const inferenceEvent = "gen_ai.client.inference.operation.details"

type otlpLogSource struct {
	Resource    otlpOrigin     `json:"resource"`
	ScopeLogs   []otlpLogScope `json:"scopeLogs"`
	LibraryLogs []otlpLogScope `json:"instrumentationLibraryLogs"` // before OTLP 0.19
}

type otlpLogScope struct {
	Records []otlpLog `json:"logRecords"`
	Logs    []otlpLog `json:"logs"` // before OTLP 0.15
}

// otlpLog is what a call needs of a log record. offset is where it begins in the decoded value.
type otlpLog struct {
	Time       number          `json:"timeUnixNano"`
	Observed   number          `json:"observedTimeUnixNano"`
	Event      text            `json:"eventName"`
	Body       jsontext.Value  `json:"body"`
	Trace      text            `json:"traceId"`
	Span       text            `json:"spanId"`
	Attributes []otlpAttribute `json:"attributes"`
	offset     int64
}

// UnmarshalJSONFrom implements the decoder's interface; it notes where the record stands.
func (l *otlpLog) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	d.PeekKind()
	at := d.InputOffset()
	type bare otlpLog
	err := decodeFrom(d, (*bare)(l))
	l.offset = at
	return err
}

func (f *file) logsOf(g *otlpLogSource, p *placing) {
	shared, err := attributes(g.Resource.Attributes, f.facts)
	for _, scope := range append(g.ScopeLogs, g.LibraryLogs...) {
		for _, list := range [][]otlpLog{scope.Records, scope.Logs} {
			for i := range list {
				f.log(&list[i], shared, p.lineOf(list[i].offset), err)
			}
		}
	}
}

// log keeps a log record that is an event of a model call. It is written when the response is there: the request began
// as much earlier as it says it took.
func (f *file) log(l *otlpLog, shared map[string]string, line int, wrong error) {
	name := l.name()
	if name != inferenceEvent && name != claudeCodeEvent {
		f.skip(skipLog)
		return
	}
	s := otlpSpan{Name: text(name), End: l.Time, Attributes: l.Attributes}
	if s.End.n <= 0 {
		s.End = l.Observed
	}
	s.Start = s.End
	a, _ := attributes(l.Attributes, false)
	if ms, err := strconv.ParseFloat(a["duration_ms"], 64); err == nil && ms > 0 && ms < 1e10 && int64(ms*1e6) < s.Start.n {
		s.Start.n -= int64(ms * 1e6)
	}
	if a["error.type"] != "" {
		s.Status.Code = "2"
	}
	f.candidate(&span{key: keyOf(l.Trace, l.Span), event: true, rank: event}, &s, shared, line, wrong)
}

// name gives the name of an event. Emitters write it to the record, to an attribute or to the body; Claude Code leaves
// its prefix out of the attribute.
func (l *otlpLog) name() string {
	name := string(l.Event)
	for _, a := range l.Attributes {
		if a.Key == eventKey && name == "" {
			name = a.Value.text()
		}
	}
	if name == inferenceEvent {
		return name
	}
	var body otlpValue
	if l.Body.Kind() == '{' && decode(l.Body, &body) != nil {
		body = otlpValue{}
	}
	if strings.TrimPrefix(name, "claude_code.") == "api_request" && (body.text() == claudeCodeEvent || l.has(bareKeys[0], "model")) {
		return claudeCodeEvent
	}
	return either(name, body.text())
}

func (l *otlpLog) has(keys ...string) bool {
	for _, k := range keys {
		found := false
		for _, a := range l.Attributes {
			found = found || a.Key == k
		}
		if !found {
			return false
		}
	}
	return true
}
