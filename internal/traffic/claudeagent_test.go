package traffic

import (
	"strings"
	"testing"
	"testing/fstest"
)

// Who made a call of a transcript: the main conversation, a subagent by its name, or one that no line names.
func TestClaudeAgent(t *testing.T) {
	for _, c := range []struct{ keys, agent, skill string }{
		{`"isSidechain":false`, "", ""},
		{`"isSidechain":true`, AnyAgent, ""},
		{`"isSidechain":true,"agentId":"a1b2"`, AnyAgent, ""},
		{`"agentId":"a1b2"`, AnyAgent, ""},
		{`"isSidechain":true,"agentId":"a1b2","attributionAgent":"Explore"`, "Explore", ""},
		{`"isSidechain":true,"agentId":"acompact-17"`, "", ""},
		{`"isSidechain":true,"agentId":"aprompt_suggestion-9"`, "", ""},
		{`"isSidechain":false,"attributionSkill":"deploy","attributionPlugin":"p"`, "", "deploy"},
		{`"attributionAgent":null,"attributionSkill":null`, "", ""},
	} {
		line := `{"type":"assistant","timestamp":"2026-06-01T08:00:00Z","sessionId":"s","requestId":"r",` + c.keys +
			`,"message":{"model":"claude-sonnet-5","id":"m","stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}}}`
		src := Source{FS: fstest.MapFS{"f": {Data: []byte(line)}}, Path: "f"}
		rec, diags, err := Read([]Source{src}, Options{Template: func(dialect string, call *Call) string {
			return strings.Join([]string{dialect, call.Agent, call.Skill}, "|")
		}})
		if err != nil || len(rec.Calls) != 1 {
			t.Fatal(c.keys, diags, err)
		}
		got := rec.Calls[0]
		if got.Agent != c.agent || got.Skill != c.skill || got.Template != ClaudeCode+"|"+c.agent+"|"+c.skill {
			t.Errorf("%s: agent %q, skill %q, template %q", c.keys, got.Agent, got.Skill, got.Template)
		}
	}
}

// The template that is named for a call comes after the rules and the defaults, which it is shown.
func TestTemplateIsNamedLast(t *testing.T) {
	for _, fixed := range []string{"", "rule.md"} {
		m := Mapping{}
		if fixed != "" {
			m = mustMap(t, rule(1, "model=m", "template="+fixed))
		}
		src := Source{FS: fstest.MapFS{"f": {Data: []byte(nativeLineOf("1", `,"agent":"a","skill":"s"`) + "\n")}}, Path: "f", Defaults: Defaults{Template: "default.md"}}
		rec, diags, err := Read([]Source{src}, Options{Map: m, Template: func(_ string, c *Call) string { return c.Template + "+" + c.Agent + "+" + c.Skill }})
		if err != nil || len(rec.Calls) != 1 {
			t.Fatal(diags, err)
		}
		want := "default.md+a+s"
		if fixed != "" {
			want = fixed + "+a+s"
		}
		if rec.Calls[0].Template != want {
			t.Errorf("%q, want %q", rec.Calls[0].Template, want)
		}
	}
}
