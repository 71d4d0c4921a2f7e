package traffic

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// events gives the objects of a stream: of a list of them, of a list of {"event": …, "data": …}, or of the text of
// server-sent events as it came. What is no object, such as the mark that ends a stream, says nothing.
func events(stream jsontext.Value) ([]jsontext.Value, error) {
	switch byte(stream.Kind()) {
	case '[':
		return listedEvents(stream)
	case '"':
		s, err := unquote(stream)
		if err != nil {
			return nil, err
		}
		return sentEvents([]byte(s))
	}
	return nil, bad(unknownBody, "a %s", kindName(stream.Kind()))
}

func listedEvents(list jsontext.Value) ([]jsontext.Value, error) {
	var items []jsontext.Value
	if err := decode(list, &items); err != nil {
		return nil, err
	}
	var out []jsontext.Value
	for _, item := range items {
		var e struct {
			Data embedded `json:"data"`
		}
		switch byte(item.Kind()) {
		case '"': // a line as it was sent
			s, err := unquote(item)
			if err != nil {
				return nil, err
			}
			more, err := sentEvents([]byte(s))
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
			continue
		case '{':
		default:
			continue
		}
		if err := decode(item, &e); err != nil {
			return nil, err
		}
		if data := jsontext.Value(bytes.TrimSpace(e.Data)); data.Kind() == '{' {
			item = data
		}
		out = append(out, item)
	}
	return out, nil
}

// sentEvents reads server-sent events: the "data:" lines of an event make one value. Text without any may be a value by
// itself. Source: the event stream format of the HTML standard.
func sentEvents(text []byte) ([]jsontext.Value, error) {
	if t := jsontext.Value(bytes.TrimSpace(text)); t.Kind() == '{' {
		return []jsontext.Value{t}, nil
	}
	var out []jsontext.Value
	var data []byte
	end := func() error {
		value := jsontext.Value(bytes.TrimSpace(data))
		data = nil
		if value.Kind() != '{' {
			return nil
		}
		if !value.IsValid(foreign) {
			return bad(notJSON, "an event of the stream")
		}
		out = append(out, value)
		return nil
	}
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if rest, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			data = append(append(data, rest...), '\n')
		}
		if len(line) == 0 {
			if err := end(); err != nil {
				return nil, err
			}
		}
	}
	return out, end()
}
