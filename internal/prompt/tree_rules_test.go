package prompt

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// launched lists what the main conversation sends at launch.
func launched(t *Tree) string { return paths(t.Main()) }

// What a version of Claude Code does, by its list of changes.
func TestLoaderVersions(t *testing.T) {
	chain := files("CLAUDE.md", "@1.md\n\n<!-- note -->\n", "1.md", "@2.md", "2.md", "@3.md", "3.md", "@4.md", "4.md", "@5.md", "5.md", "@6.md", "6.md", "six",
		".claude/rules/r.md", "rule")
	for _, c := range []struct {
		loader   Loader
		depth    int
		rules    bool
		comments bool // stripped
		imports  bool
	}{
		{Loader{}, 4, true, true, true},
		{Loader{Version: "2.1.287"}, 4, true, true, true},
		{Loader{Version: "2.1.152"}, 4, true, true, true},
		{Loader{Version: "2.1.150"}, 5, true, true, true},
		{Loader{Version: "2026-05-26"}, 4, true, true, true},
		{Loader{Version: "2026-05-25"}, 5, true, true, true},
		{Loader{Version: "2.1.72"}, 5, true, true, true},
		{Loader{Version: "2.1.71"}, 5, true, false, true},
		{Loader{Version: "2.0.64"}, 5, true, false, true},
		{Loader{Version: "2.0.63"}, 5, false, false, true},
		{Loader{Version: "0.2.107"}, 5, false, false, true},
		{Loader{Version: "0.2.106"}, 0, false, false, false},
		{Loader{ImportDepth: 2}, 2, true, true, true},
		{Loader{Version: "2.1.287", ImportDepth: 5}, 5, true, true, true},
	} {
		tree, _ := LoadTree(chain, c.loader)
		want := "CLAUDE.md"
		for i := 1; c.imports && i <= c.depth; i++ {
			want += fmt.Sprintf(" %d.md", i)
		}
		if c.rules {
			want += " .claude/rules/r.md"
		}
		if got := launched(tree); got != want {
			t.Errorf("%+v: %s, want %s", c.loader, got, want)
		}
		if got := !strings.Contains(tree.Main().Text(), "note"); got != c.comments {
			t.Errorf("%+v: comments stripped: %v", c.loader, got)
		}
	}
	image := files("CLAUDE.md", "@a.svg", "a.svg", "<svg/>")
	for version, want := range map[string]string{"2.1.1": "CLAUDE.md a.svg", "2.1.2": "CLAUDE.md"} {
		if tree, _ := LoadTree(image, Loader{Version: version}); launched(tree) != want {
			t.Errorf("%s: %s", version, launched(tree))
		}
	}
}

