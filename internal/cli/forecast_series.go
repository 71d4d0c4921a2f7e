package cli

import (
	"fmt"
	"time"

	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/history"
	"github.com/tokengate/tokengate/internal/render"
	"github.com/tokengate/tokengate/internal/report"
)

// seriesForecast is what is forecast of a history.
type seriesForecast struct {
	series   history.Series
	name     string // of the file; - is standard input
	horizon  int    // days
	dist     forecast.Dist
	warnings []forecast.Warning
}

// seriesDocument is the JSON of a history's forecast. Days are YYYY-MM-DD; amounts are in the unit of the history.
type seriesDocument struct {
	History  seriesHistory     `json:"history"`
	From     string            `json:"from"` // the first day that is forecast
	To       string            `json:"to"`
	Horizon  int               `json:"horizon_days"`
	Total    quantiles         `json:"total"` // of the days from first to last
	Fan      []report.FanPoint `json:"fan"`   // what has come by the end of some of the days; the last one has the total
	Method   string            `json:"method"`
	Warnings []seriesWarning   `json:"warnings"`
}

type seriesHistory struct {
	File        string      `json:"file"`
	From        string      `json:"from"`
	Origin      string      `json:"origin"` // the last day known
	Days        int         `json:"days"`   // amounts the forecast is made of
	Gaps        []seriesGap `json:"gaps"`   // days without a row
	RowsNotUsed int         `json:"rows_not_used"`
}

type seriesGap struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type seriesWarning struct {
	Rule string `json:"rule"`
	Text string `json:"text"`
}

// seriesMethod says how a history is forecast, for a reader who has no other text.
const seriesMethod = "The spread is that of recorded series of LLM spend with a like history: how much it varies, on how many of its days something was spent, and how its last days compare with the rest. No trend is carried on."

func (f seriesForecast) document() (seriesDocument, error) {
	from, to := f.span()
	points, err := f.points()
	if err != nil {
		return seriesDocument{}, err
	}
	doc := seriesDocument{
		History: seriesHistory{File: f.name, From: isoDay(f.series.From), Origin: isoDay(f.series.Origin), Days: len(f.series.Values), Gaps: []seriesGap{}, RowsNotUsed: f.series.Later},
		From:    isoDay(from), To: isoDay(to), Horizon: f.horizon, Total: quantilesOf(f.dist), Fan: points, Method: seriesMethod, Warnings: []seriesWarning{},
	}
	for _, g := range f.series.Gaps {
		doc.History.Gaps = append(doc.History.Gaps, seriesGap{isoDay(g.From), isoDay(g.To)})
	}
	for _, w := range f.warnings {
		doc.Warnings = append(doc.Warnings, seriesWarning{w.Rule, w.Text})
	}
	return doc, nil
}

// write draws the forecast for a terminal.
func (f seriesForecast) write(env *Env) error {
	from, to := f.span()
	points, err := f.points()
	if err != nil {
		return err
	}
	out := render.Series{
		Title: fmt.Sprintf("%s · total of %s", f.title(), history.Span{From: from, To: to}),
		Facts: []string{
			fmt.Sprintf("rests on %s, %s to %s; in the unit of the file", number(int64(len(f.series.Values)), "day"), isoDay(f.series.From), isoDay(f.series.Origin)),
			"P90 is the total that is exceeded one time in ten",
		},
		Fan: render.Fan{Points: points, From: from},
	}
	for _, p := range forecast.Levels() {
		out.Totals = append(out.Totals, render.Total{Name: fmt.Sprintf("P%.0f", 100*p), Value: f.dist.Quantile(p)})
	}
	for _, w := range f.warnings {
		out.Notes = append(out.Notes, fmt.Sprintf("%s [%s]", w.Text, w.Rule))
	}
	return out.Write(env.Out, render.Options{Width: env.Width, Color: env.Color})
}

func (f seriesForecast) title() string {
	if f.name == "-" {
		return "standard input"
	}
	return f.name
}

// span is the first and the last day that is forecast.
func (f seriesForecast) span() (from, to time.Time) {
	return f.series.Origin.AddDate(0, 0, 1), f.series.Origin.AddDate(0, 0, f.horizon)
}

func (f seriesForecast) points() ([]report.FanPoint, error) {
	days := forecast.FanDays(f.horizon)
	fan, err := forecast.Fan(f.series.Values, f.dist, f.horizon, days)
	if err != nil {
		return nil, err
	}
	out := make([]report.FanPoint, len(fan))
	for i, d := range fan {
		q := d.Quantile
		out[i] = report.FanPoint{Day: days[i], P5: q(.05), P25: q(.25), P50: q(.50), P75: q(.75), P95: q(.95)}
	}
	return out, nil
}

func isoDay(t time.Time) string { return t.Format(time.DateOnly) }
