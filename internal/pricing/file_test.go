package pricing

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// with lays a file over the builtin catalogue and wants exactly these diagnostics, one a line.
func with(t *testing.T, content string, want ...string) *Catalog {
	t.Helper()
	c, diags := catalog(t).WithFile("prices.yaml", []byte(content))
	var got []string
	for _, d := range diags {
		got = append(got, d.Severity.String()+" "+d.String())
		if d.Rule == "" || d.Span.File != "prices.yaml" {
			t.Errorf("incomplete diagnostic %+v", d)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
	return c
}

const ours = `
as_of: 2026-11-20
models:
  claude-opus-5:
    input: $4.50
    output: 22.5
    cache_read: 0.45
    cache_write_5m: 5.625
    cache_write_1h: 9
    batch: 50%
    tiers:
      fast: {input: 9, output: 45}
    as_of: 2026-11-21
  acme/tuned-4o:
    like: gpt-4o
    aliases: [prod-chat, gpt-4.1]
    input: 3.75
    output: 15
  own-embedder:
    mode: embedding
    tokenizer: llama3
    input: 0
    context: 8k
  gateway/long:
    input: 1
    output: 2
    reasoning: 3
    batch: {input: 0.4, output: 0.9}
    bands:
      - {from: 200k, input: 3, output: 6}
      - {over: 100k, input: 2, output: 4}
    retires: 2027-03-01
  us.anthropic.claude-opus-4-7:
    input: 5.2
    output: 26
  bedrock/anthropic.claude-opus-5-5:
    input: 4.1
    output: 21
  haiku-eu:
    like: claude-haiku-5-5
`

func TestWithFile(t *testing.T) {
	c := with(t, ours)
	cases := []struct {
		name, tier string
		prompt     int64
		want       string
	}{
		{"claude-opus-5", "", 1, "4.5 0.45 5.625 9 22.5"},
		{"claude-opus-5-20260724", "", 1, "4.5 0.45 5.625 9 22.5"},
		{"us/claude-opus-5", "", 1, "4.95 0.495 6.1875 9.9 24.75"},
		{"claude-opus-5", "batch", 1, "2.25 0.225 2.8125 4.5 11.25"},
		{"claude-opus-5", "fast", 1, "9 0.9 11.25 18 45"},
		{"vertex/claude-opus-5", "", 1, "5 0.5 6.25 10 25"}, // another host's price is its own
		{"acme/tuned-4o", "", 1, "3.75 3.75 3.75 3.75 15"},
		{"prod-chat", "", 1, "3.75 3.75 3.75 3.75 15"},
		{"gpt-4.1", "", 1, "3.75 3.75 3.75 3.75 15"}, // an alias given in the file wins over the maker's name
		{"openai/gpt-4.1", "", 1, "2 0.5 2 2 8"},
		{"own-embedder", "", 1, "0 0 0 0 0"},
		{"gateway/long", "", 100_000, "1 1 1 1 2 reasoning 1"},
		{"gateway/long", "", 100_001, "2 2 2 2 4 reasoning 2"},
		{"gateway/long", "", 200_000, "3 3 3 3 6 reasoning 3"},
		{"gateway/long", "batch", 1, "0.4 0.4 0.4 0.4 0.9 reasoning 0.45"},
		{"gateway/long", "batch", 200_000, "1.2 1.2 1.2 1.2 2.7 reasoning 1.35"},
		{"us.anthropic.claude-opus-4-7-v1:0", "", 1, "5.2 5.2 5.2 5.2 26"},
		{"eu.anthropic.claude-opus-4-7", "", 1, "5.5 0.55 6.875 11 27.5"},
		{"anthropic.claude-opus-5-5-v1:0", "", 1, "4.1 4.1 4.1 4.1 21"},
		{"claude-opus-5-5", "", 1, "4 0.2 5 8 20"},
		{"haiku-eu", "batch", 100_001, "0.25 0.025 0.3125 0.5 1.25"},
		{"gpt-6-sol", "", 1, "2 0.2 2.5 2.5 10"},
	}
	for _, k := range cases {
		m := lookup(t, c, k.name, now)
		if got := text(rates(t, m, k.tier, m.Band(k.prompt))); got != k.want {
			t.Errorf("%s %s %d: %s, want %s (%s)", k.name, k.tier, k.prompt, got, k.want, m.ID)
		}
	}
	m := lookup(t, c, "claude-opus-5", now)
	if m.Origin != "prices.yaml" || m.AsOf != on("2026-11-21") || m.Tokenizer != "claude-4.7" || m.Context != 1_000_000 || m.Vendor || m.Sources != 0 {
		t.Errorf("%+v", m)
	}
	m = lookup(t, c, "prod-chat", now)
	if m.ID != "acme/tuned-4o" || m.AsOf != on("2026-11-20") || m.Tokenizer != "o200k_base" || m.MaxOutput != 16384 || len(m.Tiers()) != 1 {
		t.Errorf("%+v", m)
	}
	m = lookup(t, c, "own-embedder", now)
	if m.ID != "custom/own-embedder" || m.Mode != "embedding" || m.Tokenizer != "llama3" || m.Context != 8000 {
		t.Errorf("%+v", m)
	}
	if m = lookup(t, c, "gateway/long", now); m.Retires != on("2027-03-01") || m.Tokenizer != "other" {
		t.Errorf("%+v", m)
	}
	if got := c.Origin(); got != "builtin catalogue 2026-11-22, prices.yaml" {
		t.Errorf("origin %q", got)
	}
	if m := lookup(t, catalog(t), "claude-opus-5", now); m.Origin != "builtin" {
		t.Error("the builtin catalogue itself changed")
	}
}

// A pinned price holds on every day: the row's scheduled and past prices are gone with its other prices.
func TestWithFilePins(t *testing.T) {
	c := with(t, "models:\n  gemini-4-argon: {input: 2, output: 10, cache_read: 0.1, batch: 0.5}\n")
	for _, day := range []string{"2026-01-01", "2026-12-01", "2030-01-01"} {
		if got := text(rates(t, lookup(t, c, "gemini-4-argon", on(day)), "", 0)); got != "2 0.1 2 2 10" {
			t.Errorf("%s: %s", day, got)
		}
	}
	// An entry without prices changes what it names and keeps the rest.
	c = with(t, "models:\n  gemini-4-argon: {max_output: 5k, tokenizer: gemma}\n")
	m := lookup(t, c, "gemini-4-argon", on("2026-12-01"))
	if got := text(rates(t, m, "", 0)); got != "4 0.2 4 4 20" || m.MaxOutput != 5000 || m.Tokenizer != "gemma" {
		t.Errorf("%s, %+v", got, m)
	}
}

func TestWithFileDiagnostics(t *testing.T) {
	cases := []struct {
		name, content string
		want          []string
	}{
		{"nothing", "", []string{"error prices.yaml: the price file names no model [price-missing]"}},
		{"unknown key", "models:\n  a/b: {input: 1, output: 2, inptu: 3}\n", []string{`error prices.yaml:2:30: unknown key "inptu" [unknown-key]`}},
		{"top key", "model:\n", []string{`error prices.yaml:1:1: unknown key "model" [unknown-key]`}},
		{"no output", "models:\n  a/b:\n    input: 1\n", []string{"error prices.yaml:2:3: model a/b has no output price [price-missing]"}},
		{"no input", "models:\n  a/b: {output: 1}\n", []string{"error prices.yaml:2:3: model a/b has no input price [price-missing]"}},
		{"no price for a region", "models:\n  us.anthropic.claude-opus-5: {max_output: 1k}\n", []string{"error prices.yaml:2:3: model bedrock/us.anthropic.claude-opus-5 has no input price [price-missing]"}},
		{"negative", "models:\n  a/b: {input: -1, output: 1}\n", []string{`error prices.yaml:2:16: amount "-1" is negative [bad-value]`}},
		{"per token", "models:\n  a/b: {input: 0.000003, output: 0.000015}\n", []string{"error prices.yaml:2:16: input price $0.000003 per million tokens is lower than any model's [price-unit]"}},
		{"euro", "models:\n  a/b: {input: 3€, output: 1}\n", []string{`error prices.yaml:2:16: amount "3€" is not in US dollars; prices are, so write it as $ or USD [bad-value]`}},
		{"tokenizer", "models:\n  a/b: {input: 1, output: 1, tokenizer: o200k}\n", []string{`error prices.yaml:2:41: tokenizer family "o200k" is not known [price-unknown]`}},
		{"mode", "models:\n  a/b: {input: 1, output: 1, mode: chta}\n", []string{`error prices.yaml:2:36: mode "chta" is not known [price-unknown]`}},
		{"like", "models:\n  a/b: {like: gpt-4oo}\n", []string{
			"error prices.yaml:2:3: model a/b has no input price [price-missing]",
			`error prices.yaml:2:15: model "gpt-4oo" is not in the price catalogue; the nearest names are openai/gpt-4o, openai/gpt-4, openai/gpt-4.1 [price-unknown]`,
		}},
		{"like a region", "models:\n  a/b: {like: us/gpt-6-sol, input: 1, output: 1}\n", []string{"error prices.yaml:2:15: `like` cannot name a region's or another host's price of a model [price-unknown]"}},
		{"band", "models:\n  a/b: {input: 1, output: 1, bands: [{over: 1k, from: 1k, input: 2}, {over: 2k}]}\n", []string{
			"error prices.yaml:2:38: a band needs one of `over` and `from` [price-missing]",
			"error prices.yaml:2:70: a band has no input price [price-missing]",
		}},
		{"empty band", "models:\n  a/b:\n    input: 1\n    output: 1\n    bands:\n      - {input: 2}\n", []string{"error prices.yaml:6:9: a band needs one of `over` and `from` [price-missing]"}},
		{"tier", "models:\n  a/b: {input: 1, output: 1, tiers: {standard: {input: 1}, flex: {output: 1}}}\n", []string{
			`error prices.yaml:2:38: "standard" is not a tier of its own [price-unknown]`,
			`error prices.yaml:2:60: tier "flex" has no input price [price-missing]`,
		}},
		{"batch", "models:\n  a/b: {input: 1, output: 1, batch: half}\n", []string{`error prices.yaml:2:37: cannot read "half" as a percentage; write it like 15% [bad-value]`}},
		{"date", "as_of: today\nmodels:\n  a/b: {input: 1, output: 1}\n", []string{`error prices.yaml:1:8: cannot read "today" as a date; write it as YYYY-MM-DD [bad-value]`}},
		{"twice", "models:\n  claude-opus-5: {max_output: 1k}\n  anthropic/claude-opus-5: {max_output: 2k}\n", []string{"error prices.yaml:3:3: model anthropic/claude-opus-5 stands twice; the first is on line 2 [duplicate-key]"}},
		{"dropped", "models:\n  gpt-6-sol: {input: 2, output: 10}\n", []string{
			"warning prices.yaml:2:3: openai/gpt-6-sol is priced without cache_read (cached tokens now cost what input does), cache_write_5m, tier batch, tier fast, tier flex, tier priority, the price over 272000 tokens [price-dropped]",
		}},
		{"list", "[]", []string{"error prices.yaml:1:1: expected a mapping, found a list [bad-value]"}},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) { with(t, k.content, k.want...) })
	}
}

