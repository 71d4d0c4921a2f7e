package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

type explainOptions struct {
	trafficOptions
	samples int
	format  string
}

func newTrafficExplain(env *Env) *cobra.Command {
	o := &explainOptions{}
	cmd := &cobra.Command{
		Use:   "explain [FILE...]",
		Short: "Show what was read of calls, from where, and which map rule hit",
		Long: `traffic explain reads recordings (files or folders; without any, those of the configuration) and shows, for a few calls,
every label with its origin: a key of the record, a rule under map: in tokengate.yaml, the defaults of the recording, or
not known. Below stand the facts that rules can match and take values from. At the end it says how many calls each rule
matches, how many belong to no track, and how many have each label.

The calls shown are the same at every run: the first one of each combination of rules and track, the most frequent
combination first, then others by a hash of what they are. A call that stands in several records counts once, by its id,
as the record with the most tokens has it. Shares are of recorded calls and of their tokens, prompt and output.`,
		Example: `  tokengate traffic explain traffic/spans.jsonl
  tokengate traffic explain -n 20 ~/.claude/projects/app
  tokengate traffic explain --dialect otlp --format json export.json`,
		RunE: func(cmd *cobra.Command, files []string) error { return runTrafficExplain(cmd.Context(), env, o, files) },
	}
	o.flags(cmd)
	f := cmd.Flags()
	f.IntVarP(&o.samples, "samples", "n", 5, "how many calls to show")
	f.StringVarP(&o.format, "format", "f", "table", "output: table or json")
	return cmd
}

func runTrafficExplain(ctx context.Context, env *Env, o *explainOptions, files []string) error {
	if err := o.validate(); err != nil {
		return err
	}
	in, err := o.open(ctx, files)
	if err != nil {
		return err
	}
	defer in.close()
	tally := newExplainTally(o.samples)
	opts := in.options(env)
	opts.Explain = tally.add
	sum, diags, err := in.read(env, opts, func() traffic.Consumer { return func(*traffic.Call) error { return nil } })
	if err != nil {
		return err
	}
	diags = slices.DeleteFunc(diags, saidInTable)
	if err := env.warnOrEnd(diags); err != nil {
		return err
	}
	doc := tally.document(opts.Map.Rules())
	doc.Lines, doc.Files = sum.Lines, len(sum.Files)
	if o.format == "json" {
		return writeJSON(env.Out, doc)
	}
	return doc.writeText(env)
}

// saidInTable is true of rules that did nothing: the table of rules says so, and one file need not have a call for each.
func saidInTable(d source.Diagnostic) bool { return d.Rule == "map-unused" }

func (o *explainOptions) validate() error {
	switch {
	case o.format != "table" && o.format != "json":
		return usageError{fmt.Sprintf("format %q is not known", o.format), "write table or json"}
	case o.samples < 0:
		return usageError{fmt.Sprintf("-n %d is no number of calls", o.samples), "write how many calls to show, or 0 for the tables alone"}
	}
	return nil
}
