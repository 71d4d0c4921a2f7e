package prompt

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/tokengate/tokengate/internal/source"
)

// findSkills reads .claude/skills of a folder: a skill is a folder with a SKILL.md.
func (b *builder) findSkills(dir string) {
	for _, name := range b.under(path.Join(dir, ".claude", "skills"), func(n string) bool { return n == "SKILL.md" }) {
		b.addSkill(RoleSkill, name, path.Base(path.Dir(name)))
	}
}

// findCommands reads .claude/commands of a folder. A command is a skill in one file, which gives it its name.
func (b *builder) findCommands(dir string) {
	for _, name := range b.under(path.Join(dir, ".claude", "commands"), isMarkdown) {
		b.addSkill(RoleCommand, name, strings.TrimSuffix(path.Base(name), ".md"))
	}
}

// addSkill reads a skill or command. All its keys are optional; what is not valid YAML is read as far as it goes.
func (b *builder) addSkill(role Role, name, called string) {
	a := &actor{Member: b.member(role, name, PerInvocation)}
	a.Name = called
	b.skills = append(b.skills, a)
	content, ok := b.open(&a.Member)
	if !ok {
		return
	}
	a.read(content)
	if given := a.head.text("name"); given != "" && role == RoleSkill {
		a.Name = oneLine(given)
	}
	if b.skillNamed(a) {
		return
	}
	a.hidden = a.head.flag("disable-model-invocation")
	if invoked := a.head.text("user-invocable"); a.hidden && invoked != "" && !a.head.flag("user-invocable") {
		a.When, a.Why = Never, "neither the model nor a person can invoke it"
		return
	}
	a.describe()
	if n := len(commandOutput.FindAllStringIndex(a.doc.text[a.doc.body:], -1)); n > 0 {
		b.diags.Warn("command-output-unknown", a.commandPlace(), "keep what the command prints short; it is sent with every call from then on",
			"%s holds %s whose output takes its place when it is invoked; how long that is cannot be known, and it is counted as it stands", name, plural(n, "command"))
	}
}

// skillNamed reports a second skill of one name, which is taken from one place only.
func (b *builder) skillNamed(a *actor) bool {
	for _, other := range b.skills {
		if other != a && other.When != Never && other.Name == a.Name {
			a.When, a.Why = Never, other.Path+" has the same name and is taken to be the one"
			b.diags.Warn("skill-duplicate", a.doc.key(a.head, "name"), "give it a name of its own", "%s and %s have the same name %q; which one is loaded is not known, and the first is taken", other.Path, a.Path, a.Name)
			return true
		}
	}
	return false
}

// describe finds what the main conversation is told: the description, and when to use it; without a description the
// first paragraph of the body.
func (a *actor) describe() {
	text := a.head.text("description")
	a.place = a.head.values["description"].at
	if text == "" {
		text, a.place = a.doc.firstParagraph()
	}
	if when := a.head.text("when_to_use"); when != "" {
		text = strings.TrimPrefix(text+" - "+when, " - ")
	}
	a.listed = cut(text, listedChars)
}

// firstParagraph is the text of the body's first paragraph.
func (d *document) firstParagraph() (string, region) {
	root, src := d.blocks()
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		p, ok := n.(*ast.Paragraph)
		if !ok || p.Lines().Len() == 0 {
			continue
		}
		last := p.Lines().At(p.Lines().Len() - 1)
		return plain(p, src), d.shrink(region{d.md + start(p), d.md + last.Stop})
	}
	return "", region{}
}

// commandOutput finds !`command` and fences of such commands.
var commandOutput = regexp.MustCompile("(?m)(?:^|[\\s(])!`[^`\n]+`|^[ \t]*```!")

func (a *actor) commandPlace() source.Span {
	m := commandOutput.FindStringIndex(a.doc.text[a.doc.body:])
	return a.doc.span(a.doc.shrink(region{a.doc.body + m[0], a.doc.body + m[1]}))
}

// skillTemplate makes the template of a skill: the main conversation, whose line about it comes last here, the body, and
// the files that it names with @. One that runs in a subagent of its own has the memory files instead. Arguments are
// counted as they stand in the file.
func (b *builder) skillTemplate(a *actor) {
	if a.When == Never {
		return
	}
	l := a.loaded
	own := l.t.Files
	l.t.Skill, a.Template = a.Name, a.Path
	switch {
	case a.head.text("context") == "fork":
		l.t.Agent = AnyAgent
		l.t.Files = slices.Concat(own, b.memory)
	default:
		var f File
		if len(own) > 0 {
			f = own[0]
		}
		rest := slices.DeleteFunc(slices.Clone(b.tree.main.Files), func(o File) bool { return o.Path == a.Path })
		l.t.Files = append(rest, a.Listed.before(f))
	}
	b.references(l, a)
	b.tree.templates = append(b.tree.templates, l.t)
	b.tree.skills[a.Name] = a.Path
}

// before is the line about a skill and its body as one file.
func (f File) before(body File) File {
	if len(f.Sections) == 0 {
		return body
	}
	if len(body.Sections) == 0 {
		return f
	}
	out := body
	length := len(f.Text())
	out.Sections = slices.Concat(f.Sections, body.Sections)
	out.kept = slices.Clone(f.kept)
	for _, p := range body.kept {
		p.sent += length
		out.kept = append(out.kept, p)
	}
	return out
}

// references adds the files that a skill or command names with @: their content is sent with its body. Nothing is said
// of a mention that names no file.
func (b *builder) references(l *loader, a *actor) {
	d, _ := newDocument(a.Path, a.content)
	d.findFrontMatter(ClaudeMD)
	at := cursor{doc: d}
	for _, ref := range d.imports() {
		span := source.Span{File: a.Path, Start: at.at(ref.start), End: at.at(ref.end)}
		name := path.Join(b.loader.cwd(), ref.target)
		if strings.HasPrefix(ref.target, "~/") || path.IsAbs(ref.target) || name == ".." || strings.HasPrefix(name, "../") {
			b.diags.Warn("import-outside", span, "copy it into the repository, or remove the @", "@%s leads out of the project and is not counted", ref.target)
			continue
		}
		if stat(b.fsys, name) != nil || slices.ContainsFunc(l.t.Files, func(f File) bool { return f.Path == name }) {
			continue
		}
		content, p := read(b.fsys, name)
		if p != nil {
			b.diags.Warn("import-not-text", span, p.hint, "@%s is read on invocation, and its tokens are not known: %s", ref.target, p.summary)
			continue
		}
		l.how = manner{}
		before := len(l.diags)
		l.add(name, content, nil)
		b.diags = append(b.diags, l.diags[before:]...)
	}
}
