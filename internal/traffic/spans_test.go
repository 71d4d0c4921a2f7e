package traffic

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
)

// spanLine writes one span as a line of OTLP; attributes are "key=value", numbers where they look like it.
func spanLine(id, parent, name string, attrs ...string) string {
	var list []string
	for _, a := range attrs {
		k, v, _ := strings.Cut(a, "=")
		kind := "stringValue"
		if v[0] >= '0' && v[0] <= '9' {
			kind = "intValue"
		}
		list = append(list, fmt.Sprintf(`{"key":%q,"value":{%q:%q}}`, k, kind, v))
	}
	return fmt.Sprintf(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"1","spanId":%q,"parentSpanId":%q,"name":%q,"startTimeUnixNano":"1780000000000000000","attributes":[%s]}]}]}]}`,
		id, parent, name, strings.Join(list, ","))
}

// TestSpanTree says which spans of a trace are calls: "id input/cache/output", or "bad reason", or "nested".
func TestSpanTree(t *testing.T) {
	usage := func(in, out int) []string {
		return []string{"gen_ai.operation.name=chat", "gen_ai.request.model=m", fmt.Sprintf("gen_ai.usage.input_tokens=%d", in), fmt.Sprintf("gen_ai.usage.output_tokens=%d", out)}
	}
	silent := []string{"gen_ai.operation.name=chat", "gen_ai.request.model=m"}
	for _, c := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"alone", []string{spanLine("a", "", "x", usage(5, 1)...)}, "1/a 5/0/1"},
		{"a parent that is not there", []string{spanLine("a", "gone", "x", usage(5, 1)...)}, "1/a 5/0/1"},
		{"through a span without usage", []string{spanLine("a", "", "x", usage(9, 1)...), spanLine("b", "a", "x"), spanLine("c", "b", "x", usage(5, 1)...)}, "1/c 5/0/1; nested"},
		{"a failed attempt below does not hide the parent", []string{spanLine("a", "", "x", usage(9, 1)...), spanLine("b", "a", "x", silent...)}, "1/a 9/0/1; nested"},
		{"attempts far below the usage", []string{spanLine("a", "", "x", usage(9, 1)...), spanLine("b", "a", "x"), spanLine("c", "b", "x", silent...), spanLine("d", "b", "x", silent...)}, "1/a 9/0/1; nested"},
		{"usage lost", []string{spanLine("a", "", "x", silent...)}, "bad no usage"},
		{"usage lost below a span that is no call", []string{spanLine("a", "", "x"), spanLine("b", "a", "x", silent...)}, "bad no usage"},
		{"a call around a call", []string{spanLine("a", "", "x", silent...), spanLine("b", "a", "x", usage(5, 1)...)}, "1/b 5/0/1; nested"},
		{"zero usage below counts as none", []string{spanLine("a", "", "x", usage(9, 1)...), spanLine("b", "a", "x", usage(0, 0)...)}, "1/a 9/0/1; nested"},
		{"its own parent", []string{spanLine("a", "a", "x", usage(5, 1)...)}, "1/a 5/0/1"},
		{"a circle", []string{spanLine("c", "b", "x", usage(5, 1)...), spanLine("a", "c", "x", usage(5, 1)...), spanLine("b", "a", "x", usage(5, 1)...), spanLine("d", "b", "x", usage(7, 1)...)}, "1/c 5/0/1; 1/d 7/0/1; nested"},
		{"no ids, no tree", []string{spanLine("", "", "x", usage(5, 1)...), spanLine("", "", "x", usage(5, 1)...)}, " 5/0/1;  5/0/1"},
		{"Claude Code's own span is exclusive", []string{spanLine("a", "", claudeCodeSpan, "model=claude-opus-5", "input_tokens=500", "cache_read_tokens=100", "output_tokens=5")}, "1/a 500/100/5"},
		{"a sibling with usage does not make up for lost usage", []string{spanLine("a", "", "x", usage(9, 1)...), spanLine("b", "a", "x", usage(5, 1)...), spanLine("c", "a", "x", silent...)}, "1/b 5/0/1; bad no usage; nested"},
		{"a count that cannot be read, above one that can", []string{spanLine("a", "", "x", "gen_ai.request.model=m", "gen_ai.usage.input_tokens=many"), spanLine("b", "a", "x", usage(5, 1)...)}, "1/b 5/0/1; nested"},
		{"a count that cannot be read, below one that can", []string{spanLine("a", "", "x", usage(9, 1)...), spanLine("b", "a", "x", "gen_ai.usage.input_tokens=many", "gen_ai.usage.output_tokens=4")}, "1/a 9/0/1; nested"},
		{"a count that cannot be read", []string{spanLine("a", "", "x", "gen_ai.request.model=m", "gen_ai.usage.input_tokens=many")}, "bad a value of the wrong type"},
		{"a count that stands twice", []string{spanLine("a", "", "x", append(usage(9, 1), "gen_ai.usage.input_tokens=7")...)}, "bad a value of the wrong type"},
		{"a count that stands twice alike", []string{spanLine("a", "", "x", append(usage(9, 1), "gen_ai.usage.input_tokens=9")...)}, "1/a 9/0/1"},
		{"a model that stands twice, above", []string{spanLine("a", "", "x", append(usage(9, 1), "gen_ai.request.model=n")...), spanLine("b", "a", "x", usage(5, 1)...)}, "1/b 5/0/1; nested"},
		{"bare names elsewhere say nothing", []string{spanLine("a", "", "x", "model=claude-opus-5", "input_tokens=500", "output_tokens=5"), spanLine("b", "", "x", usage(1, 1)...)}, "1/b 1/0/1"},
		{"inclusive names are inclusive", []string{spanLine("a", "", "x", append(usage(500, 5), "gen_ai.usage.cache_read.input_tokens=100")...)}, "1/a 400/100/5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root, srcs := fstest.MapFS{}, []Source(nil)
			for i, l := range c.lines {
				name := fmt.Sprint(i)
				root[name] = &fstest.MapFile{Data: []byte(l)}
				srcs = append(srcs, Source{FS: root, Path: name})
			}
			rec, _, err := Read(srcs, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(c.want, outline(rec)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func outline(rec *Recording) string {
	var out []string
	for _, c := range rec.Calls {
		out = append(out, fmt.Sprintf("%s %d/%d/%d", shortID(c.ID), c.Usage.Input, c.Usage.CacheRead, c.Usage.Output))
	}
	for _, s := range rec.Skipped {
		switch {
		case s.Bad:
			out = append(out, "bad "+s.Reason)
		case s.Reason == skipNested:
			out = append(out, "nested")
		}
	}
	return strings.Join(out, "; ")
}

// shortID leaves out the zeros that ids are filled up with.
func shortID(id string) string {
	trace, span, ok := strings.Cut(id, "/")
	if !ok {
		return id
	}
	return strings.TrimLeft(trace, "0") + "/" + strings.TrimLeft(span, "0")
}
