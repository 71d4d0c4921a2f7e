package promptfoo

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/evals"
	"github.com/tokengate/tokengate/internal/source"
)

// partial is a prompt as the configuration lists it.
type partial struct {
	raw, id, label string
	at             source.Span
}

// prompts reads the prompts of the configuration: strings, objects, or the old mapping of files to labels.
func (l *loader) prompts() {
	list := l.root.get("prompts")
	var found []partial
	seen := map[string]bool{}
	if m := list.members(); m != nil && list.get("raw").null() && list.get("id").null() {
		for _, e := range m {
			found = append(found, partial{raw: e.name, label: e.value.text(), at: e.at})
		}
	} else {
		for _, v := range list.many() {
			if p, ok := l.partial(v); ok && (v.members() != nil || !seen[p.raw]) { // a text that stands twice is one prompt
				seen[p.raw] = true
				found = append(found, p)
			}
		}
	}
	for _, p := range found {
		l.prompt(p)
	}
	if len(l.suite.Prompts) == 0 && len(list.many()) == 0 && l.root.get("redteam").null() {
		l.diags.Add("promptfoo-value", atOr(list, l.root), "list prompts: as text, or as file://prompt.txt", "the configuration has no prompt")
	}
}

func atOr(v, otherwise value) source.Span {
	if v.at.IsZero() {
		return otherwise.at
	}
	return v.at
}

func (l *loader) partial(v value) (partial, bool) {
	p := partial{raw: v.text(), at: v.at}
	if v.members() != nil {
		p.id, p.label = v.get("id").text(), v.get("label").text()
		for _, key := range []string{"raw", "id"} {
			if p.raw == "" {
				p.raw = v.get(key).text()
			}
		}
	}
	if p.raw == "" {
		l.diags.Add("promptfoo-value", v.at, "write the text, or an object with id or raw", "the prompt has no text")
	}
	return p, p.raw != ""
}

// add lists a prompt whose text is known.
func (l *loader) add(p partial, label, file, raw string) {
	if p.label != "" {
		label = p.label
	}
	l.suite.Prompts = append(l.suite.Prompts, evals.Prompt{ID: p.id, Label: label, File: file, Raw: raw, Span: p.at})
}

// unknown lists a prompt whose text only a run can tell. It is called all the same.
func (l *loader) unknown(p partial, why string) {
	label := p.label
	if label == "" {
		label = p.raw
	}
	l.suite.Prompts = append(l.suite.Prompts, evals.Prompt{ID: p.id, Label: label, Why: why, Span: p.at})
	l.open(p.at, false, why)
}

var remote = regexp.MustCompile(`^(langfuse|portkey|helicone)://`)

func (l *loader) prompt(p partial) {
	name := strings.TrimPrefix(p.raw, fileURL)
	switch {
	case strings.HasPrefix(p.raw, "exec:"):
		l.unknown(p, fmt.Sprintf("prompt %s is made by a program, which is not run", p.raw))
	case remote.MatchString(p.raw):
		l.unknown(p, fmt.Sprintf("prompt %s is held by a service, which is not asked", p.raw))
	case !mayBePath(p.raw):
		l.add(p, p.raw, "", p.raw)
	case script(name):
		l.unknown(p, fmt.Sprintf("prompt %s is made by a script, which is not run", name))
	case strings.ContainsAny(name, "*?[") || l.isDir(name):
		l.pattern(p)
	default:
		l.promptFile(p, l.path(name))
	}
}

func (l *loader) isDir(name string) bool {
	at := l.path(name)
	info, err := fs.Stat(l.fsys, at)
	return fs.ValidPath(at) && err == nil && info.IsDir()
}

// quietly looks without complaining.
func (l *loader) quietly(look func() []string) []string {
	before := len(l.diags)
	out := look()
	l.diags = l.diags[:before]
	return out
}

// pattern reads the files that a pattern matches. A line that looks like a pattern and matches none is a prompt.
func (l *loader) pattern(p partial) {
	names := l.quietly(func() []string { return l.glob(p.raw, p.at) })
	if len(names) == 0 && !strings.HasPrefix(p.raw, fileURL) {
		l.add(p, p.raw, "", p.raw)
		return
	}
	for _, name := range l.glob(p.raw, p.at) {
		one := partial{raw: name, at: p.at}
		if script(name) {
			l.unknown(one, fmt.Sprintf("prompt %s is made by a script, which is not run", name))
			continue
		}
		l.promptFile(one, name)
	}
}

// promptExtensions make a text a path for promptfoo.
var promptExtensions = []string{".cjs", ".cts", ".j2", ".js", ".json", ".jsonl", ".md", ".mjs", ".mts", ".py", ".ts", ".txt", ".yml", ".yaml"}

// mayBePath is promptfoo's own test: a text in one line that begins with file://, ends like a file, or holds a slash or
// a star is a path.
func mayBePath(s string) bool {
	if strings.Contains(s, "\n") || strings.Contains(s, "portkey://") || strings.Contains(s, "langfuse://") || strings.Contains(s, "helicone://") {
		return false
	}
	if strings.HasPrefix(s, fileURL) || strings.ContainsAny(s, `*/\`) {
		return true
	}
	parts := strings.Split(s, ":")
	for _, part := range parts[max(0, len(parts)-2):] {
		if slices.ContainsFunc(promptExtensions, func(ext string) bool { return strings.HasSuffix(part, ext) }) {
			return true
		}
	}
	chars := []rune(s)
	return len(chars) > 3 && (chars[len(chars)-3] == '.' || chars[len(chars)-4] == '.')
}
