package traffic

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
)

// explained reads one file and tells what came of every record, one line a field.
func explained(t *testing.T, src Source, m Mapping, content string) []string {
	t.Helper()
	src.FS, src.Path = fstest.MapFS{"f": {Data: []byte(content)}}, "f"
	var out []string
	rec, _, err := Read([]Source{src}, Options{Map: m, Explain: func(x Explained) {
		out = append(out, fmt.Sprintf("%s:%d %s %s rules %v", x.Call.Place.File, x.Call.Place.Line, x.Dialect, x.Call.ID, x.Rules))
		for _, o := range x.Fields {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s=%s %s %s %s", o.Field, o.Value, o.From, o.Key, o.Rule)))
		}
		for _, f := range x.Facts {
			out = append(out, fmt.Sprintf("fact %s=%s %s", f.Name, f.Value, f.Key))
		}
	}})
	if err != nil || len(rec.Calls) == 0 {
		t.Fatal(len(rec.Calls), err)
	}
	return out
}

// Every field says where it comes from: the record's key, the rule's line, the defaults, or nowhere.
func TestExplain(t *testing.T) {
	m := mustMap(t, rule(4, "model=other", "track=x"), rule(7, "model=m", "track=answer", "user={metadata.user}", "session=s"), rule(9, "feature=ask", "session=late", "!"))
	src := Source{Defaults: Defaults{Template: "CLAUDE.md", Model: "m2"}}
	got := explained(t, src, m, nativeLineOf("1", `,"feature":"ask","template_version":"v"`))
	want := []string{"f:1 native 1 rules [1 2]", "track=answer map  tokengate.yaml:7:5", "feature=ask record feature", "user= not known", "session=s map  tokengate.yaml:7:5",
		"template=CLAUDE.md defaults", "template_version=v record template_version", "agent= not known", "skill= not known", "model=m record model",
		"fact feature=ask feature", "fact template_version=v template_version", "fact model=m model"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A rule that overrides is named as the origin, and the record's own label stays among the facts.
func TestExplainOverride(t *testing.T) {
	m := mustMap(t, rule(4, "track=agent-*", "track=answer", "!"))
	got := strings.Join(explained(t, Source{}, m, nativeLineOf("1", `,"track":"agent-7"`)), "\n")
	if !strings.Contains(got, "track=answer map  tokengate.yaml:4:5") || !strings.Contains(got, "fact track=agent-7 track") {
		t.Error(got)
	}
}

// Without anybody who asks, records carry no facts; with a rule that asks for one, they do until it has acted.
func TestFactsAreForThoseWhoAsk(t *testing.T) {
	for _, c := range []struct {
		rule  MapRule
		needs bool
	}{
		{rule(1, "model=m", "track=x"), false},
		{rule(1, "dialect=native file=**", "track={id}"), false},
		{rule(1, "name=a", "track=x"), true},
		{rule(1, "model=m", "track={metadata.a}"), true},
	} {
		m := mustMap(t, c.rule)
		if m.needsFacts() != c.needs {
			t.Errorf("%v: %v", c.rule, !c.needs)
		}
	}
}

// A transcript says how its session was run; a line of it keeps these facts however little of the rest it has.
func TestExplainClaudeCode(t *testing.T) {
	line := `{"type":"assistant","timestamp":"2026-06-01T08:00:00Z","uuid":"u","sessionId":"s","requestId":"r","cwd":"/home/ann/shop","gitBranch":"feat/x","version":"2.1.214",` +
		`"isSidechain":true,"agentId":"a1","entrypoint":"cli","effort":"high","attributionAgent":"reviewer","attributionSkill":"sql","attributionPlugin":"db","attributionMcpServer":"pg",` +
		`"message":{"model":"claude-sonnet-5","id":"m","stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}}}`
	m := mustMap(t, rule(2, "metadata.attribution_agent=review*", "track=review"), rule(3, "path=**/shop metadata.is_sidechain=true", "feature={metadata.git_branch}"))
	got := explained(t, Source{}, m, line)
	want := []string{"f:1 claude-code m rules [0 1]", "track=review map  tokengate.yaml:2:5", "feature=feat/x map  tokengate.yaml:3:5", "user= not known", "session=s record sessionId",
		"template= not known", "template_version= not known", "agent=reviewer record attributionAgent", "skill=sql record attributionSkill", "model=claude-sonnet-5 record message.model",
		"fact model=claude-sonnet-5 message.model", "fact session=s sessionId", "fact path=/home/ann/shop cwd",
		"fact agent=reviewer attributionAgent", "fact skill=sql attributionSkill", "fact metadata.git_branch=feat/x gitBranch",
		"fact metadata.version=2.1.214 version", "fact metadata.entrypoint=cli entrypoint", "fact metadata.effort=high effort", "fact metadata.is_sidechain=true isSidechain",
		"fact metadata.agent_id=a1 agentId", "fact metadata.attribution_agent=reviewer attributionAgent", "fact metadata.attribution_skill=sql attributionSkill",
		"fact metadata.attribution_plugin=db attributionPlugin", "fact metadata.attribution_mcp_server=pg attributionMcpServer"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Copies of one call are told one by one: they have one id, and the calls that are counted are fewer.
func TestExplainComesBeforeJoining(t *testing.T) {
	n := 0
	src := Source{FS: fstest.MapFS{"f": {Data: []byte(strings.Repeat(nativeLineOf("1", "")+"\n", 3) + "{\n")}}, Path: "f"}
	rec, _, err := Read([]Source{src}, Options{Explain: func(Explained) { n++ }})
	if err != nil || n != 3 || len(rec.Calls) != 1 || rec.Duplicates != 2 {
		t.Error(n, rec, err)
	}
}
