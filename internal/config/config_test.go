package config_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/source"
)

const example = "../../testdata/projects/rag-assistant/tokengate.yaml"

// load reads text as tokengate.yaml; its diagnostics are given one a line, with their hints.
func load(text string) (*config.Config, string) {
	cfg, _, diags := config.Load(fstest.MapFS{config.Name: {Data: []byte(text)}}, config.Name)
	return cfg, lines(diags)
}

func lines(diags source.Diagnostics) string {
	var out []string
	for _, d := range diags {
		out = append(out, strings.TrimSuffix(fmt.Sprintf("%s | %s", d, d.Hint), " | "))
	}
	return strings.Join(out, "\n")
}

func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "version: 1\ncieling: $20\n", `tokengate.yaml:2:1: unknown key "cieling" [unknown-key] | did you mean "ceiling"?`},
		{"unknown key of a track", "tracks:\n  a: {risk_tolerence: low}\n", `tokengate.yaml:2:7: unknown key "risk_tolerence" [unknown-key] | did you mean "risk_tolerance"?`},
		{"unknown key of a long ceiling", "ceiling: {costs: $20}\n", `tokengate.yaml:1:11: unknown key "costs" [unknown-key] | did you mean "cost"?`},
		{"comma in a flow mapping", "ceiling: {cost: $1,200}\n", `tokengate.yaml:1:20: unknown key "200" [unknown-key] | inside { } a comma ends a value: write $1200, or quote it: "$1,200"`},
		{"twice", "ceiling: $1\nceiling: $9\n", `tokengate.yaml:2:1: key "ceiling" stands twice; the first is on line 1 [duplicate-key] | keep one of the two`},
		{"version", "version: 2\n", `tokengate.yaml:1:10: version 2 is not known [config-version] | write version: 1, or update tokengate`},
		{"currency", "currency: EUR\n", `tokengate.yaml:1:11: currency "EUR" has no prices; they are in US dollars [config-value] | write currency: USD`},
		{"period", "period: year\n", `tokengate.yaml:1:9: period "year" is not known; write day, week, month or quarter, or calendar_week, calendar_month or calendar_quarter [bad-value]`},
		{"quantile", "stages: {release: P99}\n", `tokengate.yaml:1:19: quantile "P99" is not known; write P50, P75, P90 or P95 [bad-value]`},
		{"tolerance", "tracks: {a: {risk_tolerance: none}}\n", `tokengate.yaml:1:30: risk tolerance "none" is not known; write low, medium or high [bad-value]`},
		{"sampling of nothing", "recordings: [{path: a.jsonl, sampling: 0%}]\n", `tokengate.yaml:1:40: sampling 0% is not between 0% and 100% [config-value] | write the share of all traffic that was recorded, such as 10%`},
		{"sampling over all", "recordings: [{path: a.jsonl, sampling: 200%}]\n", `tokengate.yaml:1:40: sampling 200% is not between 0% and 100% [config-value] | write the share of all traffic that was recorded, such as 10%`},
		{"day of a recording", "recordings: [{path: a.jsonl, defaults: {day: May 4}}]\n", `tokengate.yaml:1:46: cannot read "May 4" as a date; write it as YYYY-MM-DD [bad-value]`},
		{"recording without a path", "recordings: [{sampling: 10%}]\n", `tokengate.yaml: a recording has no path [config-value] | write path: traffic/*.jsonl.gz`},
		{"empty path", "templates: ['']\n", `tokengate.yaml:1:13: an empty path [config-value] | write a path relative to this file`},
		{"absolute path", "templates: [/etc/passwd]\n", `tokengate.yaml:1:13: "/etc/passwd" is not a relative path [path-outside] | write a path relative to this file, with forward slashes`},
		{"parent", "fixtures: [a/../../b.yaml]\n", `tokengate.yaml:1:12: "a/../../b.yaml" leads out of the project [path-outside] | move the file into the project`},
		{"parent of a price file", "prices: {files: [../p.yaml]}\n", `tokengate.yaml:1:18: "../p.yaml" leads out of the project [path-outside] | move the file into the project`},
		{"parent of a calibration", "calibration: ../c.json\n", `tokengate.yaml:1:14: "../c.json" leads out of the project [path-outside] | move the file into the project`},
		{"empty calibration", "calibration: ''\n", `tokengate.yaml:1:14: an empty path [config-value] | write a path relative to this file`},
		{"misspelt calibration", "calibraton: c.json\n", `tokengate.yaml:1:1: unknown key "calibraton" [unknown-key] | did you mean "calibration"?`},
		{"parent of a recording", "recordings: [{path: ../t.jsonl}]\n", `tokengate.yaml:1:21: "../t.jsonl" leads out of the project [path-outside] | move the file into the project`},
		{"backslashes", `templates: [a\b.md]` + "\n", `tokengate.yaml:1:13: "a\\b.md" is not a relative path [path-outside] | write a path relative to this file, with forward slashes`},
		{"drive", "templates: ['C:/a.md']\n", `tokengate.yaml:1:13: "C:/a.md" is not a relative path [path-outside] | write a path relative to this file, with forward slashes`},
		{"glob", "templates: ['prompts/[a.md']\n", `tokengate.yaml:1:13: "prompts/[a.md" is not a valid glob [config-value] | close every [ and {`},
		{"fallback of a track", "tracks: {a: {fallback: {model: m, at: 120%}}}\n", `tokengate.yaml:1:39: fallback at 120% is more than the whole ceiling [config-value] | write a share of the ceiling, such as 90%`},
		{"fallback of a feature", "features: {a: {fallback: {model: m, at: 101%}}}\n", `tokengate.yaml:1:41: fallback at 101% is more than the whole ceiling [config-value] | write a share of the ceiling, such as 90%`},
		{"syntax", "version: 1\n\tproject: x\n", `tokengate.yaml:2: not valid YAML: found a tab character that violates indentation [yaml-syntax] | indent with spaces; YAML does not allow tabs`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, got := load(c.text); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// A ceiling reads the same whichever way it is written, and a comma is a comma outside { }.
func TestLoadCeiling(t *testing.T) {
	for _, c := range []struct{ text, cost, tokens string }{
		{"ceiling: $1,200", "1200", ""},
		{"ceiling: 1200 USD", "1200", ""},
		{"ceiling: 40M", "", "40000000"},
		{"ceiling: {cost: \"$1,200\", tokens: 40M}", "1200", "40000000"},
		{"ceiling:\n  cost: $1,200\n  tokens: 6,000", "1200", "6000"},
		{"version: 1", "", ""},
	} {
		cfg, diags := load(c.text + "\n")
		cost, tokens := "", ""
		if cfg.Ceiling.Cost.Set {
			cost = cfg.Ceiling.Cost.Value.Decimal()
		}
		if cfg.Ceiling.Tokens.Set {
			tokens = fmt.Sprint(int64(cfg.Ceiling.Tokens.Value))
		}
		if cost != c.cost || tokens != c.tokens || diags != "" {
			t.Errorf("%s: cost %q, tokens %q, %s", c.text, cost, tokens, diags)
		}
	}
}

func TestLoadFinds(t *testing.T) {
	cfg, found, diags := config.Load(fstest.MapFS{}, config.Name)
	if cfg == nil || found || len(diags) > 0 || cfg.Path != "" {
		t.Errorf("without a file: %v %v %v", cfg, found, diags)
	}
	cfg, found, diags = config.Load(fstest.MapFS{"tokengate.yaml/x": {}}, config.Name)
	if cfg == nil || !found || !diags.HasErrors() || diags[0].Rule != "config-missing" {
		t.Errorf("a folder: %v %v", found, lines(diags))
	}
	content, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	cfg, got := load(string(content))
	if got != "" || cfg.Path != config.Name || string(cfg.Content) != string(content) {
		t.Errorf("the example: %s", got)
	}
}

func TestDefaults(t *testing.T) {
	bare, _ := load("version: 1\n")
	set, diags := load("period: week\nbad_lines: 5%\nprices: {max_age: 30d}\nstages: {pull_request: p75, pre_release: P90, release: P95}\n")
	if diags != "" {
		t.Fatal(diags)
	}
	for _, c := range []struct {
		cfg    *config.Config
		days   int
		bad    float64
		age    time.Duration
		stages []float64
	}{
		{bare, 30, 0.01, 180 * 24 * time.Hour, []float64{0.50, 0.75, 0.90}},
		{set, 7, 0.05, 30 * 24 * time.Hour, []float64{0.75, 0.90, 0.95}},
	} {
		var stages []float64
		for _, s := range config.StageNames {
			stages = append(stages, c.cfg.Quantile(s))
		}
		if c.cfg.PeriodOr().Days != c.days || c.cfg.MaxBad() != c.bad || c.cfg.MaxPriceAge() != c.age || !slices.Equal(stages, c.stages) {
			t.Errorf("%+v: %v %v %v %v", c, c.cfg.PeriodOr(), c.cfg.MaxBad(), c.cfg.MaxPriceAge(), stages)
		}
	}
}

// Every diagnostic has a documented rule: one of this package or of the decoder.
func TestRules(t *testing.T) {
	known := map[string]bool{}
	for _, r := range append(slices.Clone(config.Rules), source.Rules...) {
		if known[r.ID] || r.Summary == "" || r.Explain == "" {
			t.Errorf("rule %q", r.ID)
		}
		known[r.ID] = true
	}
	var used []string
	for _, text := range seeds {
		_, _, diags := config.Load(fstest.MapFS{config.Name: {Data: []byte(text)}}, config.Name)
		for _, d := range diags {
			if !known[d.Rule] {
				t.Errorf("%s is not documented", d)
			}
			used = append(used, d.Rule)
		}
	}
	slices.Sort(used)
	want := []string{"bad-value", "config-value", "config-version", "duplicate-key", "path-outside", "unknown-key", "yaml-syntax"}
	if diff := cmp.Diff(want, slices.Compact(used)); diff != "" {
		t.Errorf("the seeds meet other rules (-want +got):\n%s", diff)
	}
}

var seeds = []string{
	"version: 2\nceiling: {tokens: 180M, cost: $220}\ncieling: 1\n",
	"templates: [/a, ../b, 'c[', '']\nrecordings: [{}, {path: x, sampling: 0}]\n",
	"tracks: {a: {fallback: {at: 200%}}, a: {}}\ncurrency: EUR\n",
	"period: year\nstages: {release: P1}\nbad_lines: -1\n",
	"\t: x", "- 1", "a: &a [*a]\n", "project: &p {name: *p}\n", "ceiling: [1]\nprices: ~\ngrowth: {cost: }\n",
	"templates: &t [a, b]\nfixtures: *t\n", "\ufeffversion: 1\n", "version: 1\n---\nversion: 2\n",
}

func FuzzLoad(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	content, err := os.ReadFile(example)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Fuzz(func(t *testing.T, b []byte) {
		cfg, found, diags := config.Load(fstest.MapFS{config.Name: {Data: b}}, config.Name)
		if cfg == nil || !found {
			t.Fatal("a file that is there was not found")
		}
		for _, d := range diags {
			if d.Rule == "" || d.Summary == "" || d.Span.File != config.Name {
				t.Errorf("%+v", d)
			}
		}
		if diags.HasErrors() {
			return // such a configuration is never held
		}
		p := config.Policy{Config: cfg}
		for _, stage := range config.StageNames {
			for _, c := range p.Ceilings(stage) {
				if c.ID() == "" || c.Span.File != config.Name || c.Quantile < 0.5 || c.Quantile > 0.95 {
					t.Errorf("%+v", c)
				}
			}
		}
	})
}
