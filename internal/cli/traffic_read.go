package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
	f.StringToStringVar(&o.assume, "assume", nil, "what the recordings do not say: track, feature, model, template, day")
}

// trafficInput is what a command reads.
type trafficInput struct {
	sources  []traffic.Source
	project  *project
	examples source.Diagnostics // what the configuration says is made up
	close    func()
}

// open finds the recordings: those named by hand, with what the configuration says of them, or else those it lists.
func (o *trafficOptions) open(ctx context.Context, args []string) (*trafficInput, error) {
	named := checkOptions{recordings: args, dialect: o.dialect, assume: o.assume, stage: config.PullRequest, format: "table"}
	if err := named.validate(); err != nil {
		return nil, err
	}
	if known := traffic.Dialects(); o.dialect != "" && !slices.Contains(known, o.dialect) {
		return nil, usageError{fmt.Sprintf("there is no dialect %q", o.dialect), nearest(o.dialect, known, "write one of "+strings.Join(known, ", "))}
	}
	p, err := loadProject(ctx, o.dir, o.config)
	if err != nil {
		return nil, err
	}
	in := &trafficInput{project: p, close: func() {}}
	if len(args) == 0 {
		in.sources, err = p.recordings()
		for _, r := range p.config.Recordings {
			r.WarnExample(&in.examples)
		}
	} else if in.sources, in.close, err = named.extra(); err == nil {
		for i := range in.sources {
			in.sources[i] = p.adopt(in.sources[i])
		}
	}
	if err == nil && len(in.sources) == 0 {
		err = usageError{"there is no recorded traffic to read", "name a file or a folder, or list it under recordings: in " + config.Name}
	}
	return in, err
}

// stream reads the recordings and shows what is wrong with them. A recording that cannot be read to its end is an error,
// and so are more bad lines than the configuration allows: what is written would not be what was recorded.
func (in *trafficInput) stream(env *Env, begin func() traffic.Consumer) (*traffic.Summary, error) {
	sum, diags, err := in.read(env, in.options(env), begin)
	if err != nil {
		return nil, err
	}
	if err := env.warnOrEnd(slices.Concat(in.examples, diags)); err != nil {
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
	sum, _, err := in.read(env, in.options(env), begin)
	return sum, err
}

// options are those of every reading: the rules of the configuration, the clock, and room on disk.
func (in *trafficInput) options(env *Env) traffic.Options {
	rules, _ := in.project.config.Mapping() // the configuration was read without errors
	return traffic.Options{Now: env.Now(), Scratch: newScratch, Map: rules}
}

func (in *trafficInput) read(env *Env, opts traffic.Options, begin func() traffic.Consumer) (*traffic.Summary, source.Diagnostics, error) {
	progress, stop := newProgress(env)
	defer stop()
	opts.Progress = progress
	return traffic.Stream(in.sources, opts, begin)
}
