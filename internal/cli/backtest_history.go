package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tokengate/tokengate/internal/forecast"
)

// readHistory reads series from CSV.
func (o *backtestOptions) readHistory(env *Env) (*backtestSeries, error) {
	name := filepath.ToSlash(o.history)
	var content []byte
	var err error
	if o.history == "-" {
		name = "standard input"
		content, err = io.ReadAll(env.In)
	} else {
		content, err = os.ReadFile(o.history)
	}
	if err != nil {
		return nil, usageError{fmt.Sprintf("history: %v", err), "check the path"}
	}
	read, diags := forecast.ReadSeries(name, content)
	if diags.HasErrors() {
		return nil, diagnosticsError{diags, func(string) []byte { return content }}
	}
	s := &backtestSeries{by: "series", period: 30}
	for _, r := range read {
		s.series = append(s.series, namedSeries{metric: metricValue, name: r.Name, daily: r.Daily})
	}
	return s, nil
}
