package prompt

import (
	"slices"
	"sort"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
	"github.com/yuin/goldmark/ast"
)

// OwnText reports whether the budget governs the own text of a section or a file, rather than calls as a whole.
func (b Budget) OwnText() bool {
	return !b.Track.Set && !b.Feature.Set && (b.Section.Set || b.Own)
}

// spelled is a budget as it is written: one of a file may hold those of its sections.
type spelled struct {
	Sections source.Map[Budget] `yaml:"sections"`
	Budget   `yaml:",inline"`
}

// outline is the headings of a file, with the name of each and the heading it stands under.
type outline struct {
	heads  []heading
	names  []string
	around []int // index of the heading that a heading's section is part of; -1 for none
}

func newOutline(heads []heading) outline {
	o := outline{heads: heads, names: anchors(heads), around: make([]int, len(heads))}
	var open []int
	for i, h := range heads {
		for len(open) > 0 && heads[open[len(open)-1]].level >= h.level {
			open = open[:len(open)-1]
		}
		o.around[i] = -1
		if len(open) > 0 {
			o.around[i] = open[len(open)-1]
		}
		open = append(open, i)
	}
	return o
}

// announcements are headings, as letters alone, that only say that budgets follow.
var announcements = []string{"tokenbudget", "tokenbudgets", "budget", "budgets", "tokenguard", "tokenguards", "budgetguard", "budgetguards", "tokenguardrails"}

// letters are the letters of a heading, lower case.
func letters(heading string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(heading))
}

// governed finds the section that a block at an offset is about: the one it stands in, or, where its heading announces
// budgets, the one around that. It is -1 for the file: before any heading, or under the file's title.
func (o outline) governed(offset int) int {
	i := sort.Search(len(o.heads), func(i int) bool { return o.heads[i].offset > offset }) - 1
	for i >= 0 && slices.Contains(announcements, letters(o.heads[i].text)) {
		i = o.around[i]
	}
	if i == 0 && o.heads[0].level == 1 {
		return -1
	}
	return i
}

// named finds a section by its anchor, with or without "#", or by its heading where no other has the same.
func (o outline) named(name string) (anchor string, ok bool) {
	if bare := strings.TrimPrefix(name, "#"); slices.Contains(o.names, bare) && bare != "" {
		return bare, true
	}
	for i, h := range o.heads {
		if !strings.EqualFold(h.text, strings.TrimSpace(name)) {
			continue
		}
		if ok {
			return "", false
		}
		anchor, ok = o.names[i], true
	}
	return anchor, ok
}

// resolve gives a budget its section by a name that was written, at its place.
func (b *Budget) resolve(name source.At[string], o outline, diags *source.Diagnostics) {
	anchor, ok := o.named(name.Value)
	switch {
	case !ok:
		hint := source.DidYouMean(name.Value, o.names, "name it as a link to it does, such as testing for ## Testing")
		diags.Add("budget-section-unknown", name.Span, hint, "the file has no section %q", name.Value)
	case b.Track.Set || b.Feature.Set:
		diags.Add("budget-section-key", name.Span, "take one of the two out", "a budget is of %s or of a section, not of both", b.Scope())
	}
	b.Section = source.Of(anchor, name.Span)
}

// list gives the budget and those of its sections, each with what it governs. within is the section it stands in, not
// set where that is the file.
func (s spelled) list(within source.At[string], o outline, diags *source.Diagnostics) (out []Budget) {
	b := s.Budget
	if !b.Track.Set && !b.Feature.Set && !b.Section.Set {
		b.Section = within
	}
	if len(s.Sections) == 0 || b.declares() {
		out = append(out, b)
	}
	for _, e := range s.Sections {
		if b.Track.Set || b.Feature.Set || b.Section.Set {
			diags.Add("budget-section-key", e.Key.Span, "move it to the file's own block", "the budget of %s cannot hold that of section %q", b.Scope(), e.Key.Value)
			continue
		}
		of := e.Value
		of.Span = e.Key.Span
		of.resolve(e.Key, o, diags)
		of.warnEmpty(false, diags)
		out = append(out, of)
	}
	return out
}

// budgets adds the budgets of a file to the template: those of its front matter, then those of its body.
func (l *loader) budgets(d *document, head frontMatter, root ast.Node, src []byte, heads []heading) {
	o := newOutline(heads)
	var found []Budget
	for _, b := range head.budgets {
		found = append(found, b.list(source.At[string]{}, o, &l.diags)...)
	}
	blocks, diags := d.budgets(root, src, o)
	l.diags = append(l.diags, diags...)
	for _, b := range append(found, blocks...) {
		b.Own = isRule(d.file) && d.file != l.t.Path && !b.Track.Set && !b.Feature.Set && !b.Section.Set
		l.t.Budgets = append(l.t.Budgets, b)
	}
}

// section is what a block at an offset governs.
func (d *document) section(o outline, n ast.Node) source.At[string] {
	i := o.governed(d.lineStart(d.md + start(n)))
	if i < 0 {
		return source.At[string]{}
	}
	return source.Of(o.names[i], source.Span{File: d.file, Start: source.Pos{Line: d.line(o.heads[i].offset), Col: 1}})
}

// ownTextKeys are what a budget of a text of its own may set; all else is about calls as a whole.
var ownTextKeys = []string{"ceiling.tokens", "ceiling.cost", "per_call.input_tokens", "per_call.tokens", "per_call.cost", "context.max_input_tokens", "growth.cost", "growth.tokens"}

// checkOwnText refuses keys that make no sense for the own text of a section or a file.
func (b Budget) checkOwnText(diags *source.Diagnostics) {
	if !b.OwnText() {
		return
	}
	refuse := func(name string, at source.Span) {
		diags.Add("budget-section-key", at, "name a track: beside it, or move the block under the file's title", "%s of %s: only ceiling, per_call (input_tokens, tokens, cost), context.max_input_tokens and growth limit a text of its own", name, b.Scope())
	}
	for _, s := range b.settings() {
		if s.set && !slices.Contains(ownTextKeys, s.name) {
			refuse(s.name, s.span)
		}
	}
	for _, t := range b.Toggles {
		refuse("toggles."+t.Key.Value, t.Key.Span)
	}
}
