package config

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

// guardrailSettings lists the guardrails as text, so that an edit of one can be named.
func (p Policy) guardrailSettings() []budget.Setting {
	d, _ := p.Guardrails()
	var out []budget.Setting
	for i, l := range d.Limits {
		out = append(out, budget.Setting{Name: "guardrail " + l.ID, Value: limitText(l) + modelText(d.models[i]), Span: l.Span})
	}
	for i, b := range d.Breakers {
		text := fmt.Sprintf("%s: %s: %s, cool-down %s", BreakerScope{b.Each, cmp.Or(b.Only.Track, b.Only.Feature)}, exactText(b.When), b.Action, spanText(b.CoolDown))
		out = append(out, budget.Setting{Name: "guardrail " + b.ID, Value: text + modelText(d.models[len(d.Limits)+i]), Span: b.Span})
	}
	return out
}

func modelText(m source.At[string]) string {
	if !m.Set {
		return ""
	}
	return ", fallback " + m.Value
}

func limitText(l guard.Limit) string {
	parts := []string{amountText(l.Metric, l.Allowance) + " a " + windowText(l.Window)}
	if dir := path.Dir(l.ID); strings.HasSuffix(dir, "/ceiling") || strings.HasSuffix(dir, "/per_session") {
		parts = nil // an edit of the ceiling itself is named as such
	}
	if d := l.Dynamic; d != nil {
		parts[0] = fmt.Sprintf("P%.0f × %g of %d days, from %s to %s, shrink %d", d.Quantile*100, d.Headroom, d.Window,
			amountText(guard.Cost, d.Floor), amountText(guard.Cost, d.Cap), d.Shrink)
	}
	for _, s := range l.Steps {
		parts = append(parts, fmt.Sprintf("%s at %s", s.Action, money.Ratio(s.At)))
	}
	return strings.Join(parts, ", ")
}

func windowText(w guard.Window) string {
	if w == guard.Life {
		return "session"
	}
	return string(w)
}

// amountText has all digits: two settings that differ must read differently.
func amountText(m guard.Metric, n int64) string {
	switch m {
	case guard.Cost:
		return "$" + money.New(n, -12).Decimal()
	case guard.Calls:
		return money.Count(n/guard.OneCall).Exact() + " calls"
	case guard.Tokens, guard.Errors:
	}
	return money.Count(n).Exact() + " tokens"
}

func exactText(c guard.Condition) string {
	if c.Metric == guard.Cost {
		return fmt.Sprintf("cost per %s > %s", spanText(c.Per), amountText(guard.Cost, c.Over))
	}
	return When(c).String()
}
