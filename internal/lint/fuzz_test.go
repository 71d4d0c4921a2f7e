package lint

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

func TestParseIgnore(t *testing.T) {
	for _, c := range []struct {
		text   string
		rules  []string
		reason string
		ok     bool
	}{
		{"tokengate-ignore duplicate-text: said twice on purpose", []string{"duplicate-text"}, "said twice on purpose", true},
		{"  tokengate-ignore  a, b c :  x:\n y ", []string{"a", "b", "c"}, "x: y", true},
		{"tokengate-ignore a", []string{"a"}, "", true},
		{"tokengate-ignore: why", nil, "why", true},
		{"tokengate-ignore", nil, "", true},
		{"tokengate-ignored a: b", nil, "", false},
		{"see tokengate-ignore a: b", nil, "", false},
		{"", nil, "", false},
	} {
		rules, reason, ok := parseIgnore(c.text)
		if len(rules) != len(c.rules) || cmp.Diff(append([]string{}, c.rules...), append([]string{}, rules...)) != "" || reason != c.reason || ok != c.ok {
			t.Errorf("%q: %q %q %v", c.text, rules, reason, ok)
		}
	}
}

// TestApply changes nothing but what is asked for: line ends, marks of byte order and bytes that are no text stay.
func TestApply(t *testing.T) {
	content := []byte("\uFEFFa\r\nb\xff\r\nc")
	at := func(line, col int) int {
		n, ok := offset(content, source.Pos{Line: line, Col: col})
		if !ok {
			t.Fatalf("no %d:%d", line, col)
		}
		return n
	}
	got, done := Apply(content, []Edit{
		{Start: at(3, 1), End: at(3, 2), Text: "C"}, {Start: at(1, 2), End: at(1, 3), Text: "A"},
		{Start: at(2, 2), End: at(2, 2), Text: "_"}, {Start: at(2, 1), End: at(2, 3), Text: "lost"},
	})
	if want := "\uFEFFA\r\nlost\r\nC"; string(got) != want || len(done) != 3 {
		t.Errorf("%q, %d edits", got, len(done))
	}
	if got, done := Apply(content, nil); !bytes.Equal(got, content) || done != nil {
		t.Errorf("without edits: %q", got)
	}
	if got, done := Apply(content, []Edit{{Start: 5, End: 99}, {Start: 3, End: 2}}); !bytes.Equal(got, content) || done != nil {
		t.Errorf("outside: %q", got)
	}
	for _, pos := range []source.Pos{{}, {Line: 4, Col: 1}, {Line: 1, Col: 9}} {
		if _, ok := offset(content, pos); ok {
			t.Errorf("%v is a place", pos)
		}
	}
}

