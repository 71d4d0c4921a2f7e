package request

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// node is one JSON value with its place. A request is read into nodes before it is understood, because the member that
// says what an object is ("type") may come after all others.
type node struct {
	kind   jsontext.Kind // '{', '[', '"', '0', 't', 'f' or 'n'
	raw    []byte        // the value as it stands
	offset int64
	text   string  // of a string, unquoted
	items  []*node // of an object or array, in order

	name  string // in the object that holds it
	index int    // in the array or object that holds it
	up    *node
}

// readJSON reads one JSON value and nothing after it. A member that stands twice is an error: which of the two a
// provider would read is not defined. Invalid UTF-8 and lone surrogates are U+FFFD, as in Counter.Count.
func readJSON(body []byte) (*node, error) {
	r := nodeReader{jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowInvalidUTF8(true)), body}
	n, err := r.read()
	if err != nil {
		return nil, notJSON(err)
	}
	switch _, err := r.d.ReadToken(); {
	case err == nil:
		return nil, &Error{Offset: r.d.InputOffset(), Problem: "not JSON: more follows after the first value"}
	case !errors.Is(err, io.EOF):
		return nil, notJSON(err)
	}
	return n, nil
}

type nodeReader struct {
	d    *jsontext.Decoder
	body []byte
}

func (r nodeReader) read() (*node, error) {
	if k := r.d.PeekKind(); k == jsontext.KindBeginObject || k == jsontext.KindBeginArray {
		return r.readAll(k)
	}
	v, err := r.d.ReadValue()
	if err != nil {
		return nil, err
	}
	n := &node{kind: v.Kind(), offset: r.d.InputOffset() - int64(len(v))}
	n.raw = r.body[n.offset:r.d.InputOffset()]
	if n.kind == jsontext.KindString {
		n.text = unquote(n.raw)
	}
	return n, nil
}

// readAll reads an object or an array with everything in it.
func (r nodeReader) readAll(kind jsontext.Kind) (*node, error) {
	if _, err := r.d.ReadToken(); err != nil {
		return nil, err
	}
	n := &node{kind: kind, offset: r.d.InputOffset() - 1}
	for r.d.PeekKind() != kind+2 { // in ASCII the closing bracket is the opening one plus two
		name := ""
		if kind == jsontext.KindBeginObject {
			v, err := r.d.ReadValue()
			if err != nil {
				return nil, err
			}
			name = unquote(v)
		}
		item, err := r.read()
		if err != nil {
			return nil, err
		}
		item.up, item.name, item.index = n, name, len(n.items)
		n.items = append(n.items, item)
	}
	if _, err := r.d.ReadToken(); err != nil {
		return nil, err
	}
	n.raw = r.body[n.offset:r.d.InputOffset()]
	return n, nil
}

// unquote never fails on what the decoder let through, but for invalid UTF-8, which it replaces.
func unquote(quoted []byte) string {
	text, _ := jsontext.AppendUnquote(nil, quoted) // the error only repeats that bytes were replaced
	return string(text)
}

// get is the member of that name; nil if n has none, or it is null.
func (n *node) get(name string) *node {
	if n == nil || n.kind != jsontext.KindBeginObject {
		return nil
	}
	for _, m := range n.items {
		if m.name == name && m.kind != jsontext.KindNull {
			return m
		}
	}
	return nil
}

// str is the text of a string; "" of nil and of any other kind.
func (n *node) str() string {
	if n == nil {
		return ""
	}
	return n.text
}

// word is a member that may be absent, but must be a string.
func (n *node) word(name string) (string, error) {
	m := n.get(name)
	if m != nil && m.kind != jsontext.KindString {
		return "", m.fail("", fmt.Sprintf("expected a string, the %s", name))
	}
	return m.str(), nil
}

func (n *node) is(kind jsontext.Kind) bool { return n != nil && n.kind == kind }

// pointer is the place of n in the body.
func (n *node) pointer() string {
	if n.up == nil {
		return ""
	}
	name := n.name
	if n.up.kind == jsontext.KindBeginArray {
		name = strconv.Itoa(n.index)
	}
	return n.up.pointer() + string(jsontext.Pointer("").AppendToken(name))
}

func (n *node) fail(hint, problem string) error {
	return &Error{Pointer: n.pointer(), Offset: n.offset, Problem: problem, Hint: hint}
}

// compact is JSON without insignificant whitespace; what is not JSON stays as it is.
func compact(raw []byte) string {
	v := jsontext.Value(bytes.Clone(raw))
	if len(raw) == 0 || v.Compact() != nil {
		return string(raw)
	}
	return string(v)
}
