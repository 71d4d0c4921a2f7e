package prompt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlaceholders(t *testing.T) {
	got := load(t, "p.txt", "p.txt", "---\nmodel: x\n---\nHi {{name}}, é {{ doc.text }}\r\n{{name}} {{{raw}}} {{#if x}} {{ not a name }} {{1}} {{}} {{größe}} {\"a\":{\"b\":1}} {{\nx}}")
	var b strings.Builder
	for _, p := range got.Placeholders() {
		fmt.Fprintf(&b, "%s %s %d %q\n", p.Name, span(p.Span), p.Offset, got.Text()[p.Offset:p.Offset+p.Length])
	}
	want := `name p.txt:4:4-4:12 3 "{{name}}"
doc.text p.txt:4:16-4:30 16 "{{ doc.text }}"
name p.txt:5:1-5:9 32 "{{name}}"
größe p.txt:5:58-5:67 89 "{{größe}}"
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if ps := load(t, "CLAUDE.md", "CLAUDE.md", "{{name}}").Placeholders(); len(ps) > 0 {
		t.Errorf("braces in a CLAUDE.md are text: %v", ps)
	}
}

func TestStablePrefix(t *testing.T) {
	text, first := load(t, "p.txt", "p.txt", "You are a helper.\n{{question}} {{x}}").StablePrefix()
	if text != "You are a helper.\n" || first == nil || first.Name != "question" || first.Span.String() != "p.txt:2:1" {
		t.Errorf("%q %+v", text, first)
	}
	whole := load(t, "CLAUDE.md", "CLAUDE.md", "x {{y}}")
	if text, first = whole.StablePrefix(); text != whole.Text() || first != nil {
		t.Errorf("%q %+v", text, first)
	}
}

func TestRender(t *testing.T) {
	p := load(t, "p.txt", "p.txt", "{{a}}{{ b }} {{gone}} <{{a}}> {{gone}}\n")
	got, diags := p.Render(map[string]string{"a": "{{b}} & <i>", "b": "", "unused": "x"})
	if want := "{{b}} & <i> {{gone}} <{{b}} & <i>> {{gone}}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	want := "warning p.txt:1:14: no value for {{gone}}; it is counted as it stands [fixture-missing-var]\n"
	if diff := cmp.Diff(want, lines(diags)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c := load(t, "CLAUDE.md", "CLAUDE.md", "{{a}}")
	if got, diags := c.Render(nil); got != c.Text() || len(diags) > 0 {
		t.Errorf("%q %s", got, lines(diags))
	}
	if got, diags := (*Template)(nil).Render(nil); got != "" || len(diags) > 0 {
		t.Errorf("%q %s", got, lines(diags))
	}
}
