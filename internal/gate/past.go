package gate

import (
	"fmt"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/report"
)

// Where the period leaves fewer windows than fewest that share no day, totals of shorter days are tested: one window says
// nothing.
const (
	fewest  = 3
	shorter = 7
)

// past tests the forecast of a scope's money on the days it rests on; nil where there are too few of them, or where no
// budget is held on the scope.
func (w writer) past(d replay.Dim, name string, declared bool) *report.Past {
	scope := budget.Scope{Kind: string(d), Name: name}
	end, ok := w.m.ends[scope]
	if !ok || !declared && d != replay.ByTrack || w.m.horizon() == 0 {
		return nil
	}
	u := w.m.sampling(budget.Cost, scope, w.m.hasBase)
	s, ok := forecast.Past(end[0].daily, w.m.horizon(), u)
	if ok && s.Apart < fewest && s.Horizon > shorter {
		s, ok = forecast.Past(end[0].daily, shorter, u)
	}
	if !ok {
		return nil
	}
	return &report.Past{Days: s.Horizon, Windows: s.Trials, Apart: s.Apart, Held: s.Held, NaiveHeld: s.NaiveHeld, Loss: round(s.Loss, 4)}
}

// pastHeld words how past forecasts of the project held.
func pastHeld(p *report.Past) string {
	text := fmt.Sprintf("forecasts of %d days from earlier days of this recording: P90 held in %d of %d windows, %d of which share no day", p.Days, p.Held, p.Windows, p.Apart)
	if p.Loss > 0 {
		text += fmt.Sprintf("; their loss is %.2f of a method that takes the last week to go on", p.Loss)
	}
	return text
}
