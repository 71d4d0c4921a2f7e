package lint

import (
	"io/fs"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tokengate/tokengate/internal/source"
)

var modelRetired = Rule{Rule: source.Rule{
	ID:      "model-retired",
	Summary: "a model that is named has been retired",
	Explain: `The model is named in tokengate.yaml, in a budget block or in the front matter of an agent, and its vendor's last day for
it, as the price catalogue knows it, is past. Calls to it fail, or are answered by another model at another price.`,
}, Severity: source.Error, check: func(p *project) []Finding { return p.retiring(true) }}

var modelRetiring = Rule{Rule: source.Rule{
	ID:      "model-retiring",
	Summary: "a model that is named will be retired within 90 days",
	Explain: `The vendor's last day for the model is near. Price its successor with tokengate what-if while there is time: it may count
tokens differently and cost more. The days are those of the price catalogue; a price file can give others.`,
}, Severity: source.Warning, check: func(p *project) []Finding { return p.retiring(false) }}

// soon is how long before a model's last day its users are told.
const soon = 90 * 24 * time.Hour

func (p *project) retiring(past bool) []Finding {
	var out []Finding
	if p.Catalog == nil {
		return nil
	}
	for _, name := range p.modelsNamed() {
		m, err := p.Catalog.Lookup(name.Value, p.Now)
		if err != nil || m.Retires.IsZero() {
			continue
		}
		last := m.Retires.Format(time.DateOnly)
		switch left := m.Retires.Sub(p.Now); {
		case past && left <= 0:
			out = append(out, at(name.Span, "name a model that is still served; tokengate what-if prices it", "model %s was retired on %s", name.Value, last))
		case !past && left > 0 && left <= soon:
			out = append(out, at(name.Span, "price its successor with tokengate what-if", "model %s will be retired on %s, in %d days", name.Value, last, int(left.Hours()/24)))
		}
	}
	return out
}

// modelsNamed lists the models that calls are to be made on. What a recording was made on is the past's matter.
func (p *project) modelsNamed() []source.At[string] {
	out := slices.DeleteFunc(p.Policy.Models(), func(m source.At[string]) bool {
		for _, r := range p.Policy.Recordings {
			if r.Defaults.Model.Set && r.Defaults.Model.Span == m.Span {
				return true
			}
		}
		return false
	})
	for _, name := range p.agents() {
		if m := p.agentModel(name); m.Set {
			out = append(out, m)
		}
	}
	return out
}

// agents lists the files of subagents in the project.
func (p *project) agents() []string {
	var out []string
	err := fs.WalkDir(p.Files, ".claude/agents", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(name, ".md") && p.wanted(name) {
			out = append(out, name)
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return out
}

// agentModel is the model in an agent's front matter. An alias such as sonnet is no model that could be retired.
func (p *project) agentModel(name string) (model source.At[string]) {
	head, rest, ok := strings.Cut(string(p.content(name)), "\n")
	head = strings.TrimRight(strings.TrimPrefix(head, "\uFEFF"), " \t\r")
	text, _, closed := strings.Cut(rest, "\n---")
	var doc yaml.Node
	if !ok || head != "---" || !closed || yaml.Unmarshal([]byte(text), &doc) != nil || len(doc.Content) == 0 {
		return model
	}
	fields := doc.Content[0].Content
	for i := 0; i+1 < len(fields); i += 2 {
		if v := fields[i+1]; fields[i].Value == "model" && strings.ContainsAny(v.Value, "0123456789") {
			start := source.Pos{Line: v.Line + 1, Col: v.Column}
			return source.Of(v.Value, source.Span{File: name, Start: start, End: source.Pos{Line: start.Line, Col: start.Col + len([]rune(v.Value))}})
		}
	}
	return model
}
