package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/prompt"
	"testing/fstest"
)

// tree loads templates that may import each other.
func tree(t *testing.T, yaml string, roots string, files ...string) config.Policy {
	t.Helper()
	p := policy(t, yaml)
	fsys := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	for _, name := range strings.Fields(roots) {
		loaded, ds := prompt.Load(fsys, name, prompt.Options{Now: now})
		if loaded == nil || ds.HasErrors() {
			t.Fatal(lines(ds))
		}
		p.Templates = append(p.Templates, loaded)
	}
	return p
}

func front(keys, body string) string { return "---\ntokengate: {" + keys + "}\n---\n" + body }

// Every step of the order sets the same cap: taking the closest away, the next one holds.
func TestOrderOfInheritance(t *testing.T) {
	steps := []struct{ name, cap string }{
		{"section", "1"}, {"section around it", "2"}, {"file", "3"}, {"importing file", "4"}, {"directory above", "5"}, {"directory above", "6"},
		{"emergency of the track", "7"}, {"track", "8"}, {"elsewhere for the track", "9"}, {"feature", "10"}, {"emergency of the project", "11"}, {"defaults", "12"},
	}
	for from := range steps {
		on := func(i int, text string) string {
			if i < from {
				return ""
			}
			return strings.ReplaceAll(text, "CAP", fmt.Sprintf("context: {max_input_tokens: %d}", i+1))
		}
		yaml := "version: 1\n" + on(11, "defaults: {CAP}\n") + "emergency:\n  - {expires: 2026-11-23, track: other}\n" + on(6, "  - {track: t, expires: 2026-11-23, CAP}\n") + on(10, "  - {expires: 2026-11-23, CAP}\n") +
			"tracks: {t: {" + on(7, "CAP") + "}}\nfeatures: {f: {" + on(9, "CAP") + "}}\n"
		section := front("owner: x, sections: {b: {owner: x, "+on(0, "CAP")+"}, a: {owner: x, "+on(1, "CAP")+"}}, "+on(2, "CAP"), "# X\n## A\n### B\ntext\n")
		p := tree(t, yaml, "svc/api/CLAUDE.md svc/CLAUDE.md CLAUDE.md other.md",
			"svc/api/CLAUDE.md", front("owner: x, "+on(3, "CAP"), "@part.md\n"), "svc/api/part.md", section,
			"svc/CLAUDE.md", front("owner: x, "+on(4, "CAP"), "x\n"), "CLAUDE.md", front("owner: x, "+on(5, "CAP"), "x\n"), "other.md", front("owner: x, track: t, "+on(8, "CAP"), "x\n"))
		e := p.Effective(config.Target{Path: "svc/api/part.md", Anchor: "b", Track: "t", Feature: "f"}, config.PullRequest)
		for _, g := range e.Guardrails {
			if g.Key != "context.max_input_tokens" {
				continue
			}
			got := g.From + " " + g.Value
			var before []string
			for _, b := range g.Before {
				before = append(before, b.From+" "+b.Value)
			}
			var want []string
			for _, s := range steps[from:] {
				want = append(want, s.name+" "+s.cap)
			}
			if diff := cmp.Diff(want, append([]string{got}, before...)); diff != "" {
				t.Errorf("from step %d (-want +got):\n%s", from, diff)
			}
		}
		if got := p.Limits("svc/api/part.md", "t").Context.MaxInputTokens.Value; from <= 2 && got != 3 || from > 2 && from != 9 && int(got) != from+1 {
			t.Errorf("from step %d a call gets %d", from, got)
		}
	}
}

