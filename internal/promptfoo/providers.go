package promptfoo

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/evals"
	"github.com/tokengate/tokengate/internal/request"
)

// providers reads what is asked: strings, objects with an id, objects under their id, and files of these.
func (l *loader) providers() {
	list := l.root.get("providers")
	if list.null() {
		list = l.root.get("targets")
	}
	seen := map[string]bool{}
	for _, v := range list.many() {
		if written := v.json(); !seen[written] {
			seen[written] = true
			l.provider(v)
		}
	}
	if len(list.many()) == 0 {
		l.diags.Add("promptfoo-value", atOr(list, l.root), "list providers: as openai:gpt-4.1", "the configuration has no provider")
	}
}

func (l *loader) provider(v value) {
	if name := v.text(); strings.HasPrefix(name, fileURL) && !script(name) {
		if to, ok := l.loaded(v); ok {
			for _, one := range to.many() {
				l.listed(one)
			}
		}
		return
	}
	l.listed(v)
}

// listed adds one provider.
func (l *loader) listed(v value) {
	p := evals.Provider{ID: v.text(), Span: v.at}
	settings := v
	if m := v.members(); len(m) > 0 {
		if v.get("id").null() { // {"openai:gpt-4.1": {config: …}}
			p.ID, settings = m[0].name, m[0].value
		}
		if id := settings.get("id").text(); id != "" {
			p.ID = id
		}
		p.Label = settings.get("label").text()
	}
	if p.ID == "" {
		l.diags.Add("promptfoo-value", v.at, "write it as openai:gpt-4.1, or as an object with an id", "the provider has no id")
		return
	}
	m := modelOf(p.ID)
	p.Model, p.Free, p.Why = m.model, m.free, m.why
	if m.many {
		l.open(v.at, true, fmt.Sprintf("%s makes as many calls as it likes for one prompt: one is counted", p.Name()))
	}
	l.settings(&p, settings.get("config"))
	if prompts, ok := settings.find("prompts"); ok {
		for _, key := range []string{p.ID, p.Label} {
			if key != "" {
				l.allowed[key] = texts(prompts)
			}
		}
	}
	l.suite.Providers = append(l.suite.Providers, p)
}

// texts is the strings of a list.
func texts(v value) []string {
	out := []string{}
	for _, item := range v.many() {
		out = append(out, item.text())
	}
	return out
}

// outputCaps are the names providers have for the longest answer.
var outputCaps = [][]string{{"max_tokens"}, {"max_completion_tokens"}, {"max_output_tokens"}, {"maxTokens"}, {"maxOutputTokens"},
	{"generationConfig", "maxOutputTokens"}, {"inferenceConfig", "maxTokens"}}

// settings reads what a provider's config adds to calls: a cap on answers, a system text, tools, an answer schema.
func (l *loader) settings(p *evals.Provider, config value) {
	for _, at := range outputCaps {
		v := config
		for _, name := range at {
			v = v.get(name)
		}
		p.MaxOutput = max(p.MaxOutput, int64(v.whole()))
	}
	for _, name := range []string{"systemPrompt", "system", "instructions"} {
		if text := l.resolved(config.get(name), 0).text(); text != "" {
			p.Adds.Messages = append(p.Adds.Messages, request.Message{Role: "system", Text: []string{text}})
		}
	}
	var body bytes.Buffer
	body.WriteString(`{"messages":[]`)
	for _, name := range []string{"tools", "functions", "tool_choice", "response_format"} {
		if v := l.resolved(config.get(name), 0); !v.null() {
			fmt.Fprintf(&body, ",%q:%s", name, v.json())
		}
	}
	body.WriteByte('}')
	adds, err := request.Decode(body.Bytes())
	if err != nil {
		p.Why = strings.TrimPrefix(p.Why+"; ", "; ") + "what its config adds to every call cannot be counted: " + err.Error()
		l.open(config.at, false, fmt.Sprintf("%s: what its config adds to every call cannot be counted (%s)", p.Name(), err))
		return
	}
	p.Adds.Tools, p.Adds.Format, p.Adds.Forced = adds.Tools, adds.Format, adds.Forced
}

// refers reports whether a filter names a provider or prompt: exactly, by a beginning with a star, or by what stands
// before a colon.
func refers(ref string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		begin, star := strings.CutSuffix(ref, "*")
		return name != "" && (name == ref || star && strings.HasPrefix(name, begin) || strings.HasPrefix(name, ref+":"))
	})
}

// allows reports whether a filter lets one of the names through; nil lets everything, an empty one nothing.
func allows(filter []string, names ...string) bool {
	return filter == nil || slices.ContainsFunc(filter, func(ref string) bool { return refers(ref, names...) })
}

// filter reads a list of names, or says that there is none.
func filter(v value) []string {
	if _, ok := v.data.([]value); !ok {
		return nil
	}
	return texts(v)
}

// unmatched warns of a filter that names nothing: promptfoo refuses to run then.
func (l *loader) unmatched(v value, known func(ref string) bool, what string) {
	for _, item := range v.list() {
		if !known(item.text()) {
			l.diags.Add("promptfoo-filter", item.at, "", "%s %q is not listed, so the test does not run on it", what, item.text())
		}
	}
}