// Our own format in JSON.
func TestWithFileJSON(t *testing.T) {
	c := with(t, `{"models": {"acme/x": {"input": "1.25", "output": 10, "batch": 0.5}}}`)
	if got := text(rates(t, lookup(t, c, "acme/x", now), "batch", 0)); got != "0.625 0.625 0.625 0.625 5" {
		t.Error(got)
	}
}

// Every rule the package emits is documented, once.
func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules {
		if seen[r.ID] || r.Summary == "" || r.Explain == "" {
			t.Errorf("rule %q", r.ID)
		}
		seen[r.ID] = true
	}
	for _, id := range []string{RuleMissing, RuleUnit, RuleUnknown, RuleDropped, RuleSkipped, RuleLiteLLM} {
		if !seen[id] {
			t.Errorf("rule %q is not documented", id)
		}
	}
}

// A price list in another project's form is refused, not half read.
func TestForeignSample(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(shared(t), "formats", "samples", "model-prices", "genai-prices_data_slim_extract.json"))
	if err != nil {
		t.Skip("shared samples not present: model-prices")
	}
	c, diags := catalog(t).WithFile("prices.json", content)
	if !diags.HasErrors() || len(c.Names()) != len(catalog(t).Names()) {
		t.Errorf("%d models, diagnostics %v", len(c.Names()), diags)
	}
}

