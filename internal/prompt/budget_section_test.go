package prompt

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// governed lists the budgets of a file: the line each starts on and what it governs.
func governed(t *testing.T, content string) string {
	t.Helper()
	got, diags := Load(files("CLAUDE.md", content), "CLAUDE.md", Options{})
	if len(diags) > 0 {
		t.Fatal(lines(diags))
	}
	var out []string
	for _, b := range got.Budgets {
		out = append(out, fmt.Sprintf("%d %s", b.Span.Start.Line, b.Scope()))
	}
	return strings.Join(out, ", ")
}

func TestBudgetSection(t *testing.T) {
	const block = "```yaml tokengate\nceiling: 4M\n```\n"
	for _, c := range []struct{ name, content, want string }{
		{"before any heading", block + "# A\n", "1 the template"},
		{"under the title", "# A\n\n" + block, "3 the template"},
		{"under the title, after other text", "x\n\n# A\n\n" + block, "5 the template"},
		{"under a section", "# A\n\n## Testing\n\n" + block, `5 section "testing"`},
		{"without a title", "## Testing\n\n" + block, `3 section "testing"`},
		{"under a second title", "# A\n\n# B\n\n" + block, `5 section "b"`},
		{"deeper", "# A\n\n## B\n\n### C\n\n" + block, `7 section "c"`},
		{"after a deeper one", "# A\n\n### B\n\n## C\n\n" + block, `7 section "c"`},
		{"announced for the file", "# A\n\n## Token budget\n\n" + block, "5 the template"},
		{"announced for the file, behind a section", "# A\n\n## B\n\n## Budgets\n\n" + block, "7 the template"},
		{"announced for a section", "# A\n\n## Testing\n\n### Token guards\n\n" + block, `7 section "testing"`},
		{"announced twice", "# A\n\n## Testing\n\n### Budget\n\n#### Token budget\n\n" + block, `9 section "testing"`},
		{"announced as the title", "# Token budget\n\n" + block, "3 the template"},
		{"announced without a title", "## Budget\n\n" + block, "3 the template"},
		{"a heading that repeats", "# A\n\n## Setup\n\n## Setup\n\n" + block, `7 section "setup-1"`},
		{"Setext heading", "A\n===\n\nTesting\n---\n\n" + block, `7 section "testing"`},
		{"a heading in a quote begins no section", "# A\n\n> ## Testing\n\n" + block, "5 the template"},
		{"a track is a track anywhere", "# A\n\n## B\n\n```yaml tokengate\ntrack: x\nceiling: 4M\n```\n", `5 track "x"`},
		{"several in one", "# A\n\n```yaml tokengate\nceiling: 9M\nsections:\n  b: {ceiling: 4M}\n  c-d: {owner: x}\n```\n## B\n## C D\n", `3 the template, 6 section "b", 7 section "c-d"`},
		{"front matter", "---\ntokengate: {sections: {b: {ceiling: 4M}}}\n---\n# A\n\n## B\n", `2 section "b"`},
		{"front matter, by heading", "---\ntokengate: {ceiling: 4M, sections: {'C, and D': {ceiling: 4M}}}\n---\n# A\n\n## C, and D\n", `2 the template, 2 section "c-and-d"`},
		{"table", "# A\n\n## Testing\n\n## Token budget\n\n| Section | Track | Tokens |\n|---|---|---|\n| Testing | | 4M |\n| `#testing` | | |\n| | x | 5M |\n| | | 6M |\n", ""},
		{"table in a section", "# A\n\n## Testing\n\n### Token budget\n\n| Tokens |\n|---|\n| 4M |\n", `9 section "testing"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "table" {
				c.content = strings.Replace(c.content, "| `#testing` | | |\n", "", 1)
				c.want = `9 section "testing", 10 track "x", 11 the template`
			}
			if diff := cmp.Diff(c.want, governed(t, c.content)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The three spellings of a section's budget give the same value.
func TestSectionSpellings(t *testing.T) {
	for name, content := range map[string]string{
		"fence":        "# A\n\n## Testing\n\n```yaml tokengate\nceiling: 2k\nowner: qa\n```\n",
		"front matter": "---\ntokengate: {sections: {testing: {ceiling: 2k, owner: qa}}}\n---\n# A\n\n## Testing\n",
		"table":        "# A\n\n## Testing\n\n## Token budget\n\n| Section | Tokens | Owner |\n|---|---|---|\n| testing | 2k | qa |\n",
	} {
		got, diags := Load(files("CLAUDE.md", content), "CLAUDE.md", Options{})
		if len(diags) > 0 || len(got.Budgets) != 1 {
			t.Fatalf("%s: %s%d budgets", name, lines(diags), len(got.Budgets))
		}
		if b := got.Budgets[0]; b.Section.Value != "testing" || b.Section.Span.Start.Line == 0 || b.Ceiling.Tokens.Value != 2000 || b.Owner.Value != "qa" || !b.OwnText() {
			t.Errorf("%s: %+v", name, b)
		}
	}
}

func TestSectionErrors(t *testing.T) {
	fence := func(keys string) string { return "# A\n\n## Testing\n\n```yaml tokengate\n" + keys + "\n```\n" }
	now := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct{ name, content, want string }{
		{"all that may stand there", fence("ceiling: {tokens: 4M, cost: $5}\nper_call: {input_tokens: 1k, tokens: 1k, cost: $1}\ncontext: {max_input_tokens: 1k}\ngrowth: {cost: 5%}\nowner: x\nexpires: 2026-12-01\nincident: I\nreview: {cadence: weekly}\napprovals: [a]"), ""},
		{"model", fence("model: x"), "budget-section-key CLAUDE.md:6:8"},
		{"models", fence("models: [x]"), "budget-section-key CLAUDE.md:6:9"},
		{"session", fence("per_session: {cost: $1}"), "budget-section-key CLAUDE.md:6:21"},
		{"latency", fence("per_call: {latency: 4s}"), "budget-section-key CLAUDE.md:6:21"},
		{"retrieval", fence("context: {top_k: 4}"), "budget-section-key CLAUDE.md:6:18"},
		{"toggle", fence("toggles: {cache: false}"), "budget-section-key CLAUDE.md:6:11"},
		{"with a track all may", fence("track: a\nmodel: x\ntoggles: {cache: false}"), ""},
		{"no such section", "---\ntokengate: {sections: {tests: {ceiling: 4M}}}\n---\n# A\n\n## Testing\n", "budget-section-unknown CLAUDE.md:2:24"},
		{"two of that name", "---\ntokengate: {sections: {Set up!: {ceiling: 4M}}}\n---\n## Set up!\n\n## Set up!\n", "budget-section-unknown CLAUDE.md:2:24"},
		{"both", "---\ntokengate: {sections: {testing: {track: x, ceiling: 4M}}}\n---\n## Testing\n", "budget-section-key CLAUDE.md:2:24"},
		{"sections of a track", fence("track: x\nceiling: 4M\nsections: {testing: {ceiling: 4M}}"), "budget-section-key CLAUDE.md:8:12"},
		{"sections of a section", fence("ceiling: 4M\nsections: {testing: {ceiling: 4M}}"), "budget-section-key CLAUDE.md:7:12"},
		{"twice for a section", fence("ceiling: 4M") + "\n```yaml tokengate\nceiling: 5M\n```\n", "duplicate-budget CLAUDE.md:10:10"},
		{"for good and for a while", fence("ceiling: 4M") + "\n```yaml tokengate\nceiling: 5M\nexpires: 2026-02-01\n```\n", ""},
		{"twice for a while", fence("ceiling: 4M\nexpires: 2026-03-01") + "\n```yaml tokengate\nceiling: 5M\nexpires: 2026-02-01\n```\n", "duplicate-budget CLAUDE.md:11:10"},
		{"incident without an end", fence("ceiling: 4M\nincident: I"), "incident-open CLAUDE.md:7:11"},
		{"review to come", fence("ceiling: 4M\nreview: {cadence: weekly, last: 2026-02-02}"), "bad-value CLAUDE.md:7:33"},
		{"review without a cadence", fence("ceiling: 4M\nreview: {last: 2026-01-02}"), "bad-value CLAUDE.md:7:16"},
		{"no model at all", "# A\n\n```yaml tokengate\nmodels: []\n```\n", "bad-value CLAUDE.md:4:9"},
		{"empty section", "---\ntokengate: {sections: {testing: {}}}\n---\n## Testing\n", "budget-empty CLAUDE.md:2:24"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, diags := Load(files("CLAUDE.md", c.content), "CLAUDE.md", Options{Now: now})
			var got []string
			for _, d := range diags {
				got = append(got, d.Rule+" "+d.Span.String())
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, lines(diags))
			}
		})
	}
}

// A rule that is loaded with other files governs its own text; one that is loaded alone its calls.
func TestBudgetOfRule(t *testing.T) {
	rule := "---\ntokengate: {ceiling: 4M}\n---\nx\n"
	got, diags := Load(files("CLAUDE.md", "@.claude/rules/api.md", ".claude/rules/api.md", rule), "CLAUDE.md", Options{})
	if len(diags) > 0 || len(got.Budgets) != 1 || !got.Budgets[0].Own || got.Budgets[0].Scope() != "the file" {
		t.Errorf("%+v %s", got.Budgets, lines(diags))
	}
	got, _ = Load(files(".claude/rules/api.md", rule), ".claude/rules/api.md", Options{})
	if len(got.Budgets) != 1 || got.Budgets[0].Own {
		t.Errorf("%+v", got.Budgets)
	}
	_, diags = Load(files("CLAUDE.md", "@.claude/rules/api.md", ".claude/rules/api.md", strings.Replace(rule, "ceiling: 4M", "model: x", 1)), "CLAUDE.md", Options{})
	if len(diags) != 1 || diags[0].Rule != "budget-section-key" {
		t.Error(lines(diags))
	}
}

// Texts in which "token" and "budget" mean other things: nothing is found, and nothing is said of it.
func TestBudgetOtherMeanings(t *testing.T) {
	for _, content := range []string{
		"# Auth\n\n## JWT\n\nThe access token lives 15 minutes, the refresh token 30 days.\n\n| Token | Lifetime | Cost of theft |\n|---|---|---|\n| access | 15m | low |\n",
		"# Project\n\n## Budget\n\n| Item | Cost |\n|---|---|\n| Hosting | $1,200 |\n| Licences | $40 |\n",
		"# Project\n\n## Budgets\n\n| Track | Cost | Owner |\n|---|---|---|\n| Marketing | $40k | ann |\n",
		"# OAuth\n\n## Token guards\n\n| Guard | Tokens |\n|---|---|\n| AuthGuard | bearer |\n",
		"# Errors\n\n## Error budget\n\nThe error budget of 0.1% per month is spent first come, first served.\n",
		"# Performance budget\n\n| Track | Tokens | Cost |\n|---|---|---|\n| LCP | 2.5s | 1 |\n",
		"# tokengate\n\nWrite a block:\n\n```yaml\ntokengate:\n  track: x\n  ceiling: $5\n```\n\nor\n\n```markdown\n# Token budget\n\n| Track | Tokens |\n|---|---|\n| x | 4M |\n```\n",
		"# Docs\n\n~~~md\n```yaml tokengate\nceiling: 4M\n```\n~~~\n",
		"# CI\n\n```yaml\n# tokengate.yaml\nversion: 1\ntracks: {x: {ceiling: $5}}\n```\n\n```yaml title=\"tokengate.yaml\"\nversion: 1\n```\n",
		"# CI\n\n```sh\ntokengate check --budget CLAUDE.md\n```\n\n```console tokengate check\n$ tokengate check\n```\n",
		"# Design tokens\n\n| Token | Value | Cost |\n|---|---|---|\n| --space-4 | 16px | 0 |\n",
		"# Parser\n\nThe lexer gives tokens; a `budget` of 10k tokens a file stops it.\n\n## Token types\n\n| Tokens | Owner |\n|---|---|\n| IDENT | lexer |\n",
		"---\ntoken: abc\nbudget: 40M\nsections: {a: 1}\n---\n# A\n",
		"---\nname: reviewer\ndescription: Watches the token budget: cost, tokens and tracks\ntools: Read\n---\nYou review.\n",
	} {
		got, diags := Load(files("CLAUDE.md", content), "CLAUDE.md", Options{})
		for _, d := range diags {
			if d.Rule != "front-matter-invalid" {
				t.Errorf("%q: %s", content, d)
			}
		}
		if len(got.Budgets) > 0 {
			t.Errorf("%q: %d budgets", content, len(got.Budgets))
		}
	}
}

func TestReviewDue(t *testing.T) {
	for _, c := range []struct{ keys, want string }{
		{"cadence: weekly, last: 2026-12-28", "2027-01-04"},
		{"cadence: monthly, last: 2026-01-31", "2026-02-28"},
		{"cadence: monthly, last: 2027-12-31", "2028-01-31"},
		{"cadence: quarterly, last: 2026-11-30", "2027-02-28"},
		{"cadence: yearly, last: 2028-02-29", "2029-02-28"},
		{"cadence: weekly", ""},
	} {
		got, _ := Load(files("p.md", "---\ntokengate: {review: {"+c.keys+"}}\n---\nx\n"), "p.md", Options{})
		due, ok := got.Budgets[0].Review.Due()
		if ok != (c.want != "") || ok && due.Format(time.DateOnly) != c.want {
			t.Errorf("%s: %s, want %s", c.keys, due, c.want)
		}
	}
}

// A file of nothing but headings and blocks is read in time that grows with its length.
func TestManySections(t *testing.T) {
	content := strings.Repeat("## Setup\n\n###### Budget\n```yaml tokengate\nowner: x\n```\n", 4000)
	begun := time.Now()
	got, _ := Load(files("CLAUDE.md", content), "CLAUDE.md", Options{})
	if took := time.Since(begun); len(got.Budgets) != 4000 || got.Budgets[3999].Section.Value != "setup-3999" || took > 5*time.Second {
		t.Errorf("%d budgets in %s", len(got.Budgets), took)
	}
}
