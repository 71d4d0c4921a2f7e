package traffic

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/source"
)

func isNative(h head) bool {
	return (h.has("ts", "model") || h.has("ts", "usage")) && !h.has("ts", "response")
}

// readNative reads tokengate's own JSONL: one object a line. ts, model and usage are required. An unknown key makes
// the line bad: what a misspelt key holds would be lost without a word. null is the same as absent.
//
// messages, tools and system are the prompt as it was sent, in the form of a Chat Completions or a Messages body. Whoever
// records messages records the other two as well where the request had them: text that is missing is billed all the
// same. They are looked at only with Options.Text.
func readNative(f *file, in *input) error {
	return f.blocks(in, func(part *file) func([]byte, int) error {
		n, plain := newNativeLine(part), part.plain()
		return func(line []byte, at int) error {
			c, err := n.read(line)
			if err != nil {
				part.reject(at, err)
				return nil
			}
			r := part.slot()
			r.call, r.strict = *c, true
			if plain {
				r.content = signLine(line)
			}
			if part.text {
				part.attach(r, n.body.weigh(), at)
			}
			if part.facts {
				part.tellNative(r)
			}
			part.keep(at)
			return nil
		}
	})
}

// tellNative says that every label stands under its own name.
func (f *file) tellNative(r *record) {
	for i, name := range labelNames {
		f.tell(r, name, *r.call.label(i), name)
	}
	f.tell(r, "model", r.call.Model, "model")
}

// nativeLine reads lines one after the other.
type nativeLine struct {
	nativeScan
	file       *file
	dec, inner jsontext.Decoder
	buf, part  bytes.Buffer
	name, key  []byte // of the member being read, of the line and of an object in it
	call       Call
	hasUsage   bool
	body       body // the prompt's text, if it is wanted
}

func newNativeLine(f *file) *nativeLine {
	n := &nativeLine{file: f}
	n.keys, n.counts = newKeyOrder(nativeNames()), newKeyOrder(usageNames[:])
	n.labels, n.last = make([]*string, len(nativeKeys)), make([]string, len(nativeKeys))
	for i := range nativeKeys {
		if label := nativeKeys[i].label; label != nil {
			n.labels[i] = label(&n.call)
		}
	}
	return n
}

// read reads one line: at sight, or else by the decoder.
func (n *nativeLine) read(line []byte) (*Call, error) {
	n.reset()
	if n.scan(line) {
		return &n.call, nil
	}
	return n.judge(line)
}

func (n *nativeLine) reset() {
	n.call, n.hasUsage = Call{}, false
	n.body.reset()
}

// judge decodes one line token by token, and says what is wrong with it. It takes a third of the time that decoding into a
// struct does.
func (n *nativeLine) judge(line []byte) (*Call, error) {
	n.reset()
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
	return &n.call, explainJSON(err)
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
// written with an escape is not ours. A label is a string that many lines share; everything else is read by the decoder's
// value, and at sight by what stands in the line.
var nativeKeys = [...]struct {
	name  string
	label func(*Call) *string
	read  func(*nativeLine, jsontext.Value) error
	scan  func(n *nativeLine, line []byte, at int) (end int)
}{
	{name: "ts", read: (*nativeLine).time, scan: (*nativeLine).scanTime},
	{name: "id", read: (*nativeLine).id, scan: (*nativeLine).scanID},
	{name: "track", label: func(c *Call) *string { return &c.Track }},
	{name: "feature", label: func(c *Call) *string { return &c.Feature }},
	{name: "user", label: func(c *Call) *string { return &c.User }},
	{name: "session", label: func(c *Call) *string { return &c.Session }},
	{name: "template", label: func(c *Call) *string { return &c.Template }},
	{name: "template_version", label: func(c *Call) *string { return &c.TemplateVersion }},
	{name: "agent", label: func(c *Call) *string { return &c.Agent }},
	{name: "skill", label: func(c *Call) *string { return &c.Skill }},
	{name: "sources", read: (*nativeLine).sources, scan: (*nativeLine).scanSources},
	{name: "model", label: func(c *Call) *string { return &c.Model }},
	{name: "tier", read: (*nativeLine).tier, scan: (*nativeLine).scanTier},
	{name: "usage", read: (*nativeLine).usage, scan: (*nativeLine).scanUsage},
	{
		name: "output_is_bound",
		read: func(n *nativeLine, v jsontext.Value) error { return boolean(&n.call.OutputIsBound, v) },
		scan: func(n *nativeLine, b []byte, i int) int { return scanBoolean(&n.call.OutputIsBound, b, i) },
	},
	{
		name: "usage_is_mean",
		read: func(n *nativeLine, v jsontext.Value) error { return boolean(&n.call.UsageIsMean, v) },
		scan: func(n *nativeLine, b []byte, i int) int { return scanBoolean(&n.call.UsageIsMean, b, i) },
	},
	{name: "weight", read: (*nativeLine).weight, scan: (*nativeLine).scanWeight},
	{
		name: "latency_ms",
		read: func(n *nativeLine, v jsontext.Value) error { return milliseconds(&n.call.Latency, v) },
		scan: func(n *nativeLine, b []byte, i int) int { return scanMilliseconds(&n.call.Latency, b, i) },
	},
	{
		name: "ttft_ms",
		read: func(n *nativeLine, v jsontext.Value) error { return milliseconds(&n.call.FirstToken, v) },
		scan: func(n *nativeLine, b []byte, i int) int { return scanMilliseconds(&n.call.FirstToken, b, i) },
	},
	{name: "status", label: func(c *Call) *string { return &c.Status }},
	{name: "outcome", read: (*nativeLine).outcome, scan: (*nativeLine).scanOutcome},
	{name: "vars", read: (*nativeLine).vars, scan: (*nativeLine).scanVars},
	{
		name: "messages",
		read: func(n *nativeLine, v jsontext.Value) error { return n.say("messages", v) },
		scan: func(n *nativeLine, b []byte, i int) int { return n.scanText("messages", b, i) },
	},
	{
		name: "tools",
		read: func(n *nativeLine, v jsontext.Value) error { return n.say("tools", v) },
		scan: func(n *nativeLine, b []byte, i int) int { return n.scanText("tools", b, i) },
	},
	{
		name: "system",
		read: func(n *nativeLine, v jsontext.Value) error { return n.say("system", v) },
		scan: func(n *nativeLine, b []byte, i int) int { return n.scanText("system", b, i) },
	},
}

func (n *nativeLine) member(name, value jsontext.Value) error {
	for i := range nativeKeys {
		if k := &nativeKeys[i]; len(name) == len(k.name)+2 && string(name[1:len(name)-1]) == k.name {
			if value.Kind() == 'n' {
				return nil
			}
			return inside(k.name, n.take(i, value))
		}
	}
	return unknownKey(name, nativeNames())
}

// take reads the value of one of nativeKeys.
func (n *nativeLine) take(key int, value jsontext.Value) error {
	k := &nativeKeys[key]
	if k.label != nil {
		return n.word(k.label(&n.call), value)
	}
	return k.read(n, value)
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
	for i := range nativeKeys {
		names = append(names, nativeKeys[i].name)
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
