package traffic

import (
	"cmp"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Why records of a provider's log are no calls.
const (
	skipFailed  = "a request that failed, which is not billed"
	skipPending = "a response that is not finished"
	skipPiece   = "an event of a stream, whose usage stands in a later one"
)

// readResponses reads a log of responses. A log of one provider may hold another's: gateways write such, and every
// response is read by its own form.
func readResponses(f *file, in *input) error {
	return f.eachValue(in, func(value []byte, line int) error {
		if err := f.logged(value, line); err != nil {
			f.reject(line, err)
		}
		return nil
	})
}

func (f *file) logged(value jsontext.Value, line int) error {
	o, _ := lookAt(value)
	switch {
	case o["modelId"] && o["operation"] && !o["response"]:
		return f.invocation(value, line)
	case !o["response"] && providerOf(o, "") == nil && isErrorBody(o):
		f.skip(skipFailed)
		return nil
	case !o["response"] && providerOf(o, "") == nil:
		return notAResponse(o)
	}
	x, err := exchangeOf(value, o)
	if err != nil {
		return err
	}
	return f.exchange(&x, line)
}

// notAResponse says what a record without a response is.
func notAResponse(o map[string]bool) error {
	if isEvent(o) {
		return &badRecord{reason: unknownBody, detail: "an event of a stream by itself", hint: "log the events of a stream as one list, or the final response"}
	}
	return &badRecord{reason: unknownBody, hint: "log the response as the API sent it, with its usage"}
}

// isEvent tells events that have no usage and belong to no call that could be named.
func isEvent(o map[string]bool) bool {
	return o["type=ping"] || o["type"] && (o["delta"] || o["index"] || o["sequence_number"]) || o["contentBlockDelta"] || o["messageStart"] || o["messageStop"]
}

// exchange makes a record of one request and its response.
func (f *file) exchange(x *exchange, line int) error {
	if x.status >= 400 {
		f.skip(skipFailed)
		return nil
	}
	a, err := f.answer(x.response, x.keys, x.at)
	if err != nil {
		return err
	}
	switch {
	case a.failed && !a.known:
		f.skip(skipFailed)
		return nil
	case a.pending:
		f.skip(skipPending)
		return nil
	case a.lost:
		return lostUsage(&a)
	case a.piece && (!a.known || a.provider == Anthropic || !a.final && a.id == ""):
		f.skip(skipPiece)
		return nil
	case a.provider == "":
		return &badRecord{reason: unknownBody, hint: "log the response as the API sent it, with its usage"}
	case !a.known:
		return bad(noUsage, "a response of %s without token counts", a.provider)
	}
	return f.called(x, &a, line)
}

// lostUsage says why a stream has no usage.
func lostUsage(a *reply) error {
	b := &badRecord{reason: noUsage, detail: "a stream without usage", hint: "log the events of a stream as one list with the last of them, or the final response"}
	if a.provider == OpenAI {
		b.hint = "ask for it: stream_options.include_usage"
	}
	return b
}

// called turns an answer, with what is known of its request, into a record.
func (f *file) called(x *exchange, a *reply, line int) error {
	q, err := x.questioned()
	if err != nil {
		return err
	}
	when, err := f.when(x, a)
	if err != nil {
		return err
	}
	e := &x.env
	c := Call{Time: when, Usage: a.usage, Status: "ok", OutputIsBound: !a.final,
		Track: string(e.Track), Feature: string(e.Feature), Template: string(e.Template), TemplateVersion: string(e.Version)}
	if a.failed {
		c.Status = "error"
	}
	if c.Latency, c.FirstToken, err = e.spans(a.latency); err != nil {
		return err
	}
	r := record{call: c, fees: a.fees, strict: !a.piece}
	f.label(&r, x, a, q)
	if f.text {
		f.attach(&r, x.prompt(a), line)
	}
	f.accept(r, line)
	return nil
}

// when is the time of a call: as the recorder wrote it, as the response has it, or else as its headers do.
func (f *file) when(x *exchange, a *reply) (time.Time, error) {
	for _, t := range []struct {
		key  string
		text text
	}{{"timestamp", x.env.Timestamp}, {"ts", x.env.TS}, {"time", x.env.Time}, {"created_at", x.env.CreatedAt}, {"processed_time", x.env.Processed}} {
		if t.text == "" {
			continue
		}
		when, err := f.moment(string(t.text))
		if err != nil {
			return when, inside(t.key, err)
		}
		return when, nil
	}
	if !a.created.IsZero() {
		return a.created, nil
	}
	return x.dated, nil
}

// spans are the latency and the time to the first token, where the recorder has them.
func (e *envelope) spans(latency time.Duration) (whole, first time.Duration, err error) {
	if whole, err = cmp.Or(e.Latency, e.Duration).span(); err != nil {
		return 0, 0, err
	}
	if first, err = e.First.span(); err != nil {
		return 0, 0, err
	}
	return cmp.Or(whole, latency), first, nil
}

// prompt weighs the text of the request. Only the bodies of OpenAI and Anthropic can be counted.
func (x *exchange) prompt(a *reply) prompt {
	switch {
	case x.request == nil:
		return prompt{lack: lackText}
	case a.provider == Gemini || a.provider == Bedrock:
		return prompt{lack: lackReadable}
	}
	return weighBody(x.request)
}
