package config

import (
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

// validateDays finds days that are said to be both: recorded without a call, and not recorded.
func (c *Config) validateDays(diags *source.Diagnostics) {
	for _, m := range c.MissingDays {
		for _, s := range c.SilentDays {
			if m.Value.Equal(s.Value.Time) {
				diags.Add("config-value", s.Span, "keep it on one of the two lists", "%s is among missing_days as well, on line %d", s.Value.Format(time.DateOnly), m.Span.Start.Line)
			}
		}
	}
}

func (c *Config) daySettings() []budget.Setting {
	var out []budget.Setting
	for _, l := range []struct {
		name string
		days []source.At[money.Date]
	}{{"missing_days", c.MissingDays}, {"silent_days", c.SilentDays}} {
		if len(l.days) > 0 {
			out = append(out, budget.Setting{Name: l.name, Value: dayText(l.days), Span: l.days[0].Span})
		}
	}
	return out
}

// dayText lists days in order, whatever the order they are written in.
func dayText(days []source.At[money.Date]) string {
	var out []string
	for _, d := range days {
		out = append(out, d.Value.Format(time.DateOnly))
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}
