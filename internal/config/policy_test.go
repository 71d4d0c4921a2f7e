package config_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/prompt"
)

var now = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// policy reads tokengate.yaml and templates, given as pairs of a name and its content.
func policy(t *testing.T, yaml string, files ...string) config.Policy {
	t.Helper()
	cfg, diags := load(yaml)
	if diags != "" {
		t.Fatal(diags)
	}
	p := config.Policy{Config: cfg, Now: now, From: "base"}
	for i := 0; i < len(files); i += 2 {
		loaded, ds := prompt.Load(fstest.MapFS{files[i]: {Data: []byte(files[i+1])}}, files[i], prompt.Options{Now: now})
		if loaded == nil || ds.HasErrors() {
			t.Fatal(lines(ds))
		}
		p.Templates = append(p.Templates, loaded)
	}
	return p
}

func block(keys string) string { return "# A\n\ntext\n\n```yaml tokengate\n" + keys + "\n```\n" }

// held gives the ceilings one a line: id, limit, quantile, owner, place.
func held(p config.Policy, stage string) string {
	var out []string
	for _, c := range p.Ceilings(stage) {
		out = append(out, fmt.Sprintf("%s %s P%.0f %s %s %s", c.ID(), c.Limit.Exact, c.Quantile*100, c.Owner, c.From, c.Span))
	}
	return strings.Join(out, "\n")
}

func TestCeilings(t *testing.T) {
	p := policy(t, `version: 1
project: {owner: "@all"}
ceiling: {tokens: 180M, cost: $220}
growth: {cost: 15%, tokens: 20%}
per_call: {latency: 14s}
tracks:
  gen:
    owner: "@gen"
    per_call: {input_tokens: 13k, output_tokens: 1200, tokens: 14k, cost: $0.03}
    per_session: {cost: $0.10}
features:
  ask: {ceiling: $200}
`, "a.md", block("feature: ask\ntrack: gen\nowner: \"@ask\"\nceiling: $5"), "b.md", block("track: gen\nceiling: 9k"), "c.md", block("per_call: {input_tokens: 2k}"))
	want := `project/period/cost 220 P50 @all base tokengate.yaml:3:31
project/period/tokens 180000000 P50 @all base tokengate.yaml:3:19
project/per_call/latency 14000 P50 @all base tokengate.yaml:5:21
project/growth/cost 0.150000 P50 @all base tokengate.yaml:4:16
project/growth/tokens 0.200000 P50 @all base tokengate.yaml:4:29
track/gen/per_call/cost 0.03 P50 @gen base tokengate.yaml:9:75
track/gen/per_call/tokens 14000 P50 @gen base tokengate.yaml:9:64
track/gen/per_call/input_tokens 13000 P50 @gen base tokengate.yaml:9:30
track/gen/per_call/output_tokens 1200 P50 @gen base tokengate.yaml:9:50
track/gen/per_session/cost 0.1 P50 @gen base tokengate.yaml:10:25
feature/ask/period/cost 200 P50  base tokengate.yaml:12:18
feature/ask/period/cost 5 P50 @ask base a.md:9:10
track/gen/period/tokens 9000 P50  base b.md:7:10
template/c.md/per_call/input_tokens 2000 P50  base c.md:6:26`
	if diff := cmp.Diff(want, held(p, config.PullRequest)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// low is never below P90, medium is the stage's quantile, high is P50 whatever the stage; blocks follow their track.
func TestCeilingsByRisk(t *testing.T) {
	p := policy(t, `ceiling: $1
tracks:
  low: {risk_tolerance: low, ceiling: $2}
  medium: {risk_tolerance: medium, ceiling: $3}
  high: {risk_tolerance: high, ceiling: $4}
  none: {ceiling: $5}
features:
  slow: {risk_tolerance: low}
`, "a.md", block("track: low\nceiling: $6"), "b.md", block("feature: slow\nceiling: $7"), "c.md", block("track: high\nceiling: $8"), "d.md", block("ceiling: $9"))
	strict := policy(t, "stages: {release: P95}\nceiling: $1\ntracks: {low: {risk_tolerance: low, ceiling: $2}, high: {risk_tolerance: high, ceiling: $2}}\n")
	for _, c := range []struct {
		p           config.Policy
		stage, want string
	}{
		{p, config.PullRequest, "50 90 50 50 50 90 90 50 50"},
		{p, config.PreRelease, "75 90 75 50 75 90 90 50 75"},
		{p, config.Release, "90 90 90 50 90 90 90 50 90"},
		{strict, config.Release, "95 95 50"},
		{strict, config.PullRequest, "50 90 50"},
	} {
		var got []string
		for _, ceiling := range c.p.Ceilings(c.stage) {
			got = append(got, fmt.Sprintf("%.0f", ceiling.Quantile*100))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.stage, s, c.want)
		}
	}
}

// A block holds on the day it expires and not on the next; without one that holds it sets no ceiling, model or track.
func TestExpired(t *testing.T) {
	for expires, holds := range map[string]bool{"2026-11-22": false, "2026-11-23": true, "2026-12-31": true} {
		p := policy(t, "version: 1\n", "a.md", block("track: gen\nmodel: m\nceiling: $5\nexpires: "+expires))
		n := len(p.Ceilings(config.Release)) + len(p.Models()) + len(p.Declared())
		if n != map[bool]int{true: 3, false: 0}[holds] || p.Limits("a.md", "gen").Model.Set != holds {
			t.Errorf("%s: %d of 3 hold", expires, n)
		}
	}
}

func TestLimits(t *testing.T) {
	p := policy(t, `tracks:
  gen: {model: yaml, max_output_tokens: 20, context: {top_k: 2}}
`,
		"own.md", block("track: gen\nmodel: own"),
		"other.md", block("track: gen\nmodel: other\nmax_output_tokens: 30\ncontext: {top_k: 3, chunk_tokens: 300}\nowner: \"@other\""),
		"free.md", block("model: free\nmax_output_tokens: 40"),
		"ask.md", block("feature: ask\nmodel: ask"),
		"twin.md", block("track: gen\nmodel: twin")+block("track: eval\nmodel: eval"))
	for _, c := range []struct{ template, track, want string }{
		{"own.md", "gen", "own 20 2 300 @other"}, // own block, then the track's, then a block elsewhere
		{"", "gen", "yaml 20 2 300 @other"},
		{"unknown.md", "gen", "yaml 20 2 300 @other"},
		{"other.md", "gen", "other 30 3 300 @other"},
		{"own.md", "eval", "eval 0 0 0 "}, // the block is of another track, so that of twin.md holds
		{"free.md", "", "free 40 0 0 "},   // a block without a track holds on every track
		{"free.md", "gen", "free 40 2 300 @other"},
		{"ask.md", "", "ask 0 0 0 "},
		{"twin.md", "gen", "twin 20 2 300 @other"},
		{"twin.md", "eval", "eval 0 0 0 "},
		{"", "", " 0 0 0 "},
		{"", "silent", " 0 0 0 "},
	} {
		l := p.Limits(c.template, c.track)
		got := fmt.Sprintf("%s %d %d %d %s", l.Model.Value, int64(l.MaxOutputTokens.Value), int64(l.Context.TopK.Value), int64(l.Context.ChunkTokens.Value), l.Owner.Value)
		if got != c.want {
			t.Errorf("%s on %s: %s, want %s", c.template, c.track, got, c.want)
		}
	}
}

func TestDeclaredOwnersModels(t *testing.T) {
	p := policy(t, `project: {owner: "@all"}
tracks:
  gen: {owner: "@gen", model: one, fallback: {model: two, at: 90%}}
  eval: {}
features:
  gen: {owner: "@feature", model: three}
recordings: [{path: a.jsonl, defaults: {model: five}}]
`, "a.md", block("track: side\nowner: \"@side\"\nmodel: four"), "b.md", block("track: gen\nowner: \"@late\""), "c.md", block("track: eval\nowner: \"@eval\""))
	var declared, models []string
	for _, d := range p.Declared() {
		declared = append(declared, fmt.Sprintf("%s %s", d.Scope, d.Span))
	}
	for _, m := range p.Models() {
		models = append(models, fmt.Sprintf("%s %s", m.Value, m.Span))
	}
	if diff := cmp.Diff([]string{"track gen tokengate.yaml:3:3", "track eval tokengate.yaml:4:3", "track side a.md:6:8"}, declared); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"one tokengate.yaml:3:31", "two tokengate.yaml:3:54", "three tokengate.yaml:6:35", "four a.md:8:8", "five tokengate.yaml:7:48"}, models); diff != "" {
		t.Error(diff)
	}
	for scope, want := range map[budget.Scope]string{
		{Kind: "project"}: "@all", {Kind: "track", Name: "gen"}: "@gen", {Kind: "feature", Name: "gen"}: "@feature",
		{Kind: "track", Name: "side"}: "@side", {Kind: "track", Name: "eval"}: "@eval", {Kind: "track", Name: "unknown"}: "@all",
		{Kind: "model", Name: "gen"}: "@all", {Kind: "template", Name: "a.md"}: "@all",
	} {
		if got := p.OwnerOf(scope); got != want {
			t.Errorf("%s: %s, want %s", scope, got, want)
		}
	}
}

