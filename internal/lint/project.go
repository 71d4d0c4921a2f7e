package lint

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// project is what the rules look at.
type project struct {
	Input
	texts []*text // every file once, in the order of the templates

	contents map[string][]byte
	lines    map[string][]string
	carries  map[place]*report.Carry
}

// text is one file, as the first template that sends it does.
type text struct {
	prompt.File
	template *prompt.Template
	parts    []part
	tokens   int64
	carry    *report.Carry // nil where traffic does not say
}

// part is one section of a text, the wrapper included.
type part struct {
	prompt.Section
	tokens int64
	carry  *report.Carry
}

// place names a file or, with a line, a section of it.
type place struct {
	file   string
	line   int
	anchor string
}

func newProject(in Input) *project {
	p := &project{Input: in, contents: map[string][]byte{}, lines: map[string][]string{}, carries: map[place]*report.Carry{}}
	if in.Measured != nil {
		for _, t := range in.Measured.Templates {
			p.carried(t)
		}
	}
	known := map[string]bool{}
	for _, t := range in.Policy.Templates {
		m := replay.Measure(t, p.Count(p.model(t)))
		for i, f := range t.Files {
			if !known[f.Path] {
				known[f.Path] = true
				p.texts = append(p.texts, p.text(t, f, m, i))
			}
		}
	}
	return p
}

func (p *project) text(t *prompt.Template, f prompt.File, m replay.Measured, i int) *text {
	x := &text{File: f, template: t, carry: p.carries[place{file: f.Path}]}
	for j, s := range f.Sections {
		n := part{s, m.Sections[i][j].Tokens, p.carries[place{f.Path, s.Span.Start.Line, s.Anchor}]}
		x.parts = append(x.parts, n)
		x.tokens += n.tokens
	}
	return x
}

// carried sums up what sending the files and sections of a template costs: a file that several templates send costs what
// all of them pay for it.
func (p *project) carried(t report.Template) {
	for _, f := range t.Files {
		p.carry(place{file: f.Path}, f.Carry)
		for _, s := range f.Sections {
			p.carry(place{f.Path, s.Place.Start.Line, s.Anchor}, s.Carry)
		}
	}
}

func (p *project) carry(at place, c *report.Carry) { p.carries[at] = p.carries[at].WithCalls(c) }

// sum is the tokens of parts and what carrying them costs.
func sum(parts []part) (tokens int64, carry *report.Carry) {
	for _, s := range parts {
		tokens += s.tokens
		carry = carry.WithText(s.carry)
	}
	return tokens, carry
}

// cost is what a carry comes to in a period.
func cost(c *report.Carry) *money.Amount {
	if c == nil {
		return nil
	}
	return &c.Cost
}

// model is the name of the model that a template is counted and priced for: what it declares, else what most of its
// recorded calls used.
func (p *project) model(t *prompt.Template) string {
	if name := p.Model(t); name != "" || p.Measured == nil {
		return name
	}
	i := slices.IndexFunc(p.Measured.Templates, func(r report.Template) bool { return r.Path == t.Path })
	if i < 0 {
		return ""
	}
	return p.Measured.Templates[i].Model
}

// priced is the model of a template in the catalogue; ok is false where none is known.
func (p *project) priced(t *prompt.Template) (m pricing.Model, ok bool) {
	name := p.model(t)
	if name == "" || p.Catalog == nil {
		return m, false
	}
	m, err := p.Catalog.Lookup(name, p.Now)
	return m, err == nil
}

// content is a file of the project as it stands; nil where it cannot be read.
func (p *project) content(name string) []byte {
	if name == "" {
		return nil
	}
	b, ok := p.contents[name]
	if !ok {
		b, _ = fs.ReadFile(p.Files, name)
		p.contents[name] = b
	}
	return b
}

// wanted reports whether findings of a file are asked for.
func (p *project) wanted(file string) bool {
	return len(p.Only) == 0 || slices.ContainsFunc(p.Only, func(o string) bool {
		return o == "." || file == o || strings.HasPrefix(file, o+"/")
	})
}

// always reports whether a template's text is there from the start of every conversation.
func (x *text) always() bool { return x.template.Kind == prompt.ClaudeMD && !x.template.Lazy }

// whole is the place of a file without a line.
func whole(file string) source.Span { return source.Span{File: file} }

// under gives the part at index i and those below it: the parts that follow with a deeper heading.
func (x *text) under(i int) []part {
	end := i + 1
	for x.parts[i].Level > 0 && end < len(x.parts) && x.parts[end].Level > x.parts[i].Level {
		end++
	}
	return x.parts[i:end]
}
