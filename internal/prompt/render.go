package prompt

import (
	"regexp"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
)

// Placeholder is one {{name}} of a plain template.
type Placeholder struct {
	Name   string
	Span   source.Span // from the first brace to after the last
	Offset int         // of the first brace in the template's Text
	Length int         // bytes from the first brace to after the last; 0 in a kind that is rendered

	given bool // of a kind that is rendered: there is a value for it
}

// A placeholder is a name in two braces, spaces allowed inside. Three braces, and the marks of other template languages,
// are text.
var placeholderPattern = regexp.MustCompile(`\{\{[ \t]*([\p{L}_][\p{L}\p{N}_.-]*)[ \t]*\}\}`)

// Placeholders lists the {{name}} of a plain template in order, repeats included. In a template that is rendered they are
// the places that ask for a variable, in the order of rendering: what is sent in front of the first one never differs. A
// ClaudeMD template has none: its braces are text.
func (t *Template) Placeholders() []Placeholder {
	if t == nil || t.Kind != Plain {
		return t.rendersUses()
	}
	var out []Placeholder
	offset := 0
	for _, f := range t.Files {
		text := f.Text()
		c := cursor{doc: f.doc}
		for _, m := range placeholderPattern.FindAllStringSubmatchIndex(text, -1) {
			if m[0] > 0 && text[m[0]-1] == '{' || m[1] < len(text) && text[m[1]] == '}' {
				continue
			}
			p := Placeholder{Name: text[m[2]:m[3]], Offset: offset + m[0], Length: m[1] - m[0], Span: source.Span{File: f.Path}}
			if start, ok := f.origin(m[0]); ok {
				p.Span.Start = c.at(start)
				p.Span.End = c.at(start + p.Length)
			}
			out = append(out, p)
		}
		offset += len(text)
	}
	return out
}

// Render puts vars in the place of the placeholders, in one pass: no logic, no escaping, and a value that holds {{x}} is
// text. A placeholder without a variable stays as it is and is a warning, once per name. A ClaudeMD template renders to
// its Text; one of a kind that is rendered, to the text of its messages.
func (t *Template) Render(vars map[string]string) (string, source.Diagnostics) {
	if t != nil && t.program != nil {
		r, diags := t.Messages(t.program.recorded(vars))
		return r.Text(), diags
	}
	var diags source.Diagnostics
	var b strings.Builder
	text, at := t.Text(), 0
	missing := map[string]bool{}
	for _, p := range t.Placeholders() {
		value, ok := vars[p.Name]
		if !ok {
			if !missing[p.Name] {
				diags.Warn("fixture-missing-var", p.Span, "set it under vars of the fixture", "no value for {{%s}}; it is counted as it stands", p.Name)
			}
			missing[p.Name] = true
			continue
		}
		b.WriteString(text[at:p.Offset])
		b.WriteString(value)
		at = p.Offset + p.Length
	}
	b.WriteString(text[at:])
	return b.String(), diags
}

// logicPattern finds marks of template languages that compute: what they send is not known from the text.
var logicPattern = regexp.MustCompile(`\{\{[#/^>&!]|\{\{\{|\{%-?[ \t]*(?:if|for|include|set|macro|block|extends|import)\b`)

// unsupported warns, once per file, of template logic that is counted as it stands.
func (f File) unsupported(diags *source.Diagnostics) {
	text := f.Text()
	found := logicPattern.FindAllStringIndex(text, -1)
	if len(found) == 0 {
		return
	}
	diags.Warn("placeholder-unsupported", f.point(found[0][0]), "name the file .j2 (Jinja), .hbs (Handlebars) or .mustache, as its language is, and it is rendered",
		"%q is template logic, which is counted as it stands (%d in this file); only {{name}} is replaced", text[found[0][0]:found[0][1]], len(found))
}
