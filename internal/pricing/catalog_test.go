package pricing

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/token"
)

func on(day string) time.Time {
	t, err := moment(day)
	if err != nil {
		panic(err)
	}
	return t
}

var now = on("2026-11-24")

func catalog(t testing.TB) *Catalog {
	t.Helper()
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func lookup(t testing.TB, c *Catalog, name string, at time.Time) Model {
	t.Helper()
	m, err := c.Lookup(name, at)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func rates(t testing.TB, m Model, tier string, band int) Rates {
	t.Helper()
	r, err := m.Rates(tier, band)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// text writes rates as "input read write5m write1h output", plus the reasoning surcharge where there is one.
func text(r Rates) string {
	var parts []string
	for _, a := range []money.Amount{r.Input, r.CacheRead, r.CacheWrite5m, r.CacheWrite1h, r.Output} {
		parts = append(parts, a.Decimal())
	}
	if r.Reasoning.Sign() != 0 {
		parts = append(parts, "reasoning "+r.Reasoning.Decimal())
	}
	return strings.Join(parts, " ")
}

func TestRatesKnown(t *testing.T) {
	cases := []struct {
		why, name, at, tier string
		prompt              int64
		want                string
	}{
		{"cache read was 0.20", "claude-sonnet-5.5", "2026-10-06T23:59:59Z", "", 1, "2 0.2 2.5 4 10"},
		{"cache read is 0.10 since 10-07", "claude-sonnet-5.5", "2026-10-07", "", 1, "2 0.1 2.5 4 10"},
		{"100K is not above 100K", "claude-haiku-5-5", "2026-11-24", "", 100_000, "0.1 0.01 0.125 0.2 0.5"},
		{"above 100K", "claude-haiku-5-5", "2026-11-24", "", 100_001, "0.5 0.05 0.625 1 2.5"},
		{"batch above 100K is half of that", "claude-haiku-5-5", "2026-11-24", "batch", 100_001, "0.25 0.025 0.3125 0.5 1.25"},
		{"grok pays from 200k itself; writes move with input", "grok-4.7", "2026-11-24", "", 200_000, "4 1 4 4 12"},
		{"below 200k; no write price: as input", "grok-4.7", "2026-11-24", "", 199_999, "2 0.5 2 2 6"},
		{"above 272K: twice input and cache, 1.5 output", "gpt-6-sol", "2026-11-24", "", 272_001, "4 0.4 5 5 15"},
		{"272K is not above", "gpt-6-sol", "2026-11-24", "", 272_000, "2 0.2 2.5 2.5 10"},
		{"fast above 272K: 4×2 input, 20×1.5 output", "gpt-6-sol", "2026-11-24", "fast", 272_001, "8 0.8 10 10 30"},
		{"priority is fast at OpenAI", "gpt-6-sol", "2026-11-24", "priority", 1, "4 0.4 5 5 20"},
		{"flex lists no write: half, as its input is", "gpt-6-sol", "2026-11-24", "flex", 1, "1 0.1 1.25 1.25 5"},
		{"batch", "claude-opus-5", "2026-11-24", "batch", 1, "2.5 0.25 3.125 5 12.5"},
		{"standard by name", "claude-opus-5", "2026-11-24", "standard", 1, "5 0.5 6.25 10 25"},
		{"fast lists no write: 6.25 × 10/5", "claude-opus-5", "2026-11-24", "fast", 1, "10 1 12.5 20 50"},
		{"fast as a multiple: 6 × 5/25", "claude-opus-4-6", "2026-11-24", "fast", 1, "30 3 37.5 60 150"},
		{"regional profile 1.1 ×", "us.anthropic.claude-opus-5-v1:0", "2026-11-24", "", 1, "5.5 0.55 6.875 11 27.5"},
		{"global profile is the base", "global.anthropic.claude-opus-5", "2026-11-24", "", 1, "5 0.5 6.25 10 25"},
		{"Bedrock has no row: the maker's × 1.1", "us.anthropic.claude-sonnet-5-5-v1:0", "2026-11-24", "", 1, "2.2 0.11 2.75 4.4 11"},
		{"and in batch and band: 0.5 × 1.1 × 0.5", "eu.anthropic.claude-haiku-5-5", "2026-11-24", "batch", 200_000, "0.275 0.0275 0.34375 0.55 1.375"},
		{"data zone 1.1 ×", "us/gpt-6-sol", "2026-11-24", "", 1, "2.2 0.22 2.75 2.75 11"},
		{"a region of Bedrock the row multiplies by 1.194", "eu.deepseek.v3.2", "2026-11-24", "", 1, "0.74028 0.74028 0.74028 0.74028 2.2089"},
		{"the dated id has its own price", "gpt-4o-2024-05-13", "2026-11-24", "", 1, "5 1.25 5 5 15"},
		{"and another date is the plain model", "gpt-4o-2024-11-20", "2026-11-24", "", 1, "2.5 1.25 2.5 2.5 10"},
		{"introductory price", "gemini-4-argon", "2026-11-30T23:59:59Z", "", 1, "2 0.1 2 2 10"},
		{"doubled from 12-01", "gemini-4-argon", "2026-12-01", "", 1, "4 0.2 4 4 20"},
		{"its batch doubles with it", "gemini-4-argon", "2026-12-01", "batch", 1, "2 0.1 2 2 10"},
		{"until the end of the year", "gemini-3.8-flash", "2027-01-01", "", 1, "1.5 0.15 1.5 1.5 7.5"},
		{"a change at 16:00 UTC", "deepseek-v4-pro", "2026-08-16T15:59:59Z", "", 1, "0.435 0.003625 0.435 0.435 0.87"},
		{"after it", "deepseek-v4-pro", "2026-08-16T16:00:00Z", "", 1, "0.66 0.022 0.66 0.66 1.98"},
		{"peak hours are a tier", "deepseek-v4-pro", "2026-11-24", "peak", 1, "1.32 0.044 1.32 1.32 3.96"},
		{"before a cut tiers and bands move along: 8/4 × 5", "gpt-5.6-sol", "2026-08-20", "", 272_001, "10 1 12.5 12.5 45"},
		{"a 12 h write takes the long slot", "gpt-6.1-terra", "2026-11-24", "", 1, "1 0.05 1.25 2.5 5"},
		{"no tier at Neon", "gemini-4-neon", "2026-11-24", "", 900_000, "3 0.15 3 3 15"},
		{"no cached price seen: as input", "gemini-4-hydrogen", "2026-11-24", "", 1, "1.5 1.5 1.5 1.5 7.5"},
		{"the cancelled rise", "claude-sonnet-5", "2026-11-24", "", 1, "2 0.2 2.5 4 10"},
		{"the cancelled rise at Bedrock", "anthropic.claude-sonnet-5", "2026-11-24", "", 1, "2 0.2 2.5 4 10"},
		{"Azure did not follow the cut", "azure/gpt-5.6-sol", "2026-11-24", "", 1, "5 0.5 5 5 30"},
		{"free is a price", "mistral/labs-devstral-small-2512", "2026-11-24", "", 1, "0 0 0 0 0"},
		{"embeddings have no output", "text-embedding-3-small", "2026-11-24", "", 1, "0.02 0.02 0.02 0.02 0"},
		{"thinking has its own price: 4 − 1.2", "qwen-plus-2025-07-14", "2026-11-24", "", 1, "0.4 0.4 0.4 0.4 1.2 reasoning 2.8"},
	}
	c := catalog(t)
	for _, k := range cases {
		m := lookup(t, c, k.name, on(k.at))
		if got := text(rates(t, m, k.tier, m.Band(k.prompt))); got != k.want {
			t.Errorf("%s: %s %s: %s, want %s", k.why, k.name, k.tier, got, k.want)
		}
	}
}

func TestCost(t *testing.T) {
	c := catalog(t)
	cases := []struct {
		why, name, at, tier string
		usage               token.Usage
		want                string
	}{
		// 10⁹ × 0.003625 ÷ 10⁶
		{"exact", "deepseek-v4-pro", "2026-08-01", "", token.Usage{CacheRead: 1_000_000_000}, "3.625"},
		// 1 token × 0.003625 ÷ 10⁶
		{"one token", "deepseek-v4-pro", "2026-08-01", "", token.Usage{CacheRead: 1}, "0.000000003625"},
		// 1,000×5 + 20,000×0.5 + 3,000×6.25 + 4,000×10 + 500×25 = 86,250
		{"every class once", "claude-opus-5", "2026-11-24", "", token.Usage{Input: 1000, CacheRead: 20000, CacheWrite5m: 3000, CacheWrite1h: 4000, Output: 500, Reasoning: 400}, "0.08625"},
		// 90,000 cached + 10,001 plain is above 100K: 10,001×0.5 + 90,000×0.05 + 100×2.5 = 9,750.5
		{"cached tokens count for the band", "claude-haiku-5-5", "2026-11-24", "", token.Usage{Input: 10001, CacheRead: 90000, Output: 100}, "0.0097505"},
		// 100×0.4 + 1,000×1.2 + 800×2.8 = 3,480
		{"reasoning surcharge", "qwen-plus-2025-07-14", "2026-11-24", "", token.Usage{Input: 100, Output: 1000, Reasoning: 800}, "0.00348"},
		// 10¹² × 0.1 × 1.1 ÷ 10⁶
		{"a trillion", "us.anthropic.claude-haiku-5-5", "2026-11-24", "", token.Usage{Input: 1_000_000_000_000}, "550000"},
	}
	for _, k := range cases {
		m := lookup(t, c, k.name, on(k.at))
		got := rates(t, m, k.tier, m.Band(k.usage.Prompt())).Cost(k.usage)
		if got.Decimal() != k.want {
			t.Errorf("%s: %s, want %s", k.why, got.Decimal(), k.want)
		}
	}
}

func TestRatesErrors(t *testing.T) {
	c := catalog(t)
	cases := []struct {
		name, tier string
		band       int
		want       string
	}{
		{"rerank-v3.5", "", 0, "model cohere/rerank-v3.5 is not priced per token: it is priced per search, $2 per 1,000"},
		{"azure-ai/model_router", "", 0, "is not priced per token: it adds $0.14"},
		{"gpt-6-sol", "turbo", 0, `model openai/gpt-6-sol has no price for service tier "turbo"; known are standard, batch, fast, flex, priority`},
		{"gpt-6-sol", "turbo", 1, `service tier "turbo"; known are standard, batch`},
		{"gemini-4-neon", "batch", 0, `service tier "batch"; known are standard`},
		{"gpt-6-sol", "", 2, "has no price band 2; its highest is 1"},
		{"gpt-6-sol", "", -1, "has no price band -1"},
		{"gpt-5-nano", "priority", 0, `service tier "priority"`},
	}
	for _, k := range cases {
		r, err := lookup(t, c, k.name, now).Rates(k.tier, k.band)
		if err == nil || !strings.Contains(err.Error(), k.want) || r != (Rates{}) {
			t.Errorf("%s %q %d: %v, %v; want %q", k.name, k.tier, k.band, text(r), err, k.want)
		}
	}
}

func TestModel(t *testing.T) {
	c := catalog(t)
	m := lookup(t, c, "us.anthropic.claude-opus-4-8", now)
	got := []any{m.ID, m.Row, m.Provider, m.Mode, m.Tokenizer, m.Context, m.MaxOutput, m.MinCacheable, m.AsOf.Format(time.DateOnly), m.Origin}
	want := []any{"bedrock/us.anthropic.claude-opus-4-8", "bedrock/anthropic.claude-opus-4-8", "bedrock", "chat", "claude-4.7", int64(1_000_000), int64(128_000), int64(1024), "2026-08-21", "builtin"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if m := lookup(t, c, "claude-sonnet-4-5", now); m.Retires != on("2026-11-30") {
		t.Errorf("retires %v", m.Retires)
	}
	if m := lookup(t, c, "claude-opus-5", now); !m.Vendor || m.Sources < 3 || m.AsOf != on("2026-10-24") {
		t.Errorf("evidence: %+v", m)
	}
	if m := lookup(t, c, "gpt-6-sol", now); !slices.Equal(m.Thresholds(), []int64{272_001}) {
		t.Errorf("thresholds %v", m.Thresholds())
	}
	if m := lookup(t, c, "vertex_ai/gemini-4-argon", now); !strings.Contains(strings.Join(m.Notes, "\n"), "google's list price is used") {
		t.Errorf("notes %q", m.Notes)
	}
	if got := c.Origin(); got != "builtin catalogue 2026-11-22" {
		t.Errorf("origin %q", got)
	}
}

// Every row of the table resolves by its id and its Model.ID, prices in every tier and band it offers, and names a
// tokenizer the counters know. A row that cannot would otherwise be found out in someone's build.
func TestEveryRow(t *testing.T) {
	c := catalog(t)
	if n := len(c.Names()); n != 937 {
		t.Errorf("%d models", n)
	}
	for _, name := range c.Names() {
		m := lookup(t, c, name, now)
		if m.ID != name || m.Row != name {
			t.Errorf("%s resolves to %s", name, m.ID)
		}
		if _, err := token.For(m.Tokenizer); err != nil || m.AsOf.IsZero() || !slices.Contains(modes, m.Mode) {
			t.Errorf("%s: tokenizer %q, as of %v, mode %q", name, m.Tokenizer, m.AsOf, m.Mode)
		}
		for _, tier := range m.Tiers() {
			for b := range len(m.Thresholds()) + 1 {
				r := rates(t, m, tier, b)
				if r.CacheRead.Cmp(r.Input) > 0 || r.CacheWrite1h.Cmp(r.CacheWrite5m) < 0 || r.CacheWrite5m.Cmp(r.Input) < 0 || r.Input.Sign() < 0 {
					t.Errorf("%s %s %d: %s", name, tier, b, text(r))
				}
			}
		}
	}
}

func TestEveryAlias(t *testing.T) {
	c := catalog(t)
	for _, r := range c.rows {
		for _, alias := range r.Aliases {
			m := lookup(t, c, alias, now)
			if m.Row != r.ID && rank(m.Provider) > rank(r.provider) {
				t.Errorf("%s: %s, want %s", alias, m.Row, r.ID)
			}
			if hosted := lookup(t, c, r.provider+"/"+alias, now); hosted.Provider != r.provider || hosted.Row != r.ID && !strings.EqualFold(hosted.Row, r.provider+"/"+alias) {
				t.Errorf("%s/%s: %s", r.provider, alias, hosted.Row)
			}
		}
		for region := range r.Regions {
			id := r.provider + "/" + region + r.name
			m := lookup(t, c, id, now)
			if m.Row != r.ID || m.ID != id && !r.Regions[region].d.Equal(one) {
				t.Errorf("%s: %s of row %s", id, m.ID, m.Row)
			}
			if again := lookup(t, c, m.ID, now); again.ID != m.ID || text(again.standard) != text(m.standard) {
				t.Errorf("%s does not find itself again: %s", m.ID, again.ID)
			}
		}
	}
}

// Names of one provider that fold to the same must be the same price, or dots and dashes would choose one.
func TestFoldedNamesAgree(t *testing.T) {
	seen := map[string]*row{}
	for _, r := range catalog(t).rows {
		key := r.provider + "/" + fold(strings.ToLower(r.name))
		if old := seen[key]; old != nil && !old.Price.equal(r.Price) {
			t.Errorf("%s and %s", old.ID, r.ID)
		}
		seen[key] = r
	}
}

func TestParseRowsErrors(t *testing.T) {
	for table, want := range map[string]string{
		`{"id":"a/b","mode":"chat"}` + "\n" + `{"id":"a/a"}` + "\n": "line 2: a/a is not in order",
		`{"id":"a/b","typo":1}`:               "line 1",
		`{"id":"a/b","price":{"input":"x"}}`:  "line 1",
		`{"id":"a/b","price":{"input":-1}}`:   "negative",
		`{"id":"a/b","price":{"input":1e99}}`: "out of range",
	} {
		if _, err := parseRows([]byte(table)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", table, err, want)
		}
	}
	rows, err := parseRows([]byte(`{"id":"a/b","mode":"chat","price":{"input":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rows[0].at(now, one); err == nil || !strings.Contains(err.Error(), "no output price") {
		t.Errorf("a chat model without an output price: %v", err)
	}
	if _, err := (&row{Mode: "chat", Price: sheet{Output: priced(one)}}).at(now, one); err == nil || !strings.Contains(err.Error(), "no input price") {
		t.Errorf("a model without an input price: %v", err)
	}
}

func unknown(t *testing.T, c *Catalog, name string) *UnknownModelError {
	t.Helper()
	m, err := c.Lookup(name, now)
	var u *UnknownModelError
	if !errors.As(err, &u) || m.ID != "" {
		t.Fatalf("%q: %s, %v; want an unknown model", name, m.ID, err)
	}
	if u.Name != name || len(u.Near) > 3 {
		t.Errorf("%q: %+v", name, u)
	}
	return u
}
