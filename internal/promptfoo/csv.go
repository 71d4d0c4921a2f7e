package promptfoo

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tokengate/tokengate/internal/source"
)

// csvTests reads a table of tests: a column a variable, and the columns with two underscores in front that promptfoo
// knows (__expected, __expected2 …, __prefix, __suffix, __description, __providerOutput, __threshold, __config:…).
func (l *loader) csvTests(file string, content []byte) (out []value) {
	header, lines, err := readCSV(strings.TrimPrefix(string(content), "\uFEFF"))
	if err != nil {
		l.diags.Add("promptfoo-file", source.Span{File: file}, "", "%s is not a table: %s", file, err)
	}
	for _, line := range lines {
		at := source.Span{File: file, Start: source.Pos{Line: line.line, Col: 1}}
		out = append(out, csvTest(header, line.fields, at))
	}
	return out
}

// csvTest is one row as a test.
func csvTest(header, fields []string, at source.Span) value {
	var vars, options, rest []member
	var asserts []value
	text := func(name, s string) member { return member{name, at, value{s, at}} }
	thresholds := map[int]float64{}
	for i, key := range header {
		field := fields[i]
		switch {
		case strings.HasPrefix(key, "__expected"):
			if s := strings.TrimSpace(field); s != "" {
				asserts = append(asserts, assertion(s, at))
			}
		case key == "__prefix" || key == "__suffix":
			options = append(options, text(key[2:], field))
		case key == "__description":
			rest = append(rest, text("description", field))
		case key == "__providerOutput" && field != "":
			rest = append(rest, text("providerOutput", field))
		case key == "__threshold" && strings.TrimSpace(field) != "":
			rest = append(rest, text("threshold", field))
		case strings.HasPrefix(key, "__config:"):
			if n, ok := configured(key); ok {
				if f, err := strconv.ParseFloat(strings.TrimSpace(field), 64); err == nil {
					thresholds[n] = f
				}
			}
		case !strings.HasPrefix(key, "__"):
			vars = over(vars, []member{text(key, field)})
		}
	}
	for i, f := range thresholds {
		if i >= 0 && i < len(asserts) {
			asserts[i].data = over(asserts[i].members(), []member{{"threshold", at, value{f, at}}})
		}
	}
	return value{append(rest, member{"vars", at, value{vars, at}}, member{"options", at, value{options, at}}, member{"assert", at, value{asserts, at}}), at}
}

var configColumn = regexp.MustCompile(`^__config:__expected([0-9]*):threshold$`)

// configured is the assertion that a column __config:__expected2:threshold is about, from 0.
func configured(key string) (int, bool) {
	m := configColumn.FindStringSubmatch(key)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	if m[1] == "" {
		return 0, true
	}
	return n - 1, err == nil
}

var written = regexp.MustCompile(`^(not-)?([a-z][a-z0-9-]*(?::(?:cosine|dot|euclidean|goal-success))?)(?:\(([0-9]+(?:\.[0-9]+)?)\))?(?::([\s\S]*))?$`)

// halfThresholds are the kinds whose threshold is 0.75 in a table where none is written, cost and latency among them.
var halfThresholds = []string{"answer-relevance", "classifier", "context-faithfulness", "context-recall", "context-relevance", "cost", "latency",
	"levenshtein", "perplexity-score", "perplexity", "rouge-n", "starts-with"}

// assertion reads an assertion as a table writes it: "contains: Paris", "cost(0.01)", "llm-rubric: is kind". A text that
// names no kind is what the answer must equal.
func assertion(s string, at source.Span) value {
	make := func(kind, v string, more ...member) value {
		return value{append([]member{{"type", at, value{kind, at}}, {"value", at, value{v, at}}}, more...), at}
	}
	for _, old := range []struct{ prefix, kind string }{{"javascript:", "javascript"}, {"fn:", "javascript"}, {"eval:", "javascript"},
		{"grade:", "llm-rubric"}, {"llm-rubric:", "llm-rubric"}, {"python:", "python"}} {
		if rest, ok := strings.CutPrefix(s, old.prefix); ok {
			return make(old.kind, rest)
		}
	}
	if strings.HasPrefix(s, fileURL) && script(s) {
		return make("javascript", s)
	}
	m := written.FindStringSubmatch(s)
	if m == nil || !knownKind(m[2]) {
		return make("equals", s)
	}
	kind, threshold := m[1]+m[2], m[3]
	if threshold == "" && slices.Contains(halfThresholds, m[2]) {
		threshold = "0.75"
	}
	if threshold == "" {
		return make(kind, strings.TrimSpace(m[4]))
	}
	return make(kind, strings.TrimSpace(m[4]), member{"threshold", at, value{threshold, at}})
}
