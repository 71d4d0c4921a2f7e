package prompt

import (
	"strings"
	"testing"
)

const chatFile = `[
  {"role": "system", "content": "You answer {{who}}.\nBe brief, \"always\"."},
  {"role": "user", "content": [{"type": "text", "text": "Look \u00e9 {{ what }}"}, {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]}
]
`

func TestChat(t *testing.T) {
	got, diags := Load(files("a.json", chatFile), "a.json", Options{Vars: map[string]any{"who": `"Ada" {{what}}`, "what": []any{int64(1), "x"}}})
	if got == nil || len(diags) > 0 {
		t.Fatal(lines(diags))
	}
	if want := "You answer \"Ada\" {{what}}.\nBe brief, \"always\".Look é [1,\"x\"]"; got.Text() != want || got.Kind != Chat {
		t.Errorf("%s: %q", got.Kind, got.Text())
	}
	s := got.Files[0].Sections
	if len(s) != 2 || s[0].Heading != "system" || s[1].Heading != "user" || s[0].Span.Start.Line != 2 || s[1].Span.Start.Line != 3 || s[1].Span.End.Line != 4 {
		t.Errorf("%+v", s)
	}
	if len(got.Notes) != 1 || !strings.HasPrefix(got.Notes[0], "1 media part") {
		t.Errorf("notes %q", got.Notes)
	}
	p := got.Placeholders()
	if len(p) != 2 || p[0].Name != "who" || span(p[0].Span) != "a.json:2:45-2:52" || span(p[1].Span) != "a.json:3:70-3:80" {
		t.Errorf("%+v", p)
	}
	if text, _ := got.StablePrefix(); text != "You answer " {
		t.Errorf("stable: %q", text)
	}
	next, _ := Load(files("a.json", strings.Replace(chatFile, "Look", "Look closely", 1)), "a.json", Options{Vars: map[string]any{"who": `"Ada" {{what}}`, "what": []any{int64(1), "x"}}})
	if h := Diff(got, next); len(h) != 1 || h[0].Span.End.Line != 4 {
		t.Errorf("%+v", h)
	}
}

func TestChatBroken(t *testing.T) {
	for content, want := range map[string]string{
		"[\n  {\"role\": \"user\" \"content\": \"x\"}]":                                                           "error prompt-syntax a.json:2:19",
		`[{"role": "assistant", "content": "x", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}]`: "error prompt-syntax a.json:1:1",
		`[{"role": "user", "content": [{"type": "input_audio"}]}]`:                                                "error prompt-syntax a.json:1:31",
		`{"messages": [{"role": "user", "content": "x"}], "model": "gpt-4o"}`:                                     "",
		`{"role": "no chat", "content": "{{x}}"}`:                                                                 "",
	} {
		_, diags := Load(files("a.json", content), "a.json", Options{})
		if got := rules(diags); got != want {
			t.Errorf("%s: %s\n%s", content, got, lines(diags))
		}
	}
}

func FuzzChat(f *testing.F) {
	f.Add(chatFile, "v")
	f.Add(`{"messages":[{"role":"user","content":"\ud83d\ude00{{x}}\\\""}]}`, "")
	f.Add(`[{"role":"user","content":["{{x}}{{ y }}",{"type":"text","text":"\u007b{x}}"}]}]`, "{{x}}")
	f.Fuzz(func(t *testing.T, content, value string) {
		got, diags := Load(files("a.json", content), "a.json", Options{Vars: map[string]any{"x": value}})
		if got == nil || got.Kind != Chat {
			if got == nil && !diags.HasErrors() {
				t.Error("nothing loaded and nothing said")
			}
			return
		}
		r, _ := got.Messages(map[string]any{"x": value})
		if r.Text() != got.Text() {
			t.Errorf("messages %q, sections %q", r.Text(), got.Text())
		}
		for _, p := range got.Placeholders() {
			if p.Span.Start.Line == 0 || p.Offset > len(got.Text()) {
				t.Errorf("%+v", p)
			}
		}
	})
}

// Headers of Dotprompt and Prompty are YAML of others: whatever stands there ends with a template or a reason.
func FuzzPromptHeader(f *testing.F) {
	f.Add("model: googleai/gemini-2.0-flash\ninput: {schema: {a: string}, default: {a: b}}", "{{a}}")
	f.Add("model: {api: chat, configuration: {azure_deployment: x}, parameters: {max_tokens: 5}}\nsample: {a: [1]}", "system:\n{{a}}")
	f.Add("inputs: [{name: a, kind: thread, default: ${env:A:b}}]\ntemplate: {format: {kind: mustache}}", "user:\n{{a}}")
	f.Add("a: &a [*a, *a]\nsample: *a", "x")
	f.Fuzz(func(t *testing.T, header, body string) {
		for _, name := range []string{"a.prompt", "a.prompty"} {
			got, diags := Load(files(name, "---\n"+header+"\n---\n"+body), name, Options{})
			if got == nil && !diags.HasErrors() {
				t.Errorf("%s: nothing loaded and nothing said", name)
			}
		}
	})
}
