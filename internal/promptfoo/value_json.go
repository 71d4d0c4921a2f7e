package promptfoo

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/source"
)

// readJSON reads one JSON value with the places of everything in it. line is the line it starts on.
func readJSON(file string, content []byte, line int) (value, error) {
	content = bytes.TrimPrefix(content, []byte("\uFEFF"))
	r := jsonReader{d: jsontext.NewDecoder(bytes.NewBuffer(content), jsontext.AllowInvalidUTF8(true)), file: file, content: content, at: source.Pos{Line: line, Col: 1}}
	v, err := r.read(0)
	if err == nil && r.d.PeekKind() != 0 {
		err = fmt.Errorf("more follows after the first value")
	}
	return v, err
}

type jsonReader struct {
	d       *jsontext.Decoder
	file    string
	content []byte
	seen    int // bytes that at has passed
	at      source.Pos
	n       int
}

// span is the place of the value that was just read, size bytes long; places are asked for in order.
func (r *jsonReader) span(size int) source.Span {
	for to := int(r.d.InputOffset()) - size; r.seen < to; {
		c, width := utf8.DecodeRune(r.content[r.seen:])
		r.seen += width
		r.at.Col++
		if c == '\n' {
			r.at = source.Pos{Line: r.at.Line + 1, Col: 1}
		}
	}
	return source.Span{File: r.file, Start: r.at}
}

func (r *jsonReader) read(depth int) (value, error) {
	if r.n++; depth > maxDepth || r.n > maxNodes {
		return value{}, fmt.Errorf("nested too deeply or too large")
	}
	switch r.d.PeekKind() {
	case jsontext.KindBeginObject:
		return r.object(depth)
	case jsontext.KindBeginArray:
		if _, err := r.d.ReadToken(); err != nil {
			return value{}, err
		}
		v, list := value{at: r.span(1)}, []value{}
		for r.d.PeekKind() != jsontext.KindEndArray {
			item, err := r.read(depth + 1)
			if err != nil {
				return value{}, err
			}
			list = append(list, item)
		}
		v.data = list
		_, err := r.d.ReadToken()
		return v, err
	default:
		raw, err := r.d.ReadValue()
		if err != nil {
			return value{}, err
		}
		return value{jsonScalar(raw), r.span(len(raw))}, nil
	}
}

func (r *jsonReader) object(depth int) (value, error) {
	if _, err := r.d.ReadToken(); err != nil {
		return value{}, err
	}
	v, list := value{at: r.span(1)}, []member{}
	for r.d.PeekKind() != jsontext.KindEndObject {
		raw, err := r.d.ReadValue()
		if err != nil {
			return value{}, err
		}
		m := member{name: unquoted(raw), at: r.span(len(raw))}
		if m.value, err = r.read(depth + 1); err != nil {
			return value{}, err
		}
		list = append(list, m)
	}
	v.data = list
	_, err := r.d.ReadToken()
	return v, err
}

func jsonScalar(raw jsontext.Value) any {
	switch raw.Kind() {
	case jsontext.KindString:
		return unquoted(raw)
	case jsontext.KindTrue:
		return true
	case jsontext.KindFalse:
		return false
	case jsontext.KindNumber:
		if f, err := strconv.ParseFloat(string(raw), 64); err == nil {
			return number(f)
		}
		return string(raw)
	default:
		return nil
	}
}

func unquoted(raw jsontext.Value) string {
	text, _ := jsontext.AppendUnquote(nil, raw) // it fails only on invalid UTF-8, which it replaces
	return string(text)
}

// json writes a value as JSON.stringify does: no spaces, no escapes beyond those that JSON asks for.
func (v value) json() string {
	var b bytes.Buffer
	v.writeJSON(&b)
	return b.String()
}

func (v value) writeJSON(b *bytes.Buffer) {
	switch d := v.data.(type) {
	case []value:
		b.WriteByte('[')
		for i, item := range d {
			if i > 0 {
				b.WriteByte(',')
			}
			item.writeJSON(b)
		}
		b.WriteByte(']')
	case []member:
		b.WriteByte('{')
		for i, m := range d {
			if i > 0 {
				b.WriteByte(',')
			}
			value{data: m.name}.writeJSON(b)
			b.WriteByte(':')
			m.value.writeJSON(b)
		}
		b.WriteByte('}')
	case string:
		quoted, _ := jsontext.AppendQuote(nil, d) // it fails only on invalid UTF-8, which it replaces
		b.Write(quoted)
	case nil:
		b.WriteString("null")
	default:
		fmt.Fprint(b, printed(d))
	}
}

// printed is a number or a switch as JavaScript prints it.
func printed(d any) string {
	if f, ok := d.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(d)
}
