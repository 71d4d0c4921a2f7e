package prompt

import (
	"fmt"
	"path"
	"strings"
)

// findAgents reads .claude/agents of a folder. The description of each is told to the main conversation at launch; its
// body is the system prompt of every call that the subagent makes.
func (b *builder) findAgents(dir string) {
	for _, name := range b.under(path.Join(dir, ".claude", "agents"), isMarkdown) {
		a := &actor{Member: b.member(RoleAgent, name, PerSpawn)}
		b.agents = append(b.agents, a)
		content, ok := b.open(&a.Member)
		if !ok {
			continue
		}
		a.read(content)
		a.Name = oneLine(a.head.text("name"))
		if why, key, hint := b.unfit(a); why != "" {
			b.diags.Warn("agent-skipped", a.doc.key(a.head, key), hint, "the tool skips %s in silence: %s", name, why)
			a.When, a.Why = Never, why
			if _, unread := a.doc.readFrontMatter(); unread.HasErrors() {
				b.diags = append(b.diags, unread...) // a budget that cannot be read is never no limit
			}
			continue
		}
		tools := "All tools"
		if list := a.head.list("tools"); len(list) > 0 {
			tools = strings.Join(list, ", ")
		}
		a.listed, a.place = a.head.text("description")+" (Tools: "+tools+")", a.head.values["description"].at
	}
}

// unfit says why the tool does not load a subagent's file.
func (b *builder) unfit(a *actor) (why, key, hint string) {
	h := a.head
	switch {
	case !h.present:
		return "it has no front matter", "", "begin it with name and description between lines of ---"
	case h.broken:
		return "its front matter is not valid YAML", "description", "put quotes around values that hold \": \", or write them as a block: description: |"
	case a.Name == "":
		return "it has no name", "name", "add name: to the front matter"
	case strings.HasPrefix(a.Name, "-") || strings.Contains(a.Name, ":"):
		return fmt.Sprintf("%q cannot be a name", a.Name), "name", "take the leading dash, or the colon, away"
	case h.text("description") == "":
		return "it has no description", "description", "add description: to the front matter"
	}
	for _, other := range b.agents {
		if other != a && other.When != Never && other.Name == a.Name {
			return fmt.Sprintf("%s has the name %q as well, and one of them is taken (here the first)", other.Path, a.Name), "name", "give it a name of its own"
		}
	}
	return "", "", ""
}

// agentTemplate makes the template of a subagent: its body, the skills it is given in full, and the memory files.
func (b *builder) agentTemplate(a *actor) {
	if a.When == Never {
		return
	}
	l := a.loaded
	for _, name := range a.head.list("skills") {
		if s := b.skill(name); s != nil && len(s.File.Sections) > 0 {
			l.t.Files = append(l.t.Files, s.File)
		}
	}
	l.t.Files = append(l.t.Files, b.memory...)
	l.t.Agent, a.Template = a.Name, a.Path
	b.tree.templates = append(b.tree.templates, l.t)
	b.tree.agents[a.Name] = a.Path
}

// body loads what follows the front matter of a subagent, skill or command.
func (b *builder) body(a *actor) *loader {
	l := b.newLoader()
	l.how = manner{strip: true, trim: true}
	l.t.identify(a.Path, a.content)
	if l.add(a.Path, a.content, nil) {
		a.File = l.t.Files[0]
	}
	l.t.Lazy = false
	l.diags = append(l.diags, checkBudgets(l.t.Budgets, l.opts.Now)...)
	b.diags = append(b.diags, l.diags...)
	return l
}

// skill finds a skill by its name.
func (b *builder) skill(name string) *actor {
	for _, s := range b.skills {
		if s.Name == name && s.When != Never {
			return s
		}
	}
	return nil
}