// shared finds the samples beside the project, walking up to the module's root.
func shared(t *testing.T) string {
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, e := os.Stat(filepath.Join(dir, "go.mod")); e == nil {
			return filepath.Join(dir, "..", "shared")
		}
		dir = filepath.Dir(dir)
	}
	t.Skip("shared samples not present: no module root")
	return ""
}

func FuzzWithFile(f *testing.F) {
	f.Add([]byte(ours))
	f.Add([]byte(litellmSample))
	f.Add([]byte("models: {a/b: {batch: [1]}}"))
	f.Add([]byte(`{"m": {"input_cost_per_token": 1e-999999999}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		c, diags := catalog(t).WithFile("f", content)
		for _, d := range diags {
			if d.Rule == "" || d.Summary == "" || d.Span.File != "f" {
				t.Errorf("incomplete diagnostic %+v", d)
			}
		}
		if diags.HasErrors() {
			return
		}
		for _, r := range c.rows {
			if r.origin != "f" {
				continue
			}
			m, err := r.at(now, one)
			if err != nil {
				t.Errorf("%s: accepted, but %v", r.ID, err)
			}
			for _, tier := range m.Tiers() {
				if rate, err := m.Rates(tier, len(m.bands)); err != nil || rate.Input.Sign() < 0 {
					t.Errorf("%s %s: %v, %v", r.ID, tier, text(rate), err)
				}
			}
		}
	})
}
