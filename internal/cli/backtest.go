package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/history"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/report"
)

type backtestOptions struct {
	trafficOptions
	by, metric, history, gaps, format, asOf string
	horizons                                []string
	minDays                                 int
	guardrails                              bool
	given                                   func(flag string) bool
}

func newBacktest(env *Env) *cobra.Command {
	o := &backtestOptions{}
	cmd := &cobra.Command{
		Use:   "backtest [RECORDING|CUBE...]",
		Short: "Say how far forecasts of your own traffic could be trusted in the past",
		Long: `backtest goes back to every day of a recording, forecasts from the days before it alone, and holds that against what came.
It says, for spend and tokens of every track and of the whole project:

  held          how often what came was at or below the forecast: a P90 that can be trusted holds 90 times of 100
  loss          what the forecasts missed by, as a share of what a naive method would have (the mean of the last 7 days
                goes on, with the noise of single days): below 1 is better. It is the mean pinball loss, which no forecast
                can lower by being vaguer or bolder than it should
  gate          under ceilings at 1 to 3 times the recent level: how many periods over the ceiling a gate would have let
                pass, and how many within it stopped

Totals of 7 days and of the period of tokengate.yaml are tested, or of the longest horizon that fits. Forecasts of
following days overlap; the output says how many do not, and its intervals rest on those. A forecast here is of the
volume alone: check widens its own by the errors of sampling and counting. Prices are those of one day for all calls;
calls without a price are named and are in no cost.

` + guardrailsLong + `

Exit codes: 0 shown · 2 bad flags, or something cannot be read · 3 the history is too short to test anything`,
		Example: `  tokengate backtest
  tokengate backtest --by model --metric cost --horizon 30d
  tokengate backtest traffic/october.cube traffic/november.cube
  tokengate backtest --guardrails            who would have been warned, degraded, handed over or refused
  tokengate backtest --format json ~/.claude/projects --assume track=coding
  tokengate backtest --history spend.csv     a daily series: date,value, or several: series,date,value`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.guardrails {
				return o.rehearse(cmd.Context(), env, args)
			}
			return o.run(cmd.Context(), env, args)
		},
	}
	o.flags(cmd)
	f := cmd.Flags()
	o.given = f.Changed
	f.BoolVar(&o.guardrails, "guardrails", false, "take the calls through the guardrails that tokengate.yaml declares instead")
	f.StringVar(&o.by, "by", "track", "what to test beside the whole project: track, feature, model, or project for it alone")
	f.StringVar(&o.metric, "metric", "", "cost or tokens (default: both)")
	f.StringSliceVar(&o.horizons, "horizon", nil, "days of the totals that are tested, such as 30d or 1d,2w (default: 7d and the period)")
	f.IntVar(&o.minDays, "min-days", 0, "whole days of history before the first forecast (default: 7, or 3 where there is no room)")
	f.StringVar(&o.history, "history", "", "CSV file (- for standard input) of daily series to test instead of recordings: date,value or series,date,value")
	f.StringVar(&o.gaps, "gaps", history.GapsError, "what a day without a row in --history is: "+strings.Join(history.Gaps, ", "))
	f.StringVarP(&o.format, "format", "f", "table", "output: table or json")
	f.StringVar(&o.asOf, "as-of", "", "day that prices are taken at: 2026-11-22 or RFC 3339 (default: now)")
	return cmd
}

// rehearse backtests guardrails, to which what is said of forecasts means nothing.
func (o *backtestOptions) rehearse(ctx context.Context, env *Env, args []string) error {
	for _, flag := range []string{"by", "metric", "horizon", "min-days", "history", "gaps"} {
		if o.given(flag) {
			return usageError{"--" + flag + " is of forecasts, and --guardrails tests none", "leave one of them out"}
		}
	}
	if o.format != "table" && o.format != "json" {
		return usageError{fmt.Sprintf("format %q is not known", o.format), "write table or json"}
	}
	at, err := parseDay(o.asOf, env.Now())
	if err != nil {
		return err
	}
	return runGuardrails(ctx, env, &o.trafficOptions, args, at, o.format)
}

func (o *backtestOptions) run(ctx context.Context, env *Env, args []string) error {
	horizons, err := o.validate(args)
	if err != nil {
		return err
	}
	var series *backtestSeries
	if o.history != "" {
		series, err = o.readHistory(env)
	} else {
		series, err = o.readTraffic(ctx, env, args)
	}
	if err != nil {
		return err
	}
	doc, err := series.test(horizons, o.minDays)
	if err != nil {
		return err
	}
	if err := o.show(env, doc); err != nil {
		return err
	}
	if len(doc.Results) == 0 {
		return verdictError{report.Inconclusive}
	}
	return nil
}

func (o *backtestOptions) show(env *Env, doc *backtestDocument) error {
	if o.format == "json" {
		return writeJSON(env.Out, doc)
	}
	return doc.writeTable(env)
}

// dims are what --by may say.
var backtestDims = []string{string(cube.ByTrack), string(cube.ByFeature), string(cube.ByModel), string(cube.ByProject)}

func (o *backtestOptions) validate(args []string) (horizons []int, err error) {
	switch {
	case o.format != "table" && o.format != "json":
		return nil, usageError{fmt.Sprintf("format %q is not known", o.format), "write table or json"}
	case !slices.Contains(backtestDims, o.by):
		return nil, usageError{fmt.Sprintf("--by %q is not known", o.by), nearest(o.by, backtestDims, "write one of "+strings.Join(backtestDims, ", "))}
	case o.metric != "" && o.metric != metricCost && o.metric != metricTokens:
		return nil, usageError{fmt.Sprintf("--metric %q is not known", o.metric), "write cost or tokens"}
	case o.minDays != 0 && o.minDays < forecast.MinDays:
		return nil, usageError{fmt.Sprintf("--min-days %d is too few", o.minDays), fmt.Sprintf("a forecast needs %d whole days at least", forecast.MinDays)}
	case o.history != "" && len(args) > 0:
		return nil, usageError{"--history takes the place of recordings", "name either recordings or --history FILE.csv"}
	}
	if !slices.Contains(history.Gaps, o.gaps) {
		return nil, usageError{fmt.Sprintf("--gaps does not know %q", o.gaps), nearest(o.gaps, history.Gaps, "write one of "+strings.Join(history.Gaps, ", "))}
	}
	if o.history == "" && o.given("gaps") {
		return nil, usageError{"--gaps is of --history", "name a CSV with --history, or leave it out"}
	}
	for _, flag := range []string{"by", "metric", "as-of", "dialect", "assume", "config", "dir"} {
		if o.history != "" && o.given(flag) {
			return nil, usageError{fmt.Sprintf("--%s is of recordings, and --history takes their place", flag), "leave one of them out"}
		}
	}
	return parseHorizons(o.horizons)
}

// parseHorizons reads whole days: 30d, 2w, or a bare number of days.
func parseHorizons(texts []string) (days []int, err error) {
	for _, text := range texts {
		written := text
		if strings.Trim(text, "0123456789") == "" {
			written += "d"
		}
		var d money.Duration
		err := d.UnmarshalText([]byte(written))
		n := int(time.Duration(d) / oneDay)
		if err != nil || time.Duration(d)%oneDay != 0 || n < 1 || n > forecast.MaxHorizon {
			return nil, usageError{fmt.Sprintf("--horizon %q is not a number of days", text), fmt.Sprintf("write it as 7d, 30d or 2w; up to %dd can be forecast", forecast.MaxHorizon)}
		}
		days = append(days, n)
	}
	slices.Sort(days)
	return slices.Compact(days), nil
}
