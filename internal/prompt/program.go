package prompt

import (
	"encoding/json"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/engine"
	"github.com/tokengate/tokengate/internal/source"
	"go.yaml.in/yaml/v3"
)

// program is the part of a template that is rendered anew for other variables.
type program struct {
	header
	doc  *document
	body region
	fsys fs.FS
	kind Kind
	chat chat // of that kind
}

// result is one rendering.
type result struct {
	Rendered
	file File
	uses []Placeholder
}

// program loads a file that a template engine renders: its header, and what it sends with the variables at hand.
func (l *loader) program(name string, content []byte, d *document) {
	body, ok := d.findHeader(l.t.Kind)
	if !ok {
		l.diags.Add("prompt-syntax", d.span(d.front), "close it with a line of ---", "the header is opened and not closed")
		return
	}
	head, diags := d.readFrontMatter()
	for i := range diags {
		if l.t.Kind == Dotprompt || l.t.Kind == Prompty {
			if diags[i].Rule == "front-matter-invalid" {
				diags[i].Severity = source.Error
			}
		}
	}
	l.diags = append(l.diags, diags...)
	root, src := d.blocks()
	l.budgets(d, head, root, src, d.headings(root, src))
	l.t.program = &program{header: l.readHeader(d, l.t.Kind), doc: d, body: body, fsys: l.fsys, kind: l.t.Kind}
	l.declare()
	l.measure(name, content)
}

// declare puts what a header says of model and answer where a block of the template says nothing.
func (l *loader) declare() {
	h := l.t.program.header
	b := Budget{Limits: Limits{Model: h.model, MaxOutputTokens: h.cap}}
	for _, own := range l.t.Budgets {
		if !own.Track.Set && !own.Feature.Set {
			b.Model.Set = b.Model.Set && !own.Model.Set
			b.MaxOutputTokens.Set = b.MaxOutputTokens.Set && !own.MaxOutputTokens.Set
		}
	}
	if b.Model.Set || b.MaxOutputTokens.Set {
		b.Span = b.Model.Span
		if !b.Model.Set {
			b.Model, b.Span = source.At[string]{}, b.MaxOutputTokens.Span
		}
		l.t.Budgets = append(l.t.Budgets, b)
	}
}

// measure renders the template with the variables of Options, else with its own samples, else with none, and says which.
func (l *loader) measure(name string, content []byte) {
	p := l.t.program
	vars := l.opts.Vars
	l.t.Basis = "the variables given"
	if vars == nil {
		vars = entries(p.samples)
		switch {
		case len(p.samples) > 0:
			l.t.Basis = "its own sample"
		case len(p.defaults) > 0:
			l.t.Basis = "its defaults"
		default:
			l.t.Basis = "no variables"
		}
	}
	r, diags := p.render(vars)
	l.diags = append(l.diags, diags...)
	r.file.Content = content
	l.t.apply(r)
	if missing := r.missing(); len(missing) > 0 && !diags.HasErrors() {
		l.diags.Warn("prompt-bare", r.first(missing[0]), "write a fixture with its variables, or record them with the calls",
			"%s is measured with %s; %s", name, l.t.Basis, notGiven(missing))
	}
}

func notGiven(names []string) string {
	if len(names) == 1 {
		return names[0] + " is not given and counts as empty"
	}
	shown := names[:min(len(names), 5)]
	more := ""
	if len(names) > len(shown) {
		more = ", …"
	}
	return strings.Join(shown, ", ") + more + " are not given and count as empty"
}

// apply makes a rendering what the template sends.
func (t *Template) apply(r result) {
	t.Files = []File{r.file}
	t.uses, t.Notes = r.uses, r.Notes
}

// With gives the template as it is sent with other variables. Variables that the file gives a default keep it. A template
// that is not rendered is given back as it is.
func (t *Template) With(vars map[string]any) (*Template, source.Diagnostics) {
	if t == nil || t.program == nil {
		return t, nil
	}
	r, diags := t.program.render(vars)
	out := *t
	r.file.Content = t.Files[0].Content
	out.apply(r)
	out.Basis = "the variables given"
	return &out, append(diags, r.unset()...)
}

