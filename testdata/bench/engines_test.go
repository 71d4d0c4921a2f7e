package main

import (
	"testing"

	"github.com/cbroglie/mustache"
	"github.com/mbleigh/raymond"
	"github.com/nikolalohinski/gonja/v2"
	"github.com/nikolalohinski/gonja/v2/exec"

	"github.com/tokengate/tokengate/internal/engine"
)

// The Go libraries of the template languages render what prompts commonly hold as internal/engine does. They are no part of
// the program: none of them can be stopped or says where a byte comes from.
func TestEnginesAgainstLibraries(t *testing.T) {
	vars := map[string]any{
		"name": "Ada & Bob", "n": 3, "empty": "", "yes": true, "no": false,
		"items": []any{"a", "b", "c"},
		"docs":  []any{map[string]any{"title": "One", "text": "first <b>"}, map[string]any{"title": "Two", "text": "second"}},
		"user":  map[string]any{"name": "Ada", "plan": "pro"},
	}
	for _, lib := range []struct {
		language  engine.Language
		render    func(text string) (string, error)
		templates []string
	}{
		{engine.Jinja, func(text string) (string, error) {
			tmpl, err := gonja.FromString(text)
			if err != nil {
				return "", err
			}
			return tmpl.ExecuteToString(exec.NewContext(vars))
		}, []string{
			"Hi {{ name }}!", "{{ missing }}|{{ user.name }}|{{ user['plan'] }}", "{% if yes and not no %}y{% else %}n{% endif %}",
			"{% for d in docs %}{{ loop.index }}. {{ d.title }}: {{ d.text }}\n{% endfor %}", "{% for i in items %}{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}",
			"{{ items | join('; ') }} {{ name | upper }} {{ items | length }}", "{% set x = n + 4 %}{{ x }} {{ n * 2 }}",
			"{% macro item(i) %}<{{ i }}>{% endmacro %}{{ item('a') }}{{ item(n) }}", "{# a comment #}a{%- if yes %} b {%- endif %} c",
			"{{ empty | default('none', true) }} {{ missing | default('gone') }}", "{% if n > 2 and name is defined %}{{ name | replace('Bob', 'Eve') | trim }}{% endif %}",
			"{% for i in [] %}x{% else %}nothing{% endfor %}", "line\n{{ 'a' ~ 'b' }}\n",
		}},
		{engine.Handlebars, func(text string) (string, error) { return raymond.Render(text, vars) }, []string{
			"Hi {{{name}}}!", "{{missing}}|{{user.name}}", "{{#if yes}}y{{else}}n{{/if}}{{#unless no}}u{{/unless}}",
			"{{#each docs}}{{@index}} {{title}}\n{{/each}}", "{{#each items}}{{this}}{{#unless @last}}, {{/unless}}{{/each}}",
			"{{#with user}}{{name}} {{plan}}{{/with}}", "a {{~#if yes~}} b {{~/if~}} c", "{{!-- a comment --}}x", "{{#each missing}}x{{else}}none{{/each}}",
		}},
		{engine.Mustache, func(text string) (string, error) { return mustache.Render(text, vars) }, []string{
			"Hi {{{name}}}!", "{{&name}} {{missing}}", "{{#yes}}y{{/yes}}{{^no}}n{{/no}}", "{{#items}}{{.}},{{/items}}",
			"{{#docs}}\n- {{title}}: {{{text}}}\n{{/docs}}\n", "{{#user}}{{name}}{{/user}}", "{{! a comment }}x", "{{=<% %>=}}<%& name %>",
		}},
	} {
		for _, text := range lib.templates {
			want, err := lib.render(text)
			if err != nil {
				t.Errorf("%s: the library cannot render %q: %v", lib.language, text, err)
				continue
			}
			if got, err := engine.Render(lib.language, "t", text, vars, engine.Options{}); err != nil || got != want {
				t.Errorf("%s: %q renders to %q (%v), the library says %q", lib.language, text, got, err, want)
			}
		}
	}
}