// Where files are found, and what is sent once.
func TestTreePlaces(t *testing.T) {
	for _, c := range []struct {
		name   string
		loader Loader
		files  []string
		want   string // at launch
		later  string // lazy or never
	}{
		{"both memory files", Loader{}, []string{"CLAUDE.md", "a", ".claude/CLAUDE.md", "b"}, "CLAUDE.md .claude/CLAUDE.md", ""},
		{"a link to one of both", Loader{}, []string{"CLAUDE.md", "a", ".claude/CLAUDE.md", "->../CLAUDE.md"}, "CLAUDE.md", "never .claude/CLAUDE.md"},
		{"a link to AGENTS.md", Loader{}, []string{"AGENTS.md", "a", "CLAUDE.md", "->AGENTS.md"}, "CLAUDE.md", ""},
		{"AGENTS.md alone", Loader{}, []string{"AGENTS.md", "a"}, "", ""},
		{"AGENTS.md alone, with the fallback", Loader{AgentsMD: true}, []string{"AGENTS.md", "a"}, "AGENTS.md", ""},
		{"AGENTS.md beside CLAUDE.md, with the fallback", Loader{AgentsMD: true}, []string{"AGENTS.md", "a", "CLAUDE.md", "b"}, "CLAUDE.md", ""},
		{"an imported rule is sent once", Loader{}, []string{"CLAUDE.md", "@.claude/rules/r.md", ".claude/rules/r.md", "r"}, "CLAUDE.md .claude/rules/r.md", "never .claude/rules/r.md"},
		{"below the root", Loader{}, []string{"CLAUDE.md", "a", "x/CLAUDE.md", "x", "x/.claude/rules/r.md", "r"}, "CLAUDE.md", "lazy x/CLAUDE.md lazy x/.claude/rules/r.md"},
		{"from a folder", Loader{Cwd: "x"}, []string{"CLAUDE.md", "a", "x/CLAUDE.md", "x", "x/y/CLAUDE.md", "y", "z/CLAUDE.md", "z"}, "CLAUDE.md x/CLAUDE.md", "lazy x/y/CLAUDE.md"},
		{"excluded", Loader{Excludes: []string{"x/**", "/repo/.claude/rules/*.md"}}, []string{"CLAUDE.md", "a", "x/CLAUDE.md", "x", ".claude/rules/r.md", "r"}, "CLAUDE.md", "never .claude/rules/r.md never x/CLAUDE.md"},
		{"a user's own", Loader{}, []string{"CLAUDE.md", "a", "CLAUDE.local.md", "b"}, "CLAUDE.md", "launch CLAUDE.local.md"},
		{"a user's own that is checked in", Loader{Local: true}, []string{"CLAUDE.md", "a", "CLAUDE.local.md", "b"}, "CLAUDE.md CLAUDE.local.md", ""},
		{"a user's own below the root", Loader{}, []string{"CLAUDE.md", "a", "x/CLAUDE.local.md", "b"}, "CLAUDE.md", "lazy x/CLAUDE.local.md"},
		{"a link that leads nowhere", Loader{}, []string{"CLAUDE.md", "->AGENTS.md", "x/CLAUDE.md", "b"}, "", "never CLAUDE.md lazy x/CLAUDE.md"},
		{"a linked folder of rules, in a circle", Loader{}, []string{"CLAUDE.md", "a", "shared/r.md", "r", ".claude/rules/s", "->../../shared", "shared/again", "->../shared"}, "CLAUDE.md .claude/rules/s/r.md", ""},
		{"another repository inside", Loader{}, []string{"CLAUDE.md", "a", "sub/.git", "gitdir: x", "sub/CLAUDE.md", "b"}, "CLAUDE.md", ""},
		{"nothing left", Loader{}, []string{"CLAUDE.md", "<!-- x -->", ".claude/rules/r.md", "r"}, ".claude/rules/r.md", "never CLAUDE.md"},
		{"codex", Loader{Tool: Codex, Cwd: "x"}, []string{"AGENTS.md", "a", "AGENTS.override.md", "o", "x/AGENTS.md", "x", "x/y/AGENTS.md", "y", "CLAUDE.md", "c"}, "AGENTS.override.md x/AGENTS.md", "lazy x/y/AGENTS.md"},
		{"gemini", Loader{Tool: GeminiCLI}, []string{"GEMINI.md", "see @a.md and `@b.md`", "a.md", "A", "b.md", "B"}, "GEMINI.md a.md", ""},
		{"cursor", Loader{Tool: Cursor}, []string{"AGENTS.md", "a", ".cursor/rules/1.mdc", "---\nalwaysApply: true\n---\n1", ".cursor/rules/2.mdc", "---\nglobs: \"*.ts,*.tsx\"\n---\n2", ".cursor/rules/3.mdc", "---\ndescription: d\n---\n3"}, "AGENTS.md .cursor/rules/1.mdc", "lazy .cursor/rules/2.mdc invocation .cursor/rules/3.mdc"},
		{"copilot", Loader{Tool: Copilot}, []string{".github/copilot-instructions.md", "a", ".github/instructions/1.instructions.md", "---\napplyTo: \"**\"\n---\n1", ".github/instructions/2.instructions.md", "---\napplyTo: \"**/*.py\"\n---\n2"}, ".github/copilot-instructions.md .github/instructions/1.instructions.md", "lazy .github/instructions/2.instructions.md"},
		{"windsurf", Loader{Tool: Windsurf}, []string{".windsurfrules", "a"}, ".windsurfrules", ""},
		{"cline, a file", Loader{Tool: Cline}, []string{".clinerules", "a"}, ".clinerules", ""},
		{"cline, a folder", Loader{Tool: Cline}, []string{".clinerules/1.md", "a"}, ".clinerules/1.md", ""},
	} {
		tree, diags := LoadTree(files(c.files...), c.loader)
		var later []string
		for _, m := range tree.Members {
			if m.When != AtLaunch || m.Local && !c.loader.Local {
				later = append(later, string(m.When)+" "+m.Path)
			}
		}
		if got := strings.Join(later, " "); launched(tree) != c.want || got != c.later {
			t.Errorf("%s: %q, later %q\n%s", c.name, launched(tree), got, lines(diags))
		}
		checkTree(t, tree)
	}
}

