package report_test

import (
	"testing"

	"github.com/tokengate/tokengate/internal/report"
)

func TestPeriodLabel(t *testing.T) {
	for want, p := range map[string]report.Period{
		"day (1 day)":     {Name: "day", Days: 1},
		"month (30 days)": {Name: "month", Days: 30},
		"calendar month 2026-11-01 to 2026-11-30 (30 days, 22 recorded)": {Name: "month", Days: 30, Calendar: true, From: "2026-11-01", Until: "2026-11-30", Recorded: 22},
	} {
		if got := p.Label(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
