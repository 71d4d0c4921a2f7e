package traffic

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The choice of decoder is made in this file alone: case-sensitive, and strict about syntax and repeated keys.
// Faster decoders that accept broken JSON, or read "5" as 0, have no place in a gate.

// foreign accepts lone surrogates and other invalid text in strings: tools cut text they record in the middle of a
// character, and the usage beside it is sound.
var foreign = json.JoinOptions(jsontext.AllowInvalidUTF8(true))

// decode reads one whole value into v.
func decode(b []byte, v any) error { return explainJSON(json.Unmarshal(b, v, foreign)) }

// explainJSON turns the decoder's errors into reasons, in words that do not change from run to run as its own may.
func explainJSON(err error) error {
	if err == nil {
		return nil
	}
	var known *badRecord
	var syntax *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &syntax):
		return bad(notJSON, "%s", strings.TrimPrefix(syntax.Err.Error(), "jsontext: "))
	case errors.As(err, &semantic):
		return bad(wrongType, "%s is a %s", pointerName(semantic.JSONPointer), kindName(semantic.JSONKind))
	}
	return bad(notJSON, "cut short")
}

func pointerName(p jsontext.Pointer) string {
	if p == "" {
		return "the record"
	}
	return strings.ReplaceAll(strings.TrimPrefix(string(p), "/"), "/", ".")
}

func kindName(k jsontext.Kind) string {
	switch byte(k) {
	case 'n':
		return "null"
	case 't', 'f':
		return "boolean"
	case '"':
		return "string"
	case '0':
		return "number"
	case '{':
		return "object"
	case '[':
		return "list"
	}
	return "broken value"
}

// number is a whole number as tools write it: 12, 12.0, "12", or null for none. known tells null and absent from 0.
type number struct {
	n     int64
	known bool
}

// UnmarshalJSON implements the decoder's interface.
func (n *number) UnmarshalJSON(b []byte) (err error) {
	if string(b) == "null" {
		return nil
	}
	text := string(b)
	if b[0] == '"' {
		if text, err = unquote(b); err != nil {
			return err
		}
	}
	*n, err = parseNumber(text)
	return err
}

func parseNumber(text string) (number, error) {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return number{i, true}, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<63-1024 {
		return number{}, bad(wrongType, "%s is not a whole number", clip(text))
	}
	return number{int64(f), true}, nil
}

// decimal is a number that may have a fraction, as a number or a string; null is none.
type decimal struct {
	f     float64
	known bool
}

// UnmarshalJSON implements the decoder's interface.
func (d *decimal) UnmarshalJSON(b []byte) (err error) {
	text := string(bytes.Trim(b, `"`))
	if text == "null" || text == "" {
		return nil
	}
	if d.f, err = strconv.ParseFloat(text, 64); err != nil {
		return bad(wrongType, "%s is not a number", clip(text))
	}
	d.known = true
	return nil
}

// text is a string that some tools write as a number, a boolean or null. Objects and lists give "".
type text string

// UnmarshalJSON implements the decoder's interface.
func (t *text) UnmarshalJSON(b []byte) error {
	switch byte(jsontext.Value(b).Kind()) {
	case '"':
		s, err := unquote(b)
		*t = text(s)
		return err
	case '0', 't', 'f':
		*t = text(b)
	}
	return nil
}

// embedded is a value that some tools encode once more, into a string: {"a":1} and "{\"a\":1}" are the same.
type embedded jsontext.Value

// UnmarshalJSON implements the decoder's interface.
func (e *embedded) UnmarshalJSON(b []byte) error {
	if b[0] != '"' {
		*e = bytes.Clone(b)
		return nil
	}
	s, err := unquote(b)
	*e = embedded(s)
	return err
}

// into decodes the value into v where it is of the wanted kind ('{' or '['); free text and null leave v as it is.
func (e embedded) into(v any, kind byte) error {
	if b := bytes.TrimSpace(e); len(b) > 0 && b[0] == kind {
		return decode(b, v)
	}
	return nil
}

// unquote gives what a JSON string says; what is not UTF-8 in it becomes U+FFFD.
func unquote(b []byte) (string, error) {
	if bytes.IndexByte(b, '\\') < 0 && len(b) >= 2 && utf8.Valid(b) {
		return string(b[1 : len(b)-1]), nil
	}
	var s string
	err := json.Unmarshal(b, &s, foreign)
	return s, explainJSON(err)
}

// clip keeps what is quoted in a message short.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// decodeFrom reads the next value of a decoder into v.
func decodeFrom(d *jsontext.Decoder, v any) error { return json.UnmarshalDecode(d, v, foreign) }