// A prompt of the application is no child of a CLAUDE.md, a rule and an agent are; a CLAUDE.md does not inherit from an
// agent that it is sent with.
func TestParents(t *testing.T) {
	p := tree(t, "version: 1\n", "CLAUDE.md prompts/a.md .claude/agents/b.md .claude/rules/c.md CLAUDE.local.md",
		"CLAUDE.md", front("max_output_tokens: 5", "x\n"), "prompts/a.md", "x\n", ".claude/agents/b.md", "x\n", ".claude/rules/c.md", "x\n", "CLAUDE.local.md", "x\n")
	for path, want := range map[string]int{"prompts/a.md": 0, ".claude/agents/b.md": 5, ".claude/rules/c.md": 5, "CLAUDE.local.md": 5, "CLAUDE.md": 5} {
		if got := p.Limits(path, "").MaxOutputTokens.Value; int(got) != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

// Within a step, what expires comes first, be it written first or last. A closer step still comes before it.
func TestExpiringComesFirst(t *testing.T) {
	caps := func(body string, files ...string) string {
		p := tree(t, "version: 1\n", "CLAUDE.md", append([]string{"CLAUDE.md", body}, files...)...)
		for _, g := range p.Effective(config.Target{Path: "CLAUDE.md"}, config.PullRequest).Guardrails {
			if g.Key == "max_output_tokens" {
				return fmt.Sprintf("%s from %s %s before %v", g.Value, g.From, g.Until, len(g.Before))
			}
		}
		return "none"
	}
	block := func(keys string) string { return "\n```yaml tokengate\n" + keys + "\n```\n" }
	for _, c := range []struct{ name, got, want string }{
		{"first", caps("# X\n" + block("max_output_tokens: 900\nexpires: 2026-12-01") + block("max_output_tokens: 100")), "900 from file 2026-12-01 before 1"},
		{"last", caps("# X\n" + block("max_output_tokens: 100") + block("max_output_tokens: 900\nexpires: 2026-12-01")), "900 from file 2026-12-01 before 1"},
		{"over", caps("# X\n" + block("max_output_tokens: 100") + block("max_output_tokens: 900\nexpires: 2026-11-01")), "100 from file  before 0"},
		{"a step further", caps("@a.md\n"+block("max_output_tokens: 100"), "a.md", "x\n"+block("max_output_tokens: 900\nexpires: 2026-12-01")), "100 from file  before 1"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
}

// A CLAUDE.md takes nothing from the template that it is sent with: a subagent is no parent of it, as it is of a rule.
func TestSentWith(t *testing.T) {
	p := policy(t, "version: 1\n")
	loaded, ds := prompt.LoadTree(fstest.MapFS{
		"CLAUDE.md":               {Data: []byte("# X\n")},
		".claude/agents/a.md":     {Data: []byte("---\nname: a\ndescription: b\ntokengate: {max_output_tokens: 7}\n---\nx\n")},
		".claude/rules/common.md": {Data: []byte("# Y\n")},
	}, prompt.Loader{Now: now})
	if len(ds) > 0 {
		t.Fatal(lines(ds))
	}
	p.Templates = loaded.Templates()
	for path, want := range map[string]int{".claude/agents/a.md": 7, "CLAUDE.md": 0, ".claude/rules/common.md": 7} {
		if got := p.Limits(path, "").MaxOutputTokens.Value; int(got) != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

func TestEmergency(t *testing.T) {
	yaml := "project: {owner: \"@all\"}\nceiling: {cost: $50, tokens: 4M}\ntracks: {gen: {ceiling: $5, owner: \"@gen\", per_call: {cost: $1}}}\n"
	envelope := func(expires string) string {
		return front("track: gen, ceiling: {cost: $9}, expires: "+expires+", incident: INC-42, reason: outage", "x\n")
	}
	p := policy(t, yaml, "a.md", envelope("2026-11-23"), "b.md", front("track: gen, ceiling: {tokens: 1M}", "x\n"))
	want := `project/period/cost 50 P50 @all base tokengate.yaml:2:17
project/period/tokens 4000000 P50 @all base tokengate.yaml:2:30
track/gen/per_call/cost 1 P50 @gen base tokengate.yaml:3:61
track/gen/period/cost 9 P50  base a.md:2:41
track/gen/period/tokens 1000000 P50  base b.md:2:43`
	if diff := cmp.Diff(want, held(p, config.PullRequest)); diff != "" {
		t.Errorf("in force (-want +got):\n%s", diff)
	}
	c := p.Ceilings(config.PullRequest)[3]
	if len(c.Instead) != 1 || c.Instead[0].Limit.Exact != "5" || c.Incident != "INC-42" || c.Reason != "outage" || c.Until.Format("2006-01-02") != "2026-11-23" {
		t.Errorf("%+v", c)
	}
	said := func(p config.Policy) string {
		var out []string
		for _, e := range p.Emergencies(p.Ceilings(config.PullRequest)) {
			out = append(out, fmt.Sprintf("%s %t %s %s: %s", e.Scope, e.Over, e.Incident, e.Owner, strings.Join(e.Sets, "; ")))
		}
		return strings.Join(out, "\n")
	}
	if got := said(p); got != "track gen false INC-42 @gen: period cost of $9.00 in the place of $5.00 (tokengate.yaml:3:25)" {
		t.Error(got)
	}
	p = policy(t, yaml, "a.md", envelope("2026-11-22"))
	if got := said(p); got != "track gen true INC-42 @gen: period cost of $9.00; the ceiling of $5.00 (tokengate.yaml:3:25) holds again" {
		t.Error(got)
	}
	if len(p.Ceilings(config.PullRequest)) != 4 {
		t.Error(held(p, config.PullRequest))
	}
	twice := policy(t, yaml+"emergency: [{track: gen, expires: 2026-12-01, ceiling: {cost: $7}}]\n", "a.md", envelope("2026-11-23"))
	if got := lines(twice.CheckEmergencies()); !strings.Contains(got, "two emergency envelopes set the period cost of track gen at the same time; the first is at tokengate.yaml:4:63") {
		t.Error(got)
	}
	for text, want := range map[string]string{
		"emergency: [{ceiling: $7}]\n":                                         "an emergency envelope has no end",
		"defaults: {models: []}\n":                                             "models lists none",
		"project: {review: {cadence: sometimes}}\n":                            "no known cadence",
		"tracks: {a: {review: {last: 2026-01-01}}}\n":                          "has no cadence beside it",
		"emergency: [{expires: 2026-11-30, ceiling: $7, templte: x}]\n":        "unknown key",
		"defaults: {ceiling: $5}\n":                                            "unknown key",
		"features: {a: {models: []}}\n":                                        "models lists none",
		"emergency: [{expires: 2026-11-30, review: {cadence: dayly}}]\n":       "no known cadence",
		"defaults: {review: {cadence: weekly, last: tomorrow}, toggles: {}}\n": "cannot read",
	} {
		if _, got := load(text); !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestContradictions(t *testing.T) {
	p := tree(t, `version: 1
ceiling: $100
defaults: {max_output_tokens: 1k, models: [a, b]}
tracks: {gen: {ceiling: $200, max_output_tokens: 2k, model: c}, ok: {ceiling: $5, max_output_tokens: 500, model: a, fallback: {model: b}}}
`, "CLAUDE.md a.md", "CLAUDE.md", front("ceiling: $3, context: {max_input_tokens: 100}, sections: {s: {ceiling: $4, context: {max_input_tokens: 200}}, t: {ceiling: $2}}", "# X\n## S\n## T\n"),
		"a.md", front("track: ok, max_output_tokens: 600, models: [a, d], expires: 2026-12-01", "x\n")+"\n# Token budget\n\n```yaml tokengate\ntrack: ok\nmax_output_tokens: 700\nfallback: {model: e}\n```\n")
	var got []string
	for _, d := range p.Contradictions(nil) {
		got = append(got, d.String())
	}
	want := []string{
		"CLAUDE.md:2:84: period cost of section CLAUDE.md#s is $4.00, above the $3.00 of template CLAUDE.md that it is part of (CLAUDE.md:2:22) [budget-loosens-parent]",
		"CLAUDE.md:2:116: context.max_input_tokens of section CLAUDE.md#s is 200, looser than 100 at CLAUDE.md:2:54 [budget-loosens-parent]",
		"a.md:10:20: max_output_tokens of track ok is 700, looser than 500 at tokengate.yaml:4:102 [budget-loosens-parent]",
		"a.md:11:19: fallback of track ok names e, which is not among the models allowed at tokengate.yaml:3:43 [budget-loosens-parent]",
		"tokengate.yaml:4:25: period cost of track gen is $200.00, above the $100.00 of project that it is part of (tokengate.yaml:2:10) [budget-loosens-parent]",
		"tokengate.yaml:4:50: max_output_tokens of track gen is 2,000, looser than 1,000 at tokengate.yaml:3:31 [budget-loosens-parent]",
		"tokengate.yaml:4:61: model of track gen names c, which is not among the models allowed at tokengate.yaml:3:43 [budget-loosens-parent]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if same := p.Contradictions(func(string) string { return "one" }); len(same) >= len(got) {
		t.Errorf("%d of %d under one name", len(same), len(got))
	}
}

// Of two ceilings on the same calls, or on a feature of a track and the track, the one above is compared with, the lowest
// of several. A limit on each call or on growth may be looser for a part than for the whole, and so may what expires.
func TestOverCeilings(t *testing.T) {
	p := policy(t, `version: 1
ceiling: $100
growth: {cost: 10%}
per_call: {latency: 4s}
tracks: {a: {ceiling: $90, growth: {cost: 5%}, per_call: {latency: 3s}}, b: {ceiling: $100, per_call: {latency: 9s}, growth: {cost: 90%}}}
features: {f: {ceiling: $80}}
`, "a.md", front("track: a, ceiling: $120, growth: {cost: 6%}, per_call: {latency: 5s}", "x\n"), "b.md", front("track: a, feature: f, ceiling: $95, per_call: {latency: 9s}", "x\n"),
		"c.md", front("track: a, feature: g, ceiling: $95", "x\n"), "d.md", front("track: a, ceiling: $500, expires: 2026-12-01", "x\n"), "e.md", front("track: a, ceiling: $85", "x\n"))
	hint := " | lower it, or raise the other"
	want := strings.ReplaceAll(`a.md:2:32: period cost of track a is $120.00, above the $90.00 that tokengate.yaml gives it (tokengate.yaml:5:23) [budget-loosens-parent]
a.md:2:53: growth cost of track a is +6.0%, above the +5.0% that tokengate.yaml gives it (tokengate.yaml:5:43) [budget-loosens-parent]
a.md:2:78: per call latency of track a is 5s, above the 3s that tokengate.yaml gives it (tokengate.yaml:5:68) [budget-loosens-parent]
b.md:2:44: period cost of feature f is $95.00, above the $80.00 that tokengate.yaml gives it (tokengate.yaml:6:25) [budget-loosens-parent]
c.md:2:44: period cost of feature g is $95.00, above the $85.00 of track a that it is part of (e.md:2:32) [budget-loosens-parent]`, "parent]", "parent]"+hint)
	if diff := cmp.Diff(want, lines(p.Contradictions(nil))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A block's limits on a session reach the rehearsal: sessions are warned of, and degraded where there is a fallback.
func TestSessionGuard(t *testing.T) {
	p := policy(t, "version: 1\n", "a.md", front("per_session: {cost: $2, tokens: 9k}, fallback: {model: small, at: 90%}", "x\n"), "b.md", front("track: gen, per_session: {cost: $3}", "x\n"),
		"c.md", "---\ntokengate: {sections: {s: {ceiling: 4M}}}\n---\n# X\n## S\n")
	want := `a.md/per_session/cost: warn at 80%, degrade at 90%, fallback small
a.md/per_session/tokens: warn at 80%, degrade at 90%, fallback small
b.md/tracks/gen/per_session/cost: warn at 80%`
	var got []string
	for _, s := range p.Settings() {
		if name, ok := strings.CutPrefix(s.Name, "guardrail "); ok {
			got = append(got, name+": "+s.Value)
		}
	}
	if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBudgetSettings(t *testing.T) {
	p := policy(t, `project: {review: {cadence: weekly}}
defaults: {models: [a, b], approvals: [finance]}
tracks: {gen: {model: a, max_output_tokens: 2k, approvals: [lead], fallback: {model: b}}}
`, "a.md", front("track: gen, context: {top_k: 3, max_input_tokens: 8k}, toggles: {x: true}, expires: 2026-12-01", "x\n"))
	var got []string
	for _, s := range p.Settings() {
		got = append(got, fmt.Sprintf("%s = %s (%g, %d) by %s", s.Name, s.Value, s.Cap, len(s.Allowed), s.Approver))
	}
	want := []string{
		"defaults.models = a, b (0, 2) by finance", "defaults.approvals = finance (0, 0) by finance", "project.review = weekly (0, 0) by ",
		"tracks.gen.fallback = b at 90% (0, 0) by lead", "tracks.gen.max_output_tokens = 2,000 (2000, 0) by lead", "tracks.gen.approvals = lead (0, 0) by lead",
		"context.max_input_tokens of track gen (a.md) until 2026-12-01 = 8,000 (8000, 0) by lead", "toggles.x of track gen (a.md) until 2026-12-01 = true (0, 0) by lead",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var scope budget.Scope
	if p.OwnerOf(scope) != "" {
		t.Error("an owner of nothing")
	}
}
