package prompt

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tokengate/tokengate/internal/source"
)

func TestImportSyntax(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"places in a line", "See @a.md and @./b/c.md here.\nAlso @~/x.md and @/etc/hosts", "a.md|./b/c.md|~/x.md|/etc/hosts"},
		{"after a word", "foo@a.md x@y.z", ""},
		{"quoted", `"@a.md" '@a.md' (@a.md)`, ""},
		{"fragment and escaped space", "@a.md#part\n@Some\\ Docs/b.md", "a.md|Some Docs/b.md"},
		{"shapes that are no path", "@/ @#x @@x @%x @ @é.md @~x", ""},
		{"extensionless", "@README @Makefile @.env @_x @-y @9", "README|Makefile|.env|_x|-y|9"},
		{"punctuation belongs to the path", "@a.md. @b.md, @c.md:", "a.md.|b.md,|c.md:"},
		{"code span", "`@a.md` ``x @b.md`` @c.md", "c.md"},
		{"code span over two lines", "`a\n@a.md` @b.md", "b.md"},
		{"fences", "```\n@a.md\n```\n~~~\n@b.md\n~~~\n@c.md", "c.md"},
		{"fence that does not close", "@a.md\n```\n@b.md", "a.md"},
		{"indented code", "x\n\n    @a.md\n\n@b.md", "b.md"},
		{"list and quote", "- @a.md\n  1. x @b.md\n\n> @c.md", "a.md|b.md|c.md"},
		{"emphasis", "**@a.md** *x @b.md* _@c_d.md_", "a.md|b.md|c_d.md"},
		{"name with marks of emphasis", "@a_b/c_d*e.md x", "a_b/c_d*e.md"},
		{"heading", "# Use @a.md\n\nx @b.md\n---", "a.md|b.md"},
		{"table", "| File | Why |\n|---|---|\n| @a.md | x |\n|@b.md|y|", "a.md"},
		{"link text and target", "[@a.md](b ' @c.md ') [x](@d.md) [y]\n\n[y]: @e.md", "a.md"},
		{"autolink and tag", "<https://x/@a.md> <a href='@b.md'> @c.md", "c.md"},
		{"HTML block", "<div>\n@a.md\n</div>\n\n@b.md", "b.md"},
		{"comments", "<!-- @a.md -->\n@b.md\n\n<!-- n --> @c.md <!-- @d.md -->\nx <!-- @e.md --> @f.md", "b.md|c.md|f.md"},
		{"after an unclosed comment", "@a.md\n\n<!-- x\n\n@b.md", "a.md"},
		{"front matter", "---\nx: @a.md\n---\n@b.md", "b.md"},
		{"CRLF", "@a.md\r\n@b.md\r\n", "a.md|b.md"},
		{"twice", "@a.md @a.md#x", "a.md"},
		{"other white space", "x\u00a0@a.md\u3000@b.md\t@c.md", "a.md|b.md|c.md"},
		{"escaped", `\@a.md @b\_c.md`, "b"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d, _ := newDocument("CLAUDE.md", []byte(c.text))
			d.findFrontMatter(ClaudeMD)
			var got []string
			for _, ref := range d.imports() {
				got = append(got, ref.target)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "|")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestImports(t *testing.T) {
	cases := []struct {
		name, sent, diags string
		files             []string
	}{
		{"depth first, parent first, once", "CLAUDE.md x.md z.md y.md", "", []string{"CLAUDE.md", "@x.md\n@y.md\n", "x.md", "X\n@z.md", "y.md", "Y\n@z.md", "z.md", "Z"}},
		{"relative to the importing file", "CLAUDE.md d/a.md d/b.md e.md", "", []string{"CLAUDE.md", "@d/a.md", "d/a.md", "@b.md @../e.md", "d/b.md", "b", "b.md", "wrong", "e.md", "e"}},
		{"four hops", "CLAUDE.md a.md b.md c.md d.md", "warning d.md:1:1: @e.md is not loaded: it is 5 hops below CLAUDE.md, the limit is 4 [import-too-deep]\n",
			[]string{"CLAUDE.md", "@a.md", "a.md", "@b.md", "b.md", "@c.md", "c.md", "@d.md", "d.md", "@e.md", "e.md", "E"}},
		{"cycle", "CLAUDE.md a.md b.md", "warning b.md:1:3: @a.md closes an import cycle: a.md → b.md → a.md; the file is sent once [import-cycle]\n",
			[]string{"CLAUDE.md", "@a.md", "a.md", "@b.md", "b.md", "x @a.md"}},
		{"itself", "CLAUDE.md", "warning CLAUDE.md:2:1: @CLAUDE.md closes an import cycle: CLAUDE.md → CLAUDE.md; the file is sent once [import-cycle]\n", []string{"CLAUDE.md", "x\n@CLAUDE.md"}},
		{"two names of one file", "CLAUDE.md d/a.md", "", []string{"CLAUDE.md", "@d/a.md @b.md @l/a.md", "d/a.md", "A", "b.md", "->d/a.md", "l", "->d"}},
		{"a link to the root", "CLAUDE.md", "warning CLAUDE.md:1:1: @AGENTS.md closes an import cycle: CLAUDE.md → AGENTS.md; the file is sent once [import-cycle]\n", []string{"CLAUDE.md", "->AGENTS.md", "AGENTS.md", "@AGENTS.md"}},
		{"missing", "CLAUDE.md", "warning CLAUDE.md:1:5: @docs/x.md loads nothing: docs/x.md does not exist [import-missing]\n" +
			"warning CLAUDE.md:1:16: @./y loads nothing: y does not exist [import-missing]\n", []string{"CLAUDE.md", "see @docs/x.md @./y"}},
		{"mentions", "CLAUDE.md", "", []string{"CLAUDE.md", "@someone @scope/pkg @types/node@18.0 @Override @user.name, @CLAUDE.md/x @example.com."}},
		{"punctuation", "CLAUDE.md", "warning CLAUDE.md:1:5: @a.md. loads nothing: the \".\" after it is read as part of the path [import-trailing-punctuation]\n" +
			"warning CLAUDE.md:1:12: @a.md), loads nothing: the \"),\" after it is read as part of the path [import-trailing-punctuation]\n" +
			"warning CLAUDE.md:1:20: @b.md. loads nothing: b.md. does not exist [import-missing]\n", []string{"CLAUDE.md", "see @a.md. @a.md), @b.md. @someone.", "a.md", "A"}},
		{"a file that ends in a full stop", "CLAUDE.md", "warning CLAUDE.md:1:5: @a. is not loaded: files with the extension . are not imported [import-not-text]\n", []string{"CLAUDE.md", "see @a.", "a.", "A"}},
		{"outside", "CLAUDE.md", "warning CLAUDE.md:1:1: @../x.md leads out of the project and is not counted; on a developer's machine it may be loaded after a one-time approval [import-outside]\n" +
			"warning CLAUDE.md:1:10: @~/x.md leads out of the project and is not counted; on a developer's machine it may be loaded after a one-time approval [import-outside]\n" +
			"warning CLAUDE.md:1:18: @/x.md leads out of the project and is not counted; on a developer's machine it may be loaded after a one-time approval [import-outside]\n",
			[]string{"CLAUDE.md", "@../x.md @~/x.md @/x.md"}},
		{"directory", "CLAUDE.md", "warning CLAUDE.md:1:1: @docs loads nothing: docs is a directory [import-missing]\n", []string{"CLAUDE.md", "@docs", "docs/x.md", "x"}},
		{"not text", "CLAUDE.md Makefile", "warning CLAUDE.md:1:1: @a.png is not loaded: files with the extension .png are not imported [import-not-text]\n" +
			"warning CLAUDE.md:1:8: @nul.md is not loaded: nul.md is not a text file: it holds NUL bytes [import-not-text]\n", []string{"CLAUDE.md", "@a.png @nul.md @Makefile", "a.png", "x", "nul.md", "\x00", "Makefile", "all:"}},
		{"empty", "CLAUDE.md", "info CLAUDE.md:1:1: @a.md sends nothing: the file is empty [import-empty]\n", []string{"CLAUDE.md", "@a.md", "a.md", "<!-- x -->"}},
		{"plain files import nothing", "p.md", "", []string{"p.md", "@a.md @none.md", "a.md", "A"}},
		{"columns count code points", "CLAUDE.md", "warning CLAUDE.md:2:4: @x.md loads nothing: x.md does not exist [import-missing]\n", []string{"CLAUDE.md", "a\r\näé @x.md"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, diags := Load(files(c.files...), c.files[0], Options{})
			if diff := cmp.Diff(c.sent, paths(got)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.diags, lines(diags)); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
		})
	}
}

func TestImportDepth(t *testing.T) {
	fsys := files("CLAUDE.md", "@a.md", "a.md", "@b.md", "b.md", "B")
	if got, diags := Load(fsys, "CLAUDE.md", Options{MaxDepth: 1}); paths(got) != "CLAUDE.md a.md" || len(diags) != 1 {
		t.Errorf("%s %s", paths(got), lines(diags))
	}
}

func TestImportTooLarge(t *testing.T) {
	got, diags := Load(files("CLAUDE.md", "@big.md", "big.md", strings.Repeat("x", maxFile+1)), "CLAUDE.md", Options{})
	if paths(got) != "CLAUDE.md" || rules(diags) != "warning import-too-large CLAUDE.md:1:1" {
		t.Errorf("%s %s", paths(got), lines(diags))
	}
}

// A budget in the front matter of a file that sends nothing is still a budget.
func TestImportOfABudgetOnly(t *testing.T) {
	got, _ := Load(files("CLAUDE.md", "@b.md", "b.md", "---\ntokengate: {ceiling: 4M}\n---\n"), "CLAUDE.md", Options{})
	if len(got.Budgets) != 1 || got.Budgets[0].Ceiling.Tokens.Value != 4_000_000 {
		t.Errorf("budgets: %+v", got.Budgets)
	}
}

func TestImportSpan(t *testing.T) {
	_, diags := Load(files("CLAUDE.md", "see @docs/x.md now"), "CLAUDE.md", Options{})
	want := source.Span{File: "CLAUDE.md", Start: source.Pos{Line: 1, Col: 5}, End: source.Pos{Line: 1, Col: 15}}
	if len(diags) != 1 || diags[0].Span != want {
		t.Errorf("%+v", diags)
	}
}