// A link that leads nowhere costs nothing and loads nothing, which is said; the rest of the tree is counted.
func TestTreeDeadLink(t *testing.T) {
	_, diags := LoadTree(files("CLAUDE.md", "->AGENTS.md", "x/CLAUDE.md", "b"), Loader{})
	want := "CLAUDE.md: the tool loads nothing, and says nothing: CLAUDE.md is a symbolic link to a file that does not exist"
	if diags.HasErrors() || !strings.Contains(lines(diags), want) {
		t.Error(lines(diags))
	}
}

// A user's own file is measured wherever it stands, apart from the others.
func TestTreeLocalBelow(t *testing.T) {
	tree, _ := LoadTree(files("CLAUDE.md", "a", "x/CLAUDE.local.md", "mine"), Loader{})
	if m := tree.Members[1]; !m.Local || !strings.HasSuffix(m.File.Text(), "mine") || tree.Template("x/CLAUDE.local.md") != nil {
		t.Errorf("%+v", m)
	}
}

// Of other tools a file is sent as it stands, without a line that names it; Codex cuts at 32 KiB.
func TestOtherToolsText(t *testing.T) {
	tree, _ := LoadTree(files("AGENTS.md", "---\na: b\n---\n<!-- c -->\n@x.md\n", "x.md", "x"), Loader{Tool: Codex})
	if got := tree.Main().Text(); got != "---\na: b\n---\n<!-- c -->\n@x.md\n" {
		t.Errorf("%q", got)
	}
	tree, diags := LoadTree(files("AGENTS.md", strings.Repeat("é\n", 20_000), "x/AGENTS.md", "gone"), Loader{Tool: Codex, Cwd: "x"})
	if got := len(tree.Main().Text()); got > codexBytes || got < codexBytes-4 || !strings.Contains(lines(diags), "memory-cut") {
		t.Errorf("%d bytes\n%s", got, lines(diags))
	}
	checkTree(t, tree)
}

// Which files of subagents are skipped, and at which place that is said.
func TestAgentSkipped(t *testing.T) {
	for head, want := range map[string]string{
		"---\nname: a\ndescription: d\n---\nB":                    "",
		"---\r\nname: a\r\ndescription: d\r\n---\r\nB":            "",
		"---\nname: a\ndescription: |\n  two\n  lines\n---\nB":    "",
		"\uFEFF---\nname: a\ndescription: d\ntools: A, B\n---\nB": "",
		"B":                                      "a.md:1:1: it has no front matter",
		"---\ndescription: d\n---\nB":            "a.md:1:1: it has no name",
		"---\nname: a\n---\nB":                   "a.md:1:1: it has no description",
		"---\nname: -a\ndescription: d\n---\nB":  `a.md:2:7: "-a" cannot be a name`,
		"---\nname: a:b\ndescription: d\n---\nB": `a.md:2:7: "a:b" cannot be a name`,
		"---\nname: a\ndescription: Use this: <example>\n---\nB": "a.md:3:14: its front matter is not valid YAML",
		"---\nname: a\ndescription: @x\n---\nB":                  "a.md:3:14: its front matter is not valid YAML",
	} {
		tree, diags := LoadTree(files(".claude/agents/a.md", head), Loader{})
		got := ""
		for _, d := range diags {
			if d.Rule == "agent-skipped" {
				got = strings.TrimPrefix(d.Span.String(), ".claude/agents/") + ": " + d.Summary[strings.LastIndex(d.Summary, "silence: ")+len("silence: "):]
			}
		}
		if got != want || (tree.Template(".claude/agents/a.md") == nil) != (want != "") {
			t.Errorf("%q: %q, want %q", head, got, want)
		}
		checkTree(t, tree)
	}
}

