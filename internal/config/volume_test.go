package config_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
)

func TestVolumeRefuses(t *testing.T) {
	const one, two = "write one of change: +40%, calls: 120k and share: 30%", "keep one of the two, or let one end before the other begins"
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", `- {track: a, chnge: "+4%", from: 2027-03-01, reason: r}`, `tokengate.yaml:2:14: unknown key "chnge" [unknown-key] | did you mean "change"?` + "\n" +
			"tokengate.yaml:2:3: an entry under volume sets none of change, calls and share [volume-plan] | " + one},
		{"no sign", `- {change: 40%, from: 2027-03-01, reason: r}`, `tokengate.yaml:2:12: cannot read "40%" as a change; write it with its sign, like +40% or -20% [bad-value]`},
		{"no percent", `- {change: +0.4, from: 2027-03-01, reason: r}`, `tokengate.yaml:2:12: cannot read "+0.4" as a change; write it with its sign, like +40% or -20% [bad-value]`},
		{"less than nothing", `- {change: -101%, from: 2027-03-01, reason: r}`, `tokengate.yaml:2:12: change "-101%" is out of range (-100% to +10,000%) [bad-value]`},
		{"two of three", `- {change: +4%, calls: 5k, from: 2027-03-01, reason: r}`, "tokengate.yaml:2:3: an entry under volume sets more than one of change, calls and share [volume-plan] | " + one},
		{"two scopes", `- {track: a, model: m, change: +4%, from: 2027-03-01, reason: r}`, "tokengate.yaml:2:3: an entry under volume is for one scope, and this one names track and model [volume-plan] | write an entry for each"},
		{"no name", `- {feature: "", change: +4%, from: 2027-03-01, reason: r}`, "tokengate.yaml:2:13: the feature has no name [volume-plan] | write its name, or remove the key: without a scope the entry is for the whole project"},
		{"share of the project", `- {share: 30%, from: 2027-03-01, reason: r}`, "tokengate.yaml:2:11: a share of the project's calls needs a scope that has it [volume-plan] | name a track, feature or model"},
		{"share over all", `- {track: a, share: 130%, from: 2027-03-01, reason: r}`, "tokengate.yaml:2:21: share 130% is more than all calls [volume-plan] | write the share of all calls, such as 30%"},
		{"no day", `- {track: a, change: +4%, reason: r}`, "tokengate.yaml:2:3: an entry under volume does not say from which day it holds [volume-plan] | write from: 2027-03-01"},
		{"a bad day", `- {track: a, change: +4%, from: 1 March, reason: r}`, `tokengate.yaml:2:33: cannot read "1 March" as a date; write it as YYYY-MM-DD [bad-value]`},
		{"ends before it begins", `- {track: a, change: +4%, from: 2027-03-02, until: 2027-03-01, reason: r}`, "tokengate.yaml:2:52: the entry ends on 2027-03-01, before it begins on 2027-03-02 [volume-plan] | until is the last day the entry holds"},
		{"no reason", `- {track: a, change: +4%, from: 2027-03-02, reason: " "}`, "tokengate.yaml:2:3: an entry under volume has no reason [volume-plan] | write reason: launch in France"},
		{"all spread", `- {track: a, change: +4%, from: 2027-03-02, reason: r, spread: 100%}`, "tokengate.yaml:2:64: spread 100% would let the plan come to nothing or less [volume-plan] | write half of the plan's 95% interval, such as 20%"},
		{"two levels", "- {track: a, calls: 5k, from: 2027-03-01, reason: r}\n- {track: a, calls: 6k, from: 2027-04-01, reason: r}",
			"tokengate.yaml:3:3: two entries set the level of calls that may be the same: track a 6,000 calls per period from 2027-04-01 here, track a 5,000 calls per period from 2027-03-01 on line 2 [volume-plan] | " + two},
		{"levels of two kinds", "- {track: a, calls: 5k, from: 2027-03-01, reason: r}\n- {model: m, share: 6%, from: 2027-04-01, reason: r}",
			"tokengate.yaml:3:3: two entries set the level of calls that may be the same: model m 6% of the calls from 2027-04-01 here, track a 5,000 calls per period from 2027-03-01 on line 2 [volume-plan] | " + two},
		{"shares of more than all", "- {track: a, share: 60%, from: 2027-03-01, reason: r}\n- {track: b, share: 50%, from: 2027-04-01, reason: r}",
			"tokengate.yaml:3:21: from 2027-04-01 on the shares come to 110%, with those on line 2 [volume-plan] | shares that hold on the same day add up to 100% at most"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, got := load("volume:\n" + c.text + "\n"); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// What does not contradict: changes on top of levels, levels one after the other, levels of two tracks, a share beside a
// level of the project.
func TestVolumeAccepts(t *testing.T) {
	for _, text := range []string{
		"- {track: a, calls: 5k, from: 2027-03-01, reason: r}\n- {track: a, change: +6%, from: 2027-03-01, reason: r}\n- {change: -6%, from: 2027-03-01, reason: r}",
		"- {track: a, calls: 5k, from: 2027-03-01, until: 2027-03-31, reason: r}\n- {track: a, calls: 6k, from: 2027-04-01, reason: r}",
		"- {track: a, calls: 5k, from: 2027-03-01, reason: r}\n- {track: b, calls: 6k, from: 2027-03-01, reason: r}",
		"- {calls: 50k, from: 2027-03-01, reason: r}\n- {track: b, share: 60%, from: 2027-03-01, reason: r}\n- {track: a, share: 40%, from: 2027-03-01, reason: r}",
	} {
		if cfg, got := load("volume:\n" + text + "\n"); got != "" || len(cfg.Volume) < 2 {
			t.Errorf("%s\n%s", text, got)
		}
	}
}

func TestVolumeValues(t *testing.T) {
	cfg, diags := load(`volume:
- {track: generation, change: "+40%", from: 2027-03-01, reason: launch in France}
- {model: m, calls: 120k, from: 2027-03-01, until: 2027-03-31, reason: campaign, spread: 20%}
- {change: -12.5%, from: 2027-03-02, reason: summer}
- {change: +1%, from: 2027-03-02, reason: more}
`)
	if diags != "" {
		t.Fatal(diags)
	}
	var texts []string
	for _, v := range cfg.Volume {
		texts = append(texts, v.Value.Scope().String()+": "+v.Value.Text())
	}
	want := []string{"track generation: +40% from 2027-03-01", "model m: 120k calls per period from 2027-03-01 to 2027-03-31, give or take 20%", "project: -12.5% from 2027-03-02", "project: +1% from 2027-03-02"}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Error(diff)
	}
	for day, holds := range map[string]bool{"2027-02-28": false, "2027-03-01": true, "2027-03-31": true, "2027-04-01": false} {
		at, _ := time.Parse(time.DateOnly, day)
		if got := cfg.Volume[1].Value.Holds(at); got != holds {
			t.Errorf("%s: %t", day, got)
		}
	}
	p := config.Policy{Config: cfg}
	var settings []string
	for _, s := range p.Settings() {
		settings = append(settings, s.Name+" = "+s.Value+" at "+s.Span.String())
	}
	want = []string{
		`volume track generation from 2027-03-01 = +40% from 2027-03-01, "launch in France" at tokengate.yaml:2:3`,
		`volume model m from 2027-03-01 = 120k calls per period from 2027-03-01 to 2027-03-31, give or take 20%, "campaign" at tokengate.yaml:3:3`,
		`volume project from 2027-03-02 = -12.5% from 2027-03-02, "summer" at tokengate.yaml:4:3`,
		`volume project from 2027-03-02 (2) = +1% from 2027-03-02, "more" at tokengate.yaml:5:3`,
	}
	if diff := cmp.Diff(want, settings); diff != "" {
		t.Error(diff)
	}
	if got := cfg.Volume[0].Value.Scope(); got != (budget.Scope{Kind: "track", Name: "generation"}) {
		t.Error(got)
	}
}