func TestSettings(t *testing.T) {
	if got := policy(t, "version: 1\nceiling: $1\n").Settings(); len(got) > 0 {
		t.Errorf("nothing is set, got %v", got)
	}
	p := policy(t, `period: week
bad_lines: 2%
stages: {pull_request: P50, pre_release: P75, release: p95}
prices: {max_age: 90d, files: [./p.yaml]}
calibration: ./c.json
tracks: {gen: {risk_tolerance: low}, eval: {}}
features: {ask: {risk_tolerance: high}}
recordings:
  - path: a.jsonl
  - {path: b.jsonl, sampling: 10%, dialect: otlp, defaults: {track: t, feature: f, model: m, template: a.md, day: 2026-05-04}}
  - {path: c.jsonl, example: true}
  - {path: d.jsonl, example: false}
`)
	var got []string
	for _, s := range p.Settings() {
		got = append(got, fmt.Sprintf("%s = %s @%d", s.Name, s.Value, s.Span.Start.Line))
		if s.Span.File != config.Name {
			t.Errorf("%s has no place", s.Name)
		}
	}
	want := []string{"period = week @1", "bad_lines = 2% @2", "stages.pull_request = P50 @3", "stages.pre_release = P75 @3", "stages.release = P95 @3",
		"prices.max_age = 90d @4", "tracks.gen.risk_tolerance = low @6", "features.ask.risk_tolerance = high @7", "prices.files p.yaml = listed @4", "calibration = c.json @5",
		"recording a.jsonl = sampling 100% @9", "recording b.jsonl = sampling 10%, dialect otlp, track t, feature f, model m, template a.md, day 2026-05-04 @10",
		"recording c.jsonl = sampling 100%, example @11", "recording d.jsonl = sampling 100% @12"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
