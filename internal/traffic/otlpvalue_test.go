package traffic

import "testing"

// TestOTLPJSON writes attributes of each structure as the JSON they stand for.
func TestOTLPJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"stringValue":" [1, 2]"}`:      `[1, 2]`,
		`{"stringValue":"{\"a\":1}"}`:    `{"a":1}`,
		`{"stringValue":"say \"hi\""}`:   `"say \"hi\""`,
		`{"stringValue":""}`:             ``,
		`{}`:                             ``,
		`{"arrayValue":{}}`:              `[]`,
		`{"arrayValue":{"values":[{}]}}`: `[null]`,
		`{"arrayValue":{"values":[{"intValue":"12"},{"intValue":-3},{"doubleValue":0.5},{"boolValue":false},{"stringValue":""}]}}`:                            `[12,-3,0.5,false,""]`,
		`{"arrayValue":{"values":[{"kvlistValue":{"values":[{"key":"a\"b","value":{"arrayValue":{"values":[]}}},{"key":"c","value":{"kvlistValue":{}}}]}}]}}`: `[{"a\"b":[],"c":{}}]`,
		`{"arrayValue":{"values":[{"intValue":"many"}]}}`: `["many"]`,
		`{"arrayValue":[1]}`:                              `[1]`,
	} {
		var v otlpValue
		if err := decode([]byte(in), &v); err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if got := string(v.json()); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}
