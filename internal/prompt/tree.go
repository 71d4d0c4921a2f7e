package prompt

import (
	"cmp"
	"io/fs"
	"path"
	"slices"

	"github.com/tokengate/tokengate/internal/source"
)

// Tree is everything that a tool loads of a project.
type Tree struct {
	Loader  Loader
	Members []Member // what is loaded at launch first, in the order it is sent; then the rest by role and path

	main      *Template
	templates []*Template       // main first, then those of subagents, skills and commands, and of files that are loaded later
	agents    map[string]string // path of the template by the name of the subagent, AnyAgent included
	skills    map[string]string
}

// Member is one file of a tree.
type Member struct {
	Path     string
	Real     string // where its symbolic links lead, if not to Path itself
	Role     Role
	Name     string // of a subagent, skill or command
	When     When
	Patterns []string // lazily loaded: the globs of files that load it; empty for any file in its folder
	Why      string   // in words, where When alone does not say it
	Local    bool     // a user's own file, which is not checked in
	Template string   // path of the template that sends it; "" where none does
	File     File     // what is sent of it at its time; without sections where that is nothing
	Listed   File     // what the main conversation is told of it at launch; without sections where that is nothing
}

// Role says what a file is to the tool.
type Role string

// The roles.
const (
	RoleMemory  Role = "memory"
	RoleImport  Role = "import"
	RoleRule    Role = "rule"
	RoleAgent   Role = "agent"
	RoleSkill   Role = "skill"
	RoleCommand Role = "command"
)

// When says when a file is sent.
type When string

// The times at which a file is sent.
const (
	AtLaunch      When = "launch"     // with every call of a conversation
	Lazily        When = "lazy"       // once a file that it is for is read
	PerSpawn      When = "spawn"      // with every call of a subagent
	PerInvocation When = "invocation" // from its invocation on
	PerCall       When = "call"       // with every call that an application makes from it: of no tree
	Never         When = "never"
)

// AnyAgent names the subagents that have no file in a tree: the tool's own, those of plugins, and those that a recording
// does not name. They load the memory files like any other; only Explore and Plan do not.
const AnyAgent = "?"

// lean are the tool's own subagents that load no memory files.
var lean = []string{"Explore", "Plan"}

// LoadTree reads the files that a tool loads of the project at the root of fsys. What the user's own home folder, an
// organisation's policy, plugins and bundled skills add is not in the project and not part of it. The tree is never nil;
// a file that cannot be used is among the diagnostics, as an error where its tokens are unknown.
func LoadTree(fsys fs.FS, loader Loader) (*Tree, source.Diagnostics) {
	b := newBuilder(fsys, loader)
	problems := loader.Check()
	for _, p := range problems {
		b.diags.Add("loader-invalid", source.Span{}, p.Hint, "loader.%s: %s", p.Key, p.Summary)
	}
	if len(problems) == 0 {
		if loader.tool() == ClaudeCode {
			b.claude()
		} else {
			b.other()
		}
	}
	b.finish()
	b.diags.Sort()
	return b.tree, b.diags
}

// Main is what the main conversation sends at launch: the memory files and rules, then what it is told of subagents and
// skills. Its path is that of the first memory file; without any its Files may be empty.
func (t *Tree) Main() *Template { return t.main }

// Templates lists a template for the main conversation, one for each subagent (its body and the memory files again), one
// for each skill and command (the main conversation and the body), and one for each file that is loaded later. A budget
// block is in the Budgets of exactly one of them: that of the file it stands in.
func (t *Tree) Templates() []*Template { return slices.Clone(t.templates) }

// Template gives the template of that path, nil where the tree has none.
func (t *Tree) Template(name string) *Template {
	for _, o := range t.templates {
		if o.Path == name {
			return o
		}
	}
	return nil
}

// Sends reports whether one of the tree's templates sends the file of that path, at whatever time.
func (t *Tree) Sends(name string) bool {
	return slices.ContainsFunc(t.Members, func(m Member) bool { return m.Template != "" && (m.Path == name || m.Real == name) })
}

// Of gives the path of the template that a recorded call was made from, by the names of its subagent ("" for the main
// conversation, AnyAgent where it is not known) and of the skill it is attributed to. It is "" where the call carries
// nothing of the tree.
func (t *Tree) Of(agent, skill string) string {
	if agent == "" {
		return cmp.Or(t.skills[skill], t.main.Path)
	}
	if p, ok := t.agents[agent]; ok && agent != AnyAgent {
		return p
	}
	if p, ok := t.skills[skill]; ok && t.forked(p) {
		return p
	}
	if slices.Contains(lean, agent) {
		return ""
	}
	return t.agents[AnyAgent]
}

// forked tells whether a skill runs in a subagent of its own.
func (t *Tree) forked(name string) bool {
	return slices.ContainsFunc(t.templates, func(o *Template) bool { return o.Path == name && o.Agent == AnyAgent })
}

// Roots lists the paths of the memory files that begin the tree, there or not: a project that names one of them among
// its templates means the tree.
func (l Loader) Roots() []string {
	var out []string
	for _, dir := range l.hierarchy() {
		out = append(out, l.memories(dir)...)
		if l.tool() == ClaudeCode && l.AgentsMD {
			out = append(out, path.Join(dir, "AGENTS.md"))
		}
	}
	return out
}
