package engine

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// Map is a variable with keys in an order, as a mapping of a file has one. A Go map has none, so its keys are taken by
// their bytes.
type Map []Entry

// Entry is one key of a Map.
type Entry struct {
	Key   string
	Value any
}

// The values that the interpreters work on: nil, undefined, bool, int64, float64, string, *list, *dict, and what a
// language adds to them (functions, loops).
type (
	list struct {
		items []any
		tuple bool
	}
	dict struct {
		keys   []any // of those that can be told apart: nil, bool, int64, float64, string
		values map[any]any
	}
	// undefined is a variable that is not there; name is how it was asked for.
	undefined struct{ name string }
)

func newDict() *dict { return &dict{values: map[any]any{}} }

func (d *dict) set(key, value any) {
	key = plainKey(key)
	if _, ok := d.values[key]; !ok {
		d.keys = append(d.keys, key)
	}
	d.values[key] = value
}

func (d *dict) get(key any) (any, bool) {
	v, ok := d.values[plainKey(key)]
	return v, ok
}

func (d *dict) remove(key any) {
	key = plainKey(key)
	delete(d.values, key)
	if i := slices.Index(d.keys, key); i >= 0 {
		d.keys = slices.Delete(d.keys, i, i+1)
	}
}

// plainKey makes keys that are equal one key: 1, 1.0 and True are, as in Python.
func plainKey(key any) any {
	switch k := key.(type) {
	case bool:
		return key
	case float64:
		return whole64(k)
	case *list, *dict, undefined, *function, *macro:
		return nil
	}
	return key
}

// dict takes over a map of variables.
func (m *machine) dict(at place, vars map[string]any) *dict {
	d := newDict()
	for _, k := range sortedKeys(vars) {
		d.set(k, m.value(at, k, vars[k]))
	}
	return d
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// value takes over a variable. A float without a fraction is an integer: JSON does not tell them apart, and people write
// 30, not 30.0.
func (m *machine) value(at place, name string, v any) any {
	m.enter(at)
	defer m.leave()
	m.step(at, 1)
	switch v := v.(type) {
	case nil, bool, int64:
		return v
	case string:
		m.text(at, len(v))
		return strings.ToValidUTF8(v, "\uFFFD")
	case float64:
		return whole64(v)
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, err := v.Float64()
		if err != nil {
			m.fail(at, "variable %s: %q is not a number", name, v)
		}
		return f
	case Map:
		d := newDict()
		for _, e := range v {
			d.set(e.Key, m.value(at, name+"."+e.Key, e.Value))
		}
		return d
	case map[string]any:
		d := newDict()
		for _, k := range sortedKeys(v) {
			d.set(k, m.value(at, name+"."+k, v[k]))
		}
		return d
	}
	return m.reflected(at, name, reflect.ValueOf(v))
}

// reflected takes over other kinds of numbers, slices and maps.
func (m *machine) reflected(at place, name string, v reflect.Value) any {
	switch v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return int64(v.Uint())
	case reflect.Float32:
		return m.value(at, name, v.Float())
	case reflect.String:
		return m.value(at, name, v.String())
	case reflect.Bool:
		return v.Bool()
	case reflect.Slice:
		l := &list{}
		for i := range v.Len() {
			l.items = append(l.items, m.value(at, name, v.Index(i).Interface()))
		}
		return l
	case reflect.Map:
		if v.Type().Key().Kind() == reflect.String {
			plain := map[string]any{}
			for _, k := range v.MapKeys() {
				plain[k.String()] = v.MapIndex(k).Interface()
			}
			return m.value(at, name, plain)
		}
	}
	m.fail(at, "variable %s has a type that templates do not know (%s)", name, v.Type())
	return nil
}
