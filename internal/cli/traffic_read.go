package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

// trafficOptions say which recordings a command reads, and what it is told of them.
type trafficOptions struct {
	dir, config, dialect string
	assume               map[string]string
}

func (o *trafficOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.dir, "dir", "C", ".", "project folder")
	f.StringVar(&o.config, "config", "", "configuration, relative to the project folder (default "+config.Name+")")
	f.StringVar(&o.dialect, "dialect", "", "format of the recordings (default: detected from content)")
	f.StringToStringVar(&o.assume, "assume", nil, "what the recordings do not say: track, feature, model, template")
}

// trafficInput is what a command reads.
type trafficInput struct {
	sources []traffic.Source
	project *project
	close   func()
}

// open finds the recordings: those named by hand, or else those of the configuration.
func (o *trafficOptions) open(ctx context.Context, env *Env, args []string) (*trafficInput, error) {
	p, err := loadProject(ctx, o.dir, o.config)
	if err != nil {
		return nil, err
	}
	in := &trafficInput{project: p, close: func() {}}
	if len(args) == 0 {
		in.sources, err = p.recordings()
	} else {
		named := checkOptions{recordings: args, dialect: o.dialect, assume: o.assume}
		in.sources, err = named.extra()
	}
	if err == nil && len(in.sources) == 0 {
		err = usageError{"there is no recorded traffic to read", "name a recording, or list it under recordings: in " + config.Name}
	}
	return in, err
}

// stream reads the recordings and shows what is wrong with them. A recording that cannot be read to its end is an error,
// and so are more bad lines than the configuration allows: what is written would not be what was recorded.
func (in *trafficInput) stream(env *Env, begin func() traffic.Consumer) (*traffic.Summary, error) {
	sum, diags, err := in.read(env, begin)
	if err != nil {
		return nil, err
	}
	if diags.HasErrors() {
		return nil, diagnosticsError{diags, nil}
	}
	printer := source.Printer{Paint: env.paint()} // without the lines themselves: they hold prompts
	if err := printer.Print(env.Err, diags); err != nil {
		return nil, err
	}
	if share := sum.BadShare(); share > in.project.config.MaxBad() {
		env.complain(exitInconclusive, fmt.Sprintf("%.1f%% of the records cannot be read, and nothing was written", 100*share),
			fmt.Sprintf("mend or remove them, or allow more with bad_lines: in %s (now %.1f%%)", config.Name, 100*in.project.config.MaxBad()))
		return nil, verdictError{report.Inconclusive}
	}
	return sum, nil
}

// quietly reads the recordings once more.
func (in *trafficInput) quietly(env *Env, begin func() traffic.Consumer) (*traffic.Summary, error) {
	sum, _, err := in.read(env, begin)
	return sum, err
}

func (in *trafficInput) read(env *Env, begin func() traffic.Consumer) (*traffic.Summary, source.Diagnostics, error) {
	progress, stop := newProgress(env)
	defer stop()
	return traffic.Stream(in.sources, traffic.Options{Progress: progress, Now: env.Now(), Scratch: newScratch}, begin)
}
