package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// renderings are templates with what they render to: Jinja as Jinja2 3.1.6 does under Python, Handlebars as handlebars.js
// 4 without escaping, Mustache as mustache.js 4 and Nunjucks as nunjucks 3 with autoescape off.
func renderings(t testing.TB) map[Language]struct {
	Vars  map[string]any
	Cases []struct {
		Template, Out string
		Trim, Fails   bool
	}
} {
	t.Helper()
	raw, err := os.ReadFile("testdata/renderings.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[Language]struct {
		Vars  map[string]any
		Cases []struct {
			Template, Out string
			Trim, Fails   bool
		}
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRender(t *testing.T) {
	for lang, set := range renderings(t) {
		if len(set.Cases) < 10 {
			t.Errorf("%s: %d cases", lang, len(set.Cases))
		}
		for _, c := range set.Cases {
			out, err := Trace(lang, "a/t.x", c.Template, set.Vars, Options{TrimBlocks: c.Trim, LstripBlocks: c.Trim})
			if (err != nil) != c.Fails || out.Text != c.Out {
				t.Errorf("%s %q:\n got %q, %v\nwant %q, fails %v", lang, c.Template, out.Text, err, c.Out, c.Fails)
			}
			checkOutput(t, c.Template, out, err)
		}
	}
}

// checkOutput holds what is true of every rendering.
func checkOutput(t *testing.T, text string, out Output, err error) {
	t.Helper()
	if err != nil {
		if e := As(err); e == nil || e.Reason == "" || strings.HasSuffix(e.Reason, ".") || out.Text != "" {
			t.Errorf("%q: incomplete error %#v", text, err)
		}
		return
	}
	at := 0
	for i, p := range out.Pieces {
		end := len(out.Text)
		if i+1 < len(out.Pieces) {
			end = out.Pieces[i+1].Out
		}
		if p.Out != at || end <= at || p.Start < 0 || p.End < p.Start {
			t.Fatalf("%q: piece %+v ends at %d", text, p, end)
		}
		if p.Literal && p.File == "a/t.x" && out.Text[p.Out:end] != text[p.Start:p.End] {
			t.Errorf("%q: piece %+v is %q", text, p, out.Text[p.Out:end])
		}
		at = end
	}
	if at != len(out.Text) {
		t.Errorf("%q: the pieces end at %d of %d", text, at, len(out.Text))
	}
}

func TestErrorPlaces(t *testing.T) {
	for _, c := range []struct {
		lang       Language
		text, want string
	}{
		{Jinja, "a\n  {% if x %}\nb", `t:2:3: the block "if" is not closed`},
		{Jinja, "é {{ x | nope }}", `t:1:10: filter "nope" is not known`},
		{Jinja, "{{ a b }}", `t:1:6: expected "}}", found "b"`},
		{Jinja, "{{ user.name }}", `t:1:4: "user" is undefined`},
		{Jinja, "{% endif %}", `t:1:4: unknown tag "endif"`},
		{Jinja, "{{ ['a'] | random }}", `t:1:12: filter "random" is not known`},
		{Jinja, "{{ now() }}", `t:1:4: now() is refused`},
		{Jinja, "{{ raise_exception('too long') }}", `t:1:4: the template refuses: too long`},
		{Jinja, "{% include '../secret' %}", `t:1:1: "../secret" leads out of the project`},
		{Jinja, "{% include '/etc/passwd' %}", `t:1:1: "/etc/passwd" leads out of the project`},
		{Jinja, "{% include 'gone.j2' %}", `t:1:1: template ["gone.j2"] does not exist`},
		{Handlebars, "x\n{{#if a}}\ny", `t:2:1: the block "if" is not closed`},
		{Handlebars, "x {{/if}}", `t:1:3: unexpected {{/if}}`},
		{Handlebars, "{{#if a}}x{{/each}}", `t:1:11: {{/each}} closes a block that was opened as "if"`},
		{Handlebars, "{{shout name}}", `t:1:3: helper "shout" is not known`},
		{Handlebars, "{{> gone}}", `t:1:1: partial "gone" does not exist`},
		{Mustache, "x\n {{#a}}", `t:2:2: the section "a" is not closed`},
		{Mustache, "{{#a}}{{/b}}", `t:1:7: {{/b}} closes a section that was opened as "a"`},
		{"php", "", `t: no template language is called "php"`},
	} {
		_, err := Render(c.lang, "t", c.text, nil, Options{})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s %q:\n got %v\nwant %s", c.lang, c.text, err, c.want)
		}
	}
}

func TestFiles(t *testing.T) {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"p/base.j2": "<{% block a %}base{% endblock %}|{% block b %}b{% endblock %}>", "p/part.j2": "[{{ x }}]\n", "macros.j2": "{% macro m(a) %}({{ a }}){% endmacro %}",
		"p/_card.prompt": "card {{name}}", "p/partials/row.hbs": "- {{this}}\n", "p/row.mustache": "<{{.}}>\n", "p/self.j2": "{% include 'self.j2' %}", "p/_loop.hbs": "{{> loop}}",
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	vars := map[string]any{"x": 7, "name": "Ada", "items": []any{"a", "b"}}
	for _, c := range []struct {
		lang             Language
		name, text, want string
	}{
		{Jinja, "p/t.j2", "{% include 'part.j2' %}{% include 'part.j2' without context %}", "[7][]"},
		{Jinja, "p/t.j2", "{% include ['no.j2', 'part.j2'] %}{% include 'no.j2' ignore missing %}", "[7]"},
		{Jinja, "p/t.j2", "{% extends 'base.j2' %}lost{% set y = 'Y' %}{% block a %}{{ super() }}+{{ y }}{% endblock %}", "<base+Y|b>"},
		{Jinja, "p/t.j2", "{% import 'macros.j2' as k %}{% from 'macros.j2' import m as n %}{{ k.m(1) }}{{ n(2) }}", "(1)(2)"},
		{Dotprompt, "p/t.prompt", "{{> card}} {{> card name='Bo'}}", "card Ada card Bo"},
		{Handlebars, "p/t.hbs", "x\n  {{#each items}}\n  {{> row}}\n  {{/each}}\n", "x\n  - a\n  - b\n"},
		{Mustache, "p/t.mustache", "x\n{{#items}}\n  {{> row}}\n{{/items}}\n", "x\n  <a>\n  <b>\n"},
	} {
		got, err := Render(c.lang, c.name, c.text, vars, Options{Files: files})
		if err != nil || got != c.want {
			t.Errorf("%q: %q, %v; want %q", c.text, got, err, c.want)
		}
	}
	for name, lang := range map[string]Language{"p/self.j2": Jinja, "p/_loop.hbs": Handlebars} {
		if _, err := Render(lang, name, string(files[name].Data), nil, Options{Files: files}); err == nil || !As(err).Limit {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Values print in the order of a Map, and a Go map in the order of its keys.
func TestValues(t *testing.T) {
	vars := map[string]any{
		"m": map[string]any{"b": 1, "a": 2.0, "c": 1.5}, "o": Map{{"z", []string{"q"}}, {"a", nil}}, "n": json.Number("30"), "f": json.Number("1.50"), "i": uint8(3), "s": map[string]string{"k": "v"},
	}
	want := "{'a': 2, 'b': 1, 'c': 1.5} {'z': ['q'], 'a': None} 30 1.5 3 {'k': 'v'}"
	for range 20 {
		got, err := Render(Jinja, "t", "{{ m }} {{ o }} {{ n }} {{ f }} {{ i }} {{ s }}", vars, Options{})
		if err != nil || got != want {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if _, err := Render(Jinja, "t", "", map[string]any{"x": make(chan int)}, Options{}); err == nil || !strings.Contains(err.Error(), "variable x has a type") {
		t.Errorf("%v", err)
	}
}

func TestLenient(t *testing.T) {
	text := "{{ user.name.first }}|{% if a.b > 3 %}x{% endif %}|{{ n + 1 }}|{{ f(1) }}|{{ x|upper }}|{{ d|tojson }}"
	got, err := Render(Jinja, "t", text, nil, Options{Lenient: true})
	if want := "||||" + "|null"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTrace(t *testing.T) {
	out, err := Trace(Jinja, "t", "Hi {{ name }}!\r\n{% for i in [1, 2] %}{{ i }}{% endfor %}", map[string]any{"name": "Ada"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Piece{{0, "t", 0, 3, true}, {3, "t", 3, 13, false}, {6, "t", 13, 14, true}, {7, "t", 14, 16, false}, {8, "t", 37, 44, false}, {9, "t", 37, 44, false}}
	if diff := cmp.Diff(want, out.Pieces); diff != "" || out.Text != "Hi Ada!\n12" {
		t.Errorf("%q (-want +got):\n%s", out.Text, diff)
	}
	out, err = Trace(Dotprompt, "t", `{{role "system"}}S {{json d}}{{media url=u contentType="image/png"}}{{history}}{{#role "user"}}U{{/role}}`,
		map[string]any{"d": map[string]any{"a": "<&>"}, "u": "http://x"}, Options{})
	if err != nil || out.Text != `S {"a":"<&>"}U` {
		t.Fatalf("%q, %v", out.Text, err)
	}
	marks := []Mark{{"role", "system", "", 0, 0, 17, false}, {"media", "http://x", "image/png", 13, 29, 68, false}, {"history", "", "", 13, 68, 79, false}, {"role", "user", "", 13, 79, 95, true}}
	if diff := cmp.Diff(marks, out.Marks); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUses(t *testing.T) {
	for _, c := range []struct {
		lang       Language
		text, want string
	}{
		{Jinja, "A{% set k = 1 %}{{ k }}{% for i in [1, 2] %}{{ i }}{% if q %}{% endif %}{% endfor %}{{ name.x|default('d') }}", "q 3 false; name 4 true; "},
		{Handlebars, "A{{#each l}}{{this}}{{b}}{{/each}}{{name.x}}", "l 1 true; b 2 false; name 3 true; "},
		{Mustache, "A{{#l}}{{.}}{{/l}}{{name.x}}", "l 1 true; . 1 true; name.x 3 true; "},
	} {
		out, err := Trace(c.lang, "t", c.text, map[string]any{"name": map[string]any{}, "l": []int{1, 2}}, Options{Lenient: true})
		var b strings.Builder
		for _, u := range out.Uses {
			fmt.Fprintf(&b, "%s %d %v; ", u.Name, u.Out, u.Given)
		}
		if err != nil || b.String() != c.want {
			t.Errorf("%q: %q, %v; want %q", c.text, b.String(), err, c.want)
		}
	}
}