// Messages renders the template with variables to what is sent, message by message. One that is not rendered is a single
// message without a role: its text, with vars in the place of its placeholders.
func (t *Template) Messages(vars map[string]any) (Rendered, source.Diagnostics) {
	if t == nil {
		return Rendered{}, nil
	}
	if t.program == nil {
		plain := map[string]string{}
		for _, k := range slices.Sorted(maps.Keys(vars)) {
			if s, ok := vars[k].(string); ok {
				plain[k] = s
			}
		}
		text, diags := t.Render(plain)
		return Rendered{Messages: []Message{{Text: text}}}, diags
	}
	if vars == nil {
		vars = entries(t.program.samples)
	}
	r, diags := t.program.render(vars)
	return r.Rendered, append(diags, r.unset()...)
}

func entries(m engine.Map) map[string]any {
	out := map[string]any{}
	for _, e := range m {
		out[e.Key] = e.Value
	}
	return out
}

// render renders the body with vars over the defaults.
func (p *program) render(vars map[string]any) (result, source.Diagnostics) {
	all := entries(p.defaults)
	for _, name := range p.threads {
		all[name] = ""
	}
	maps.Copy(all, vars)
	if p.kind == Chat {
		return p.result(p.chat.render(p.doc.file, all)), nil
	}
	lang := p.language
	if lang == "" {
		lang = p.kind.language()
	}
	out, err := engine.Trace(lang, p.doc.file, p.doc.text[p.body.start:p.body.end], all, engine.Options{Files: p.fsys, Lenient: true})
	var diags source.Diagnostics
	if e := engine.As(err); e != nil {
		rule := "prompt-syntax"
		if e.Limit {
			rule = "prompt-limit"
		}
		diags.Add(rule, p.place(e), e.Hint, "%s", e.Reason)
	}
	return p.result(out), diags
}

// place moves the place of an error from the body to the file.
func (p *program) place(e *engine.Error) source.Span {
	at := source.Span{File: e.File, Start: source.Pos{Line: e.Line, Col: e.Col}}
	if e.File == p.doc.file && e.Line > 0 {
		start := p.doc.pos(p.body.start)
		if e.Line == 1 {
			at.Start.Col += start.Col - 1
		}
		at.Start.Line += start.Line - 1
	}
	return at
}

// missing lists the variables that were asked for and not given, each once.
func (r result) missing() []string {
	var out []string
	for _, u := range r.uses {
		if !u.given && !slices.Contains(out, u.Name) {
			out = append(out, u.Name)
		}
	}
	return out
}

func (r result) first(name string) source.Span {
	i := slices.IndexFunc(r.uses, func(u Placeholder) bool { return u.Name == name && !u.given })
	return r.uses[i].Span
}

// unset warns of each variable that was not given.
func (r result) unset() source.Diagnostics {
	var diags source.Diagnostics
	for _, name := range r.missing() {
		diags.Warn("fixture-missing-var", r.first(name), "set it under vars of the fixture", "no value for %s; it is rendered as nothing", name)
	}
	return diags
}

// broken reports whether the file cannot be rendered.
func (l *loader) broken() bool {
	return l.t.program == nil && l.t.Kind.Rendered() || slices.ContainsFunc(l.diags, func(d source.Diagnostic) bool {
		return d.Severity == source.Error && (d.Rule == "prompt-syntax" || d.Rule == "prompt-limit" || d.Rule == "front-matter-invalid")
	})
}

func (t *Template) rendersUses() []Placeholder {
	if t == nil {
		return nil
	}
	return slices.Clone(t.uses)
}

// recorded gives the variables of a call, which are recorded as texts, their form: one that the body goes through or
// takes apart is read as JSON where it is JSON.
func (p *program) recorded(vars map[string]string) map[string]any {
	body := p.doc.text[p.body.start:p.body.end]
	out := map[string]any{}
	for name, text := range vars {
		out[name] = text
		if text == "" || text[0] != '[' && text[0] != '{' {
			continue
		}
		apart := regexp.MustCompile(`(?:\bin\s+|#each\s+|#with\s+|\{\{[#^]\s*)` + regexp.QuoteMeta(name) + `\b|\b` + regexp.QuoteMeta(name) + `[.\[]`)
		if v, ok := fromJSON(text); ok && apart.MatchString(body) {
			out[name] = v
		}
	}
	return out
}

// fromJSON reads a JSON text, mappings with their keys in order.
func fromJSON(text string) (any, bool) {
	if !json.Valid([]byte(text)) {
		return nil, false
	}
	var n yaml.Node
	if yaml.Unmarshal([]byte(text), &n) != nil || len(n.Content) == 0 {
		return nil, false
	}
	return (&headerReader{}).value(nil, n.Content[0]), true
}
