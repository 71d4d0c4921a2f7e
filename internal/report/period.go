package report

import "fmt"

// Label is the period in words: "month (30 days)", or a calendar one with its dates and how much of it is recorded.
func (p Period) Label() string {
	days := fmt.Sprintf("%d days", p.Days)
	if p.Days == 1 {
		days = "1 day"
	}
	if !p.Calendar {
		return fmt.Sprintf("%s (%s)", p.Name, days)
	}
	return fmt.Sprintf("calendar %s %s to %s (%s, %d recorded)", p.Name, p.From, p.Until, days, p.Recorded)
}
