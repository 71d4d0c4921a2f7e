package traffic

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// cutOff stands among the keys of an object that goes on beyond what there is to look at.
const cutOff = "…"

// answers tells whether any object is a response of the provider, by itself or in an envelope.
func (h head) answers(provider string) bool {
	return slices.ContainsFunc(h.objects, func(o map[string]bool) bool {
		if o["call_type"] {
			return false // LiteLLM's, which is read with what the proxy knows
		}
		for _, at := range []string{"", "response.", "response.body."} {
			if p := providerOf(o, at); p != nil {
				return p.name == provider
			}
		}
		return false
	})
}

// lookBehind reads the keys behind a name: one level deep, and two in a response, which may be a list of events or
// text. What "type" and "object" say is a key as well: "type=message".
func lookBehind(d *jsontext.Decoder, name string, keys map[string]bool) error {
	top, last := !strings.Contains(name, "."), name[strings.LastIndexByte(name, '.')+1:]
	body := name == "response" || name == "response.body"
	switch kind := byte(d.PeekKind()); {
	case kind == '{' && (top || body):
		return lookInto(d, name+".", keys)
	case kind == '[' && body:
		return lookFirst(d, name, keys)
	case kind == '"' && (body || last == "type" || last == "object"):
		v, err := d.ReadValue()
		if err != nil {
			return err
		}
		lookAtText(v, name, keys)
		return nil
	}
	return d.SkipValue()
}

// lookFirst reads the keys of the first object of a list.
func lookFirst(d *jsontext.Decoder, name string, keys map[string]bool) error {
	list, err := d.ReadValue()
	if err != nil {
		return err
	}
	if items, err := listedEvents(list); err == nil && len(items) > 0 {
		lookAtBody(items[0], name, keys)
	}
	return nil
}

func lookAtText(v jsontext.Value, name string, keys map[string]bool) {
	s, err := unquote(v)
	if err != nil {
		return
	}
	if strings.HasSuffix(name, "type") || strings.HasSuffix(name, "object") {
		keys[name+"="+clip(s)] = true
		return
	}
	if items, err := sentEvents([]byte(s)); err == nil && len(items) > 0 {
		lookAtBody(items[0], name, keys)
	}
}

func lookAtBody(object jsontext.Value, name string, keys map[string]bool) {
	d := jsontext.NewDecoder(bytes.NewBuffer(object), foreign)
	_ = lookInto(d, name+".", keys) // what is broken has no keys here, and is a bad record where it is read
}
