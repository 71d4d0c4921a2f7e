package prompt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tokengate/tokengate/internal/engine"
)

// shown is a template that is rendered, for tests.
func shown(t *Template, r Rendered) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, model %q, cap %d\n", t.Kind, t.Basis, r.Model.Value, r.MaxOutputTokens.Value)
	for _, m := range r.Messages {
		fmt.Fprintf(&b, "%s %s %q %v\n", m.Role, span(m.Span), m.Text, m.Media)
	}
	for _, f := range t.Files {
		for _, s := range f.Sections {
			fmt.Fprintf(&b, "# %s (%s, %d) %s %q\n", s.Heading, s.Anchor, s.Level, span(s.Span), s.Text)
		}
	}
	for _, p := range t.Placeholders() {
		fmt.Fprintf(&b, "{} %s %s %d\n", p.Name, span(p.Span), p.Offset)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

func TestRenderedKinds(t *testing.T) {
	for _, c := range []struct{ name, text, want, diags string }{
		{"a.j2", "---\ntitle: x\n---\n# Rules\nHi {{ name }}!\n{% for i in [1, 2] %}\n- {{ i }}\n{% endfor %}\n", `jinja, no variables, model "", cap 0
 a.j2:4:1-8:1 "# Rules\nHi !\n\n- 1\n\n- 2\n" []
# Rules (rules, 1) a.j2:4:1-8:1 "# Rules\nHi !\n\n- 1\n\n- 2\n"
{} name a.j2:5:7-5:11 11
`, "warning prompt-bare a.j2:5:7"},
		{"g.prompt", "# licence\n\n---\nmodel: googleai/gemini-2.5-flash\nconfig: {maxOutputTokens: 300}\ninput:\n  default: {name: Ada}\noutput: {schema: {a: string}}\n---\n{{role \"system\"}}\nBe brief.\n{{role \"user\"}}\nHi {{name}}{{media url=\"http://x\"}}{{history}}\n", `dotprompt, its defaults, model "gemini-2.5-flash", cap 300
system g.prompt:11:1-12:1 "\nBe brief.\n" []
user g.prompt:13:1-14:1 "\nHi Ada" [http://x]
# system (system, 1) g.prompt:11:1-12:1 "\nBe brief.\n"
# user (user, 1) g.prompt:13:1-14:1 "\nHi Ada"
{} name g.prompt:13:6-13:10 15
note: the schema of the answer (output.schema) is sent by the runtime and is not counted
note: the conversation so far ({{history}}) is put in at run time and is not counted
note: 1 media parts are sent and are not counted
`, ""},
		{"v1.prompty", "---\nmodel:\n  configuration: {type: azure_openai, azure_deployment: gpt-4o}\n  parameters: {max_tokens: 150}\nsample: {q: \"x\\n\\nuser:\\ny\"}\n---\n\nsystem:\nS\n\nuser:\n{{q}}\n", `prompty, its own sample, model "", cap 150
system v1.prompty:9:1-10:1 "S" []
user v1.prompty:12:1-13:1 "x" []
user v1.prompty:12:1-13:1 "y" []
# system (system, 1) v1.prompty:9:1-10:1 "S"
# user (user, 1) v1.prompty:12:1-13:1 "x"
# user (user-1, 1) v1.prompty:12:1-13:1 "y"
{} q v1.prompty:12:3-12:4 1
`, "warning prompt-deployment v1.prompty:3:57"},
		{"v2.prompty", "---\nmodel: {id: gpt-4, options: {maxOutputTokens: 1000}, connection: {apiKey: \"${env:KEY}\"}}\ninputs:\n  - {name: q, default: \"a\\nuser:\\nb\"}\n  - {name: talk, kind: thread}\n---\nfirst\nuser:\n# Q\n{{q}} {{talk}}", `prompty, its defaults, model "gpt-4", cap 1000
system v2.prompty:7:1-8:1 "first" []
user v2.prompty:9:1-11:1 "# Q\na\nuser:\nb" []
# system (system, 1) v2.prompty:7:1-8:1 "first"
# user / Q (user--q, 2) v2.prompty:9:1-11:1 "# Q\na\nuser:\nb"
{} q v2.prompty:10:3-10:4 9
{} talk v2.prompty:10:9-10:13 18
note: the conversation so far (talk) is put in at run time and is not counted
`, ""},
		{"x.mustache", "Hi {{#name}}{{.}}{{/name}}{{gone}}", "mustache, no variables, model \"\", cap 0\n x.mustache:1:1-2:1 \"Hi \" []\n#  (, 0) x.mustache:1:1-2:1 \"Hi \"\n{} name x.mustache:1:4-1:13 3\n{} gone x.mustache:1:27-1:35 3\n", "warning prompt-bare x.mustache:1:4"},
	} {
		got, diags := Load(files(c.name, c.text), c.name, Options{})
		if got == nil {
			t.Errorf("%s: %s", c.name, lines(diags))
			continue
		}
		r, _ := got.Messages(nil)
		if diff := cmp.Diff(c.want, shown(got, r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if rules(diags) != c.diags {
			t.Errorf("%s: %s", c.name, lines(diags))
		}
		checkRendered(t, got)
	}
}

// checkRendered holds what is true of every template that is rendered.
func checkRendered(t *testing.T, got *Template) {
	t.Helper()
	r, _ := got.Messages(nil)
	if got.Text() != r.Text() && got.Basis != "the variables given" {
		t.Errorf("%s: the sections are %q, the messages %q", got.Path, got.Text(), r.Text())
	}
	for _, f := range got.Files {
		at := 0
		for _, k := range f.kept {
			if k.sent < at || k.end < k.start || k.end > len(f.doc.text) {
				t.Fatalf("%s: piece %+v after %d", got.Path, k, at)
			}
			at = k.sent
		}
		for _, s := range f.Sections {
			if s.Text == "" || s.Span.Start.Line < 1 || s.Span.End.Line <= s.Span.Start.Line {
				t.Errorf("%s: section %q at %s", got.Path, s.Heading, span(s.Span))
			}
		}
	}
	at := 0
	for _, p := range got.Placeholders() {
		if p.Offset < at || p.Offset > len(got.Text()) {
			t.Errorf("%s: placeholder %+v after %d", got.Path, p, at)
		}
		at = p.Offset
	}
}

// The text that no variable can change is a beginning of every rendering.
func TestRenderedPrefix(t *testing.T) {
	p := load(t, "a.j2", "a.j2", "Stable {{ 1 + 1 }}.\n{% if loud %}LOUD{% else %}quiet{% endif %} {{ name }}")
	text, first := p.StablePrefix()
	if text != "Stable 2.\n" || first.Name != "loud" || first.Span.String() != "a.j2:2:7" {
		t.Errorf("%q %+v", text, first)
	}
	for _, vars := range []map[string]string{nil, {"loud": "1"}, {"name": "Ada"}} {
		if got, _ := p.Render(vars); !strings.HasPrefix(got, text) {
			t.Errorf("%q", got)
		}
	}
}

func TestRenderRecorded(t *testing.T) {
	p := load(t, "a.j2", "a.j2", "{% for d in docs %}[{{ d.text }}]{% endfor %} {{ raw }}")
	got, diags := p.Render(map[string]string{"docs": `[{"text": "a"}, {"text": "b"}]`, "raw": `["x"]`})
	if want := `[a][b] ["x"]`; got != want || len(diags) > 0 {
		t.Errorf("%q, want %q; %s", got, want, lines(diags))
	}
	_, diags = p.Render(map[string]string{"docs": "[]"})
	if want := "warning a.j2:1:50: no value for raw; it is rendered as nothing [fixture-missing-var]\n"; lines(diags) != want {
		t.Errorf("%s", lines(diags))
	}
	with, _ := p.With(map[string]any{"docs": []any{map[string]any{"text": "q"}}, "raw": 3})
	if with.Text() != "[q] 3" || p.Text() != " " || with.Basis != "the variables given" {
		t.Errorf("%q %q", with.Text(), p.Text())
	}
	given, _ := Load(files("a.j2", "{{ x }}"), "a.j2", Options{Vars: map[string]any{"x": engine.Map{{Key: "b", Value: 1}, {Key: "a", Value: nil}}}})
	if given.Text() != "{'b': 1, 'a': None}" {
		t.Errorf("%q", given.Text())
	}
}

func TestRenderedDiff(t *testing.T) {
	base := load(t, "a.j2", "a.j2", "A\n{% for i in [1, 2] %}\n- {{ i }}\n{% endfor %}\nend\n")
	head := load(t, "a.j2", "a.j2", "A\n{% for i in [1, 2] %}\n- {{ i }} more\n{% endfor %}\nend\n")
	var b strings.Builder
	for _, h := range Diff(base, head) {
		fmt.Fprintf(&b, "%s %s %q %q\n", span(h.Span), span(h.BaseSpan), h.Old, h.New)
	}
	want := "a.j2:3:1-4:1 a.j2:3:1-4:1 \"- 1\\n\" \"- 1 more\\n\"\na.j2:3:1-4:1 a.j2:3:1-4:1 \"- 2\\n\" \"- 2 more\\n\"\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if offset, at, changed := FirstChange(base, head); offset != 6 || at.String() != "a.j2:3:10" || !changed {
		t.Errorf("%d %s %v", offset, at, changed)
	}
}

func TestBrokenPrompts(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a.j2", "---\nx: y\n---\n\n{% if x %}", "error prompt-syntax a.j2:5:1"},
		{"a.j2", "{% for i in range(10**9) %}x{% endfor %}", "error prompt-limit a.j2:1:13"},
		{"a.j2", "{% include 'b.j2' %}", "error prompt-syntax a.j2:1:1"},
		{"a.hbs", "{{#each x}}", "error prompt-syntax a.hbs:1:1"},
		{"a.prompt", "---\nmodel: x\n", "error prompt-syntax a.prompt:1:1"},
		{"a.prompt", "---\nmodel: [\n---\nx", "error front-matter-invalid a.prompt:2"},
		{"a.prompty", "---\nmodel: x\n", "error prompt-syntax a.prompty:1:1"},
		{"a.prompty", "---\nmodel: x\ntemplate: ejs\n---\nx", "error prompt-syntax a.prompty:3:11"},
		{"a.prompty", "---\nmodel: ${env:M}\ninputs: ${file:../../x.json}\n---\nx", "warning prompt-reference a.prompty:2:8\nwarning prompt-reference a.prompty:3:9"},
		{"a.prompty", "---\nmodel: ${env:M:gpt-4}\n---\n{{ now() }}", "error prompt-syntax a.prompty:4:4"},
	} {
		got, diags := Load(files(c.name, c.text), c.name, Options{})
		if rules(diags) != c.want || (got == nil) != diags.HasErrors() {
			t.Errorf("%q:\n%s\n%s", c.text, rules(diags), lines(diags))
		}
	}
}

// What a header declares holds like a block, and a block of the file goes before it.
func TestDeclared(t *testing.T) {
	for _, c := range []struct{ block, want string }{
		{"", "gpt-4o 100"}, {"tokengate: {model: gpt-4.1}\n", "gpt-4.1 0;  100"}, {"tokengate: {model: gpt-4.1, max_output_tokens: 5}\n", "gpt-4.1 5"}, {"tokengate: {track: a, model: gpt-4.1}\n", "gpt-4.1 0; gpt-4o 100"},
	} {
		got := load(t, "a.prompt", "a.prompt", "---\nmodel: openai/gpt-4o\nconfig: {maxOutputTokens: 100}\n"+c.block+"---\nx")
		var out []string
		for _, b := range got.Budgets {
			out = append(out, fmt.Sprintf("%s %d", strings.TrimPrefix(b.Model.Value, "openai/"), b.MaxOutputTokens.Value))
		}
		if strings.Join(out, "; ") != c.want {
			t.Errorf("%q: %q, want %q", c.block, out, c.want)
		}
	}
}
