package prompt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestComments(t *testing.T) {
	for _, c := range []struct{ name, content, want string }{
		{"none", "# A\n\nx\n", ""},
		{"at the top, for the file", "---\na: b\n---\n\n<!-- one -->\n<!-- two -->\n\n# A\n", "one 5:1-5:13 covers 0-0\ntwo 6:1-6:13 covers 0-0\n"},
		{"before a section, with what is below it", "# A\n\n<!-- c -->\n\n## B\nx\n### C\ny\n## D\n", "c 3:1-3:11 covers 5-9\n"},
		{"before a block", "# A\n\n<!-- c -->\nx\ny\n\nz\n", "c 3:1-3:11 covers 4-7\n"},
		{"before a fence", "x\n\n<!-- c -->\n```\ny\n```\nz\n", "c 3:1-3:11 covers 4-7\n"},
		{"before a list and a fence", "x\n\n<!-- c -->\n- a\n- b\n\n~~~\ny\n~~~\n", "c 3:1-3:11 covers 4-7\n"},
		{"several lines", "x\n\n<!--\n a\n b\n-->\n\ny\n", "a\n b 3:1-6:4 covers 8-9\n"},
		{"at the end", "x\n\n<!-- c -->\n", "c 3:1-3:11 covers 3-4\n"},
		{"with text behind it", "x\n\n<!-- c --> y\n", "c 3:1-3:11 covers 3-4\n"},
		{"inside a line", "ü <!-- c --> y `<!-- d -->` <!-- e -->\n", "c 1:3-1:13 covers 0-0 inline\ne 1:29-1:39 covers 0-0 inline\n"},
		{"in a list", "- <!-- c -->\n- y <!-- d -->\n", "c 1:3-1:13 covers 0-0 inline\nd 2:5-2:15 covers 0-0 inline\n"},
		{"in code", "    <!-- a -->\n\n```\n<!-- b -->\n```\n", ""},
		{"not closed", "x\n\n<!-- c\n\ny\n", ""},
	} {
		got, _ := Load(files("CLAUDE.md", c.content), "CLAUDE.md", Options{})
		var b strings.Builder
		for _, m := range got.Files[0].Comments() {
			fmt.Fprintf(&b, "%s %s covers %d-%d", m.Text, strings.TrimPrefix(span(m.Span), "CLAUDE.md:"), m.Covers.Start.Line, m.Covers.End.Line)
			if m.Inline {
				b.WriteString(" inline")
			}
			b.WriteString("\n")
		}
		if diff := cmp.Diff(c.want, b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if (File{}).Comments() != nil || (File{}).RepeatedImports() != nil {
		t.Error("a file that no loader made has comments")
	}
}

func TestRepeatedImports(t *testing.T) {
	const content = "@a.md\n\nSee @a.md and `@a.md`.\n\n@b.md @a.md#part\n"
	got, _ := Load(files("CLAUDE.md", content, "a.md", "x", "b.md", "y"), "CLAUDE.md", Options{})
	var out []string
	for _, r := range got.Files[0].RepeatedImports() {
		out = append(out, fmt.Sprintf("%s %s %s", r.Target, strings.TrimPrefix(span(r.First), "CLAUDE.md:"), strings.TrimPrefix(span(r.Again), "CLAUDE.md:")))
	}
	want := []string{"a.md 1:1-1:6 3:5-3:10", "a.md 1:1-1:6 5:7-5:17"}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	plain, _ := Load(files("p.md", content, "a.md", "x"), "p.md", Options{})
	if plain.Files[0].RepeatedImports() != nil {
		t.Error("a prompt does not import")
	}
}
