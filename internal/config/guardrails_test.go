package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/pricing"
)

const guarded = `version: 1
period: quarter
users:
  per_day: {cost: $1, tokens: 2M}
  per_period: {calls: 500}
  dynamic: {quantile: P75, headroom: 2, floor: $0.50, cap: $10, window: 7d, shrink: 3}
  warn_at: 70%
  fallback: {model: cheap, at: 85%}
  on_limit: hand_over
sessions:
  cost: $0.20
  hand_over_at: 90%
tracks:
  gen:
    fallback: {model: small, at: 95%}
    ceiling: {cost: $100}
    guard:
      per_week: {tokens: 1M}
      users: {per_day: {cost: $2}, on_limit: warn}
features:
  chat:
    guard: {sessions: {calls: 40}, per_day: {cost: $5}, fallback: {model: tiny}}
breakers:
  - {when: cost per 10m > $5, action: refuse}
  - {scope: track/gen, when: error rate > 20% over 50 calls, action: degrade, cool_down: 1h30m}
  - {scope: session, when: calls per 5m > 30, action: hand_over}
`

// settings gives the guardrails as the rule policy-changed sees them, one a line.
func settings(p config.Policy) string {
	var out []string
	for _, s := range p.Settings() {
		if strings.HasPrefix(s.Name, "guardrail ") {
			out = append(out, fmt.Sprintf("%s: %s @%s", strings.TrimPrefix(s.Name, "guardrail "), s.Value, s.Span))
		}
	}
	return strings.Join(out, "\n")
}

