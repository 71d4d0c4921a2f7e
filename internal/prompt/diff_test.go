package prompt

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tokengate/tokengate/internal/source"
)

func load(t testing.TB, path string, pairs ...string) *Template {
	t.Helper()
	got, diags := Load(files(pairs...), path, Options{})
	if got == nil {
		t.Fatal(lines(diags))
	}
	return got
}

func span(s source.Span) string {
	if s.End.Line == 0 {
		return s.String()
	}
	return fmt.Sprintf("%s-%d:%d", s, s.End.Line, s.End.Col)
}

func showHunks(hs []Hunk) string {
	var b strings.Builder
	for _, h := range hs {
		fmt.Fprintf(&b, "%s %s %s %q %q %q\n", h.File, span(h.Span), span(h.BaseSpan), h.Section, h.Old, h.New)
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	base := load(t, "CLAUDE.md", "CLAUDE.md", "---\na: b\n---\n# A\none\ntwo\n\n<!-- note -->\n\n# B\nthree\n@x.md\n@y.md\n", "x.md", "X\n", "y.md", "Y\n")
	head := load(t, "CLAUDE.md", "CLAUDE.md", "# A\none\n2\n\n<!-- other\nnote -->\n\n# B\nthree\nfour\n@x.md\n@z.md\n", "x.md", "X\n", "z.md", "Z\n")
	want := `CLAUDE.md CLAUDE.md:3:1-4:1 CLAUDE.md:6:1-7:1 "A" "two\n" "2\n"
CLAUDE.md CLAUDE.md:10:1-11:1 CLAUDE.md:11:1 "B" "" "four\n"
CLAUDE.md CLAUDE.md:12:1-13:1 CLAUDE.md:13:1-14:1 "B" "@y.md" "@z.md"
z.md z.md:1:1-2:1 z.md "(wrapper)" "" "\n\nContents of /repo/z.md (project instructions, checked into the codebase):\n\nZ"
y.md y.md y.md:1:1-2:1 "(wrapper)" "\n\nContents of /repo/y.md (project instructions, checked into the codebase):\n\nY" ""
`
	if diff := cmp.Diff(want, showHunks(Diff(base, head))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	offset, at, changed := FirstChange(base, head)
	if !changed || !strings.HasSuffix(base.Text()[:offset], "one\n") || at.String() != "CLAUDE.md:3:1" {
		t.Errorf("first change at %d, %s, %v", offset, at, changed)
	}
}

func TestDiffSmall(t *testing.T) {
	cases := []struct{ name, base, head, want, first string }{
		{"equal", "a\nb\n", "a\nb\n", "", "false"},
		{"deletion", "# H\na\nb\nc\n", "# H\nc\n", `p.md p.md:1:1 p.md:2:1-4:1 "H" "a\nb\n" ""` + "\n", "true 4 p.md:2:1"},
		{"deletion of a section", "# H\na\n# I\nb\n", "# H\na\n", `p.md p.md:2:1 p.md:3:1-5:1 "I" "# I\nb\n" ""` + "\n", "true 6 p.md:3:1"},
		{"deletion at the start", "a\nb\n", "b\n", `p.md p.md p.md:1:1-2:1 "" "a\n" ""` + "\n", "true 0 p.md:1:1"},
		{"insertion at the start", "b\n", "a\nb\n", `p.md p.md:1:1-2:1 p.md "" "" "a\n"` + "\n", "true 0 p.md:1:1"},
		{"insertion at the end", "a\n", "a\n# H\nx", `p.md p.md:2:1-4:1 p.md:1:1 "H" "" "# H\nx"` + "\n", "true 2 p.md:2:1"},
		{"final newline", "a", "a\nb", `p.md p.md:1:1-3:1 p.md:1:1-2:1 "" "a" "a\nb"` + "\n", "true 1 p.md:1:2"},
		{"line endings", "a\r\nb\r\n", "a\nb\r\n", `p.md p.md:1:1-2:1 p.md:1:1-2:1 "" "a\r\n" "a\n"` + "\n", "true 1 p.md:1:2"},
		{"front matter is not sent", "---\na: b\n---\nx\n", "---\na: c\nd: e\n---\nx\n", "", "false"},
		{"below front matter", "x\n", "---\na: c\n---\nx\ny\n", `p.md p.md:5:1-6:1 p.md:1:1 "" "" "y\n"` + "\n", "true 2 p.md:5:1"},
		{"all gone", "x\n", "", `p.md p.md p.md:1:1-2:1 "" "x\n" ""` + "\n", "true 0 p.md"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			base, head := load(t, "p.md", "p.md", c.base), load(t, "p.md", "p.md", c.head)
			if diff := cmp.Diff(c.want, showHunks(Diff(base, head))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			offset, at, changed := FirstChange(base, head)
			got := fmt.Sprint(changed)
			if changed {
				got = fmt.Sprint(changed, offset, " ", at)
			}
			if got != c.first {
				t.Errorf("first change %s, want %s", got, c.first)
			}
		})
	}
}

func TestDiffNil(t *testing.T) {
	x := load(t, "CLAUDE.md", "CLAUDE.md", "# A\nx @y.md", "y.md", "y")
	if hs := Diff(nil, x); len(hs) != 2 || hs[0].New+hs[1].New != x.Text() || hs[0].Span.Start.Line != 1 || hs[0].BaseSpan.Start.Line != 0 {
		t.Errorf("added: %s", showHunks(hs))
	}
	if hs := Diff(x, nil); len(hs) != 2 || hs[0].Old+hs[1].Old != x.Text() {
		t.Errorf("removed: %s", showHunks(hs))
	}
	if len(Diff(nil, nil)) > 0 {
		t.Error("nothing differs from nothing")
	}
	if _, _, changed := FirstChange(nil, nil); changed {
		t.Error("nothing changed")
	}
	if offset, at, changed := FirstChange(x, nil); offset != 0 || !changed || at.File != "CLAUDE.md" {
		t.Errorf("%d %s %v", offset, at, changed)
	}
}

// A moved root is compared with its old self, and an import whose order changed is not a change of its text.
func TestDiffMoved(t *testing.T) {
	base := load(t, "a.md", "a.md", "x\ny\n")
	head := load(t, "b.md", "b.md", "x\nz\n")
	if hs := Diff(base, head); len(hs) != 1 || hs[0].Old != "y\n" || hs[0].BaseSpan.File != "a.md" || hs[0].Span.File != "b.md" {
		t.Error(showHunks(hs))
	}
}

// Hunks explain the whole difference: base's lines without every Old and with every New are head's lines.
func TestDiffExplains(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var b strings.Builder
		for range r.IntN(12) {
			b.WriteString([]string{"a\n", "b\r\n", "# H\n", "<!-- c -->\n", "\n", "é x\n", "```\n", "@i.md\n", "@j.md\n", "tail"}[r.IntN(10)])
		}
		return b.String()
	}
	for range 400 {
		base := load(t, "CLAUDE.md", "CLAUDE.md", text(), "i.md", text(), "j.md", text())
		head := load(t, "CLAUDE.md", "CLAUDE.md", text(), "i.md", text(), "j.md", text())
		hunks := Diff(base, head)
		count := map[string]int{}
		add := func(file, text string, n int) {
			for line := range strings.Lines(text) {
				count[file+"\x00"+line] += n
			}
		}
		for _, f := range base.Files {
			add(f.Path, f.Text(), 1)
		}
		for _, h := range hunks {
			add(h.File, h.Old, -1)
			add(h.File, h.New, 1)
			if h.Old == "" && h.New == "" {
				t.Fatal("an empty hunk")
			}
		}
		for _, f := range head.Files {
			add(f.Path, f.Text(), -1)
		}
		for line, n := range count {
			if n != 0 {
				t.Fatalf("line %q is off by %d\n%s", line, n, showHunks(hunks))
			}
		}
		if (base.Text() == head.Text()) != (len(hunks) == 0) {
			t.Fatal("a difference without a hunk")
		}
	}
}
