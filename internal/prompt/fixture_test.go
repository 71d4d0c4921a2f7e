package prompt

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/request"
)

func TestLoadFixtures(t *testing.T) {
	fsys := files("prompts/answer.txt", "x", "one.yaml", `name: short question
template: prompts/answer.txt
vars:
  question: What?
  n: 5
  long: |
    a
    b
expect: {max_tokens: 1k, min_tokens: 10, contains: [Answer]}
`, "list.yaml", "fixtures:\n- template: prompts/answer.txt\n- template: prompts/answer.txt\n  vars: {a: ''}\n")
	one, diags := LoadFixtures(fsys, "one.yaml")
	if len(diags) > 0 || len(one) != 1 {
		t.Fatalf("%d fixtures %s", len(one), lines(diags))
	}
	f := one[0]
	if f.Name.Value != "short question" || f.Template.Span.String() != "one.yaml:2:11" || f.Expect.MaxTokens.Value != 1000 || f.Span.String() != "one.yaml:1:1" {
		t.Errorf("%+v", f)
	}
	if diff := cmp.Diff(map[string]string{"question": "What?", "n": "5", "long": "a\nb\n"}, f.Values()); diff != "" {
		t.Errorf("vars (-want +got):\n%s", diff)
	}
	list, diags := LoadFixtures(fsys, "list.yaml")
	if len(diags) > 0 || len(list) != 2 || list[1].Span.String() != "list.yaml:3:3" || list[1].Values()["a"] != "" {
		t.Errorf("%+v %s", list, lines(diags))
	}
}

