package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/history"
)

// historyFormats are the outputs of a history's forecast, the default first.
var historyFormats = []string{"table", "json", "quantiles"}

// quantiles is the exchange form: quantiles of the total, in the unit of the history.
type quantiles struct {
	Q05 float64 `json:"q05"`
	Q10 float64 `json:"q10"`
	Q25 float64 `json:"q25"`
	Q50 float64 `json:"q50"`
	Q75 float64 `json:"q75"`
	Q90 float64 `json:"q90"`
	Q95 float64 `json:"q95"`
}

func quantilesOf(d forecast.Dist) quantiles {
	q := d.Quantile
	return quantiles{q(.05), q(.10), q(.25), q(.50), q(.75), q(.90), q(.95)}
}

func (o *forecastOptions) fromHistory(env *Env) error {
	if !slices.Contains(historyFormats, o.format) {
		return usageError{fmt.Sprintf("format %q is not known", o.format), nearest(o.format, historyFormats, "write one of "+strings.Join(historyFormats, ", "))}
	}
	horizon, err := o.days()
	if err != nil {
		return err
	}
	series, err := o.series(env)
	if err != nil {
		return err
	}
	dist, warnings, err := forecast.Volume(series.Values, horizon, forecast.Uncertainty{})
	if err != nil {
		return unforeseen(err)
	}
	d := seriesForecast{series: series, name: o.history, horizon: horizon, dist: dist, warnings: warnings}
	switch o.format {
	case "json":
		doc, err := d.document()
		if err != nil {
			return err
		}
		return writeJSON(env.Out, doc)
	case "quantiles":
		for _, w := range warnings {
			fmt.Fprintf(env.Err, "note: %s [%s]\n", w.Text, w.Rule)
		}
		return json.NewEncoder(env.Out).Encode(quantilesOf(dist))
	}
	return d.write(env)
}

// unforeseen turns what no forecast can be made of into an inconclusive end.
func unforeseen(err error) error {
	switch {
	case errors.Is(err, forecast.ErrShortHistory):
		return inconclusiveError{err.Error(), "record more days"}
	case errors.Is(err, forecast.ErrNoVolume):
		return inconclusiveError{err.Error(), "a certain 0 would be a claim: forecast once something was spent"}
	}
	return err
}

// series reads the history; what it leaves open is said on standard error.
func (o *forecastOptions) series(env *Env) (history.Series, error) {
	opts, err := o.historyOptions()
	if err != nil {
		return history.Series{}, err
	}
	name, content, err := historyContent(env, o.history)
	if err != nil {
		return history.Series{}, err
	}
	series, diags := history.Parse(name, content, opts)
	return series, historyDiagnostics(env, content, diags)
}
