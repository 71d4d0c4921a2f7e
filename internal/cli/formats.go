package cli

import (
	"fmt"
	"strings"

	"github.com/tokengate/tokengate/internal/render"
	"github.com/tokengate/tokengate/internal/report"
)

func formatNames() []string {
	var names []string
	for _, f := range render.Formats {
		names = append(names, f.Name)
	}
	return names
}

func formatNamed(name string) (render.Format, error) {
	for _, f := range render.Formats {
		if f.Name == name {
			return f, nil
		}
	}
	return render.Format{}, usageError{fmt.Sprintf("format %q is not known", name), "write one of " + strings.Join(formatNames(), ", ")}
}

func renderReport(env *Env, format string, rep *report.Report) error {
	f, err := formatNamed(format)
	if err != nil {
		return err
	}
	return f.Render(env.Out, rep, render.Options{Width: env.Width, Color: env.Color, Rules: Rules()})
}
