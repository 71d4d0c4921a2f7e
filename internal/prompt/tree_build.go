package prompt

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/tokengate/tokengate/internal/source"
)

// builder makes a tree.
type builder struct {
	fsys   fs.FS
	loader Loader
	tree   *Tree
	l      *loader // of what is loaded at launch
	first  []byte  // content of the first memory file
	memory []File  // what is loaded at launch, as subagents load it again
	agents []*actor
	skills []*actor
	later  []*Template
	extra  []Member // not part of what is loaded at launch
	diags  source.Diagnostics
}

func newBuilder(fsys fs.FS, l Loader) *builder {
	b := &builder{fsys: fsys, loader: l, tree: &Tree{Loader: l, agents: map[string]string{}, skills: map[string]string{}}}
	b.l = b.newLoader()
	if l.tool() == ClaudeCode {
		b.l.lead = preamble
	}
	return b
}

// preamble is what Claude Code writes once in front of all memory files of a conversation.
const preamble = "Codebase and user instructions are shown below. Be sure to adhere to these instructions. IMPORTANT: These instructions " +
	"OVERRIDE any default behavior and you MUST follow them exactly as written.\n\n"

// PreambleText is the sentence that Claude Code puts once in front of all memory files of a conversation, for who shows
// one file alone.
const PreambleText = preamble

const localMemory = "CLAUDE.local.md"

func (b *builder) newLoader() *loader {
	l := newLoader(b.fsys, b.loader.options())
	l.how, l.tree, l.t.Kind = b.loader.manner(), true, ClaudeMD
	return l
}

// has tells whether something stands at a path, be it a link that leads nowhere.
func (b *builder) has(name string) bool {
	_, err := fs.Lstat(b.fsys, name)
	return err == nil
}

// launch loads a memory file, or a rule, that is sent at launch.
func (b *builder) launch(role Role, name string) {
	m := b.member(role, name, AtLaunch)
	content, ok := b.open(&m)
	if !ok {
		b.extra = append(b.extra, m)
		return
	}
	m.Local = path.Base(name) == localMemory
	if m.Local && !b.loader.Local {
		m.Why = "a user's own file: counted apart"
		b.extra = append(b.extra, b.apart(m, content).members...)
		return
	}
	if b.first == nil {
		b.l.t.identify(name, content)
		b.first = content
	}
	b.tree.Members = append(b.tree.Members, b.load(b.l, m, content)...)
}

// part is a template beside the main one, with its members.
type part struct {
	t       *Template
	members []Member
}

// apart loads a file, and what it imports, as a template of its own. What is sent at launch is not sent again.
func (b *builder) apart(m Member, content []byte) part {
	l := b.newLoader()
	l.seen = maps.Clone(b.l.seen)
	l.t.identify(m.Path, content)
	members := b.load(l, m, content)
	b.diags = append(b.diags, l.diags...)
	return part{l.t, members}
}

// lazily loads a file that is sent once a file that it is for is read.
func (b *builder) lazily(m Member) {
	content, ok := b.open(&m)
	m.Local = path.Base(m.Path) == localMemory
	if !ok {
		b.extra = append(b.extra, m)
		return
	}
	p := b.apart(m, content)
	if m.Local && !b.loader.Local {
		b.extra = append(b.extra, p.members...)
		return
	}
	p.t.Lazy = true
	b.extra = append(b.extra, p.members...)
	if len(p.t.Files) > 0 {
		b.later = append(b.later, p.t)
	}
}

// load adds a file and its imports to a template, and gives a member for each.
func (b *builder) load(l *loader, m Member, content []byte) []Member {
	files, budgets, before := len(l.t.Files), len(l.t.Budgets), len(l.diags)
	l.label = labelOf(m.Path)
	sent := l.add(m.Path, content, nil)
	l.t.Lazy = false
	if !sent {
		l.diags.Warn("template-empty", source.Span{File: m.Path}, "", "%s sends nothing", m.Path)
		m.When, m.Why = Never, "nothing is left of it"
	}
	l.linkText(m.Path, content)
	l.diags = append(l.diags, checkBudgets(l.t.Budgets[budgets:], l.opts.Now)...)
	out := []Member{m}
	for i, f := range l.t.Files[files:] {
		if i > 0 || !sent {
			out = append(out, Member{Path: f.Path, Real: b.linked(f.Path), Role: RoleImport, When: m.When, Patterns: m.Patterns, Local: m.Local, Template: l.t.Path, File: f})
			continue
		}
		out[0].File, out[0].Template = f, l.t.Path
	}
	if l == b.l {
		b.diags = append(b.diags, l.diags[before:]...)
	}
	return out
}

// member begins a member.
func (b *builder) member(role Role, name string, when When) Member {
	return Member{Path: name, Real: b.linked(name), Role: role, When: when}
}

// linked is the path that a file's symbolic links lead to, "" where that is its own.
func (b *builder) linked(name string) string {
	if real := realPath(b.fsys, name); real != name {
		return real
	}
	return ""
}

// open reads a member's content, or says why it is not sent.
func (b *builder) open(m *Member) ([]byte, bool) {
	if b.loader.excluded(m.Path) {
		m.When, m.Why = Never, "left out by excludes"
		return nil, false
	}
	if b.l.seen[realPath(b.fsys, m.Path)] {
		m.When, m.Why = Never, "the same file is sent already, and once only"
		return nil, false
	}
	content, p := read(b.fsys, m.Path)
	if p == nil {
		return content, true
	}
	m.When, m.Why = Never, p.summary
	switch p.kind {
	case "too-large":
		b.diags.Warn("template-too-large", source.Span{File: m.Path}, p.hint, "the tool skips a file of this size: %s", p.summary)
	case "missing": // a link that leads nowhere
		b.diags.Warn("template-missing", source.Span{File: m.Path}, p.hint, "the tool loads nothing, and says nothing: %s", p.summary)
	default:
		b.diags.Add("template-"+p.kind, source.Span{File: m.Path}, p.hint, "%s", p.summary)
	}
	return nil, false
}

// finish puts the parts together.
func (b *builder) finish() {
	b.memory = slices.Clip(slices.Clone(b.l.t.Files))
	t := b.tree
	t.main = b.l.t
	if t.main.Path == "" {
		t.main.Path = b.loader.Roots()[0]
	}
	b.list()
	for _, a := range slices.Concat(b.agents, b.skills) {
		if a.When != Never {
			a.loaded = b.body(a)
		}
	}
	for _, a := range slices.Concat(b.agents, b.skills) {
		if len(a.Listed.Sections) > 0 {
			t.main.Files = append(t.main.Files, a.Listed)
		}
	}
	t.templates = append(t.templates, t.main)
	for _, a := range b.agents {
		b.agentTemplate(a)
	}
	if len(b.memory) > 0 && b.loader.tool() == ClaudeCode {
		b.subagents()
	}
	for _, a := range b.skills {
		b.skillTemplate(a)
	}
	t.templates = append(t.templates, b.later...)
	for _, a := range slices.Concat(b.agents, b.skills) {
		b.extra = append(b.extra, a.Member)
	}
	t.Members = append(t.Members, b.extra...)
}

// subagents makes the template of subagents that have no file: the memory files alone.
func (b *builder) subagents() {
	t := *b.tree.main
	t.Path, t.Agent, t.Files, t.Budgets = fmt.Sprintf("%s (subagents)", b.tree.main.Path), AnyAgent, b.memory, nil
	b.tree.templates = append(b.tree.templates, &t)
	b.tree.agents[AnyAgent] = t.Path
}
