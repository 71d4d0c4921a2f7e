package traffic

import (
	"bytes"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// fields are the members of a record whose exports spell one name in several ways, by the folded name: usage_details,
// usageDetails and "Usage Details" are all usagedetails. Members that are null or empty are not there.
type fields map[string]field

// field is one member: its name as written, and its value as JSON.
type field struct {
	key   string
	value jsontext.Value
}

// fold drops case and all that parts words.
func fold(name string) string {
	out := make([]byte, 0, len(name))
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			out = append(out, c+'a'-'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 0x80:
			out = append(out, c)
		}
	}
	return string(out)
}

// put keeps one member. The value must outlive its source.
func (m fields) put(name string, value jsontext.Value) error {
	key := fold(name)
	if old, ok := m[key]; ok && !bytes.Equal(old.value, value) {
		return bad(notJSON, "%s and %s say different things", strconv.Quote(clip(old.key)), strconv.Quote(clip(name)))
	}
	m[key] = field{name, value}
	return nil
}

// fieldsOf reads the wanted members of an object.
func fieldsOf(value []byte, wanted map[string]bool) (fields, error) {
	m := fields{}
	var scratch []byte
	d := jsontext.NewDecoder(bytes.NewBuffer(value), foreign)
	err := object(d, &scratch, func(name, v jsontext.Value) error {
		key, err := unquote(name)
		if err != nil || !wanted[fold(key)] || v.Kind() == 'n' || string(v) == `""` {
			return err
		}
		return m.put(key, bytes.Clone(v))
	})
	return m, explainJSON(err)
}

// rowFields reads the wanted cells of a row; empty ones are not there.
func rowFields(names, cells []string, wanted map[string]bool) (fields, error) {
	m := fields{}
	for i, name := range names {
		if cells[i] == "" || !wanted[fold(name)] {
			continue
		}
		v, err := jsontext.AppendQuote(nil, cells[i])
		if err != nil {
			return nil, bad(notCSV, "text that is not UTF-8")
		}
		if err := m.put(name, v); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// find gives the first of the names that says something, and the value as text. Objects and lists are no text.
func (m fields) find(names ...string) (value, key string) {
	for _, n := range names {
		var t text
		if f, ok := m[n]; ok && t.UnmarshalJSON(f.value) == nil && t != "" {
			return string(t), f.key
		}
	}
	return "", ""
}

func (m fields) text(names ...string) string {
	value, _ := m.find(names...)
	return value
}

// number gives the first of the names that is there as a whole number.
func (m fields) number(names ...string) (n number, err error) {
	for _, name := range names {
		if f, ok := m[name]; ok {
			err = n.UnmarshalJSON(f.value)
			return n, inside(f.key, err)
		}
	}
	return n, nil
}

// embedded gives a member that may be encoded into a string once more.
func (m fields) embedded(name string) embedded {
	var e embedded
	if f, ok := m[name]; ok && e.UnmarshalJSON(f.value) != nil {
		return nil
	}
	return e
}

// milliseconds gives a duration, or 0 where there is none.
func (m fields) milliseconds(names ...string) (time.Duration, error) {
	value, key := m.find(names...)
	if value == "" {
		return 0, nil
	}
	ms, err := strconv.ParseFloat(value, 64)
	if err != nil || !(ms >= 0 && ms <= float64(maxLatency)/1e6) {
		return 0, inside(key, bad(oddTime, "%s ms", clip(value)))
	}
	return time.Duration(ms*1e6 + 0.5), nil
}

// utc reads a time whose writer documents UTC where it writes no zone, as ClickHouse does.
func (f *file) utc(m fields, names ...string) (time.Time, error) {
	value, key := m.find(names...)
	before := f.noZone
	at, err := f.stamp(value)
	f.noZone = before
	return at, inside(key, err)
}
