package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/report"
)

func newSchema(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "schema config|report|what-if|cost|lint",
		Short: "Print the JSON Schema of tokengate.yaml, of the report, of a what-if, of a cost surface or of a lint",
		Example: `  tokengate schema config > tokengate.schema.json
  tokengate schema report > report.schema.json`,
		Args:      args(cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs)),
		ValidArgs: []string{"config", "report", "what-if", "cost", "lint"},
		RunE: func(_ *cobra.Command, given []string) error {
			make := map[string]func() ([]byte, error){"config": config.Schema, "report": report.Schema, "what-if": report.WhatIfSchema, "cost": report.SurfaceSchema, "lint": report.LintSchema}[given[0]]
			out, err := make()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(env.Out, "%s", out)
			return err
		},
	}
}
