package promptfoo

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/tokengate/tokengate/internal/engine"
	"github.com/tokengate/tokengate/internal/evals"
	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/source"
)

// input renders a prompt for one row of variables. What cannot be rendered is said once, and its calls have no text.
func (p *planner) input(t test, prompt, row int, vars map[string]any, why string) evals.Input {
	in := evals.Input{Prompt: prompt, Test: row, Why: why}
	of := p.suite.Prompts[prompt]
	if of.Why != "" {
		in.Why = of.Why
		return in
	}
	if why == "" {
		text, err := p.rendered(t.option("prefix").text()+of.Raw+t.option("suffix").text(), vars)
		p.size += len(text)
		if err == nil {
			in.Body.Messages, err = messages(text)
		}
		if err == nil {
			return in
		}
		in.Why = fmt.Sprintf("%s: %s", short(of.Label), reason(err))
	}
	p.tell(value{at: of.Span}, in.Why)
	return in
}

// reason is what is wrong without where it was noticed.
func reason(err error) string {
	var wrong *request.Error
	if errors.As(err, &wrong) {
		return wrong.Problem
	}
	return err.Error()
}

// rendered fills variables in. A prompt that is JSON is filled in inside its texts, and written with two spaces of
// indentation; in any other, variables that hold placeholders are filled in first.
func (p *planner) rendered(raw string, vars map[string]any) (string, error) {
	all := map[string]any{"env": p.env, "_conversation": []any{}}
	if p.env == nil {
		all["env"] = map[string]any{}
	}
	for name, v := range vars {
		all[name] = v
	}
	if v, err := readJSON("", []byte(raw), 1); err == nil {
		filled, err := p.fill(v, all)
		return filled.json(), err
	}
	for name, v := range vars {
		if text, ok := v.(string); ok && strings.Contains(text, "{") && !misses(text, vars) {
			filled, err := p.render(text, vars)
			if err != nil {
				return "", fmt.Errorf("variable %s: %w", name, err)
			}
			all[name] = filled
		}
	}
	return p.render(raw, all)
}

// misses reports whether a text refers to a variable that is not there: promptfoo leaves such a text as it is.
func misses(text string, vars map[string]any) bool {
	for _, m := range reference.FindAllStringSubmatch(text, -1) {
		if _, ok := vars[m[1]]; !ok && m[1] != "env" {
			return true
		}
	}
	return false
}

var reference = regexp.MustCompile(`\{\{\s*([A-Za-z_]\w*)`)

// fill renders every text in a JSON value.
func (p *planner) fill(v value, vars map[string]any) (value, error) {
	switch d := v.data.(type) {
	case string:
		text, err := p.render(d, vars)
		return value{text, v.at}, err
	case []value:
		out := make([]value, len(d))
		for i, item := range d {
			var err error
			if out[i], err = p.fill(item, vars); err != nil {
				return v, err
			}
		}
		return value{out, v.at}, nil
	case []member:
		out := make([]member, len(d))
		for i, m := range d {
			filled, err := p.fill(m.value, vars)
			if err != nil {
				return v, err
			}
			out[i] = member{m.name, m.at, filled}
		}
		return value{out, v.at}, nil
	}
	return v, nil
}

// messages is how a provider sends a prompt: a JSON array, or a YAML list that begins with a role, is its messages; any
// other text is what the user says.
func messages(text string) ([]request.Message, error) {
	trimmed := strings.TrimSpace(text)
	if strings.HasPrefix(trimmed, "- role:") {
		var doc document
		if diags := source.DecodeYAML("", []byte(trimmed), &doc); !diags.HasErrors() {
			return request.DecodeMessages([]byte(doc.json()))
		}
	}
	if strings.HasPrefix(trimmed, "[") {
		if v, err := readJSON("", []byte(trimmed), 1); err == nil && len(v.list()) > 0 && v.list()[0].members() != nil {
			return request.DecodeMessages([]byte(trimmed))
		}
	}
	return []request.Message{{Role: "user", Text: []string{text}}}, nil
}

var environment = regexp.MustCompile(`\benv\.([A-Za-z_]\w*)`)

// uncertain names what a prompt takes from outside the configuration.
func (p *planner) uncertain(prompt evals.Prompt) {
	at := value{at: prompt.Span}
	if strings.Contains(prompt.Raw, "_conversation") {
		p.tell(at, short(prompt.Label)+": the turns before are not known, so every prompt is counted as the first of its conversation")
	}
	for _, m := range environment.FindAllStringSubmatch(prompt.Raw, -1) {
		if _, ok := p.env[m[1]]; !ok {
			p.tell(at, fmt.Sprintf("%s: env.%s comes from the environment, which is not read: it is counted as empty", short(prompt.Label), m[1]))
		}
	}
}

// maxSteps bounds one rendering, and maxWork all of them: a run renders thousands.
const (
	maxSteps = 50_000
	maxWork  = 4_000_000
)

// render fills a template in, as Nunjucks without escaping. Nothing is included: a prompt stands alone.
func (p *planner) render(text string, vars map[string]any) (string, error) {
	if !strings.Contains(text, "{") {
		return text, nil
	}
	left := min(maxSteps, maxWork-p.work)
	if left <= 0 {
		return "", fmt.Errorf("rendering the prompts of one run takes more than %d steps", maxWork)
	}
	out, err := engine.Trace(engine.Nunjucks, "prompt", text, vars, engine.Options{MaxSteps: left})
	if p.work += out.Steps; err != nil {
		p.work += left
	}
	var wrong *engine.Error
	if errors.As(err, &wrong) && wrong.Line > 0 {
		return "", fmt.Errorf("line %d: %s", wrong.Line, wrong.Reason)
	}
	return out.Text, err
}