func TestLoadFixturesErrors(t *testing.T) {
	cases := []struct{ name, content, want string }{
		{"missing template", "template: none.txt", "error f.yaml:1:11: template none.txt does not exist [fixture-missing-template]\n"},
		{"outside", "template: ../p.txt", "error f.yaml:1:11: template \"../p.txt\" is not a path inside the project [fixture-missing-template]\n"},
		{"no template", "vars: {a: b}", "error f.yaml:1:1: the fixture names no template [fixture-no-template]\n"},
		{"no template in a list", "fixtures:\n  - name: x\n", "error f.yaml:2:5: the fixture names no template [fixture-no-template]\n"},
		{"unknown key", "template: p.txt\nexpect: {max_token: 5}", "error f.yaml:2:10: unknown key \"max_token\" [unknown-key]\n"},
		{"key beside the list", "fixtures: [{template: p.txt}]\nvars: {a: b}", "error f.yaml:2:1: unknown key \"vars\" [unknown-key]\n"},
		{"bad count", "template: p.txt\nexpect: {max_tokens: many}", "error f.yaml:2:22: cannot read \"many\" as a count; write it like 40M, 6k or 40000 [bad-value]\n"},
		{"crossed", "template: p.txt\nexpect: {max_tokens: 5, min_tokens: 1,000}", "error f.yaml:2:37: min_tokens is 1,000, above max_tokens of 5 [bad-value]\n"},
		{"list at the top", "- template: p.txt", "error f.yaml:1:1: expected a mapping, found a list [bad-value]\n"},
		{"empty", "# nothing\n", "warning f.yaml: fixture file f.yaml holds no fixture [fixture-empty]\n"},
		{"empty list", "fixtures: []\n", "warning f.yaml: fixture file f.yaml holds no fixture [fixture-empty]\n"},
		{"syntax", "a: [", "error f.yaml:1: not valid YAML: did not find expected node content [yaml-syntax]\n"},
		{"binary", "\x00", "error f.yaml: fixture file f.yaml is not a text file: it holds NUL bytes [fixture-unreadable]\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, diags := LoadFixtures(files("f.yaml", strings.Replace(c.content, "1,000", "'1,000'", 1), "p.txt", "x"), "f.yaml")
			if diff := cmp.Diff(c.want, lines(diags)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if _, diags := LoadFixtures(files(), "none.yaml"); rules(diags) != "error fixture-unreadable none.yaml" {
		t.Error(lines(diags))
	}
}

func TestFixtureCheck(t *testing.T) {
	fsys := files("p.txt", "Answer {{q}} {{gone}}\n", "f.yaml", `fixtures:
- name: long
  template: p.txt
  vars: {q: "one two three"}
  expect: {max_tokens: 4, contains: ["three", "Reply"]}
- template: p.txt
  vars: {q: "one", gone: "x"}
  expect: {min_tokens: 1240, max_tokens: 2k}
- template: p.txt
  vars: {q: a, gone: b}
  expect: {min_tokens: 3, max_tokens: 3, contains: [Answer a]}
`)
	fixtures, diags := LoadFixtures(fsys, "f.yaml")
	if len(diags) > 0 {
		t.Fatal(lines(diags))
	}
	words := func(s string, _ request.Body) int64 { return int64(len(strings.Fields(s))) }
	want := []string{
		"warning p.txt:1:14: no value for {{gone}}; it is counted as it stands [fixture-missing-var]\n" +
			"error f.yaml:5:24: p.txt (long) renders to 5 tokens, over the 4 expected [fixture-expectation]\n" +
			"error f.yaml:5:47: p.txt (long) renders to a text that does not contain \"Reply\" [fixture-expectation]\n",
		"error f.yaml:8:24: p.txt renders to 3 tokens, under the 1,240 expected [fixture-expectation]\n",
		"",
	}
	tmpl, _ := Load(fsys, "p.txt", Options{})
	for i, f := range fixtures {
		if diff := cmp.Diff(want[i], lines(f.Check(tmpl, Meter{Tokens: words}))); diff != "" {
			t.Errorf("fixture %d (-want +got):\n%s", i, diff)
		}
	}
	if got := rules(fixtures[0].Check(nil, Meter{Tokens: words})); got != "error fixture-expectation f.yaml:3:13" {
		t.Errorf("a template that is not there: %s", got)
	}
}

// Variables are any YAML value: text stays as it is written, lists and mappings are JSON in a plain template, files are
// read from inside the project.
func TestFixtureVars(t *testing.T) {
	fsys := files("p.txt", "x", "q.txt", "x", "docs/a.md", "from a file\n", "f.yaml", `templates: [p.txt, q.txt]
vars:
  text: "5.0"
  number: 5.0
  flag: true
  list: [1, two, {b: 2, a: x}]
  doc: file://docs/a.md
  docs: [file://docs/a.md]
`)
	list, diags := LoadFixtures(fsys, "f.yaml")
	if len(diags) > 0 || len(list) != 2 || list[0].Template.Value != "p.txt" || list[1].Template.Value != "q.txt" {
		t.Fatalf("%+v %s", list, lines(diags))
	}
	if diff := cmp.Diff(map[string]string{"text": "5.0", "number": "5.0", "flag": "true", "list": `[1,"two",{"a":"x","b":2}]`, "doc": "from a file\n", "docs": `["from a file\n"]`}, list[0].Values()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	want := map[string]any{"text": "5.0", "number": 5.0, "flag": true, "list": []any{int64(1), "two", map[string]any{"a": "x", "b": int64(2)}}, "doc": "from a file\n", "docs": []any{"from a file\n"}}
	if diff := cmp.Diff(want, list[1].Data()); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	_, diags = LoadFixtures(files("p.txt", "x", "f.yaml", "template: p.txt\nvars: {a: file://../x, b: [file://gone]}\nexpect: {matches: ['(']}\n"), "f.yaml")
	if got := rules(diags); got != "error fixture-unreadable f.yaml:2:11\nerror fixture-unreadable f.yaml:2:27\nerror bad-value f.yaml:3:20" {
		t.Error(lines(diags))
	}
}

// Each token costs a cent here: three of them are over two cents.
func TestFixtureExpectations(t *testing.T) {
	fsys := files("p.txt", "one two three", "f.yaml", `template: p.txt
expect:
  max_cost: $0.02
  not_contains: [two, four]
  matches: ['^one .*ee$', '[0-9]']
`)
	list, diags := LoadFixtures(fsys, "f.yaml")
	if len(list) != 1 || len(diags) > 0 {
		t.Fatal(lines(diags))
	}
	tmpl, _ := Load(fsys, "p.txt", Options{})
	m := Meter{Tokens: func(s string, _ request.Body) int64 { return int64(len(strings.Fields(s))) }, Cost: func(n int64) (money.Amount, bool) { return money.New(n, -2), true }}
	want := "error f.yaml:3:13: p.txt costs $0.03 as the input of a call, over the $0.02 expected [fixture-expectation]\n" +
		"error f.yaml:4:18: p.txt renders to a text that contains \"two\" [fixture-expectation]\n" +
		"error f.yaml:5:27: p.txt renders to a text that does not match \"[0-9]\" [fixture-expectation]\n"
	if diff := cmp.Diff(want, lines(list[0].Check(tmpl, m))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	m.Cost = nil
	if got := lines(list[0].Check(tmpl, m)); !strings.Contains(got, "f.yaml:3:13: p.txt declares no model that has a price, so max_cost cannot be held [fixture-unpriced]") {
		t.Error(got)
	}
}
