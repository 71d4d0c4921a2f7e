package render

import (
	"math"
	"testing"
	"time"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
)

func amount(t *testing.T, s string) money.Amount {
	t.Helper()
	a, err := money.FromDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSpend(t *testing.T) {
	for in, want := range map[string]string{
		"0": "$0.00", "0.003125": "$0.003125", "412.1": "$412.10", "999.99": "$999.99", "1000": "$1,000", "1204.55": "$1,205", "-1204.55": "-$1,205",
		"999499": "$999,499", "999500": "$1.000M", "1204550": "$1.205M", "12045500": "$12.05M", "123456789": "$123.5M", "-2500000": "-$2.500M", "9876543210": "$9877M",
	} {
		if got := spend(amount(t, in)); got != want {
			t.Errorf("spend(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestUnitPrice(t *testing.T) {
	for in, want := range map[string]string{"0": "$0.00", "0.0067234": "$0.00672", "0.00051": "$0.00051", "0.0999": "$0.0999", "0.12345": "$0.12", "1.5": "$1.50", "-0.0067234": "-$0.00672"} {
		if got := unitPrice(amount(t, in)); got != want {
			t.Errorf("unitPrice(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{{0, "0%"}, {-.0001, "0%"}, {.124, "12.4%"}, {-.05, "-5%"}, {1.5, "150%"}, {12.34, "1234%"}, {math.NaN(), none}, {math.Inf(1), none}} {
		if got := percent(c.in); got != c.want {
			t.Errorf("percent(%v) = %s, want %s", c.in, got, c.want)
		}
	}
	for in, want := range map[string]string{"0%": "0%", "5%": "+5%", "-5%": "-5%", "$0.00": "$0.00", "$1.20": "+$1.20", "-$1": "-$1", "0": "0"} {
		if got := plus(in); got != want {
			t.Errorf("plus(%s) = %s, want %s", in, got, want)
		}
	}
}

// Rounding never claims certainty.
func TestOver(t *testing.T) {
	for in, want := range map[float64]string{0: "<1%", .004: "<1%", .006: "1%", .5: "50%", .994: "99%", .996: ">99%", 1: ">99%"} {
		if got := over(&in); got != want {
			t.Errorf("over(%v) = %s, want %s", in, got, want)
		}
	}
	if over(nil) != none {
		t.Error("an unknown probability is shown as a number")
	}
}

func TestPair(t *testing.T) {
	for _, c := range []struct {
		hasBase          bool
		base, head, want string
	}{{true, "$1", "$2", "$1→$2"}, {true, "$1", "$1", "= $1"}, {true, none, "$1", "–→$1"}, {true, none, none, none}, {false, none, "$1", "$1"}} {
		if got := pair(c.hasBase, c.base, c.head); got != c.want {
			t.Errorf("pair(%v, %s, %s) = %s, want %s", c.hasBase, c.base, c.head, got, c.want)
		}
	}
}

func TestCeilingLabel(t *testing.T) {
	month := report.Period{Name: "month", Days: 30}
	for want, c := range map[string]report.Check{
		"project: P90 cost per month":                          {Scope: "project", Kind: "period", Metric: "cost", Measure: "P90"},
		"track a: P95 input tokens per call":                   {Scope: "track", Name: "a", Kind: "per_call", Metric: "input_tokens", Measure: "P95"},
		"feature a: cost growth (upper end of the effect)":     {Scope: "feature", Name: "a", Kind: "growth", Metric: "cost", Measure: "upper end of the effect"},
		"template a.md: tokens per session":                    {Scope: "template", Name: "a.md", Kind: "per_session", Metric: "tokens"},
		"track a: cost per session (Pessimistic, of sessions)": {Scope: "track", Name: "a", Kind: "per_session", Metric: "cost", Measure: "Pessimistic, of sessions"},
	} {
		if got := ceilingLabel(&c, month); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAge(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	if got := age(time.Time{}, now); got != "" {
		t.Errorf("an unknown beginning reads %q", got)
	}
	if got := age(now.Add(-30*time.Hour), now); got != "since 2026-11-23 (1 day)" {
		t.Error(got)
	}
}

func TestShort(t *testing.T) {
	for in, want := range map[string]string{"working tree": "working tree", "release-2026-11": "release-2026-11", "1405df66cbe219b0bf6355bc3d60361a8376b6b4": "1405df66cb"} {
		if got := short(in); got != want {
			t.Errorf("short(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSampling(t *testing.T) {
	rec := func(path string, share float64) report.Recording {
		return report.Recording{Path: path, Dialect: "native", Sampling: share}
	}
	few := report.Provenance{Recordings: []report.Recording{rec("a", 1), rec("b", .1)}}
	if got := sampling(few); got != "a (native): all traffic, b (native): 10% of traffic" {
		t.Error(got)
	}
	many := report.Provenance{Recordings: []report.Recording{rec("a", 1), rec("b", .1), rec("c", 1), rec("d", 1)}}
	if got := sampling(many); got != "3 recordings (native): all traffic, 1 recording (native): 10% of traffic" {
		t.Error(got)
	}
}

// An effect that rests on one session has no bounds, and says so instead of printing a 0 % interval.
func TestNoInterval(t *testing.T) {
	for want, e := range map[string]report.Effect{
		"+2.5% (no interval: too few sessions)": {Ratio: 0.025, Low: 0.025, High: 0.025},
		"+2.5% (95% interval +1% to +4%)":       {Ratio: 0.025, Low: 0.01, High: 0.04, Confidence: 0.95},
	} {
		if got := interval(&e); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
