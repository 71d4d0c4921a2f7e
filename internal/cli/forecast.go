package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/history"
	"github.com/tokengate/tokengate/internal/render"
	"github.com/tokengate/tokengate/internal/report"
)

type forecastOptions struct {
	checkOptions
	track   string
	history string
	horizon string
	origin  string
	gaps    string
}

func newForecast(env *Env) *cobra.Command {
	o := &forecastOptions{}
	cmd := &cobra.Command{
		Use:   "forecast",
		Short: "Show what a period is expected to spend, against its ceilings",
		Long: fmt.Sprintf(`forecast replays the project's recordings through the working tree, as check --base none does, and shows for the
project, every track and every declared feature how the spend of a period grows, against its ceiling: quantiles of money
and tokens, how likely the ceiling is exceeded, and the smallest ceiling that passes at each quantile. P90 is the amount
that one period in ten exceeds. It holds nothing against anybody: it ends with 0 whatever the ceilings, and with 3 where
there is nothing to forecast from.

With --history it forecasts a daily series instead, a CSV of date and value: the total of the days after its origin, in
the unit of the file. --format quantiles prints one line of JSON, q05 q10 q25 q50 q75 q90 q95, and nothing else on
standard output. A history of less than %d days, or one that is zero throughout, is inconclusive (exit 3): a certain 0
would be a claim that nothing in it supports.`, forecast.MinDays),
		Example: `  tokengate forecast
  tokengate forecast --track generation
  tokengate forecast --recording ~/.claude/projects/app --assume track=coding
  tokengate forecast --history usage.csv --horizon 30d
  tokengate forecast --history usage.csv --horizon 7d --origin 2026-11-15 --format quantiles`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd, env) },
	}
	o.inputFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.track, "track", "", "show this track alone, with a picture of its tokens too")
	f.StringVar(&o.history, "history", "", "forecast this daily history, a CSV of date,value; - reads standard input")
	f.StringVar(&o.horizon, "horizon", "30d", "days to forecast a history for: 30d, 4w, 7 days")
	f.StringVar(&o.origin, "origin", "", "last day known of a history; later rows are not used (default: its last day)")
	f.StringVar(&o.gaps, "gaps", history.GapsError, "what a day without a row in a history is: "+strings.Join(history.Gaps, ", "))
	f.StringVarP(&o.format, "format", "f", "table", "output: table, json (the report's document, or a history's); quantiles, of a history")
	return cmd
}

// Flags that only one of the two forecasts has.
var (
	historyFlags = []string{"horizon", "origin", "gaps"}
	projectFlags = []string{"dir", "config", "stage", "recording", "dialect", "assume", "as-of", "track"}
)

func (o *forecastOptions) run(cmd *cobra.Command, env *Env) error {
	given, idle, want := cmd.Flags().Changed, historyFlags, "needs --history"
	if given("history") {
		idle, want = projectFlags, "does not go with --history"
	}
	for _, name := range idle {
		if given(name) { // it would be ignored without a word
			return usageError{"--" + name + " " + want, "see tokengate forecast --help"}
		}
	}
	if given("history") {
		return o.fromHistory(env)
	}
	return o.fromProject(cmd.Context(), env)
}

// fromProject forecasts what is recorded of the working tree.
func (o *forecastOptions) fromProject(ctx context.Context, env *Env) error {
	if !slices.Contains(projectFormats, o.format) {
		return usageError{fmt.Sprintf("format %q is not known without --history", o.format), "write one of " + strings.Join(projectFormats, ", ")}
	}
	if err := o.validate(); err != nil {
		return err
	}
	o.base = "none"
	rep, err := o.report(ctx, env, nil)
	if err != nil {
		return err
	}
	shown, err := o.shown(rep)
	if err != nil {
		return err
	}
	if o.format == "json" {
		err = rep.Write(env.Out)
	} else {
		err = render.Forecast(env.Out, rep, o.track, render.Options{Width: env.Width, Color: env.Color})
	}
	if err == nil && (shown.Head == nil || shown.Head.Cost == nil) {
		return inconclusiveError{"nothing to forecast from", fmt.Sprintf("record traffic for at least %d whole days", forecast.MinDays)}
	}
	return err
}

// projectFormats are the outputs of a project's forecast, the default first.
var projectFormats = []string{"table", "json"}

// shown is the track that was asked for, or the project.
func (o *forecastOptions) shown(rep *report.Report) (*report.Group, error) {
	if o.track == "" {
		return &rep.Total, nil
	}
	var names []string
	for i := range rep.Tracks {
		if rep.Tracks[i].Name == o.track {
			return &rep.Tracks[i], nil
		}
		names = append(names, rep.Tracks[i].Name)
	}
	return nil, usageError{fmt.Sprintf("no track %q is declared or recorded", o.track), nearest(o.track, names, "the tracks are "+strings.Join(names, ", "))}
}

// days reads the horizon: whole days or weeks.
func (o *forecastOptions) days() (int, error) {
	text := strings.ReplaceAll(strings.ToLower(o.horizon), " ", "")
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	unit := map[string]int{"d": 1, "day": 1, "days": 1, "w": 7, "week": 7, "weeks": 7}[text[len(digits):]]
	n, err := strconv.Atoi(digits)
	if err != nil || unit == 0 || n < 1 || n > forecast.MaxHorizon || n*unit > forecast.MaxHorizon {
		return 0, usageError{fmt.Sprintf("--horizon %q is not a number of days from 1 to %d", o.horizon, forecast.MaxHorizon), "write it as 30d or 4w"}
	}
	return n * unit, nil
}

func (o *forecastOptions) historyOptions() (history.Options, error) {
	opts := history.Options{Gaps: o.gaps}
	if !slices.Contains(history.Gaps, o.gaps) {
		return opts, usageError{fmt.Sprintf("--gaps does not know %q", o.gaps), nearest(o.gaps, history.Gaps, "write one of "+strings.Join(history.Gaps, ", "))}
	}
	if o.origin == "" {
		return opts, nil
	}
	var err error
	if opts.Origin, err = time.Parse(time.DateOnly, o.origin); err != nil {
		return opts, usageError{fmt.Sprintf("--origin %q is not a day", o.origin), "write it as 2026-11-22"}
	}
	return opts, nil
}