func TestGuardrails(t *testing.T) {
	p := policy(t, guarded, "a.md", block("feature: chat\nceiling: 40M\nfallback: {model: mini}"), "b.md", block("ceiling: $3\nfallback: {model: nano, at: 50%}"))
	want := `users/per_day/cost: $1 a day, warn at 70%, degrade at 85%, hand_over at 100%, fallback cheap @tokengate.yaml:4:19
users/per_day/tokens: 2,000,000 tokens a day, warn at 70%, degrade at 85%, hand_over at 100%, fallback cheap @tokengate.yaml:4:31
users/per_period/calls: 500 calls a quarter, warn at 70%, degrade at 85%, hand_over at 100%, fallback cheap @tokengate.yaml:5:23
users/dynamic: P75 × 2 of 7 days, from $0.5 to $10, shrink 3, warn at 70%, degrade at 85%, hand_over at 100%, fallback cheap @tokengate.yaml:6:12
sessions/cost: $0.2 a session, warn at 80%, hand_over at 90% @tokengate.yaml:11:9
tracks/gen/ceiling/cost: degrade at 95%, fallback small @tokengate.yaml:16:21
tracks/gen/per_week/tokens: 1,000,000 tokens a week, warn at 80%, degrade at 95%, refuse at 100% @tokengate.yaml:18:26
tracks/gen/users/per_day/cost: $2 a day, warn at 80%, degrade at 95% @tokengate.yaml:19:31
features/chat/per_day/cost: $5 a day, warn at 80%, degrade at 90%, refuse at 100%, fallback tiny @tokengate.yaml:22:52
features/chat/sessions/calls: 40 calls a session, warn at 80%, refuse at 100% @tokengate.yaml:22:31
a.md/features/chat/ceiling/tokens: degrade at 90%, fallback mini @a.md:7:10
b.md/ceiling/cost: degrade at 50%, fallback nano @b.md:6:10
breakers/1: project: cost per 10m > $5: refuse, cool-down 15m @tokengate.yaml:24:12
breakers/2: track/gen: error rate > 20% over 50 calls: degrade, cool-down 1h30m @tokengate.yaml:25:30
breakers/3: session: calls per 5m > 30: hand_over, cool-down 15m @tokengate.yaml:26:28`
	if diff := cmp.Diff(want, settings(p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	d, diags := p.Guardrails()
	if len(diags) > 0 {
		t.Error(lines(diags))
	}
	if l := d.Limits[10]; l.ID != "a.md/features/chat/ceiling/tokens" || l.Allowance != 40_000_000 || l.Only != (guard.Only{Feature: "chat"}) || l.Each != guard.Feature || l.Window != guard.Quarter {
		t.Errorf("%+v", l)
	}
	if l := d.Limits[11]; l.Only != (guard.Only{Template: "b.md"}) || l.Each != guard.Project || l.Allowance != 3_000_000_000_000 {
		t.Errorf("%+v", l)
	}
	var models []string
	for _, m := range p.Models() {
		models = append(models, m.Value)
	}
	if got := strings.Join(models, " "); got != "small mini nano cheap tiny" {
		t.Errorf("models: %s", got)
	}
}

// The guardrail's own fallback, else that of the template's block, the track, a block elsewhere of the track, the feature.
func TestFallback(t *testing.T) {
	p := policy(t, `tracks: {gen: {fallback: {model: of-track}}}
features: {chat: {fallback: {model: of-feature}}}
users: {per_day: {cost: $1}, fallback: {at: 90%}}
sessions: {cost: $1, fallback: {model: own}}
`, "a.md", block("track: gen\nfallback: {model: of-block}"), "b.md", block("track: far\nfallback: {model: of-far}"))
	d, diags := p.Guardrails()
	if len(diags) > 0 {
		t.Fatal(lines(diags))
	}
	for _, c := range []struct {
		guardrail                      int
		template, track, feature, want string
	}{
		{0, "a.md", "gen", "chat", "of-block"},
		{0, "a.md", "other", "chat", "of-feature"}, // the block is of another track
		{0, "c.md", "gen", "chat", "of-track"},
		{0, "", "far", "chat", "of-far"},
		{0, "", "far", "", "of-far"},
		{0, "", "", "", ""},
		{1, "a.md", "gen", "chat", "own"},
	} {
		if got := d.Fallback(c.guardrail, c.template, c.track, c.feature); got != c.want {
			t.Errorf("%s of %s, %s, %s: %q, want %q", d.ID(c.guardrail), c.template, c.track, c.feature, got, c.want)
		}
	}
}

func TestGuardrailsRefused(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"typo", "users: {per_dya: {cost: $1}}\n", `tokengate.yaml:1:9: unknown key "per_dya" [unknown-key] | did you mean "per_day"?`},
		{"ceiling's word", "sessions: {input_tokens: 4k}\n", `tokengate.yaml:1:12: unknown key "input_tokens" [unknown-key] | known keys here: cost, tokens, calls, warn_at, fallback, hand_over_at, on_limit`},
		{"action", "users: {per_day: {cost: $1}, on_limit: deny}\n", `tokengate.yaml:1:40: action "deny" is not known; write warn, degrade, hand_over or refuse [bad-value]`},
		{"no action", "users: {per_day: {cost: $1}, on_limit: allow}\n", `tokengate.yaml:1:40: action "allow" is not known; write warn, degrade, hand_over or refuse [bad-value]`},
		{"share", "sessions: {cost: $1, hand_over_at: 120%}\n", `tokengate.yaml:1:36: 120% is more than the whole quota [config-value] | write a share of the quota, such as 90%`},
		{"nothing held", "users: {hand_over_at: 90%}\n", `tokengate.yaml:1:23: what happens at a limit is declared, and no limit is [guardrail-empty] | write what may be used, such as per_day: {cost: $1}`},
		{"nothing held of a feature", "features: {a: {guard: {on_limit: warn}}}\n", `tokengate.yaml:1:34: what happens at a limit is declared, and no limit is [guardrail-empty] | write what may be used, such as per_day: {cost: $1}`},
		{"hidden", "sessions: {cost: $1, hand_over_at: 80%, fallback: {model: m, at: 90%}}\n", `tokengate.yaml:1:36: sessions are handed over at 80%, so that nothing is ever degraded at 90% [guardrail-order] | hand over later than the fallback begins`},
		{"no cap", "users: {dynamic: {floor: $1}}\n", `tokengate.yaml:1:18: a dynamic allowance without a cap has none on its first day [config-value] | write cap: $10`},
		{"floor", "users: {dynamic: {floor: $3, cap: $2}}\n", `tokengate.yaml:1:26: the floor of $3.00 is above the cap of $2.00 [config-value] | write a floor below the cap`},
		{"headroom", "users: {dynamic: {cap: $2, headroom: 0}}\n", `tokengate.yaml:1:38: headroom 0 is not between 0 and 100 [config-value] | write a factor such as 1.5`},
		{"headroom in words", "users: {dynamic: {cap: $2, headroom: NaN}}\n", `tokengate.yaml:1:38: headroom NaN is not between 0 and 100 [config-value] | write a factor such as 1.5`},
		{"window", "users: {dynamic: {cap: $2, window: 36h}}\n", `tokengate.yaml:1:36: the window of 36h0m0s is not 1 to 366 whole days [config-value] | write whole days, such as 14d`},
		{"shrink", "users: {dynamic: {cap: $2, shrink: 5k}}\n", `tokengate.yaml:1:36: shrink of 5,000 days is more than 1000 [config-value] | write a number of days, such as 7`},
		{"condition", "breakers: [{when: cost > $5, action: warn}]\n", `tokengate.yaml:1:19: cannot read the condition "cost > $5": "cost" is not known; write cost per 10m > $5, tokens per 1h > 2M, calls per 1m > 100, or error rate > 20% over 50 calls [bad-value]`},
		{"scope", "breakers: [{scope: user/ann, when: cost per 1h > $5, action: warn}]\n", `tokengate.yaml:1:20: scope "user/ann" is not known; write project, track, feature, user, session, track/NAME or feature/NAME [bad-value]`},
		{"half a breaker", "breakers: [{scope: project}]\n", `tokengate.yaml:1:20: a breaker has no condition [config-value] | write cost per 10m > $5, tokens per 1h > 2M, calls per 1m > 100, or error rate > 20% over 50 calls
tokengate.yaml:1:20: a breaker has no action [config-value] | write action: warn, degrade, hand_over or refuse`},
		{"cool-down", "breakers: [{when: cost per 1h > $5, action: warn, cool_down: 0s}]\n", `tokengate.yaml:1:62: a cool-down of 0ms is not between 1s and 31d [config-value] | write a duration such as 15m`},
		{"idle fallback", "breakers: [{when: cost per 1h > $5, action: warn, fallback: m}]\n", `tokengate.yaml:1:61: a breaker that does not degrade has a fallback model [config-value] | write action: degrade, or take the fallback out`},
	} {
		if _, got := load(c.text); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// Whether there is a model to degrade to shows only with the templates at hand.
func TestHomelessFallback(t *testing.T) {
	const hint = " | write fallback: {model: …} here, or at a track, feature or template"
	for _, c := range []struct{ name, text, want string }{
		{"on limit", "users: {per_day: {cost: $1}, on_limit: degrade}\n", "tokengate.yaml:1:25: users/per_day/cost degrades calls, and no fallback model is declared [guardrail-fallback]" + hint},
		{"breaker", "breakers: [{when: cost per 1h > $1, action: degrade}]\n", "tokengate.yaml:1:19: breakers/1 degrades calls, and no fallback model is declared [guardrail-fallback]" + hint},
		{"another feature's", "features: {a: {guard: {per_day: {cost: $1}, on_limit: degrade}}, b: {fallback: {model: m}}}\n", "tokengate.yaml:1:40: features/a/per_day/cost degrades calls, and no fallback model is declared [guardrail-fallback]" + hint},
		{"a track's", "users: {per_day: {cost: $1}, on_limit: degrade}\ntracks: {t: {fallback: {model: m}}}\n", ""},
		{"its feature's", "features: {a: {guard: {per_day: {cost: $1}, on_limit: degrade}, fallback: {model: m}}}\n", ""},
	} {
		_, diags := policy(t, c.text).Guardrails()
		if got := lines(diags); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

func TestDearFallbacks(t *testing.T) {
	catalog, err := pricing.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p := policy(t, "tracks:\n  a: {model: claude-haiku-5-5, fallback: {model: claude-sonnet-5-5}}\n  b: {model: claude-sonnet-5-5, fallback: {model: claude-haiku-5-5}}\n  c: {model: unheard-of, fallback: {model: claude-haiku-5-5}}\n")
	got := lines(p.DearFallbacks(catalog, now))
	if !strings.HasPrefix(got, "tokengate.yaml:2:50: the fallback claude-sonnet-5-5 costs no less than claude-haiku-5-5: ") || strings.Contains(got, "\n") {
		t.Error(got)
	}
}

func TestWhen(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"cost per 10m > $5", "cost per 10m > $5.00"},
		{"cost  per 90s>0.5 USD", "cost per 1m30s > $0.50"},
		{"tokens per 1h > 2M", "tokens per 1h > 2,000,000"},
		{"calls per 1d > 100", "calls per 24h > 100"},
		{"error rate > 20% over 50 calls", "error rate > 20% over 50 calls"},
		{"error rate > 0% over 1 calls", "error rate > 0% over 1 calls"},
		{"error rate > 20%", ""}, {"error rate > 100% over 5 calls", ""}, {"error rate > 5% over 0 calls", ""}, {"error rate > 5% over 1000000 calls", ""},
		{"errors > 3", ""}, {"latency per 1m > 3", ""}, {"cost per > $5", ""}, {"cost per 10m", ""}, {"cost per 10m > five", ""}, {"cost per 10ms > $5", ""},
		{"cost per 60d > $5", ""}, {"calls per 1m > -3", ""}, {"", ""}, {">", ""},
	} {
		var w config.When
		err := w.UnmarshalText([]byte(c.text))
		if got := w.String(); (err == nil) != (c.want != "") || err == nil && got != c.want {
			t.Errorf("%q: %q, %v; want %q", c.text, got, err, c.want)
		}
	}
}

func FuzzWhen(f *testing.F) {
	for _, s := range []string{"cost per 10m > $5", "tokens per 1h > 2M", "calls per 1m > 100", "error rate > 20% over 50 calls", ">", "error rate > > over", "cost per 1h > 1e400"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var w, again config.When
		if w.UnmarshalText([]byte(text)) != nil {
			if w != (config.When{}) {
				t.Errorf("%q leaves %+v behind", text, w)
			}
			return
		}
		if err := again.UnmarshalText([]byte(w.String())); err != nil {
			t.Errorf("%q reads as %q, which does not: %v", text, w, err)
		}
		if w.Over < 0 || w.Share < 0 || w.Share >= 1 || w.Per < 0 {
			t.Errorf("%q: %+v", text, w)
		}
	})
}

// The JSON Schema and the program agree on guardrails.
func TestGuardrailsSchema(t *testing.T) {
	s := schema(t)
	for text, ok := range map[string]bool{
		guarded: true, "users: {per_dya: {cost: $1}}": false, "sessions: {cost: $1, on_limit: deny}": false, "sessions: {input_tokens: 4k}": false,
		"breakers: [{when: cost per 10m > $5, action: refuse}]": true, "breakers: [{when: cost over $5, action: refuse}]": false,
		"breakers: [{scope: team, when: cost per 10m > $5}]": false, "features: {a: {guard: {users: {dynamic: {cap: $1, headroom: 1.5}}}}}": true,
	} {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
