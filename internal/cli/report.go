package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/report"
)

func newReport(env *Env) *cobra.Command {
	var in, format string
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Render a saved report again, without recomputing it",
		Example: `  tokengate check --save report.json
  tokengate report --in report.json --format markdown`,
		Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			rep, err := openReport(env, in)
			if err != nil {
				return err
			}
			return renderReport(env, format, rep)
		},
	}
	cmd.Flags().StringVar(&in, "in", "", "saved report; - reads standard input")
	cmd.Flags().StringVarP(&format, "format", "f", "table", "output: "+strings.Join(formatNames(), ", "))
	return cmd
}

func openReport(env *Env, name string) (*report.Report, error) {
	switch name {
	case "":
		return nil, usageError{"no report is named", "write --in report.json"}
	case "-":
		return readReport(report.Read(env.In))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, usageError{err.Error(), "check the path"}
	}
	defer f.Close() //nolint:errcheck // only read from
	return readReport(report.Read(f))
}

func readReport(rep *report.Report, err error) (*report.Report, error) {
	if err != nil {
		return nil, usageError{fmt.Sprintf("not a report of this version: %v", err), "make one with tokengate check --save"}
	}
	return rep, nil
}

func saveReport(name string, rep *report.Report) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("save report: %w", err)
	}
	if err := rep.Write(f); err != nil {
		_ = f.Close() // the write error is the one to tell
		return fmt.Errorf("save report: %w", err)
	}
	return f.Close()
}
