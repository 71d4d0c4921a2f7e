package gate

import (
	"maps"
	"slices"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/report"
)

// templates gives the size of every template of head, counted for the model it is used with.
func (w writer) templates() []report.Template {
	out := []report.Template{}
	for _, t := range w.shown() {
		model := w.modelFor(t)
		counter := w.count.of(model)
		m := replay.Measure(t, counter)
		rt := report.Template{Path: t.Path, Model: model, Tokens: m.Total.Tokens, Error: round(m.Total.RelativeError, 4), Method: m.Total.Method, Calls: w.m.calls(t)}
		if w.base != nil && w.base.templates[t.Path] != nil {
			n := replay.Measure(w.base.templates[t.Path], counter).Total.Tokens
			rt.Base = &n
		}
		for i, f := range t.Files {
			rt.Files = append(rt.Files, templateFile(f, m, i))
		}
		out = append(out, rt)
	}
	return out
}

// calls is how many recorded calls were made from a template.
func (m *measurements) calls(t *prompt.Template) int64 {
	return m.scopes[budget.Scope{Kind: "template", Name: t.Path}].Calls
}

// modelFor is the model a template is counted for: the declared one, else the one that most of its recorded calls used.
func (w writer) modelFor(t *prompt.Template) string {
	g := w.m.groups[budget.Scope{Kind: "template", Name: t.Path}]
	if declared := w.head.modelOf(t); declared != "" || g == nil {
		return declared
	}
	calls := map[string]float64{}
	for _, p := range g.Points() { // in their order: sums of floats must not depend on another
		calls[p.HeadModel] += p.Weight
	}
	best := ""
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		if best == "" || calls[name] > calls[best] {
			best = name
		}
	}
	return best
}

func templateFile(f prompt.File, m replay.Measured, i int) report.TemplateFile {
	out := report.TemplateFile{Path: f.Path, Sections: []report.Section{}}
	for j, s := range f.Sections {
		n := m.Sections[i][j].Tokens
		out.Tokens += n
		out.Sections = append(out.Sections, report.Section{Heading: s.Heading, Anchor: s.Anchor, Level: s.Level, Place: s.Span, Tokens: n})
	}
	return out
}
