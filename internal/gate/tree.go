package gate

import (
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

// loading is the loader that holds on both sides: it decides what is counted, so it is policy, and base's where base
// declares any. CLAUDE.local.md is a user's own file. Where base holds one it is checked in, and counts.
func (in Input) loading(s *side) prompt.Loader {
	l := s.policy.Loading()
	if in.loader != nil {
		l = *in.loader
	}
	l.Now = in.Now
	if in.Base != nil {
		for dir := path.Clean(l.Cwd); ; dir = path.Dir(dir) {
			l.Local = l.Local || exists(in.Base.FS, path.Join(dir, "CLAUDE.local.md"))
			if dir == "." || dir == "/" {
				break
			}
		}
	}
	return l
}

// under makes base's loader hold on head, where base declares policy.
func (in Input) under(base *side, unusable bool) Input {
	if base != nil && !unusable && base.declares() {
		in.loader = &base.loader
	}
	return in
}

// plant loads the tree that the listed templates mean: a loader is configured, or its root memory file is among them.
// What the tree sends is not loaded a second time; rest is what remains to be loaded file by file.
func (s *side) plant(names []string, l prompt.Loader) (rest []string) {
	if s.policy.Loads() && len(s.policy.Config.Templates) == 0 {
		names = nil // the tree alone: nothing is looked for by name
	}
	s.loader, s.listed = l, names
	unnamed := len(names) == 0 && len(s.policy.Config.Templates) == 0 // rules, subagents or folders below may be all there is
	if !unnamed && !s.policy.Loads() && !slices.ContainsFunc(l.Roots(), func(root string) bool { return slices.Contains(names, root) }) {
		return names
	}
	tree, diags := prompt.LoadTree(s.fs, l)
	if unnamed && !s.policy.Loads() && len(tree.Members) == 0 {
		return nil
	}
	s.say(diags)
	s.tree = tree
	for _, t := range tree.Templates() {
		if t == tree.Main() && len(t.Files) == 0 && !slices.Contains(names, t.Path) {
			continue // a loader for files that are not there
		}
		s.templates[t.Path] = t
		s.policy.Templates = append(s.policy.Templates, t)
	}
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return tree.Sends(n) || s.templates[n] != nil })
}

// transplant gives this side the tree that only the other side means, or means with another loader: policy lists it, or
// head does for the first time. Its budget blocks set no policy here.
func (s *side) transplant(l prompt.Loader) {
	if s.tree != nil {
		for _, t := range s.tree.Templates() {
			delete(s.templates, t.Path)
		}
	}
	s.loader = l
	s.tree, _ = prompt.LoadTree(s.fs, l)
	for _, t := range s.tree.Templates() {
		if len(t.Files) > 0 {
			s.templates[t.Path] = t
		}
	}
}

// loadsAs tells whether both sides are loaded by one loader.
func (s *side) loadsAs(o *side) bool { return reflect.DeepEqual(s.loader, o.loader) }

// pair makes the templates of both trees meet where files were moved: the main conversation's, and those of subagents
// and skills by their names, so that recorded calls find them under either path.
func pair(base, head *side) {
	if base == nil || base.tree == nil || head.tree == nil {
		return
	}
	for _, from := range [][2]*side{{base, head}, {head, base}} {
		for _, t := range from[0].tree.Templates() {
			if t.Lazy || from[1].templates[t.Path] != nil {
				continue
			}
			if other := from[1].templates[from[1].tree.Of(t.Agent, t.Skill)]; other != nil && other.Agent == t.Agent && other.Skill == t.Skill {
				from[1].templates[t.Path] = other
			}
		}
	}
}

// named gives the calls of Claude Code the template that the tree has for whoever made them. A recording's default, a
// map rule or the record itself may name another, which stands; one that names the main conversation's means the tree.
func named(policy, head *side) func(dialect string, c *traffic.Call) string {
	tree := policy.tree
	if tree == nil {
		tree = head.tree
	}
	if tree == nil || tree.Loader.Tool != "" && tree.Loader.Tool != prompt.ClaudeCode {
		return nil
	}
	main := tree.Main().Path
	return func(dialect string, c *traffic.Call) string {
		own := dialect == traffic.ClaudeCode || c.Agent != "" || c.Skill != ""
		if c.Template == "" && own || c.Template != "" && path.Clean(c.Template) == main {
			return tree.Of(c.Agent, c.Skill)
		}
		return c.Template
	}
}

// unseen tells whether a template of the tree is left out of the report: nothing was recorded of it, the change does not
// touch it, and nobody listed it by name. The main conversation's is always there.
func (w writer) unseen(t *prompt.Template, calls int64) bool {
	tree := w.head.tree
	if tree == nil || tree.Template(t.Path) != t || t == tree.Main() || calls > 0 || slices.Contains(w.head.listed, t.Path) {
		return false
	}
	return w.base == nil || w.base.templates[t.Path] != nil && own(w.base.templates[t.Path]) == own(t)
}

// own is what is sent of the file that gives a template its path, and of no other.
func own(t *prompt.Template) string {
	for _, f := range t.Files {
		if f.Path == t.Path {
			return f.Text()
		}
	}
	return ""
}

// shown lists the templates of the report, in its order.
func (w writer) shown() []*prompt.Template {
	return slices.DeleteFunc(slices.Clone(w.head.policy.Templates), func(t *prompt.Template) bool { return w.unseen(t, w.m.calls(t)) })
}

// unseenNote says how many templates are left out; "" for none.
func (w writer) unseenNote() string {
	n := len(w.head.policy.Templates) - len(w.shown())
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("templates of subagents, skills and files that are loaded later are not listed where no call was recorded for them and the change does not touch them: %d", n)
}

func sends(texts []*prompt.Template, name string) bool {
	return slices.ContainsFunc(texts, func(t *prompt.Template) bool {
		return t.Path == name || slices.ContainsFunc(t.Files, func(f prompt.File) bool { return f.Path == name })
	})
}

// senders lists what to reload where a file has another text: all templates that send it, or, once for all of its tree, the
// file itself.
func (s *side) senders(name string) (out []string) {
	if s.tree != nil && s.tree.Sends(name) {
		out = append(out, name)
	}
	for _, t := range s.policy.Templates {
		if ofTree := s.tree != nil && s.tree.Template(t.Path) == t; !ofTree && sends([]*prompt.Template{t}, name) {
			out = append(out, t.Path)
		}
	}
	return out
}

// reload reads a template as it is in another tree of files, in the way this side has it: with all others that the tool
// loads beside it, or alone.
func (s *side) reload(files fs.FS, name string, opts prompt.Options) ([]*prompt.Template, source.Diagnostics) {
	if s.tree != nil && (s.tree.Sends(name) || s.tree.Template(name) != nil) {
		l := s.loader
		l.Now = opts.Now
		tree, diags := prompt.LoadTree(files, l)
		return tree.Templates(), diags
	}
	t, diags := prompt.Load(files, name, opts)
	if t == nil {
		return nil, diags
	}
	t, wrong := t.Sampled(s.samples[name])
	return []*prompt.Template{t}, append(diags, wrong...)
}
