package prompt

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/tokengate/tokengate/internal/source"
)

// head is the front matter of a file that a tool loads by its keys: rules, subagents, skills and commands.
type head struct {
	present bool
	broken  bool // not valid YAML; values are then what the lines say one by one
	values  map[string]headValue
}

// headValue is the value of a key that is a text or a list of texts.
type headValue struct {
	text string
	list []string // one element for a text
	at   region   // of the value in the document
}

func (h head) text(key string) string { return strings.TrimSpace(h.values[key].text) }

// flag reads a boolean as the tool does: also yes, on and 1.
func (h head) flag(key string) bool {
	return slices.Contains([]string{"true", "yes", "on", "1"}, strings.ToLower(h.text(key)))
}

// list reads a list, or texts parted by commas.
func (h head) list(key string) []string {
	v := h.values[key]
	if len(v.list) != 1 {
		return v.list
	}
	var out []string
	for _, s := range splitList(v.list[0]) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// splitList parts a text at its commas, but not at those in braces, which belong to a glob.
func splitList(s string) (out []string) {
	depth, from := 0, 0
	for i, r := range s {
		switch r {
		case '{':
			depth++
		case '}':
			depth--
		case ',':
			if depth <= 0 {
				out, from = append(out, s[from:i]), i+1
			}
		}
	}
	return append(out, s[from:])
}

// readHead reads the keys of a document's front matter, which findFrontMatter has found. What is not valid YAML is read
// line by line, as lenient tools do: one file of forty in use is such, most often for a description that holds ": ".
func (d *document) readHead() head {
	h := head{present: d.body > d.md || d.body > 0 && d.front.end >= d.front.start, values: map[string]headValue{}}
	content := d.text[d.front.start:d.front.end]
	var doc yaml.Node
	err := yaml.Unmarshal([]byte(content), &doc)
	switch {
	case err != nil || len(doc.Content) > 0 && doc.Content[0].Kind != yaml.MappingNode:
		h.broken = true
		d.lenient(h.values)
	case len(doc.Content) > 0:
		d.mapping(doc.Content[0], h.values)
	}
	return h
}

// mapping takes the values that are texts or lists of texts; of a key that stands twice the last.
func (d *document) mapping(n *yaml.Node, values map[string]headValue) {
	c := frontCursor{doc: d}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		from, end := c.at(value), d.front.end
		if i+2 < len(n.Content) {
			end = c.at(n.Content[i+2])
		}
		v := headValue{at: d.shrink(region{from, end})}
		if value.Kind == yaml.AliasNode && value.Alias != nil {
			value = value.Alias
		}
		switch value.Kind {
		case yaml.ScalarNode:
			v.text = value.Value
			if value.Tag == "!!null" {
				v.text = ""
			}
			v.list = []string{v.text}
		case yaml.SequenceNode:
			v.list = []string{}
			for _, item := range value.Content {
				if item.Kind == yaml.ScalarNode {
					v.list = append(v.list, item.Value)
				}
			}
		case yaml.DocumentNode, yaml.MappingNode, yaml.AliasNode:
			continue
		}
		values[key.Value] = v
	}
}

// frontCursor finds where nodes of the front matter begin. YAML's columns count characters; every line is walked once, as
// long as nodes come in order: one line of megabytes must not cost a square.
type frontCursor struct {
	doc            *document
	line, col, off int
}

func (c *frontCursor) at(n *yaml.Node) int {
	d := c.doc
	line := d.line(d.front.start) + max(n.Line, 1) - 1
	if line > len(d.lines) {
		return d.front.end
	}
	if line != c.line || n.Column < c.col {
		c.line, c.col, c.off = line, 1, d.lines[line-1]
	}
	for c.col < n.Column && c.off < d.front.end {
		_, size := utf8.DecodeRuneInString(d.text[c.off:])
		c.off, c.col = c.off+size, c.col+1
	}
	return min(max(c.off, d.front.start), d.front.end)
}

// shrink takes white space off both ends of a region.
func (d *document) shrink(r region) region {
	if r.end < r.start {
		r.end = r.start
	}
	if kept := d.trim([]region{r}); len(kept) > 0 {
		return kept[0]
	}
	return region{r.start, r.start}
}

var headLine = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_-]*):(?:[ \t]+(.*)|[ \t]*)$`)

// lenient reads "key: value" line by line. Lines that are indented, or that begin a list, go on with the value before.
func (d *document) lenient(values map[string]headValue) {
	key, at := "", region{}
	var lines []string
	keep := func() {
		if key != "" {
			v := gather(lines)
			v.at = d.shrink(at)
			values[key] = v
		}
	}
	for start := d.front.start; start < d.front.end; {
		end := min(d.next(start), d.front.end)
		line := strings.TrimRight(d.text[start:end], " \t\r\n")
		if m := headLine.FindStringSubmatch(line); m != nil {
			keep()
			key, at, lines = m[1], region{start + len(line) - len(m[2]), end}, []string{strings.TrimSpace(m[2])}
		} else if strings.TrimSpace(line) != "" {
			lines, at.end = append(lines, strings.TrimSpace(line)), end
		}
		start = end
	}
	keep()
}

// gather makes a value of the lines it stands on: a list where all but the first, which is empty, begin with a dash.
func gather(lines []string) headValue {
	first := unquoted(lines[0])
	isItem := func(l string) bool { return strings.HasPrefix(l, "- ") }
	if rest := lines[1:]; first == "" && len(rest) > 0 && !slices.ContainsFunc(rest, func(l string) bool { return !isItem(l) }) {
		v := headValue{list: []string{}}
		for _, l := range rest {
			v.list = append(v.list, unquoted(strings.TrimSpace(l[len("- "):])))
		}
		return v
	}
	text := strings.TrimSpace(strings.Join(append([]string{first}, lines[1:]...), " "))
	return headValue{text: text, list: []string{text}}
}

// unquoted takes a pair of quotes off a value, and the marks of a block whose lines follow.
func unquoted(s string) string {
	if slices.Contains([]string{"|", ">", "|-", ">-", "|+", ">+"}, s) {
		return ""
	}
	if n := len(s); n > 1 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return s[1 : n-1]
	}
	return s
}

// key is the place of a key's value, or of the first line where the front matter has no such key.
func (d *document) key(h head, key string) source.Span {
	if v, ok := h.values[key]; ok {
		return d.span(v.at)
	}
	return source.Span{File: d.file, Start: source.Pos{Line: 1, Col: 1}}
}
