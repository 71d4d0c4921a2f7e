package traffic

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// otlpAny is an attribute's value of any depth, as it stands.
type otlpAny struct {
	String jsontext.Value `json:"stringValue"`
	Bool   jsontext.Value `json:"boolValue"`
	Int    jsontext.Value `json:"intValue"`
	Double jsontext.Value `json:"doubleValue"`
	Bytes  jsontext.Value `json:"bytesValue"`
	Array  *otlpList      `json:"arrayValue"`
	Map    *otlpMap       `json:"kvlistValue"`
}

type otlpList struct {
	Values []otlpAny `json:"values"`
}

type otlpMap struct {
	Values []struct {
		Key   string  `json:"key"`
		Value otlpAny `json:"value"`
	} `json:"values"`
}

// json gives the value of an attribute that holds JSON: encoded into a string, which older SDKs can only do, or in OTLP's
// own structure. What is in the string need not be JSON: text that is not stays a string.
func (v otlpValue) json() jsontext.Value {
	if len(v.Array) > 0 {
		var list otlpList
		if decode(v.Array, &list) != nil {
			return v.Array
		}
		return otlpAny{Array: &list}.append(nil)
	}
	s := strings.TrimSpace(v.text())
	switch {
	case s == "":
		return nil
	case s[0] == '[' || s[0] == '{':
		return jsontext.Value(s)
	}
	quoted, _ := jsontext.AppendQuote(nil, s) // the error only repeats that invalid UTF-8 was replaced
	return quoted
}

// append writes the value as plain JSON.
func (v otlpAny) append(b []byte) []byte {
	switch {
	case v.Array != nil:
		b = append(b, '[')
		for i, item := range v.Array.Values {
			b = item.append(comma(b, i))
		}
		return append(b, ']')
	case v.Map != nil:
		b = append(b, '{')
		for i, m := range v.Map.Values {
			b, _ = jsontext.AppendQuote(comma(b, i), m.Key)
			b = m.Value.append(append(b, ':'))
		}
		return append(b, '}')
	case v.Int.Kind() == '"': // OTLP writes whole numbers as strings
		if n, err := strconv.ParseInt(strings.Trim(string(v.Int), `"`), 10, 64); err == nil {
			return strconv.AppendInt(b, n, 10)
		}
	}
	for _, raw := range []jsontext.Value{v.String, v.Bool, v.Int, v.Double, v.Bytes} {
		if len(raw) > 0 {
			return append(b, raw...)
		}
	}
	return append(b, "null"...)
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}
