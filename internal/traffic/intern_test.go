package traffic

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"
)

func TestInterner(t *testing.T) {
	var in interner
	for round := range 2 {
		for i := range 3 * internPlaces {
			want := fmt.Sprintf("user-%d", i)
			if got := in.bytes([]byte(want)); got != want {
				t.Fatalf("round %d: %q became %q", round, want, got)
			}
		}
	}
	b := []byte("gpt-5-mini")
	first := in.bytes(b)
	if again := in.bytes([]byte("gpt-5-mini")); unsafe.StringData(first) != unsafe.StringData(again) {
		t.Error("a string that repeats has two copies")
	}
	b[0] = 'x'
	if first != "gpt-5-mini" {
		t.Errorf("%q changed with the line", first)
	}
	long := strings.Repeat("x", internLimit+1)
	if got := in.bytes([]byte(long)); got != long || in.bytes(nil) != "" {
		t.Error("a long or an empty string is not itself")
	}
	for _, s := range in.places {
		if len(s) > internLimit {
			t.Errorf("%d bytes stay for good", len(s))
		}
	}
	in.release()
	if got := in.bytes([]byte("gpt-5-mini")); got != "gpt-5-mini" {
		t.Errorf("%q after the places were given back", got)
	}
}

// TestInternerSpreads holds that names which differ by little do not share few places.
func TestInternerSpreads(t *testing.T) {
	for _, name := range []string{"u%d", "user-%06d", "%06d-user", "session-%08d-of-today", "9f2c0d6b1a4e5f60718293a4b5c6d7e8%08x"} {
		met := map[uint64]bool{}
		for i := range internPlaces {
			met[labelHash(fmt.Appendf(nil, name, i))%internPlaces] = true
		}
		if n := len(met); n < internPlaces*6/10 { // chance fills 1 - 1/e, which is 0.63
			t.Errorf("%s: %d names in %d places", name, internPlaces, n)
		}
	}
}

func TestMemo(t *testing.T) {
	var m memo[int]
	m.put([]byte(`["a"]`), ']', 1)
	m.put([]byte(`["b]"]`), ']', 2) // does not end at its first bracket
	m.put([]byte(`["`+strings.Repeat("c", memoLimit)+`"]`), ']', 3)
	for _, c := range []struct {
		line      string
		at        int
		value, to int
		ok        bool
	}{
		{`["a"]`, 0, 1, 5, true},
		{`x["a"],"b":["a","b"]`, 1, 1, 6, true},
		{`["a","b"]`, 0, 0, 0, false},
		{`["a" ]`, 0, 0, 0, false},
		{`["b]"]`, 0, 0, 0, false},
		{`["b]`, 0, 0, 0, false},
		{`["a"`, 0, 0, 0, false},
		{`["` + strings.Repeat("c", memoLimit) + `"]`, 0, 0, 0, false},
	} {
		value, end, ok := m.get([]byte(c.line), c.at, ']')
		if value != c.value || end != c.to || ok != c.ok {
			t.Errorf("%.20q: %d, %d, %v; want %d, %d, %v", c.line, value, end, ok, c.value, c.to, c.ok)
		}
	}
}
