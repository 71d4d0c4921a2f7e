package prompt

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// members prints a tree one member a line: when, role, path, name and what is told of it.
func members(t *Tree) string {
	var b strings.Builder
	for _, m := range t.Members {
		fmt.Fprintf(&b, "%s %s %s", m.When, m.Role, m.Path)
		if m.Name != "" {
			fmt.Fprintf(&b, " %q", m.Name)
		}
		if len(m.Patterns) > 0 {
			fmt.Fprintf(&b, " %v", m.Patterns)
		}
		if m.When == Never {
			fmt.Fprintf(&b, " (%s)", m.Why)
		}
		if m.Local {
			b.WriteString(" local")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func templatePaths(t *Tree) string {
	var out []string
	for _, o := range t.Templates() {
		out = append(out, fmt.Sprintf("%s: %s", o.Path, paths(o)))
	}
	return strings.Join(out, "\n")
}

var project = files(
	"CLAUDE.md", "# Rules\nsee @docs/a.md\n",
	"docs/a.md", "A",
	".claude/CLAUDE.md", "more",
	".claude/rules/api.md", "---\npaths:\n  - src/api/**/*.ts\n---\nAPI",
	".claude/rules/sub/all.md", "ALL",
	".claude/agents/reviewer.md", "---\nname: reviewer\ndescription: Reviews changes\ntools: Read, Grep\nskills: [deploy]\n---\nYou review.\n",
	".claude/agents/broken.md", "---\nname: broken\ndescription: a: b\n---\nBody",
	".claude/skills/deploy/SKILL.md", "---\ndescription: Deploys\nwhen_to_use: on release\n---\n# Deploy\nRun it.\n",
	".claude/commands/fix.md", "Fix the issue $ARGUMENTS.\n",
	"CLAUDE.local.md", "mine",
	"web/CLAUDE.md", "WEB @b.md", "web/b.md", "B",
	"node_modules/x/CLAUDE.md", "not ours",
)

func TestLoadTree(t *testing.T) {
	got, diags := LoadTree(project, Loader{})
	want := `launch memory CLAUDE.md
launch import docs/a.md
launch memory .claude/CLAUDE.md
launch rule .claude/rules/sub/all.md
lazy rule .claude/rules/api.md [src/api/**/*.ts]
launch memory CLAUDE.local.md local
lazy memory web/CLAUDE.md
lazy import web/b.md
never agent .claude/agents/broken.md "broken" (its front matter is not valid YAML)
spawn agent .claude/agents/reviewer.md "reviewer"
invocation skill .claude/skills/deploy/SKILL.md "deploy"
invocation command .claude/commands/fix.md "fix"
`
	if diff := cmp.Diff(want, members(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("warning agent-skipped .claude/agents/broken.md:3:14", rules(diags)); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, lines(diags))
	}
	memory := "CLAUDE.md docs/a.md .claude/CLAUDE.md .claude/rules/sub/all.md"
	want = "CLAUDE.md: " + memory + " .claude/agents/reviewer.md .claude/skills/deploy/SKILL.md .claude/commands/fix.md\n" +
		".claude/agents/reviewer.md: .claude/agents/reviewer.md .claude/skills/deploy/SKILL.md " + memory + "\n" +
		"CLAUDE.md (subagents): " + memory + "\n" +
		".claude/skills/deploy/SKILL.md: " + memory + " .claude/agents/reviewer.md .claude/commands/fix.md .claude/skills/deploy/SKILL.md\n" +
		".claude/commands/fix.md: " + memory + " .claude/agents/reviewer.md .claude/skills/deploy/SKILL.md .claude/commands/fix.md\n" +
		".claude/rules/api.md: .claude/rules/api.md\n" +
		"web/CLAUDE.md: web/CLAUDE.md web/b.md"
	if diff := cmp.Diff(want, templatePaths(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What the main conversation, a subagent and a skill send, to the byte.
func TestTreeTexts(t *testing.T) {
	fsys := files("CLAUDE.md", "M", ".claude/rules/r.md", "R",
		".claude/agents/a.md", "---\nname: a\ndescription: Does a\n---\n\nYou are a.\n",
		".claude/skills/s/SKILL.md", "---\ndescription: Does s\n---\nS body\n")
	tree, diags := LoadTree(fsys, Loader{})
	if len(diags) > 0 {
		t.Error(lines(diags))
	}
	memory := preamble + "Contents of /repo/CLAUDE.md " + label + "M\n\nContents of /repo/.claude/rules/r.md " + label + "R"
	for path, want := range map[string]string{
		"CLAUDE.md":                 memory + "- a: Does a (Tools: All tools)\n- s: Does s\n",
		".claude/agents/a.md":       "You are a." + memory,
		"CLAUDE.md (subagents)":     memory,
		".claude/skills/s/SKILL.md": memory + "- a: Does a (Tools: All tools)\n- s: Does s\nS body",
	} {
		if diff := cmp.Diff(want, tree.Template(path).Text()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestTreeOf(t *testing.T) {
	tree, _ := LoadTree(project, Loader{})
	for _, c := range []struct{ agent, skill, want string }{
		{"", "", "CLAUDE.md"}, {"", "deploy", ".claude/skills/deploy/SKILL.md"}, {"", "fix", ".claude/commands/fix.md"}, {"", "plugin:x", "CLAUDE.md"},
		{"reviewer", "", ".claude/agents/reviewer.md"}, {"reviewer", "deploy", ".claude/agents/reviewer.md"},
		{"Explore", "", ""}, {"Plan", "", ""}, {"general-purpose", "", "CLAUDE.md (subagents)"}, {AnyAgent, "", "CLAUDE.md (subagents)"}, {"broken", "", "CLAUDE.md (subagents)"},
	} {
		if got := tree.Of(c.agent, c.skill); got != c.want {
			t.Errorf("agent %q, skill %q: %q, want %q", c.agent, c.skill, got, c.want)
		}
	}
}

// checkTree holds what is true of every tree.
func checkTree(t *testing.T, tree *Tree) {
	t.Helper()
	seen := map[string]bool{}
	for _, o := range tree.Templates() {
		if seen[o.Path] {
			t.Errorf("two templates of %s", o.Path)
		}
		seen[o.Path] = true
		sum := ""
		for _, f := range o.Files {
			for _, s := range f.Sections {
				sum += s.Text
				if s.Text == "" {
					t.Errorf("%s: %s: an empty section", o.Path, f.Path)
				}
			}
		}
		if sum != o.Text() {
			t.Errorf("%s: sections are not the text", o.Path)
		}
		if len(Diff(o, o)) > 0 {
			t.Errorf("%s differs from itself", o.Path)
		}
		total := 0
		for _, h := range Diff(nil, o) {
			total += len(h.New) - len(h.Old)
			if h.File == "" {
				t.Errorf("%s: a hunk without a file", o.Path)
			}
		}
		if total != len(o.Text()) {
			t.Errorf("%s: the hunks of a new template add up to %d bytes of %d", o.Path, total, len(o.Text()))
		}
	}
	for _, m := range tree.Members {
		if m.Template != "" && !seen[m.Template] && !m.Local {
			t.Errorf("%s: no template %s", m.Path, m.Template)
		}
		if m.When == Never && (m.Why == "" || len(m.File.Sections) > 0 || len(m.Listed.Sections) > 0) {
			t.Errorf("%s is never sent: %q, %d sections", m.Path, m.Why, len(m.File.Sections))
		}
	}
}

// Every tree of real files loads. Files that stand alone among the samples are put where their names say they stood.
func TestSampleLoadTree(t *testing.T) {
	all, loaded := samples(t), 0
	err := fs.WalkDir(all, "claude-md/trees", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		fsys, err := fs.Sub(all, name)
		if err != nil {
			return err
		}
		for _, tool := range Tools() {
			tree, _ := LoadTree(fsys, Loader{Tool: tool})
			checkTree(t, tree)
		}
		loaded++
		return nil
	})
	if err != nil || loaded < 10 {
		t.Errorf("%d trees, %v", loaded, err)
	}
	fsys := fstest.MapFS{}
	for dir, to := range map[string]string{"rules": ".claude/rules/", "agents": ".claude/agents/", "commands": ".claude/commands/", "skills": ".claude/skills/", "claude-md": "", "agents-md": "", "other-agent-rules": ".cursor/rules/"} {
		entries, err := fs.ReadDir(all, dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			content, err := fs.ReadFile(all, dir+"/"+e.Name())
			if err != nil {
				continue
			}
			switch name := e.Name(); dir {
			case "skills":
				fsys[to+name+"/SKILL.md"] = &fstest.MapFile{Data: content}
			case "claude-md", "agents-md":
				fsys["x/"+name+"/CLAUDE.md"] = &fstest.MapFile{Data: content}
			default:
				fsys[to+name] = &fstest.MapFile{Data: content}
			}
		}
	}
	tree, diags := LoadTree(fsys, Loader{})
	checkTree(t, tree)
	t.Logf("%s%s", members(tree), lines(diags))
	tree, _ = LoadTree(fsys, Loader{Tool: Cursor})
	checkTree(t, tree)
	t.Logf("%s", members(tree))
}
