package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
)

func TestLoadRefusesMapRules(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a fact", "map:\n  - when: {nmae: a}\n    track: x\n", `tokengate.yaml:2:12: unknown fact "nmae" in a map rule [unknown-key] | did you mean "name"?`},
		{"a field", "map:\n  - when: {name: a}\n    tracks: x\n", `tokengate.yaml:3:5: unknown key "tracks" [unknown-key] | did you mean "track"?
tokengate.yaml:2:5: a map rule sets nothing [map-rule] | set one of track, feature, user, session, template, template_version, agent, skill`},
		{"no conditions", "map:\n  - track: x\n", `tokengate.yaml:2:5: a map rule has no conditions [map-rule] | say which calls it is for; for all of them: when: {file: "**"}`},
		{"no patterns", "map: [{when: {name: []}, track: x}]\n", `tokengate.yaml:1:15: the condition on name has no pattern [map-rule] | write a pattern, such as "*" for any value`},
		{"a pattern of a list", "map: [{when: {name: [a, '']}, track: x}]\n", `tokengate.yaml:1:25: an empty pattern for name [map-rule] | write "*" for any value; a fact that is missing matches nothing`},
		{"a pattern that is a mapping", "map: [{when: {name: {a: b}}, track: x}]\n", `tokengate.yaml:1:21: expected a single value, found a mapping [bad-value]
tokengate.yaml:1:21: an empty pattern for name [map-rule] | write "*" for any value; a fact that is missing matches nothing`},
		{"a value", "map: [{when: {name: a}, user: '{modle}'}]\n", `tokengate.yaml:1:31: there is no fact "modle" to take a value from [map-rule] | did you mean "model"?`},
		{"a template outside", "map: [{when: {name: a}, template: ../x.md}]\n", `tokengate.yaml:1:35: "../x.md" leads out of the project [path-outside] | move the file into the project`},
		{"override", "map: [{when: {name: a}, track: x, override: often}]\n", `tokengate.yaml:1:45: cannot read "often" as true or false [bad-value]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, got := load(c.text); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// Rules keep their order and their places; a pattern may be one or a list.
func TestMapping(t *testing.T) {
	cfg, diags := load("map:\n  - when: {name: 'a*', tag: [x, y], metadata.n: 7}\n    track: x\n  - when: {file: '**'}\n    override: true\n    user: '{id}'\n")
	m, more := cfg.Mapping()
	var places []string
	for _, at := range m.Rules() {
		places = append(places, at.String())
	}
	if diff := cmp.Diff([]string{"tokengate.yaml:2:5", "tokengate.yaml:4:5"}, places); diff != "" || diags != "" || len(more) > 0 {
		t.Error(diff, diags, more)
	}
}

// Any edit of the rules is an edit of policy: an order, a pattern, a value, an override. Their layout is none.
func TestMappingIsPolicy(t *testing.T) {
	setting := func(text string) (out budget.Setting) {
		cfg, diags := load(text)
		if diags != "" {
			t.Fatal(diags)
		}
		for _, s := range (config.Policy{Config: cfg}).Settings() {
			if s.Name == "map" {
				out = s
			}
		}
		return out
	}
	const a, b = "{when: {name: a}, track: x}", "{when: {name: b}, track: y}"
	base := setting("map: [" + a + ", " + b + "]\n")
	if !strings.HasPrefix(base.Value, "2 rules (sha256 ") || base.Span.String() != "tokengate.yaml:1:7" {
		t.Error(base)
	}
	seen := map[string]string{base.Value: "base"}
	for _, edit := range []string{b + ", " + a, a, "{when: {name: a*}, track: x}, " + b, "{when: {name: [a, a]}, track: x}, " + b, "{when: {name: a}, feature: x}, " + b,
		"{when: {name: a}, track: z}, " + b, "{when: {name: a, tag: t}, track: x}, " + b, "{when: {name: a}, track: x, override: true}, " + b} {
		v := setting("map: [" + edit + "]\n").Value
		if seen[v] != "" {
			t.Errorf("%s reads as %s", edit, seen[v])
		}
		seen[v] = edit
	}
	if v := setting("map:\n  - track: x\n    when: {name: [a]}\n  - " + b + "\n").Value; v != base.Value {
		t.Error("another layout is another policy:", v, base.Value)
	}
	if s := setting("version: 1\n"); s.Name != "" {
		t.Error(s)
	}
}

func TestMisnamed(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"tracks: {answer: {}, plan: {}}\nmap: [{when: {name: a}, track: anwser}]\n", `tokengate.yaml:2:32: the map rule gives calls the track "anwser", which is not declared [map-track] | did you mean "answer"?`},
		{"tracks: {answer: {}, answers: {}}\nmap: [{when: {name: a}, track: answer}]\n", ""},
		{"tracks: {answer: {}}\nmap: [{when: {name: a}, track: triage}]\n", ""},
		{"map: [{when: {name: a}, track: anwser}]\n", ""},
		{"tracks: {answer: {}}\nmap: [{when: {name: a}, user: anwser}]\n", ""},
	} {
		cfg, diags := load(c.text)
		if got := lines((config.Policy{Config: cfg}).Misnamed()); got != c.want || diags != "" {
			t.Errorf("got %s\nwant %s\n%s", got, c.want, diags)
		}
	}
}
