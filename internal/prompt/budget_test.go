package prompt

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

const table = "# Token Budget\n\n| Track | Tokens | Cost |\n|---|--:|---|\n| generation | 40M | $1,200 |\n"

// The three spellings give the same value; only the places differ.
func TestBudgetSpellings(t *testing.T) {
	for name, content := range map[string]string{
		"fence":        "# A\n\n```yaml tokengate\ntrack: generation\nceiling: {tokens: 40M, cost: $1,200}\n```\n",
		"front matter": "---\ntitle: x\ntokengate:\n  track: generation\n  ceiling: {tokens: 40M, cost: '$1,200'}\n---\nx\n",
		"table":        table,
	} {
		for _, path := range []string{"CLAUDE.md", "p.md"} {
			got, diags := Load(files(path, strings.Replace(content, "cost: $1,200", "cost: '$1,200'", 1)), path, Options{})
			if len(diags) > 0 || len(got.Budgets) != 1 {
				t.Fatalf("%s: %s%d budgets", name, lines(diags), len(got.Budgets))
			}
			want := Budget{Track: source.Of("generation", source.Span{})}
			want.Ceiling.Tokens = source.Of(money.Count(40_000_000), source.Span{})
			want.Ceiling.Cost = source.Of(money.New(1200, 0), source.Span{})
			ignore := []cmp.Option{cmpopts.IgnoreTypes(source.Span{}), cmp.Comparer(func(a, b money.Amount) bool { return a.Cmp(b) == 0 })}
			if diff := cmp.Diff(want, got.Budgets[0], ignore...); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
}

func TestBudgetPlaces(t *testing.T) {
	cases := []struct{ name, content, block, value string }{
		{"fence", "# A\n\n```yaml tokengate\nceiling: 40M\n```\n", "3:1", "4:10"},
		{"CRLF", "# A\r\n\r\n```yaml tokengate\r\nceiling: 40M\r\n```\r\n", "3:1", "4:10"},
		{"after front matter and a mark", "\uFEFF---\na: b\n---\n~~~ yaml tokengate\nceiling: 40M\n~~~\n", "4:1", "5:10"},
		{"indented fence", "  ```yaml tokengate\n  ceiling: 40M\n  ```\n", "1:3", "2:12"},
		{"in a list", "- é\n\n  1. ```yaml tokengate\n     ceiling: 40M\n     per_call:\n       cost: $1\n     ```\n", "3:6", "4:15"},
		{"in a quote", "> ```yaml tokengate\n> ceiling: 40M\n> ```\n", "1:3", "2:12"},
		{"never closed", "```yaml tokengate more words\nceiling: 40M", "1:1", "2:10"},
		{"front matter", "---\na: b\ntokengate:\n  ceiling: 40M\n---\nx", "3:1", "4:12"},
		{"table", "é\n\n# token budget\n| Tokens |\n|---|\n|  é |\n", "", ""},
		{"table cell", "## TOKEN BUDGET\n\ntext\n\n  | Track | **Tokens** |\n  |---|---|\n  | `é` | **40M** |\n", "7:6", "7:13"},
		{"table in a list, no outer pipes", "## Token budget\n\n- x\n\n  Tokens | Owner\n  --- | ---\n  40M | –\n", "7:3", "7:3"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, diags := Load(files("CLAUDE.md", c.content), "CLAUDE.md", Options{})
			if c.value == "" {
				if !diags.HasErrors() {
					t.Error("no error")
				}
				return
			}
			if len(diags) > 0 || len(got.Budgets) != 1 {
				t.Fatalf("%s%d budgets", lines(diags), len(got.Budgets))
			}
			b := got.Budgets[0]
			if b.Span.String() != "CLAUDE.md:"+c.block || b.Ceiling.Tokens.Span.String() != "CLAUDE.md:"+c.value || b.Ceiling.Tokens.Value != 40_000_000 {
				t.Errorf("block at %s, %d tokens at %s", b.Span, b.Ceiling.Tokens.Value, b.Ceiling.Tokens.Span)
			}
		})
	}
}

func TestBudgetErrors(t *testing.T) {
	fence := func(s string) string { return "```yaml tokengate\n" + s + "\n```\n" }
	cases := []struct{ name, content, want string }{
		{"unknown key", fence("cieling: 4M"), `error unknown-key CLAUDE.md:2:1 did you mean "ceiling"?`},
		{"unknown key deeper, in a list", "- ```yaml tokengate\n  per_call:\n    input: 4k\n  ```\n", `error unknown-key CLAUDE.md:3:5 known keys here: input_tokens, output_tokens, tokens, cost, latency`},
		{"duplicate key", fence("owner: a\nowner: b"), "error duplicate-key CLAUDE.md:3:1 keep one of the two"},
		{"bad value", fence("max_output_tokens: 4m"), "error bad-value CLAUDE.md:2:20 "},
		{"bad money", fence("ceiling: €5"), "error bad-value CLAUDE.md:2:10 "},
		{"bad date", fence("expires: tomorrow"), "error bad-value CLAUDE.md:2:10 "},
		{"not a mapping", fence("40M"), "error bad-value CLAUDE.md:2:1 "},
		{"syntax", fence("a: ["), "error yaml-syntax CLAUDE.md:2 check indentation, quotes and colons on this line and the one before"},
		{"empty block", fence(""), "warning budget-empty CLAUDE.md:1:1 declare a ceiling, or remove the block"},
		{"empty front matter key", "---\ntokengate:\n---\nx", "error bad-value CLAUDE.md:2:11 write the value, or remove the key"},
		{"key twice in front matter", "---\ntokengate: {owner: a}\ntokengate: {owner: a}\n---\nx", "error duplicate-key CLAUDE.md:3:1 keep one of the two"},
		{"fallback over the ceiling", fence("fallback: {model: x, at: 110%}"), "error bad-value CLAUDE.md:2:26 write a share of the ceiling, such as 90%"},
		{"cadence", fence("review: {cadence: quartely}"), `error bad-value CLAUDE.md:2:19 did you mean "quarterly"?`},
		{"cadence far off", fence("review: {cadence: sometimes}"), "error bad-value CLAUDE.md:2:19 write one of weekly, monthly, quarterly, yearly"},
		{"good cadence", fence("review: {cadence: yearly}\nfallback: {model: x, at: 100%}"), ""},
		{"expired", fence("expires: 2026-01-31\nowner: x"), "warning budget-expired CLAUDE.md:2:10 renew it with a later day, or remove the block"},
		{"last day", fence("expires: 2026-02-01\nowner: x"), ""},
		{"twice", fence("track: a\nceiling: {cost: $5}") + fence("track: a\nceiling: $6"), "error duplicate-budget CLAUDE.md:7:10 keep one of the two"},
		{"twice in two metrics", fence("track: a\nceiling: {cost: $5, tokens: 4M}") + fence("track: a\nceiling: {cost: $6, tokens: 4M}"),
			"error duplicate-budget CLAUDE.md:7:17 keep one of the two\nerror duplicate-budget CLAUDE.md:7:29 keep one of the two"},
		{"other metric", fence("track: a\nceiling: {cost: $5}") + fence("track: a\nceiling: 6k"), ""},
		{"other scope", fence("track: a\nceiling: 5k") + fence("feature: a\nceiling: 6k") + fence("ceiling: 6k") + fence("track: a\nfeature: a\nceiling: 6k"), ""},
		{"fence against table", table + fence("track: generation\nceiling: {tokens: 1M}"), "error duplicate-budget CLAUDE.md:8:19 keep one of the two"},
		{"column", strings.Replace(table, "Tokens", "Tokns", 1), `error unknown-key CLAUDE.md:3:11 did you mean "tokens"?`},
		{"column twice", strings.Replace(table, "Tokens", "Cost", 1), "error duplicate-key CLAUDE.md:3:18 keep one of the two"},
		{"cell", strings.Replace(table, "40M", "40 m", 1), "error bad-value CLAUDE.md:5:16 "},
		{"money in the wrong column", strings.Replace(table, "40M", "$40", 1), "error bad-value CLAUDE.md:5:16 "},
		{"too many cells", strings.Replace(table, "40M", "40M | 50M", 1), `error bad-value CLAUDE.md:5:1 a | inside a cell is written as \|`},
		{"text under the table", table + "It is what it is.\n", "error bad-value CLAUDE.md:6:1 leave a blank line after the table"},
		{"empty cells", "# Token budget\n| Track | Tokens |\n|---|---|\n| – | |\n| x |\n", "warning budget-empty CLAUDE.md:5:3 declare a ceiling, or remove the block"},
		{"not quite a table", "# Token budget\n\n| Track | Tokens |\n|---|\n| a | 4M |\n", "warning budget-block-unrecognised CLAUDE.md:3:1 give the table a header row and a row of dashes with as many cells"},
		{"near fence", "```yaml  Tokengate\nceiling: 4M\n```\n", "warning budget-block-unrecognised CLAUDE.md:1:1 write ```yaml tokengate"},
		{"no language", "x\n\n ``` tokengate\nceiling: 4M\n```\n", "warning budget-block-unrecognised CLAUDE.md:3:2 write ```yaml tokengate"},
		{"attributes", "```yaml {tokengate}\nceiling: 4M\n```\n", "warning budget-block-unrecognised CLAUDE.md:1:1 write ```yaml tokengate"},
		{"near key", "---\ntoken_gate: {ceiling: 4M}\n---\nx", `warning budget-block-unrecognised CLAUDE.md:2:1 did you mean "tokengate"?`},
		{"near heading", strings.Replace(table, "Budget", "Budgets:", 1), `warning budget-block-unrecognised CLAUDE.md:3:3 name the heading "Token budget"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, diags := Load(files("CLAUDE.md", c.content), "CLAUDE.md", Options{Now: time.Date(2026, 2, 1, 23, 0, 0, 0, time.UTC)})
			var got []string
			for _, d := range diags {
				got = append(got, d.Severity.String()+" "+d.Rule+" "+d.Span.String()+" "+d.Hint)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, lines(diags))
			}
		})
	}
}

// In most files "token" is an auth token; nothing about those is a budget, and nothing is said of it.
func TestBudgetNegatives(t *testing.T) {
	for _, content := range []string{
		"# Token\n\n| Token | Cost |\n|---|---|\n| access | 5 |\n",
		"# Auth tokens\n\n| Track | Tokens |\n|---|---|\n| web | JWT |\n",
		"# Token budget\n\n## Refresh tokens\n\n| Token | Lifetime |\n|---|---|\n| access | 15m |\n",
		"# Token budgets\n\n| Endpoint | Lifetime |\n|---|---|\n| /login | 15m |\n",
		"# Token budget\n\nThe access token lives 15 minutes.\n\n- track: x\n",
		"```yaml\ntoken: abc\ntokens: 40M\n```\n```yaml token\nceiling: 4M\n```\n```yaml tokengate.yaml\nproject: x\n```\n```\nceiling: 4M\n```\n",
		"```sh tokens\ntokengate check\n```\n```bash tokengate\ntokengate check\n```\n",
		"<!--\n```yaml tokengate\nceiling: 4M\n```\n-->\nx",
		"    ```yaml tokengate\n    ceiling: 4M\n    ```\n",
		"````md\n```yaml tokengate\nceiling: 4M\n```\n````\n",
		"---\ntoken: x\ntokens: 5\ntemplate: y\n---\nx",
	} {
		got, diags := Load(files("CLAUDE.md", content), "CLAUDE.md", Options{})
		if len(got.Budgets) > 0 || len(diags) > 0 {
			t.Errorf("%q: %d budgets %s", content, len(got.Budgets), lines(diags))
		}
	}
}

func TestBudgetAllKeys(t *testing.T) {
	content := "```yaml tokengate\n" + `track: answer
feature: search
owner: platform
model: claude-sonnet-4-5
models: [claude-sonnet-4-5, claude-haiku-4-5]
fallback: {model: claude-haiku-4-5, at: 90%}
context: {max_input_tokens: 120k, max_retrieved_tokens: 6k, top_k: 8, chunk_tokens: 512}
max_output_tokens: 1,500
ceiling: {tokens: 40M, cost: 1200 USD}
per_call: {input_tokens: 8k, output_tokens: 1k, tokens: 9k, cost: 0.03 USD, latency: 4s}
per_session: {cost: $1}
growth: {cost: 10%, tokens: 0.1}
toggles: {rerank: false}
approvals: [finance, owner]
review: {cadence: quarterly}
expires: 2030-01-01
` + "```\n"
	got, diags := Load(files("CLAUDE.md", content), "CLAUDE.md", Options{Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	if len(diags) > 0 || len(got.Budgets) != 1 {
		t.Fatal(lines(diags))
	}
	b := got.Budgets[0]
	for _, s := range b.settings() {
		if !s.set && !strings.HasPrefix(s.name, "per_session.") {
			t.Errorf("%s is not read", s.name)
		}
	}
	if on, ok := b.Toggles.Get("rerank"); on || !ok || len(b.Approvals) != 2 || b.Scope() != `feature "search" of track "answer"` {
		t.Errorf("%+v", b)
	}
}

// The block is ordinary text to the tool that sends the file: billed, so it is in the text.
func TestBudgetFenceIsSent(t *testing.T) {
	got, _ := Load(files("CLAUDE.md", "x\n\n```yaml tokengate\nceiling: 4M\n```\n"), "CLAUDE.md", Options{})
	if !strings.Contains(got.Text(), "ceiling: 4M") {
		t.Errorf("%q", got.Text())
	}
}

func TestBudgetScope(t *testing.T) {
	track, feature := source.Of("a", source.Span{}), source.Of("b", source.Span{})
	for want, b := range map[string]Budget{
		"the template": {}, `track "a"`: {Track: track}, `feature "b"`: {Feature: feature}, `feature "b" of track "a"`: {Track: track, Feature: feature},
	} {
		if got := b.Scope(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
