package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/history"
)

type forecastOptions struct {
	history string
	horizon string
	origin  string
	gaps    string
	format  string
}

func newForecast(env *Env) *cobra.Command {
	o := &forecastOptions{}
	cmd := &cobra.Command{
		Use:   "forecast",
		Short: "Forecast a daily history",
		Long: fmt.Sprintf(`forecast reads a daily history, a CSV of date and value, and prints the distribution of the total of the days
after its origin: P90 is the amount that is exceeded one time in ten. The unit is that of the file.

--format quantiles prints one line of JSON, q05 q10 q25 q50 q75 q90 q95, and nothing else on standard output. A history
of less than %d days, or one that is zero throughout, is inconclusive (exit 3): a certain 0 would be a claim that nothing
in it supports.`, forecast.MinDays),
		Example: `  tokengate forecast --history usage.csv --horizon 30d
  tokengate forecast --history usage.csv --horizon 7d --origin 2026-11-15 --format quantiles`,
		Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return o.run(env) },
	}
	f := cmd.Flags()
	f.StringVar(&o.history, "history", "", "daily history: a CSV of date,value; - reads standard input")
	f.StringVar(&o.horizon, "horizon", "30d", "days to forecast: 30d, 4w, 7 days")
	f.StringVar(&o.origin, "origin", "", "last day known; later rows are not used (default: the last day of the history)")
	f.StringVar(&o.gaps, "gaps", history.GapsError, "what a day without a row is: "+strings.Join(history.Gaps, ", "))
	f.StringVarP(&o.format, "format", "f", "table", "output: "+strings.Join(historyFormats, ", "))
	return cmd
}

func (o *forecastOptions) run(env *Env) error {
	if o.history == "" {
		return usageError{"no history is named", "write --history FILE.csv"}
	}
	return o.fromHistory(env)
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
