package render

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
)

// none stands for a number that does not exist; it is never written for zero.
const none = "–"

// spend prints a forecast amount: cents below $1,000, whole dollars below a million. Cents of a forecast of thousands
// would claim a precision it does not have.
func spend(a money.Amount) string {
	abs := math.Abs(a.Float())
	switch {
	case abs >= 999_500:
		return sign(a.Sign() < 0) + fmt.Sprintf("$%.*fM", max(0, 3-int(math.Log10(abs/1e6))), abs/1e6)
	case abs >= 1000:
		return strings.TrimSuffix(money.FromFloat(math.Round(a.Float())).String(), ".00")
	}
	return a.String()
}

func sign(negative bool) string {
	if negative {
		return "-"
	}
	return ""
}

// unitPrice prints the cost of one call: three significant digits below ten cents, cents from there on.
func unitPrice(a money.Amount) string {
	f := a.Float()
	if f == 0 || math.Abs(f) >= 1 {
		return a.String()
	}
	scale := math.Pow10(2 - int(math.Floor(math.Log10(math.Abs(f)))))
	return money.FromFloat(math.Round(f*scale) / scale).String()
}

func plus(s string) string {
	if strings.HasPrefix(s, "-") || strings.Trim(s, "$0.%") == "" {
		return s
	}
	return "+" + s
}

func change(a money.Amount) string { return plus(spend(a)) }

func changeCount(n int64) string { return plus(money.Count(n).String()) }

func percent(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return none
	}
	if abs := math.Abs(f); abs >= 9.995 {
		return fmt.Sprintf("%.0f%%", f*100)
	}
	if s := money.Ratio(f).String(); s != "-0%" {
		return s
	}
	return "0%"
}

// over prints a probability so that "certain" is never claimed by rounding.
func over(p *float64) string {
	switch {
	case p == nil:
		return none
	case *p < 0.005:
		return "<1%"
	case *p > 0.995:
		return ">99%"
	}
	return fmt.Sprintf("%.0f%%", *p*100)
}

func millis(ms *int64) string {
	if ms == nil {
		return none
	}
	return money.Duration(time.Duration(*ms) * time.Millisecond).String()
}

// pair prints base→head, or "= head" where both read the same; without a base, head alone.
func pair(hasBase bool, base, head string) string {
	switch {
	case !hasBase:
		return head
	case base == head && head != none:
		return "= " + head
	case base == head:
		return none
	}
	return base + "→" + head
}

// shortInterval prints "+12.4% (+10.9% to +13.9%)", and 0% alone where nothing changed at all.
func shortInterval(e *report.Effect) string {
	switch {
	case e == nil:
		return none
	case e.Ratio == 0 && e.Low == 0 && e.High == 0:
		return "0%"
	}
	return fmt.Sprintf("%s (%s to %s)", plus(percent(e.Ratio)), plus(percent(e.Low)), plus(percent(e.High)))
}

// interval prints "+12.4% (95% interval +10.9% to +13.9%)".
func interval(e *report.Effect) string {
	if e.Confidence == 0 {
		return plus(percent(e.Ratio)) + " (no interval: too few sessions)"
	}
	return fmt.Sprintf("%s (%s interval %s to %s)", plus(percent(e.Ratio)), percent(e.Confidence), plus(percent(e.Low)), plus(percent(e.High)))
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return money.Count(n).Exact() + " " + many
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// age prints how long ago a breach began, in whole days.
func age(since, now time.Time) string {
	if since.IsZero() {
		return ""
	}
	days := int64(now.Sub(since).Hours() / 24)
	return fmt.Sprintf("since %s (%s)", day(since), plural(max(days, 0), "day", "days"))
}

// short abbreviates an object id and leaves every other name of a revision as it is.
func short(commit string) string {
	if len(commit) >= 40 && strings.Trim(commit, "0123456789abcdef") == "" {
		return commit[:10]
	}
	return commit
}

// where names the scope of a check: "project", "track generation".
func where(c *report.Check) string {
	if c.Name == "" {
		return c.Scope
	}
	return c.Scope + " " + c.Name
}

// ceilingLabel says what is held: "track generation: P95 cost per call".
func ceilingLabel(c *report.Check, p report.Period) string {
	kind := map[string]string{"period": "per " + p.Name, "growth": "growth"}[c.Kind]
	if kind == "" {
		kind = strings.ReplaceAll(c.Kind, "_", " ")
	}
	what := strings.ReplaceAll(c.Metric, "_", " ") + " " + kind
	switch {
	case len(c.Measure) > 1 && c.Measure[0] == 'P' && startsDigit(c.Measure[1:]):
		what = c.Measure + " " + what
	case c.Measure != "":
		what += " (" + c.Measure + ")"
	}
	return where(c) + ": " + what
}

func text(q *report.Quantity) string {
	if q == nil {
		return none
	}
	return q.Text
}

var statusWord = map[report.Status]string{report.Pass: "pass", report.Warn: "warn", report.Inconclusive: "unclear", report.Fail: "over"}