// The listing: names always, descriptions cut at 1,536 characters, and dropped from the end where there is no room.
func TestListing(t *testing.T) {
	long := strings.Repeat("é", 2000)
	tree, _ := LoadTree(files(".claude/skills/a/SKILL.md", "---\ndescription: "+long+"\n---\nB"), Loader{})
	if diff := cmp.Diff("- a: "+strings.Repeat("é", 1536)+"\n", tree.Main().Text()); diff != "" {
		t.Error(diff)
	}
	three := files(
		".claude/skills/a/SKILL.md", "---\nname: first\ndescription: one\nwhen_to_use: always\n---\nA",
		".claude/skills/b/SKILL.md", "# Title\n\nThe first\nparagraph.\n\nMore.",
		".claude/skills/c/SKILL.md", "---\ndescription: hidden\ndisable-model-invocation: yes\n---\nC",
		".claude/commands/sub/d.md", "Do d.",
		".claude/skills/e/SKILL.md", "---\ndescription: gone\ndisable-model-invocation: true\nuser-invocable: off\n---\nE")
	tree, diags := LoadTree(three, Loader{})
	if diff := cmp.Diff("- first: one - always\n- b: The first paragraph.\n- d: Do d.\n", tree.Main().Text()); diff != "" || len(diags) > 0 {
		t.Error(diff, lines(diags))
	}
	// 22 + 26 + 11 characters; without "Do d." 22 + 26 + 4, without the paragraph too 22 + 4 + 4
	for limit, want := range map[int]string{
		59: "- first: one - always\n- b: The first paragraph.\n- d: Do d.\n", 58: "- first: one - always\n- b: The first paragraph.\n- d\n",
		52: "- first: one - always\n- b: The first paragraph.\n- d\n", 51: "- first: one - always\n- b\n- d\n", 1: "- first\n- b\n- d\n",
	} {
		tree, diags := LoadTree(three, Loader{ListingChars: limit})
		if diff := cmp.Diff(want, tree.Main().Text()); diff != "" || strings.Contains(lines(diags), "listing-overflow") != (limit < 59) {
			t.Errorf("%d: %s\n%s", limit, diff, lines(diags))
		}
	}
	if n := (Loader{}).listingChars(); n != 8000 {
		t.Errorf("1 %% of 200,000 tokens are %d characters", n)
	}
}

// An edit of a description changes what the main conversation sends, at the place of the description.
func TestListingDiff(t *testing.T) {
	head := func(d string) *Tree {
		tree, _ := LoadTree(files("CLAUDE.md", "m", ".claude/agents/a.md", "---\nname: a\ncolor: red\ndescription: "+d+"\n---\nB"), Loader{})
		return tree
	}
	hunks := Diff(head("one").Main(), head("two").Main())
	if len(hunks) != 1 || hunks[0].Span.String() != ".claude/agents/a.md:4:1" || hunks[0].Section != Listing || hunks[0].New != "- a: two (Tools: All tools)\n" {
		t.Errorf("%+v", hunks)
	}
}

// Paths of rules: what is a pattern, and what is said of those that do not match.
func TestRulePaths(t *testing.T) {
	for paths, want := range map[string]string{
		"paths: [a/**, \"*.ts\"]":     "lazy [a/** *.ts]",
		"paths: a/**, src/*.{ts,tsx}": "lazy [a/** src/*.{ts,tsx}]",
		"paths: []":                   "launch []",
		"paths:":                      "launch []",
		"title: x":                    "launch []",
		"paths: [\"app/[id]/x.ts\"]":  `lazy [app/[id]/x.ts] rule-paths .claude/rules/r.md:2:8`,
		`paths: ['app/\[id\]/x.ts']`:  `lazy [app/\[id\]/x.ts]`,
		"paths: ['{a,b']":             `lazy [{a,b] rule-paths .claude/rules/r.md:2:8`,
		"paths: ['" + strings.Repeat("{a,b}", 10) + "']": "lazy [" + strings.Repeat("{a,b}", 10) + "] rule-paths .claude/rules/r.md:2:8",
	} {
		tree, diags := LoadTree(files(".claude/rules/r.md", "---\n"+paths+"\n---\nR"), Loader{})
		m := tree.Members[0]
		got := strings.TrimSpace(fmt.Sprintf("%s %v", m.When, m.Patterns))
		for _, d := range diags {
			got += fmt.Sprintf(" %s %s", d.Rule, d.Span)
		}
		if got != want {
			t.Errorf("%s: %s\nwant %s", paths, got, want)
		}
	}
	for pattern, want := range map[string]int{"a": 1, "{a,b}": 2, "{a,b}{c,d,e}": 6, "{a,{b,c}d}": 3, `\{a,b`: 1, strings.Repeat("{a,b}", 40): 1 << 30} {
		if got := alternatives(pattern); got != want {
			t.Errorf("%s: %d, want %d", pattern, got, want)
		}
	}
}

// What a skill sends beside its body.
func TestSkillReferences(t *testing.T) {
	tree, diags := LoadTree(files("CLAUDE.md", "m", "docs/x.md", "X @y.md", "docs/y.md", "Y",
		".claude/commands/c.md", "Read @docs/x.md and @me, then !`git diff`.\n",
		".claude/skills/f/SKILL.md", "---\ndescription: d\ncontext: fork\n---\nF"), Loader{})
	if got := paths(tree.Template(".claude/commands/c.md")); got != "CLAUDE.md .claude/skills/f/SKILL.md .claude/commands/c.md docs/x.md" {
		t.Error(got)
	}
	if got := paths(tree.Template(".claude/skills/f/SKILL.md")); got != ".claude/skills/f/SKILL.md CLAUDE.md" {
		t.Error(got)
	}
	if got := rules(diags); got != "warning command-output-unknown .claude/commands/c.md:1:31" {
		t.Error(got)
	}
	if tree.Of("", "f") != ".claude/skills/f/SKILL.md" || tree.Of(AnyAgent, "f") != ".claude/skills/f/SKILL.md" {
		t.Error(tree.Of(AnyAgent, "f"))
	}
}

