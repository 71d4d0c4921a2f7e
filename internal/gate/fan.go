package gate

import (
	"strconv"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/report"
)

// picture adds to head's side what is shown of its forecast: the smallest ceilings and, for what people hold budgets on,
// the fan.
func (w writer) picture(d replay.Dim, name string, declared bool, side *report.Side) {
	n := w.m.scopes[budget.Scope{Kind: string(d), Name: name}].Head
	if side == nil || n == nil || !n.Forecast {
		return
	}
	side.Smallest = smallest(n)
	if declared || d == replay.ByTrack {
		side.Fan = w.fan(d, name)
	}
}

// fan gives how head's period comes to pass; nil where nothing does.
func (w writer) fan(d replay.Dim, name string) *report.Fan {
	ends := w.m.ends[budget.Scope{Kind: string(d), Name: name}]
	f := &report.Fan{Cost: w.m.points(ends[0]), Tokens: w.m.points(ends[1])}
	if f.Cost == nil && f.Tokens == nil {
		return nil
	}
	return f
}

// points spreads what is forecast over the open days of the period, on top of what was spent; nil where nothing was spent
// that could have a shape. The shape is that of the days the forecast was made of, the end the forecast itself.
func (m *measurements) points(end amount) []report.FanPoint {
	if m.horizon() == 0 {
		return nil
	}
	var at [7]float64
	for i, p := range forecast.Levels() {
		at[i] = max(0, end.Quantile(p)-end.spent)
	}
	open, err := forecast.NewDist(at)
	if err != nil {
		return nil
	}
	days := forecast.FanDays(m.horizon())
	fan, err := forecast.Fan(end.daily, open, m.horizon(), days)
	if err != nil {
		return nil
	}
	out := make([]report.FanPoint, len(fan))
	for i, d := range fan {
		at := func(p float64) float64 { return sixDigits(end.spent + d.Quantile(p)) }
		out[i] = report.FanPoint{Day: len(m.known) + days[i], P5: at(.05), P25: at(.25), P50: at(.50), P75: at(.75), P95: at(.95)}
	}
	return out
}

// sixDigits keeps what a picture can show, and the same on every machine.
func sixDigits(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		return 0
	}
	return r
}
