package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/report"
)

type checkOptions struct {
	dir        string
	config     string
	base       string
	stage      string
	recordings []string
	dialect    string
	assume     map[string]string
	format     string
	save       string
	asOf       string
	text       bool // the recordings' prompts are wanted
}

func newCheck(env *Env) *cobra.Command {
	o := &checkOptions{}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Replay recorded traffic through the change and hold it against the ceilings",
		Long: `check loads tokengate.yaml and the budget blocks of the templates on the merge base and in the working tree, replays
the recorded calls under both, forecasts the period, and holds the forecast against the ceilings of the base revision.`,
		Example: `  tokengate check
  tokengate check --base origin/main --stage release
  tokengate check --base none --recording ~/.claude/projects/app/session.jsonl --assume track=coding
  tokengate check --format markdown > comment.md
  tokengate check --save report.json && tokengate report --in report.json --format markdown`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return runCheck(cmd.Context(), env, o) },
	}
	o.projectFlags(cmd)
	f := cmd.Flags()
	f.StringVarP(&o.format, "format", "f", "table", "output: "+strings.Join(formatNames(), ", "))
	f.StringVar(&o.save, "save", "", "also write the report as JSON to this file")
	return cmd
}

// projectFlags are the flags of every command that replays a project's traffic under two revisions.
func (o *checkOptions) projectFlags(cmd *cobra.Command) {
	o.inputFlags(cmd)
	cmd.Flags().StringVar(&o.base, "base", "", "revision to compare with; its merge base with HEAD is used; none for no comparison (default: the default branch)")
}

// inputFlags are those of every command that runs the gate: what is read, and as of when.
func (o *checkOptions) inputFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.dir, "dir", "C", ".", "project folder")
	f.StringVar(&o.config, "config", "", "configuration, relative to the project folder (default "+config.Name+")")
	f.StringVar(&o.stage, "stage", config.PullRequest, "stage: "+strings.Join(config.StageNames, ", "))
	f.StringArrayVar(&o.recordings, "recording", nil, "recorded traffic beside that of the configuration: a file, a folder, or a postgres:// address of LiteLLM's spend logs; repeatable")
	f.StringVar(&o.dialect, "dialect", "", "format of --recording files (default: detected from content)")
	f.StringToStringVar(&o.assume, "assume", nil, "what --recording files do not say: track, feature, model, template, day")
	f.StringVar(&o.asOf, "as-of", "", "day that prices and expiry dates are taken at: 2026-11-22 or RFC 3339 (default: now)")
}

func runCheck(ctx context.Context, env *Env, o *checkOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	rep, err := o.report(ctx, env, nil)
	if err != nil {
		return err
	}
	if o.save != "" {
		if err := saveReport(o.save, rep); err != nil {
			return err
		}
	}
	if err := renderReport(env, o.format, rep); err != nil {
		return err
	}
	if rep.Verdict.Status == report.Fail || rep.Verdict.Status == report.Inconclusive {
		return verdictError{rep.Verdict.Status}
	}
	return nil
}

// report runs the gate on what the flags name, and what with adds to it; with may be nil.
func (o *checkOptions) report(ctx context.Context, env *Env, with func(*gate.Input)) (*report.Report, error) {
	in, done, err := o.input(ctx, env)
	if err != nil {
		return nil, err
	}
	if with != nil {
		with(&in)
	}
	memo, save := remember(env)
	defer save()
	in.Memo = memo
	rep, diags, err := gate.Run(in)
	done() // before anything is printed: the progress line makes room for the report
	if err != nil {
		return nil, err
	}
	if rep == nil {
		return nil, diagnosticsError{diags, contentOf(in.Head.FS)}
	}
	return rep, nil
}

func (o *checkOptions) validate() error {
	if !slices.Contains(config.StageNames, o.stage) {
		return usageError{fmt.Sprintf("stage %q is not known", o.stage), "write one of " + strings.Join(config.StageNames, ", ")}
	}
	if _, err := formatNamed(o.format); err != nil {
		return err
	}
	known := []string{"track", "feature", "model", "template", "day"}
	for key := range o.assume {
		if !slices.Contains(known, key) {
			return usageError{fmt.Sprintf("--assume does not know %q", key), nearest(key, known, "write one of "+strings.Join(known, ", "))}
		}
	}
	_, err := o.assumed()
	return err
}
