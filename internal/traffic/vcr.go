package traffic

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"
)

// maxCassette is the largest cassette that is read: unlike a log, it is one document.
const maxCassette = 64 << 20

// isVCR: no other dialect has a line that begins so.
func isVCR(h head) bool {
	return strings.HasPrefix(h.text, "interactions:") || strings.Contains(h.text, "\ninteractions:") || h.has("interactions", "version")
}

// interaction is one exchange of a cassette, as vcrpy and go-vcr write it.
type interaction struct {
	Request struct {
		Body cassetteBody `yaml:"body"`
		URI  string       `yaml:"uri"`
		URL  string       `yaml:"url"`
	} `yaml:"request"`
	Response struct {
		Body    cassetteBody   `yaml:"body"`
		Headers map[string]any `yaml:"headers"`
		Status  any            `yaml:"status"` // {code: 200, message: OK}, or "200 OK"
		Code    int64          `yaml:"code"`
		Took    string         `yaml:"duration"` // go-vcr, such as 812.5ms
	} `yaml:"response"`
}

// cassetteBody is text, or a mapping with text in it; vcrpy keeps what is no text in base64, which YAML undoes.
type cassetteBody struct{ text []byte }

// UnmarshalYAML implements the decoder's interface.
func (b *cassetteBody) UnmarshalYAML(n *yaml.Node) error {
	var text string
	if n.Kind == yaml.MappingNode {
		var m struct {
			String string `yaml:"string"`
		}
		if err := n.Decode(&m); err != nil {
			return err
		}
		b.text = []byte(m.String)
		return nil
	}
	if err := n.Decode(&text); err != nil {
		return err
	}
	b.text = []byte(text)
	return nil
}

const skipService = "an exchange with a service that is no model's"

// readVCR reads a cassette: the exchanges that a test suite recorded, most of which are with other services in some.
func readVCR(f *file, in *input) error {
	text, err := io.ReadAll(io.LimitReader(in.Reader, maxCassette+1))
	if err != nil {
		return err
	}
	if len(text) > maxCassette {
		return &fileError{rule: ruleTooBig, hint: "record fewer exchanges in one cassette", summary: fmt.Sprintf("the cassette has more than %d bytes", maxCassette)}
	}
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) > 0 {
			f.lines++
		}
	}
	var c struct {
		Interactions []yaml.Node `yaml:"interactions"`
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		return &fileError{rule: ruleDialect, hint: "record the cassette again", summary: "the cassette cannot be read: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	for i := range c.Interactions {
		n := &c.Interactions[i]
		if err := f.interaction(n); err != nil {
			f.reject(n.Line, err)
		}
	}
	return nil
}

func (f *file) interaction(n *yaml.Node) error {
	var i interaction
	if err := n.Decode(&i); err != nil {
		return bad(wrongType, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	x := exchange{url: either(i.Request.URI, i.Request.URL), status: i.status(), at: "response.body.", asked: "request.body."}
	x.dated = headers{i.date()}.date()
	if took, err := time.ParseDuration(i.Response.Took); err == nil {
		x.env.Latency = decimal{float64(took) / 1e6, true}
	}
	if x.status >= 400 {
		f.skip(skipFailed)
		return nil
	}
	plain, err := unpackBody(i.Response.Body.text)
	if err != nil {
		return err
	}
	known := isModelPath(urlPath(x.url))
	if x.response, err = bodyOf(plain); err != nil {
		if !known {
			f.skip(skipService)
			return nil
		}
		return err
	}
	if asked := jsontext.Value(bytes.TrimSpace(i.Request.Body.text)); asked.Kind() == '{' && asked.IsValid(foreign) {
		x.request = asked
	}
	if !known && !isObject(x.response) || !known && !answersAny(x.response) {
		f.skip(skipService)
		return nil
	}
	return f.exchange(&x, n.Line)
}

func answersAny(body jsontext.Value) bool {
	o, _ := lookAt(body)
	return providerOf(o, "") != nil
}

// status is the code of HTTP, 0 where it is not recorded.
func (i *interaction) status() int64 {
	r := &i.Response
	word := ""
	switch s := r.Status.(type) {
	case map[string]any:
		word = fmt.Sprint(s["code"])
	case string:
		word, _, _ = strings.Cut(s, " ")
	case int:
		word = fmt.Sprint(s)
	}
	if n, err := parseNumber(word); err == nil {
		return n.n
	}
	return r.Code
}

func (i *interaction) date() (sent string) {
	for name, v := range i.Response.Headers {
		if !strings.EqualFold(name, "date") {
			continue
		}
		if list, ok := v.([]any); ok && len(list) > 0 {
			v = list[0]
		}
		sent = max(sent, fmt.Sprint(v))
	}
	return sent
}

// isModelPath tells the paths of the APIs that answer with usage; the response of any other may be anything.
func isModelPath(path string) bool {
	ends := []string{"/messages", "/chat/completions", "/completions", "/responses", "/embeddings"}
	return slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(path, end) }) || strings.HasSuffix(path, "enerateContent") ||
		strings.HasPrefix(path, "/model/")
}