// A link that was checked out as text becomes an import, but never where git may know it as a link.
func TestImportLink(t *testing.T) {
	files := fstest.MapFS{"CLAUDE.md": {Data: []byte("docs/a.md")}, "docs/a.md": {Data: []byte("Be brief.\n")}}
	fixed := func(commit string, base fstest.MapFS) string {
		in := inputOf(t, files, "CLAUDE.md")
		if in.HeadRevision.Commit = commit; base != nil {
			in.Base = base
		}
		_, edits := Run(in)
		got, _ := Apply(files["CLAUDE.md"].Data, edits)
		return string(got)
	}
	for _, c := range []struct {
		name, commit string
		base         fstest.MapFS
		want         string
	}{
		{"in a folder", "", nil, "@docs/a.md"},
		{"text at base", "c", fstest.MapFS{"CLAUDE.md": {Data: []byte("docs/a.md")}}, "@docs/a.md"},
		{"a link at base", "c", fstest.MapFS{"CLAUDE.md": {Data: []byte("docs/a.md"), Mode: 0o777 | 1<<27}}, "docs/a.md"},
		{"new", "c", fstest.MapFS{}, "docs/a.md"},
		{"without a base", "c", nil, "docs/a.md"},
	} {
		if got := fixed(c.commit, c.base); got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

// A duplicate that is everywhere, and one long line, take time in proportion.
func TestHostile(t *testing.T) {
	same := strings.Repeat("## Part\n\n"+strings.Repeat("the very same words as in all the others of this file ", 4)+"\n\n", 3000)
	line := "# X\n\n" + strings.Repeat("@docs/a.md. ", 20_000) + strings.Repeat("<!-- tokengate-ignore x: y --> ", 5000) + strings.Repeat("{{", 50_000)
	in := inputOf(t, fstest.MapFS{"CLAUDE.md": {Data: []byte(same)}, "GEMINI.md": {Data: []byte(line)}}, "CLAUDE.md", "GEMINI.md")
	begun := len(in.Policy.Templates)
	doc, _ := Run(in)
	if begun != 2 || doc.Counts.Warnings < 2999 {
		t.Errorf("%d templates: %s", begun, doc.Headline)
	}
}

func FuzzParseIgnore(f *testing.F) {
	for _, s := range []string{"tokengate-ignore a: b", "tokengate-ignore a,b", "tokengate-ignore:", "tokengate-ignore\u00a0a: b", "# tokengate-ignore x: 'y' # z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rules, reason, ok := parseIgnore(s)
		if !ok && (rules != nil || reason != "") {
			t.Errorf("%q: %q %q", s, rules, reason)
		}
		for _, r := range rules {
			if r == "" || strings.ContainsAny(r, ", \t\n:") {
				t.Errorf("%q: rule %q", s, r)
			}
		}
		if again, r, _ := parseIgnore(mark + " " + strings.Join(rules, ",") + ": " + reason); ok && (len(again) != len(rules) || r != reason) {
			t.Errorf("%q is read as %q: %q, and that as %q: %q", s, rules, reason, again, r)
		}
		var c collector
		c.yaml("x.yaml", lines{s, 1})
		for _, p := range c.list {
			if p.covers.Start.Line > 0 && p.covers.End.Line <= p.covers.Start.Line {
				t.Errorf("%q covers %v", s, p.covers)
			}
		}
	})
}

// What fixing leaves, fixing leaves alone; and of a file that is in order nothing is touched.
func FuzzFix(f *testing.F) {
	for _, s := range []string{
		"# A\n\nSee @docs/a.md. and @docs/a.md, and\n@docs/a.md\n@docs/a.md\n", "docs/a.md", "```yml tokengate\r\nceilng: $5\r\n```\r\n", "\uFEFF---\ntokengat: {ceilng: $4}\n---\n",
		"## Token budgets\n\n| Trak | Cost |\n|--|--|\n| a | $5 |\n", "@docs/a.md\n@docs/a.md", "~~~~ yaml: tokengate {x}\nmodl: a\n~~~~", "<!-- tokengate-ignore import-repeated: x -->\n@docs/a.md\n\n@docs/a.md\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) > 1<<12 || bytes.IndexByte(content, 0) >= 0 {
			t.Skip()
		}
		run := func(content []byte) ([]byte, []Edit) {
			_, edits := Run(inputOf(t, fstest.MapFS{"CLAUDE.md": {Data: content}, "docs/a.md": {Data: []byte("x\n")}}, "CLAUDE.md"))
			return Apply(content, edits)
		}
		fixed, done := run(content)
		if len(done) == 0 && !bytes.Equal(fixed, content) {
			t.Fatalf("changed without an edit:\n%q\n%q", content, fixed)
		}
		for range 10 {
			if fixed, done = run(fixed); len(done) == 0 {
				break
			}
		}
		if again, more := run(fixed); len(more) > 0 || !bytes.Equal(again, fixed) {
			t.Errorf("%q is never done: %v", fixed, more)
		}
		if tmpl, _ := prompt.Load(fstest.MapFS{"CLAUDE.md": {Data: fixed}}, "CLAUDE.md", prompt.Options{}); tmpl == nil && len(content) > 0 {
			t.Errorf("%q became a file that cannot be loaded", content)
		}
	})
}
