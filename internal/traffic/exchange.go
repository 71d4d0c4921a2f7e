package traffic

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// exchange is one request and what came back, taken out of what a recorder wrote around them.
type exchange struct {
	request, response jsontext.Value // bodies; the request is nil where it was not recorded
	status            int64          // of HTTP; 0 where it was not recorded
	url               string
	dated             time.Time // when the response was sent, by its headers
	env               envelope
	at                string          // where in the record the response stands, such as "response.body."
	asked             string          // where in the record the request stands
	fallback          string          // an id for responses without one
	custom            said            // the name of a batch item
	keys              map[string]bool // of the record
	tier              string          // of all that the dialect holds; "" leaves it to the response
}

// envelope is what loggers write around a response, or beside its own members.
type envelope struct {
	Request   jsontext.Value `json:"request"`
	Response  jsontext.Value `json:"response"`
	Timestamp text           `json:"timestamp"`
	TS        text           `json:"ts"`
	Time      text           `json:"time"`
	CreatedAt text           `json:"created_at"`
	Processed text           `json:"processed_time"` // Vertex batch
	Latency   decimal        `json:"latency_ms"`
	Duration  decimal        `json:"duration_ms"`
	First     decimal        `json:"ttft_ms"`
	Model     text           `json:"model"`
	Model2    text           `json:"modelId"`
	ID        text           `json:"request_id"`
	Session   text           `json:"session"`
	Session2  text           `json:"session_id"`
	User      text           `json:"user"`
	User2     text           `json:"user_id"`
	Tags      jsontext.Value `json:"tags"`
	Metadata  jsontext.Value `json:"metadata"`
	Metadata2 jsontext.Value `json:"requestMetadata"` // Bedrock's invocation log
	Identity  jsontext.Value `json:"identity"`        // the same
	Track     text           `json:"track"`
	Feature   text           `json:"feature"`
	Template  text           `json:"template"`
	Version   text           `json:"template_version"`
}

// httpMessage is a request or a response as HTTP clients log it.
type httpMessage struct {
	URL      text           `json:"url"`
	URI      text           `json:"uri"`
	Path     text           `json:"path"`
	Status   number         `json:"status_code"`
	Status2  text           `json:"status"`
	Status3  number         `json:"statusCode"`
	Headers  headers        `json:"headers"`
	Body     jsontext.Value `json:"body"`
	Endpoint text           `json:"endpoint"`
}

// headers are what is needed of HTTP headers: the date, and nothing secret.
type headers struct{ sent string }

// UnmarshalJSON implements the decoder's interface; values are text, or lists of it.
func (h *headers) UnmarshalJSON(b []byte) error {
	var all map[string]jsontext.Value
	if err := embedded(b).into(&all, '{'); err != nil {
		return err
	}
	for name, v := range all {
		if !strings.EqualFold(name, "date") {
			continue
		}
		var list []text
		var one text
		if v.Kind() == '[' && decode(v, &list) == nil && len(list) > 0 {
			one = list[0]
		} else if decode(v, &one) != nil {
			continue
		}
		h.sent = max(h.sent, string(one))
	}
	return nil
}

// date reads the header; one that cannot be read is none.
func (h headers) date() time.Time {
	t, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", h.sent)
	if err != nil {
		return time.Time{}
	}
	return t
}

// exchangeOf takes a record apart: a response by itself, or one in an envelope, as an object, as text or as an HTTP
// message. o are its keys.
func exchangeOf(value jsontext.Value, o map[string]bool) (x exchange, err error) {
	x.keys = o
	if err := decode(value, &x.env); err != nil {
		return x, err
	}
	if !isEnvelope(o, x.env.Response) {
		x.response = value
		return x, nil
	}
	x.response, x.at = x.env.Response, "response."
	if err := x.unwrapResponse(o); err != nil {
		return x, inside("response", err)
	}
	return x, x.unwrapRequest(x.env.Request)
}

// isEnvelope tells a record around a response from an event of the Responses API, which has a "response" as well.
func isEnvelope(o map[string]bool, response jsontext.Value) bool {
	switch byte(response.Kind()) {
	case '{', '[', '"':
		return !isResponsesEvent(o, "") || !o["type"]
	}
	return false
}

func (x *exchange) unwrapResponse(o map[string]bool) error {
	if !isObject(x.response) || !o["response.body"] {
		return nil
	}
	var m httpMessage
	if err := decode(x.response, &m); err != nil {
		return err
	}
	x.response, x.at, x.dated = m.Body, "response.body.", m.Headers.date()
	x.status = first(m.Status, m.Status3).n
	if n, err := parseNumber(string(m.Status2)); err == nil && x.status == 0 {
		x.status = n.n
	}
	return nil
}

// unwrapRequest takes the body of a request, which may be an HTTP message or text.
func (x *exchange) unwrapRequest(request jsontext.Value) error {
	request = unwrap(request)
	x.asked = "request."
	var m httpMessage
	if isObject(request) {
		if err := decode(request, &m); err != nil {
			return inside("request", err)
		}
	}
	if body := unwrap(m.Body); isObject(body) {
		request, x.asked = body, "request.body."
	}
	x.url = either(string(m.URL), either(string(m.URI), either(string(m.Path), string(m.Endpoint))))
	if isObject(request) {
		x.request = request
	}
	return nil
}

// urlPath is the path of a URL, or of what stands in its place.
func urlPath(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		_, rest, _ = strings.Cut(rest, "/")
		url = "/" + rest
	}
	url, _, _ = strings.Cut(url, "?")
	return url
}

// modelIn finds the model in a path, where Gemini and Bedrock have it: …/models/NAME:generateContent, /model/NAME/converse.
func modelIn(path string) string {
	for _, p := range []struct{ before, after string }{{"/models/", ":"}, {"/model/", "/"}} {
		if _, rest, ok := strings.Cut(path, p.before); ok {
			if name, _, ok := strings.Cut(rest, p.after); ok {
				return strings.ReplaceAll(strings.ReplaceAll(name, "%3A", ":"), "%2F", "/")
			}
		}
	}
	return ""
}