// Budgets stand in one template each: that of the file they are written in.
func TestTreeBudgets(t *testing.T) {
	block := "\n```yaml tokengate\nceiling: 1M\n```\n"
	tree, diags := LoadTree(files("CLAUDE.md", "m"+block, ".claude/rules/r.md", "r"+block, ".claude/agents/a.md", "---\nname: a\ndescription: d\n---\n"+block,
		".claude/skills/s/SKILL.md", "---\ndescription: d\ntokengate: {ceiling: 1M}\n---\nS", "x/CLAUDE.md", "x"+block), Loader{})
	var got []string
	for _, o := range tree.Templates() {
		for _, b := range o.Budgets {
			got = append(got, o.Path+"="+b.Span.File)
		}
	}
	want := "CLAUDE.md=CLAUDE.md CLAUDE.md=.claude/rules/r.md .claude/agents/a.md=.claude/agents/a.md .claude/skills/s/SKILL.md=.claude/skills/s/SKILL.md x/CLAUDE.md=x/CLAUDE.md"
	if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" || len(diags) > 0 {
		t.Error(diff, lines(diags))
	}
	if _, diags := LoadTree(files(".claude/agents/a.md", "---\nname: a\ndescription: d: e\ntokengate: {ceiling: 1M}\n---\n"), Loader{}); !diags.HasErrors() {
		t.Error("a budget that cannot be read is no error")
	}
}

// Hostile front matter ends soon.
func TestHostileHeads(t *testing.T) {
	for name, head := range map[string]string{
		"one line of keys":  "{" + strings.Repeat("a: 1, ", 60_000) + "b: 2}",
		"lines of no YAML":  strings.Repeat("a: b: c\n", 60_000),
		"braces":            "paths: ['" + strings.Repeat("{a,b}", 60_000) + "']",
		"deep lists":        "paths: " + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000),
		"values that go on": "a: [\n" + strings.Repeat("  x\n", 60_000),
	} {
		start := time.Now()
		tree, _ := LoadTree(files(".claude/rules/r.md", "---\n"+head+"\n---\nR", ".claude/agents/a.md", "---\n"+head+"\n---\nR"), Loader{})
		checkTree(t, tree)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %s", name, took)
		} else {
			t.Log(name, took)
		}
	}
}

func FuzzLoadTree(f *testing.F) {
	for _, s := range []string{"", "---\nname: a\ndescription: b\n---\nx", "---\npaths: [a, {b]\n---\n@c.md", "---\r\nname: x: y\r\n- z\r\n---\r\n", "---\n&a [*a]\n---\n!`ls`", "\uFEFF---\na\n---\n@SKILL.md", "---\ndescription: |\n  a\n\n  b\nskills: s\n---\n# x\n\ny", "---\n- a\n---\n", "---\nname: é\ndescription: 'é\n  f'\ncontext: fork\n---\n"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		fsys := files("CLAUDE.md", "x", ".claude/rules/r.md", "x", ".claude/agents/a.md", "x", ".claude/skills/s/SKILL.md", "x", ".claude/commands/c.md", "x", "w/CLAUDE.md", "x", "AGENTS.md", "x", ".cursor/rules/x.mdc", "x")
		for i, name := range []string{"CLAUDE.md", ".claude/rules/r.md", ".claude/agents/a.md", ".claude/skills/s/SKILL.md", ".claude/commands/c.md", "w/CLAUDE.md", "AGENTS.md", ".cursor/rules/x.mdc"} {
			fsys[name].Data = []byte([]string{a, b}[i%2])
		}
		for _, l := range []Loader{{AgentsMD: true, ListingChars: 20}, {Tool: Cursor}, {Tool: Codex}} {
			tree, diags := LoadTree(fsys, l)
			checkTree(t, tree)
			for _, d := range diags {
				if d.Rule == "" || d.Summary == "" || strings.HasSuffix(d.Summary, ".") {
					t.Errorf("incomplete diagnostic %+v", d)
				}
			}
			again, _ := LoadTree(fsys, l)
			for i, o := range tree.Templates() {
				if again.Templates()[i].Text() != o.Text() {
					t.Errorf("%s: a second load differs", o.Path)
				}
			}
		}
	})
}
