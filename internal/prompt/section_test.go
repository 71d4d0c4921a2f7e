package prompt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func show(t *Template) string {
	var b strings.Builder
	for _, f := range t.Files {
		for _, s := range f.Sections {
			fmt.Fprintf(&b, "%d %q %d-%d %q\n", s.Level, s.Heading, s.Span.Start.Line, s.Span.End.Line, s.Text)
		}
	}
	return b.String()
}

func TestSections(t *testing.T) {
	cases := []struct{ name, path, content, want string }{
		{"headings", "p.md", "intro\n# A  *b* #\ntext\n\n## B\nx\n", `0 "" 1-2 "intro\n"
1 "A *b*" 2-5 "# A  *b* #\ntext\n\n"
2 "B" 5-7 "## B\nx\n"
`},
		{"setext", "p.md", "A\nb\n===\nx\n\nC\n---\n", `1 "A b" 1-6 "A\nb\n===\nx\n\n"
2 "C" 6-8 "C\n---\n"
`},
		{"empty headings", "p.md", "#\nx\n## ##\ny", `1 "" 1-3 "#\nx\n"
2 "" 3-5 "## ##\ny"
`},
		{"no headings in fences, quotes and lists", "p.md", "```\n# A\n```\n> # B\n\n- # C\n\n    # D\n#E\n", `0 "" 1-10 "` + "```\\n# A\\n```\\n> # B\\n\\n- # C\\n\\n    # D\\n#E\\n" + `"
`},
		{"front matter and comments", "CLAUDE.md", "---\na: b\n---\n\n# A\n<!-- x -->\n\n# B\nx\n\n", `0 "(wrapper)" 0-0 "Contents of /repo/CLAUDE.md (project instructions, checked into the codebase):\n\n"
1 "A" 5-8 "# A\n"
1 "B" 8-11 "# B\nx"
`},
		{"comment around a heading", "CLAUDE.md", "# A\nx\n\n<!--\n# B\n-->\ny\n", `0 "(wrapper)" 0-0 "Contents of /repo/CLAUDE.md (project instructions, checked into the codebase):\n\n"
1 "A" 1-8 "# A\nx\n\ny"
`},
		{"CRLF, no final newline", "p.md", "\uFEFFx\r\n# A\r\ny", `0 "" 1-2 "\ufeffx\r\n"
1 "A" 2-4 "# A\r\ny"
`},
		{"indented", "p.md", "   # A\nx\n\n# B\n", `1 "A" 1-4 "   # A\nx\n\n"
1 "B" 4-5 "# B\n"
`},
		{"a heading first, after a byte order mark", "p.md", "\uFEFF# A\n", `1 "A" 1-2 "\ufeff# A\n"
`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, _ := Load(files(c.path, c.content), c.path, Options{})
			if diff := cmp.Diff(c.want, show(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
