package promptfoo

import (
	"regexp"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
)

// choices gives what each variable of a test may be: the strings of a list one by one, the files that a pattern matches,
// else the value as it is. A list that does not begin with a string is one value.
func (p *planner) choices(t test) (names []string, each [][]value) {
	whole := t.option("disableVarExpansion").data == true
	for _, m := range t.vars {
		values := []value{m.value}
		list := m.value.list()
		switch {
		case whole:
		case len(list) > 0 && list[0].isText():
			values = list
		case strings.HasPrefix(m.value.text(), fileURL) && strings.ContainsAny(m.value.text(), "*?[{"):
			values = nil
			for _, file := range p.glob(m.value.text(), m.value.at) {
				values = append(values, value{found(file), m.value.at})
			}
		}
		names, each = append(names, m.name), append(each, values)
	}
	return names, each
}

// combinations counts what expand will give, and stops counting beyond limit.
func combinations(each [][]value, limit int) int {
	n := 1
	for _, values := range each {
		if n *= len(values); n == 0 || n > limit {
			return min(n, limit+1)
		}
	}
	return n
}

// expand takes lists apart: every combination of what the variables may be, the last one fastest.
func expand(names []string, each [][]value) [][]member {
	out := [][]member{nil}
	for i, name := range names {
		var next [][]member
		for _, row := range out {
			for _, v := range each[i] {
				next = append(next, append(row[:len(row):len(row)], member{name, v.at, v}))
			}
		}
		out = next
	}
	return out
}

// found is a file that a pattern matched, by its whole path.
type found string

// variables makes the values of a row as a template sees them: files loaded, one line break at the end taken off,
// variables in variables replaced. why says which of them only a run can tell.
func (p *planner) variables(row []member) (vars map[string]any, why string) {
	vars = map[string]any{}
	for _, m := range row {
		v := m.value.plain()
		switch text := v.(type) {
		case found:
			v, why = p.fileVar(m.name, string(text), m.value.at)
		case string:
			if name, ok := strings.CutPrefix(text, fileURL); ok {
				v, why = p.fileVar(m.name, p.path(name), m.value.at)
			} else if strings.HasPrefix(text, "package:") {
				why = "variable " + m.name + " is made by a package, which is not run"
			}
		}
		if why != "" {
			return nil, why
		}
		if text, ok := v.(string); ok {
			v = strings.TrimSuffix(text, "\n")
		}
		vars[m.name] = v
	}
	nested(vars, row)
	return vars, ""
}

// media are files that promptfoo sends as pictures, sound or extracted text.
var media = regexp.MustCompile(`(?i)\.(jpe?g|png|gif|webp|bmp|svg|tiff?|ico|avif|heic|heif|mp4|mov|avi|webm|mkv|wav|mp3|ogg|flac|aac|m4a|pdf)$`)

// fileVar loads a variable that is a file: text as it is, YAML as JSON.
func (p *planner) fileVar(name, file string, at source.Span) (text, why string) {
	switch {
	case script(file):
		return "", "variable " + name + " is made by " + file + ", which is not run"
	case media.MatchString(file):
		return "", "variable " + name + " is " + file + ", which is not text"
	}
	if text, ok := p.texts[file]; ok {
		return text, ""
	}
	content, ok := p.read(file, at)
	if !ok {
		return "", "variable " + name + " is " + file + ", which can not be read"
	}
	text = strings.TrimSpace(string(content))
	if strings.HasSuffix(file, ".yaml") || strings.HasSuffix(file, ".yml") {
		if v, ok := p.decode(file, content); ok {
			text = v.json()
		}
	}
	p.texts[file] = text
	return text, ""
}

var placeholder = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// nested replaces {{name}} in the texts of variables by other variables: the first of each text, five times over, as
// promptfoo does before it renders a prompt.
func nested(vars map[string]any, row []member) {
	for range 5 {
		for _, m := range row {
			text, ok := vars[m.name].(string)
			at := placeholder.FindStringSubmatchIndex(text)
			if !ok || at == nil {
				continue
			}
			switch v := vars[text[at[2]:at[3]]].(type) {
			case string:
				vars[m.name] = text[:at[0]] + v + text[at[1]:]
			case int64, float64, bool:
				vars[m.name] = text[:at[0]] + printed(v) + text[at[1]:]
			}
		}
	}
}
