package engine

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Every bomb ends at a limit, soon, and without much memory.
func TestBombs(t *testing.T) {
	deep := func(open, close string) string { return strings.Repeat(open, 100000) + strings.Repeat(close, 100000) }
	vars := map[string]any{"l": make([]int, 1000), "s": strings.Repeat("ab ", 300000)}
	for _, c := range []struct {
		lang Language
		text string
	}{
		{Jinja, "{% for i in range(10**9) %}x{% endfor %}"},
		{Jinja, "{% for a in l %}{% for b in l %}{% for c in l %}{% endfor %}{% endfor %}{% endfor %}"},
		{Jinja, "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"},
		{Jinja, "{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}"},
		{Jinja, "{% for x in l recursive %}{{ loop(l) }}{% endfor %}"},
		{Jinja, "{{ 'a' * 10**9 }}"}, {Jinja, "{{ 'a' * 10**15 }}"}, {Jinja, "{{ [0] * 10**9 }}"}, {Jinja, "{{ 10**100 }}"}, {Jinja, "{{ 2 ** 9223372036854775807 }}"},
		{Jinja, `{{ "%1000000000d"|format(1) }}`}, {Jinja, `{{ "%99999999999999999999d" % 1 }}`}, {Jinja, `{{ "%.999999999f" % 1 }}`}, {Jinja, `{{ "%*d" % (1000000000, 1) }}`},
		{Jinja, "{{ 'a'|center(10**9) }}"}, {Jinja, "{{ 'a'.ljust(10**9) }}"}, {Jinja, "{{ 'a'.zfill(10**9) }}"}, {Jinja, "{{ s|indent(10**7, true) }}"},
		{Jinja, "{{ s|replace('', s) }}"}, {Jinja, "{{ s|replace('a', s) }}"}, {Jinja, "{{ s|join(s) }}"}, {Jinja, "{{ s|wordwrap(1, wrapstring=s) }}"}, {Jinja, "{{ l|batch(10**9, 0) }}"}, {Jinja, "{{ l|slice(10**9) }}"},
		{Jinja, "{% set ns = namespace(s='ab') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}"},
		{Jinja, "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}"},
		{Jinja, "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l == [ns.l, ns.l] }}{{ ns.l|tojson }}"},
		{Jinja, "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}"}, {Jinja, "{% set l = [] %}{% set _ = l.append(l) %}{{ l|tojson }}"}, {Jinja, "{% set l = [] %}{% set _ = l.append(l) %}{{ l == [l] }}"},
		{Jinja, "{% for i in range(100000) %}{{ s|upper|length }}{% endfor %}"}, {Jinja, "{% for i in range(100000) %}{% if 'z' in s %}{% endif %}{% endfor %}"},
		{Jinja, "{{ " + deep("(", ")") + " }}"}, {Jinja, "{{ " + deep("[", "]") + " }}"}, {Jinja, "{{ " + strings.Repeat("not ", 100000) + "x }}"}, {Jinja, "{{ " + strings.Repeat("-", 100000) + "1 }}"},
		{Jinja, "{{ 1" + strings.Repeat("+1", 100000) + " }}"}, {Jinja, "{{ x" + strings.Repeat("|e", 100000) + " }}"}, {Jinja, "{{ x" + strings.Repeat(".a", 100000) + " }}"}, {Jinja, "{{ x" + strings.Repeat("()", 100000) + " }}"},
		{Jinja, "{{ 1" + strings.Repeat(" if 1 else 1", 100000) + " }}"}, {Jinja, deep("{% if 1 %}", "{% endif %}")}, {Jinja, strings.Repeat("{{", 1<<21)}, {Jinja, strings.Repeat("{% if 1 %}", 1<<18)},
		{Jinja, "{% set " + strings.Repeat("(", 100000) + "a"}, {Jinja, "{{ x is " + strings.Repeat("in [", 10000)},
		{Handlebars, "{{#each l}}{{#each ../l}}{{#each ../../l}}{{/each}}{{/each}}{{/each}}"}, {Handlebars, deep("{{#if l}}", "{{/if}}")}, {Handlebars, "{{x " + deep("(a ", ")") + "}}"},
		{Handlebars, strings.Repeat("{{#if x}}{{else ", 5000)}, {Handlebars, "{{#if x}}" + strings.Repeat("{{else if x}}", 5000) + "{{/if}}"}, {Handlebars, "{{" + strings.Repeat("../", 100000) + "x}}"}, {Handlebars, strings.Repeat("{{", 1<<21)},
		{Mustache, "{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}"}, {Mustache, deep("{{#l}}", "{{/l}}")}, {Mustache, strings.Repeat("{{", 1<<21)},
		{Dotprompt, "{{#each l}}{{#each ../l}}{{role 'user'}}{{/each}}{{/each}}"},
	} {
		name := fmt.Sprintf("%s %.60q", c.lang, c.text)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		_, err := Render(c.lang, "t", c.text, vars, Options{MaxSteps: 200_000})
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if made := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 2*time.Second || made > 1500 {
			t.Errorf("%s: %s and %d MB", name, took, made)
		} else if testing.Verbose() {
			t.Logf("%s: %s, %d MB, %v", name, took.Round(time.Millisecond), made, err)
		}
	}
}

// The same template takes the same steps, whatever the machine.
func TestSteps(t *testing.T) {
	text := "{% for i in range(100) %}{{ i }}{% endfor %}"
	if _, err := Render(Jinja, "t", text, nil, Options{MaxSteps: 500}); err == nil || err.Error() != "t:1:26: rendering takes more than 500 steps" {
		t.Errorf("%v", err)
	}
	if _, err := Render(Jinja, "t", text, nil, Options{MaxBytes: 100}); err == nil || err.Error() != "t:1:26: renders to more than 100 bytes" {
		t.Errorf("%v", err)
	}
	if got, err := Render(Jinja, "t", text, nil, Options{MaxSteps: 2000, MaxBytes: 190}); err != nil || len(got) != 190 {
		t.Errorf("%q, %v", got, err)
	}
}