func TestDays(t *testing.T) {
	cfg, diags := load("missing_days: [2026-11-03, 2026-11-02]\nsilent_days: [2026-11-07]\n")
	settings := config.Policy{Config: cfg}.Settings()
	if diags != "" || len(settings) != 2 || settings[0].Value != "2026-11-02, 2026-11-03" || settings[1].Name != "silent_days" {
		t.Errorf("%s %+v", diags, settings)
	}
	for text, want := range map[string]string{
		"missing_days: [2026-11-03]\nsilent_days: [2026-11-02, 2026-11-03]": "tokengate.yaml:2:27: 2026-11-03 is among missing_days as well, on line 1 [config-value] | keep it on one of the two lists",
		"missing_days: [Tuesday]": `tokengate.yaml:1:16: cannot read "Tuesday" as a date; write it as YYYY-MM-DD [bad-value]`,
	} {
		if _, got := load(text + "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestPeriodWindow(t *testing.T) {
	for _, c := range []struct {
		period, at, first string
		days              int
		word              string
	}{
		{"day", "2026-11-24T23:59:59Z", "2026-11-24", 1, "day"},
		{"month", "2026-11-24T00:00:00Z", "2026-11-24", 30, "month"},
		{"calendar_week", "2026-11-23T00:00:00Z", "2026-11-23", 7, "week"}, // a Monday
		{"calendar_week", "2026-11-29T12:00:00Z", "2026-11-23", 7, "week"}, // a Sunday
		{"calendar_week", "2027-01-01T12:00:00Z", "2026-12-28", 7, "week"},
		{"calendar_month", "2026-11-24T12:00:00Z", "2026-11-01", 30, "month"},
		{"calendar_month", "2028-02-29T12:00:00Z", "2028-02-01", 29, "month"},
		{"calendar_month", "2026-12-01T00:30:00+01:00", "2026-11-01", 30, "month"}, // days are those of UTC
		{"calendar_quarter", "2026-11-24T12:00:00Z", "2026-10-01", 92, "quarter"},
		{"calendar_quarter", "2027-03-31T12:00:00Z", "2027-01-01", 90, "quarter"},
		{"calendar_quarter", "2027-04-01T12:00:00Z", "2027-04-01", 91, "quarter"},
	} {
		cfg, diags := load("period: " + c.period + "\n")
		at, err := time.Parse(time.RFC3339, c.at)
		if diags != "" || err != nil {
			t.Fatal(diags, err)
		}
		first, days := cfg.PeriodOr().Window(at)
		if got := first.Format(time.DateOnly); got != c.first || days != c.days || cfg.PeriodOr().Word() != c.word {
			t.Errorf("%s at %s: %s and %d days of a %s", c.period, c.at, got, days, cfg.PeriodOr().Word())
		}
	}
}

func FuzzChange(f *testing.F) {
	for _, s := range []string{"+40%", "-20 %", "40%", "+1,000%", "", "%", "+", "+inf%", "+nan%", "-0%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var c config.Change
		if c.UnmarshalText([]byte(s)) != nil {
			return
		}
		if !(c >= -1 && c <= 100) {
			t.Errorf("%q is %v", s, float64(c))
		}
		var again config.Change
		if err := again.UnmarshalText([]byte(c.String())); err != nil || math.Abs(float64(again-c)) > 0.0006 {
			t.Errorf("%q prints as %s and reads as %v: %v", s, c, float64(again), err)
		}
	})
}
