package prompt

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tokengate/tokengate/internal/source"
)

// codexBytes is how much Codex reads of its memory files together, unless it is configured otherwise.
const codexBytes = 32 << 10

// other loads what the tools beside Claude Code load.
func (b *builder) other() {
	up := b.loader.hierarchy()
	for _, dir := range up {
		for _, name := range b.standing(dir) {
			b.launch(RoleMemory, name)
		}
	}
	for _, dir := range b.folders() {
		if slices.Contains(up, dir) {
			continue
		}
		for _, name := range b.standing(dir) {
			m := b.member(RoleMemory, name, Lazily)
			m.Why = "on working with a file under " + dir + "/"
			b.lazily(m)
		}
	}
	switch b.loader.tool() {
	case Codex:
		b.cap()
	case Cursor:
		b.conditional(".cursor/rules", ".mdc", cursorCondition)
	case Copilot:
		b.conditional(".github/instructions", ".instructions.md", copilotCondition)
	case Cline:
		for _, name := range b.under(".clinerules", isMarkdown) {
			b.launch(RoleRule, name)
		}
	}
}

// standing lists the memory files of a folder that are read: Codex takes one of two.
func (b *builder) standing(dir string) (out []string) {
	for _, name := range b.loader.memories(dir) {
		if p := stat(b.fsys, name); p != nil && p.kind == "not-a-file" || !b.has(name) {
			continue
		}
		out = append(out, name)
		if b.loader.tool() == Codex {
			break
		}
	}
	return out
}

// conditional loads rules whose front matter says when they are sent.
func (b *builder) conditional(dir, suffix string, condition func(head) (When, []string, string)) {
	for _, name := range b.under(dir, func(n string) bool { return strings.HasSuffix(n, suffix) }) {
		m := b.member(RoleRule, name, AtLaunch)
		if content, p := read(b.fsys, name); p == nil {
			d, _ := newDocument(name, content)
			d.findFrontMatter(ClaudeMD)
			m.When, m.Patterns, m.Why = condition(d.readHead())
		}
		if m.When == AtLaunch {
			b.launch(RoleRule, name)
		} else {
			b.lazily(m)
		}
	}
}

func cursorCondition(h head) (When, []string, string) {
	globs := h.list("globs")
	switch {
	case h.flag("alwaysApply"):
		return AtLaunch, nil, ""
	case len(globs) > 0:
		return Lazily, globs, "on working with a file that matches " + strings.Join(globs, ", ")
	case h.text("description") != "":
		return PerInvocation, nil, "when the model asks for it by its description"
	}
	return PerInvocation, nil, "when a person names it"
}

func copilotCondition(h head) (When, []string, string) {
	globs := h.list("applyTo")
	switch {
	case slices.ContainsFunc(globs, func(g string) bool { return g == "**" || g == "**/*" || g == "*" }):
		return AtLaunch, nil, ""
	case len(globs) > 0:
		return Lazily, globs, "on working with a file that matches " + strings.Join(globs, ", ")
	}
	return PerInvocation, nil, "when a person attaches it"
}

// cap cuts what Codex reads at its limit.
func (b *builder) cap() {
	left := codexBytes
	files := b.l.t.Files
	for i := range files {
		if n := len(files[i].Text()); n > left {
			b.diags.Warn("memory-cut", source.Span{File: files[i].Path}, "shorten the files, or raise project_doc_max_bytes",
				"the tool reads %d bytes of memory files together: %s is cut after %d of its %d", codexBytes, files[i].Path, left, n)
			files[i].cut(left)
			for j := range b.tree.Members {
				if b.tree.Members[j].Path == files[i].Path {
					b.tree.Members[j].File = files[i]
				}
			}
		}
		left -= len(files[i].Text())
	}
}

// cut shortens what is sent of a file to so many bytes, and not inside a character.
func (f *File) cut(most int) {
	var out []Section
	for _, s := range f.Sections {
		if len(s.Text) > most {
			for most > 0 && !utf8.RuneStart(s.Text[most]) {
				most--
			}
			s.Text = s.Text[:most]
		}
		if most -= len(s.Text); s.Text != "" {
			out = append(out, s)
		}
	}
	f.Sections = out
}
