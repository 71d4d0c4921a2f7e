package prompt

import (
	"strings"
	"testing"
	"time"

	"github.com/tokengate/tokengate/internal/request"
)

func FuzzLoad(f *testing.F) {
	for _, s := range []string{
		"", "# A\n@a.md\n", "---\nx: y\n---\n\uFEFFx", "\uFEFF---\r\ntokengate: {ceiling: 4M}\r\n---\r\n# B\r\n", "<!-- a --> b\n<!--\n```\n-->\nx\n===\n",
		"> - ```yaml tokengate\n>   a: b\n", "a\xff\xfe\n#\n## ##\n", "| a\n|-\n", table, "@a.md. @b @CLAUDE.md {{x}} {{{y}}}", "- # x\n\n   # y\n\ttab\n",
	} {
		f.Add(s, "other @a.md")
	}
	f.Fuzz(func(t *testing.T, content, other string) {
		for _, path := range []string{"CLAUDE.md", "p.txt"} {
			fsys := files(path, "x"+content, "a.md", "y"+other)
			fsys[path].Data, fsys["a.md"].Data = []byte(content), []byte(other)
			got, diags := Load(fsys, path, Options{Now: time.Unix(0, 0)})
			for _, d := range diags {
				if d.Rule == "" || d.Summary == "" || d.Span.File == "" || strings.HasSuffix(d.Summary, ".") {
					t.Errorf("incomplete diagnostic %+v", d)
				}
			}
			if got == nil {
				if !diags.HasErrors() {
					t.Error("no template and no error")
				}
				continue
			}
			checkTemplate(t, got)
			again, _ := Load(fsys, path, Options{})
			if again.Text() != got.Text() {
				t.Error("a second load differs")
			}
			if _, _, changed := FirstChange(got, again); changed || len(Diff(got, again)) > 0 {
				t.Error("equal templates differ")
			}
			if n := len(Diff(nil, got)); (n > 0) != (got.Text() != "") {
				t.Errorf("%d hunks for a new template", n)
			}
		}
	})
}

func FuzzBudget(f *testing.F) {
	for _, s := range []string{"ceiling: 40M", "track: a\nper_call: {cost: $1}", "&a [*a]", "expires: 2026-01-01\nreview: {cadence: x}", "| Track | Tokens |\n|---|---|\n| a | 4M |", "ceiling: {tokens: [1]}\n\tx", "toggles: {a: yes}",
		"sections: {a: {ceiling: 4M}, token-budget: {model: x}}\nmodels: []", "incident: x\nreview: {last: 2026-01-01}", "| Section | Tokens |\n|---|---|\n| #token-budget | 4M |\n## A\n### Budget\n```yaml tokengate\nceiling: 1\n```"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, content := range []string{
			"- ```yaml tokengate\n  " + strings.ReplaceAll(s, "\n", "\n  ") + "\n  ```\n",
			"---\ntokengate:\n  " + strings.ReplaceAll(s, "\n", "\n  ") + "\n---\n",
			"# Token budget\n\n" + s,
		} {
			got, diags := Load(files("CLAUDE.md", content), "CLAUDE.md", Options{Now: time.Unix(1<<31, 0)})
			if got == nil {
				continue
			}
			count := strings.Count(content, "\n") + 1
			for _, b := range got.Budgets {
				if b.Span.Start.Line < 1 || b.Span.Start.Line > count {
					t.Errorf("block at %s", b.Span)
				}
				for _, set := range b.settings() {
					if set.set && (set.span.Start.Line < b.Span.Start.Line || set.span.Start.Line > count) {
						t.Errorf("%s at %s", set.name, set.span)
					}
				}
			}
			for _, d := range diags {
				if d.Span.Start.Line > count+1 {
					t.Errorf("%s", d)
				}
			}
		}
	})
}

func FuzzRender(f *testing.F) {
	f.Add("a {{x}} {{ y }} {{{x}}} {{", "{{y}}")
	f.Add("---\na: b\n---\n{{x}}{{x}}\xff", "")
	f.Fuzz(func(t *testing.T, content, value string) {
		got, _ := Load(files("p.txt", content), "p.txt", Options{})
		if got == nil || strings.HasPrefix(content, "->") {
			return
		}
		rendered, diags := got.Render(map[string]string{"x": value})
		want, others := len(got.Text()), map[string]bool{}
		for _, p := range got.Placeholders() {
			if text := got.Text()[p.Offset : p.Offset+p.Length]; !strings.HasPrefix(text, "{{") || !strings.HasSuffix(text, "}}") || p.Span.Start.Line == 0 {
				t.Errorf("placeholder %+v is %q", p, text)
			}
			if p.Name == "x" {
				want += len(value) - p.Length
			} else {
				others[p.Name] = true
			}
		}
		if len(rendered) != want || len(diags) != len(others) {
			t.Errorf("%d bytes, want %d; %d warnings, want %d", len(rendered), want, len(diags), len(others))
		}
		prefix, _ := got.StablePrefix()
		if !strings.HasPrefix(rendered, prefix) {
			t.Error("the stable prefix is not stable")
		}
	})
}

func FuzzFixtures(f *testing.F) {
	for _, s := range []string{"template: p.txt\nvars: {x: y}", "fixtures: [{template: p.txt, expect: {max_tokens: 1k}}]", "- a", "fixtures: &a [*a]", "fixtures: {}", "vars: [1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fsys := files("f.yaml", "x", "p.txt", "{{x}}")
		fsys["f.yaml"].Data = []byte(s)
		list, diags := LoadFixtures(fsys, "f.yaml")
		if len(list) == 0 && len(diags) == 0 {
			t.Error("nothing read and nothing said")
		}
		for _, d := range diags {
			if d.Rule == "" || d.Span.File != "f.yaml" {
				t.Errorf("incomplete diagnostic %+v", d)
			}
		}
		tmpl, _ := Load(fsys, "p.txt", Options{})
		for _, fixture := range list {
			fixture.Check(tmpl, Meter{Tokens: func(s string, _ request.Body) int64 { return int64(len(s)) }})
		}
	})
}
