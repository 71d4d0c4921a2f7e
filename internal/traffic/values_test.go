package traffic

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestValues finds objects however they are laid out. A result is "line:object", a broken one "line!".
func TestValues(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"one a line", "{\"a\":1}\n\n{\"a\":2}\n", []string{`1:{"a":1}`, `3:{"a":2}`}},
		{"pretty", "{\n \"a\": {\n  \"b\": \"}\"\n }\n}\n", []string{"1:{ \"a\": {  \"b\": \"}\" }}"}},
		{"concatenated", "{\"a\":1}{\"a\":2} {\"a\":3}", []string{`1:{"a":1}`, `1:{"a":2}`, `1:{"a":3}`}},
		{"concatenated pretty", "{\n\"a\":1\n}{\n\"a\":2\n}\n", []string{`1:{"a":1}`, `3:{"a":2}`}},
		{"array on a line", `[{"a":1},{"a":[2]}]`, []string{`1:{"a":1}`, `1:{"a":[2]}`}},
		{"array over lines", "[\n{\"a\":1},\n{\"a\":\n2},{\"a\":3}\n]\n", []string{`2:{"a":1}`, `3:{"a":2}`, `4:{"a":3}`}},
		{"empty array", "[]", nil},
		{"escapes", `{"a":"\"}{\\"}` + "\n" + `{"a":"\\\""}`, []string{`1:{"a":"\"}{\\"}`, `2:{"a":"\\\""}`}},
		{"a broken line among good ones", "{\"a\":1}\n{\"a\":\n{\"a\":3}\n", []string{`1:{"a":1}`, `2!`, `3:{"a":3}`}},
		{"the first line broken", "{\"a\":{\n{\"a\":2}\n{\"a\":3}\n", []string{`1!`, `2:{"a":2}`, `3:{"a":3}`}},
		{"a string left open", "{\"a\":\"x\n{\"a\":2}\n", []string{`1!`, `2:{"a":2}`}},
		{"cut at the end", "{\"a\":1}\n{\"a\"", []string{`1:{"a":1}`, `2!`}},
		{"a cut pretty file counts once", "{\n\"a\":1\n}\n{\n\"a\":\n1,\n\"b\":\n", []string{`1:{"a":1}`, `4!`}},
		{"a cut array", `[{"a":1},{"a":`, []string{`1:{"a":1}`, `1!`, `1!`}},
		{"no objects", "42\n\"x\"\nnull\n", []string{`1!`, `2!`, `3!`}},
		{"over the limit", "{\"a\":\n" + strings.Repeat("1,\n", 400) + "{\"a\":2}\n", append(brokenLines(1, 401), `402:{"a":2}`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			v := &values{
				in: newLines(&input{Reader: bufio.NewReaderSize(strings.NewReader(c.in), 16)}, 1000), limit: 1000,
				do: func(value []byte, line int) error {
					got = append(got, fmt.Sprintf("%d:%s", line, strings.ReplaceAll(string(value), "\n", "")))
					return nil
				},
				broken: func(line int, _ error) { got = append(got, fmt.Sprintf("%d!", line)) },
			}
			if err := v.run(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if want := int64(nonBlank(c.in)); v.in.count != want {
				t.Errorf("%d lines counted, want %d", v.in.count, want)
			}
		})
	}
}

func brokenLines(from, to int) []string {
	var out []string
	for i := from; i <= to; i++ {
		out = append(out, fmt.Sprintf("%d!", i))
	}
	return out
}

func nonBlank(s string) int {
	n := 0
	for line := range strings.Lines(s) {
		if strings.TrimSpace(line) != "" {
			n++
		}
	}
	return n
}

// TestLineLimit passes over a line that is too long and goes on with the next.
func TestLineLimit(t *testing.T) {
	l := newLines(&input{Reader: bufio.NewReaderSize(strings.NewReader("short\n"+strings.Repeat("x", 500)+"\nafter\n"+strings.Repeat("y", 500)), 16)}, 100)
	var got []string
	for {
		line, err := l.next()
		if err != nil && !errors.Is(err, errLineTooLong) {
			break
		}
		got = append(got, fmt.Sprintf("%d %s %v", l.n, line, err))
	}
	want := []string{"1 short <nil>", "2  line too long", "3 after <nil>", "4  line too long"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
