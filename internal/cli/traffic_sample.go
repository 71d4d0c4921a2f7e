package cli

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/olekukonko/tablewriter/tw"
	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/render"
	"github.com/tokengate/tokengate/internal/traffic"
)

type sampleOptions struct {
	convertOptions
	calls int64
}

func newTrafficSample(env *Env) *cobra.Command {
	o := &sampleOptions{}
	cmd := &cobra.Command{
		Use:   "sample [RECORDING...] -n CALLS -o FILE",
		Short: "Draw a small recording that stands for a large one",
		Long: `sample draws whole sessions (single calls where there are none) by track, model and size, keeps the largest of each track
and model, and writes with every call how many calls like it it stands for ("weight"). check and the other commands count
with the weights. The table says what the sample makes of the tokens that are known, so that its error can be seen.

The recordings are read twice. Equal recordings give an equal sample.`,
		Example: `  tokengate traffic sample -n 20000 huge.jsonl.zst -o traffic/sample.jsonl.gz
  tokengate traffic sample -n 5000 -o - shards/*.gz | tokengate traffic inspect /dev/stdin`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), env, args) },
	}
	o.flags(cmd)
	cmd.Flags().Int64VarP(&o.calls, "calls", "n", 0, "about how many calls to draw")
	return cmd
}

func (o *sampleOptions) run(ctx context.Context, env *Env, args []string) error {
	if o.calls <= 0 {
		return usageError{"there is no size for the sample", "name one with -n, such as -n 20000"}
	}
	in, out, err := o.begin(ctx, env, args)
	if err != nil {
		return err
	}
	defer in.close()
	strata, drawn, sum, err := o.draw(env, in, out)
	if err != nil {
		return errors.Join(err, out.discard())
	}
	if err := out.finish(); err != nil {
		return err
	}
	o.wrote(env, drawn, sum)
	return o.table(env, strata)
}

// draw reads the recordings for what there is, and again for what is drawn.
func (o *sampleOptions) draw(env *Env, in *trafficInput, out *wholeFile) (strata []traffic.Stratum, drawn int64, sum *traffic.Summary, err error) {
	var s *traffic.Sampler
	if sum, err = in.stream(env, func() traffic.Consumer {
		s = traffic.NewSampler()
		return func(c *traffic.Call) error { s.Add(c); return nil }
	}); err != nil {
		return nil, 0, nil, err
	}
	strata = s.Draw(o.calls)
	_, err = in.quietly(env, func() traffic.Consumer {
		err := out.restart()
		drawn = 0
		return func(c *traffic.Call) error {
			if err != nil {
				return err
			}
			if c.Weight = s.Weight(c); c.Weight == 0 {
				return nil
			}
			drawn++
			return traffic.WriteNative(out, c)
		}
	})
	return strata, drawn, sum, err
}

// table goes beside the data, as it is about it: a row for each track and model, and one for all.
func (o *sampleOptions) table(env *Env, strata []traffic.Stratum) error {
	var sums []sampled
	all := sampled{Stratum: traffic.Stratum{Track: "all"}}
	for _, s := range strata { // in the order of track and model
		n := len(sums)
		if n == 0 || sums[n-1].Track != s.Track || sums[n-1].Model != s.Model {
			sums = append(sums, sampled{Stratum: traffic.Stratum{Track: s.Track, Model: s.Model}})
			n++
		}
		sums[n-1].add(s)
		all.add(s)
	}
	var rows [][]string
	for _, s := range append(sums, all) {
		rows = append(rows, s.row())
	}
	beside := *env
	beside.Out = env.Err
	return plainTable(&beside, []string{"Track", "Model", "Sessions", "Drawn", "Tokens", "Sample says", "Standard error"},
		[]tw.Align{tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignRight}, rows)
}

// sampled sums strata, which are drawn independently of each other: their variances add up.
type sampled struct {
	traffic.Stratum
	variance float64
}

func (s *sampled) add(o traffic.Stratum) {
	s.Units, s.Drawn, s.Tokens, s.Estimate = s.Units+o.Units, s.Drawn+o.Drawn, s.Tokens+o.Tokens, s.Estimate+o.Estimate
	s.variance += o.StdErr * o.StdErr
}

func (s *sampled) row() []string {
	off, margin := "0%", ""
	if s.Tokens > 0 {
		off = fmt.Sprintf("%+.1f%%", 100*(float64(s.Estimate)/float64(s.Tokens)-1))
		margin = fmt.Sprintf("±%.1f%%", 100*math.Sqrt(s.variance)/float64(s.Tokens))
	}
	return []string{labelled(s.Track), render.Plain(s.Model), money.Count(s.Units).Exact(), money.Count(s.Drawn).Exact(), money.Count(s.Tokens).String(), off, margin}
}
