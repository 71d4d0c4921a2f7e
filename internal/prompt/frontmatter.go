package prompt

import (
	"regexp"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
	"go.yaml.in/yaml/v3"
)

// findFrontMatter looks for YAML between two lines of "---", the first of which opens the file (a byte order mark may
// stand before it). In a ClaudeMD file it is front matter whatever stands in it, as it is for the tool; in a plain prompt
// only when it reads as a mapping, because a prompt may well begin with a rule.
func (d *document) findFrontMatter(kind Kind) {
	yamlStart := d.fence(d.md)
	if yamlStart < 0 {
		return
	}
	for at := yamlStart; at < len(d.text); at = d.next(at) {
		if end := d.fence(at); end >= 0 {
			if kind == Plain && !isMapping(d.text[yamlStart:at]) {
				return
			}
			d.front, d.body, d.md = region{yamlStart, at}, end, end
			return
		}
	}
}

// fence gives the offset after the line at start when that line is "---", else -1.
func (d *document) fence(start int) int {
	end := d.next(start)
	if strings.TrimRight(d.text[start:end], " \t\r\n") != "---" || d.text[start] != '-' {
		return -1
	}
	return end
}

// next gives the offset of the line after the one at start.
func (d *document) next(start int) int {
	if i := strings.IndexByte(d.text[start:], '\n'); i >= 0 {
		return start + i + 1
	}
	return len(d.text)
}

func isMapping(content string) bool {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(content), &doc); err != nil {
		return false
	}
	return len(doc.Content) == 0 || doc.Content[0].Kind == yaml.MappingNode
}

var budgetKey = regexp.MustCompile(`(?m)^\s*["']?tokengate["']?\s*:`)

// readFrontMatter decodes the tokengate key of the front matter; all other keys belong to other tools. Front matter that
// is not YAML is an error when it seems to hold a budget, else a warning.
func (d *document) readFrontMatter() (head frontMatter, diags source.Diagnostics) {
	content := d.text[d.front.start:d.front.end]
	if content == "" {
		return head, nil
	}
	diags = source.DecodeYAMLAt(d.file, []byte(content), d.line(d.front.start)-1, &head)
	for i := range diags {
		if diags[i].Rule == source.RuleSyntax && !budgetKey.MatchString(content) {
			diags[i].Rule, diags[i].Severity = "front-matter-invalid", source.Warning
			diags[i].Summary = "front matter is " + diags[i].Summary
		}
	}
	return head, diags
}

// frontMatter is what the package reads of a file's front matter.
type frontMatter struct {
	budgets []spelled
	paths   bool // a rule that is sent only when a file matching its patterns is read
}

// DecodeNode picks the keys that matter out of a mapping whose other keys are not ours to judge.
func (f *frontMatter) DecodeNode(d *source.Decoder, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Value == "tokengate" && len(f.budgets) > 0:
			d.Diags.Add(source.RuleDuplicateKey, d.Span(key), "keep one of the two", "key %q stands twice; the first is on line %d", key.Value, f.budgets[0].Span.Start.Line)
		case key.Value == "tokengate":
			b, before := spelled{}, len(d.Diags)
			b.Span = d.Span(key)
			d.Decode(value, &b)
			b.warnEmpty(len(d.Diags) > before || len(b.Sections) > 0, &d.Diags)
			f.budgets = append(f.budgets, b)
		case key.Value == "paths":
			f.paths = true
		case source.Nearest(key.Value, []string{"tokengate"}) != "":
			d.Diags.Warn("budget-block-unrecognised", d.Span(key), `did you mean "tokengate"?`, "front matter key %q is not read as a budget", key.Value)
		}
	}
}
