package promptfoo

import (
	"encoding/csv"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
)

// promptFile reads the prompts of one file, by its extension.
func (l *loader) promptFile(p partial, name string) {
	ext := path.Ext(name)
	switch ext {
	case ".txt", ".md", ".j2", ".json", ".jsonl", ".yaml", ".yml", ".csv":
	default:
		l.diags.Add("promptfoo-value", p.at, "a text with a slash needs a second line, or a file of its own", "promptfoo takes %q for a path, and reads no prompt from it", short(p.raw))
		return
	}
	content, ok := l.read(name, p.at)
	if !ok {
		l.unknown(p, "prompt "+name+" can not be read")
		return
	}
	text := strings.TrimPrefix(string(content), "\uFEFF")
	before := len(l.suite.Prompts)
	switch ext {
	case ".txt":
		l.textPrompts(p, name, text)
	case ".md", ".j2":
		l.add(p, name+": "+short(text), name, text)
	case ".json", ".yaml", ".yml":
		l.dataPrompt(p, name, text)
	case ".jsonl":
		for line := range strings.Lines(text) {
			if line = strings.TrimRight(line, "\r\n"); line != "" {
				l.add(p, name+": "+line, name, line)
			}
		}
	case ".csv":
		l.csvPrompts(p, name, text)
	}
	if made := l.suite.Prompts[before:]; len(made) == 1 {
		made[0].Whole = true
	} else if len(made) == 0 {
		l.diags.Add("promptfoo-value", p.at, "", "%s holds no prompt", name)
	}
}

// textPrompts splits a text file at lines of three dashes.
func (l *loader) textPrompts(p partial, name, text string) {
	var part []string
	flush := func() {
		if raw := strings.TrimSpace(strings.Join(part, "\n")); raw != "" {
			one := p
			one.label = ""
			label := name + ": " + raw
			if p.label != "" {
				label = p.label + ": " + label
			}
			l.add(one, label, name, raw)
		}
		part = nil
	}
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if strings.TrimSpace(line) == "---" {
			flush()
		} else {
			part = append(part, line)
		}
	}
	flush()
}

// dataPrompt reads a prompt that is JSON or YAML, mostly a list of messages. It is sent as JSON; what is no JSON or YAML
// is sent as it stands.
func (l *loader) dataPrompt(p partial, name, text string) {
	var v value
	var ok bool
	l.quietly(func() []string { v, ok = l.decode(name, []byte(text)); return nil })
	if !ok {
		l.add(p, name+": "+short(text), name, text)
		return
	}
	raw := l.resolved(v, 0).json()
	l.add(p, name+": "+short(raw), name, raw)
}

// resolved replaces every "file://…" in a value by what the file holds.
func (l *loader) resolved(v value, depth int) value {
	if depth > maxDepth/10 {
		return v
	}
	switch d := v.data.(type) {
	case string:
		if to, ok := l.loaded(v); ok && strings.HasPrefix(d, fileURL) {
			return l.resolved(to, depth+1)
		}
	case []value:
		out := make([]value, len(d))
		for i, item := range d {
			out[i] = l.resolved(item, depth+1)
		}
		return value{out, v.at}
	case []member:
		out := make([]member, len(d))
		for i, m := range d {
			out[i] = member{m.name, m.at, l.resolved(m.value, depth+1)}
		}
		return value{out, v.at}
	}
	return v
}

// csvPrompts reads a table with a column "prompt", and maybe "label"; a file without a comma has a prompt a line.
func (l *loader) csvPrompts(p partial, name, text string) {
	if !strings.Contains(text, ",") {
		n := 0
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\r\n")
			if strings.TrimSpace(line) == "" || n == 0 && strings.EqualFold(strings.TrimSpace(line), "prompt") {
				continue
			}
			n++
			l.add(p, fmt.Sprintf("Prompt %d - %s", n, line), name, line)
		}
		return
	}
	for i, row := range l.table(name, text) {
		if row["prompt"] != "" {
			one := p
			if row["label"] != "" {
				one.label = row["label"]
			}
			l.add(one, fmt.Sprintf("Prompt %d - %s", i+1, row["prompt"]), name, row["prompt"])
		}
	}
}

// table reads CSV with a header. Quotes inside a field that is not quoted are taken as they stand, as promptfoo does.
func (l *loader) table(name, text string) (rows []map[string]string) {
	header, lines, err := readCSV(text)
	if err != nil {
		l.diags.Add("promptfoo-file", source.Span{File: name}, "", "%s is not a table: %s", name, err)
	}
	for _, line := range lines {
		row := map[string]string{}
		for i, key := range header {
			row[key] = strings.TrimSpace(line.fields[i])
		}
		rows = append(rows, row)
	}
	return rows
}

type csvLine struct {
	fields []string
	line   int
}

// readCSV gives the header, trimmed, and the lines; a line that is too short or too long is an error, as for promptfoo.
func readCSV(text string) (header []string, lines []csvLine, err error) {
	r := csv.NewReader(strings.NewReader(text))
	r.LazyQuotes = true
	for {
		fields, err := r.Read()
		if err == io.EOF {
			return header, lines, nil
		}
		if err != nil {
			return header, lines, err
		}
		if header == nil {
			for _, f := range fields {
				header = append(header, strings.TrimSpace(f))
			}
			continue
		}
		at, _ := r.FieldPos(0)
		lines = append(lines, csvLine{fields, at})
	}
}

// short is the beginning of a text, for labels and messages.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return text
}
