package prompt

import (
	"path"
	"slices"
)

// claude loads what Claude Code loads, in the order of its context: for each folder from the root to the one a session
// starts in CLAUDE.md, .claude/CLAUDE.md, rules and CLAUDE.local.md, all of them one after the other.
func (b *builder) claude() {
	up := b.loader.hierarchy()
	for _, dir := range up {
		for _, name := range b.claudeFiles(dir) {
			b.launch(RoleMemory, name)
		}
		b.rules(dir, false)
		if local := path.Join(dir, localMemory); b.has(local) {
			b.launch(RoleMemory, local)
		}
	}
	for _, dir := range b.folders() {
		if !slices.Contains(up, dir) {
			b.nested(dir)
		}
	}
	for _, dir := range up {
		b.findAgents(dir)
		b.findSkills(dir)
		b.findCommands(dir)
	}
}

// memories lists the memory files that a folder may have, there or not.
func (l Loader) memories(dir string) []string {
	switch l.tool() {
	case ClaudeCode:
		return []string{path.Join(dir, "CLAUDE.md"), path.Join(dir, ".claude", "CLAUDE.md")}
	case Codex:
		return []string{path.Join(dir, "AGENTS.override.md"), path.Join(dir, "AGENTS.md")}
	case GeminiCLI:
		return []string{path.Join(dir, "GEMINI.md")}
	case Copilot:
		return []string{path.Join(dir, ".github", "copilot-instructions.md"), path.Join(dir, "AGENTS.md")}
	case Windsurf:
		return []string{path.Join(dir, ".windsurfrules")}
	case Cline:
		return []string{path.Join(dir, ".clinerules")}
	}
	return []string{path.Join(dir, "AGENTS.md")}
}

// nested takes the files of a folder below the one a session starts in, which are loaded once a file in it is read.
func (b *builder) nested(dir string) {
	add := func(name string) {
		m := b.member(RoleMemory, name, Lazily)
		m.Why = "on reading a file under " + dir + "/"
		b.lazily(m)
	}
	for _, name := range b.claudeFiles(dir) {
		add(name)
	}
	b.rules(dir, true)
	if local := path.Join(dir, localMemory); b.has(local) {
		add(local)
	}
}

// claudeFiles lists the memory files that stand in a folder, with the fallback to AGENTS.md where it is set.
func (b *builder) claudeFiles(dir string) (out []string) {
	for _, name := range b.loader.memories(dir) {
		if b.has(name) {
			out = append(out, name)
		}
	}
	if agents := path.Join(dir, "AGENTS.md"); len(out) == 0 && b.loader.AgentsMD && b.has(agents) {
		out = append(out, agents)
	}
	return out
}
