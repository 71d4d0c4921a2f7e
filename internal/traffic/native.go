package traffic

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/source"
)

func isNative(h head) bool { return h.has("ts", "model") || h.has("ts", "usage") }

// readNative reads tokengate's own JSONL: one object a line. ts, model and usage are required. An unknown key makes
// the line bad: what a misspelt key holds would be lost without a word. null is the same as absent.
//
// messages, tools and system are the prompt as it was sent, in the form of a Chat Completions or a Messages body. Whoever
// records messages records the other two as well where the request had them: text that is missing is billed all the
// same. They are looked at only with Options.Text.
func readNative(f *file, in *input) error {
	return f.blocks(in, func(part *file) func([]byte, int) error {
		n := &nativeLine{file: part}
		return func(line []byte, at int) error {
			c, err := n.read(line)
			if err != nil {
				part.reject(at, err)
				return nil
			}
			r := record{call: c, strict: true}
			if part.text {
				part.attach(&r, n.body.weigh(), at)
			}
			part.accept(r, at)
			return nil
		}
	})
}

// nativeLine decodes lines token by token, which takes a third of the time that decoding into a struct does.
type nativeLine struct {
	file       *file
	dec, inner jsontext.Decoder
	buf, part  bytes.Buffer
	name, key  []byte // of the member being read, of the line and of an object in it
	call       Call
	hasUsage   bool
	body       body // the prompt's text, if it is wanted
}

// read decodes one line.
func (n *nativeLine) read(line []byte) (Call, error) {
	n.call, n.hasUsage = Call{}, false
	n.body.reset()
	n.buf = *bytes.NewBuffer(line)
	n.dec.Reset(&n.buf)
	err := object(&n.dec, &n.name, n.member)
	if err == nil {
		if _, after := n.dec.ReadToken(); !errors.Is(after, io.EOF) {
			err = bad(notJSON, "more than one value on the line")
		}
	}
	if err == nil && !n.hasUsage {
		err = bad(noUsage, "")
	}
	return n.call, explainJSON(err)
}

// object calls do with every member of the object that comes next; scratch holds its name meanwhile.
func object(d *jsontext.Decoder, scratch *[]byte, do func(name, value jsontext.Value) error) error {
	t, err := d.ReadToken()
	if err != nil {
		return err
	}
	if t.Kind() != '{' {
		return bad(notAnObject, "")
	}
	for d.PeekKind() == '"' {
		raw, err := d.ReadValue()
		if err != nil {
			return err
		}
		*scratch = append((*scratch)[:0], raw...)
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		if err := do(*scratch, value); err != nil {
			return err
		}
	}
	_, err = d.ReadToken()
	return err
}

// nativeKeys are the keys of a line, in the order they are written. A key is matched with its quotes: one that is
// written with an escape is not ours.
var nativeKeys = []struct {
	name string
	read func(*nativeLine, jsontext.Value) error
}{
	{"ts", (*nativeLine).time},
	{"id", func(n *nativeLine, v jsontext.Value) (err error) { n.call.ID, err = plain(v); return }},
	{"track", func(n *nativeLine, v jsontext.Value) error { return n.word(&n.call.Track, v) }},
	{"feature", func(n *nativeLine, v jsontext.Value) error { return n.word(&n.call.Feature, v) }},
	{"user", func(n *nativeLine, v jsontext.Value) error { return n.word(&n.call.User, v) }},
	{"session", func(n *nativeLine, v jsontext.Value) error { return n.word(&n.call.Session, v) }},
	{"template", func(n *nativeLine, v jsontext.Value) error { return n.word(&n.call.Template, v) }},
	{"template_version", func(n *nativeLine, v jsontext.Value) error { return n.word(&n.call.TemplateVersion, v) }},
	{"sources", (*nativeLine).sources},
	{"model", func(n *nativeLine, v jsontext.Value) error { return n.word(&n.call.Model, v) }},
	{"tier", (*nativeLine).tier},
	{"usage", (*nativeLine).usage},
	{"output_is_bound", func(n *nativeLine, v jsontext.Value) error { return boolean(&n.call.OutputIsBound, v) }},
	{"usage_is_mean", func(n *nativeLine, v jsontext.Value) error { return boolean(&n.call.UsageIsMean, v) }},
	{"weight", (*nativeLine).weight},
	{"latency_ms", func(n *nativeLine, v jsontext.Value) error { return milliseconds(&n.call.Latency, v) }},
	{"ttft_ms", func(n *nativeLine, v jsontext.Value) error { return milliseconds(&n.call.FirstToken, v) }},
	{"status", func(n *nativeLine, v jsontext.Value) error { return n.word(&n.call.Status, v) }},
	{"outcome", (*nativeLine).outcome},
	{"vars", (*nativeLine).vars},
	{"messages", func(n *nativeLine, v jsontext.Value) error { return n.say("messages", v) }},
	{"tools", func(n *nativeLine, v jsontext.Value) error { return n.say("tools", v) }},
	{"system", func(n *nativeLine, v jsontext.Value) error { return n.say("system", v) }},
}

func (n *nativeLine) member(name, value jsontext.Value) error {
	for i := range nativeKeys {
		if k := &nativeKeys[i]; len(name) == len(k.name)+2 && string(name[1:len(name)-1]) == k.name {
			if value.Kind() == 'n' {
				return nil
			}
			return inside(k.name, k.read(n, value))
		}
	}
	return unknownKey(name, nativeNames())
}

// say keeps text until the line is read to its end.
func (n *nativeLine) say(name string, v jsontext.Value) error {
	if n.file.text {
		n.body.add(name, v)
	}
	return nil
}

func nativeNames() []string {
	var names []string
	for _, k := range nativeKeys {
		names = append(names, k.name)
	}
	return names
}

func unknownKey(name jsontext.Value, known []string) error {
	key, err := unquote(name)
	if err != nil {
		return err
	}
	return &badRecord{reason: unknownField, detail: strconv.Quote(clip(key)), hint: source.DidYouMean(key, known, "")}
}

// inside names the key in the detail of an error.
func inside(name string, err error) error {
	if err == nil {
		return nil
	}
	var b *badRecord
	if !errors.As(err, &b) {
		return err
	}
	detail := name
	if b.detail != "" {
		detail += ": " + b.detail
	}
	return &badRecord{reason: b.reason, detail: detail, hint: b.hint}
}
