package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/money"
)

func newTrafficProfile(env *Env) *cobra.Command {
	o := &profileOptions{}
	cmd := &cobra.Command{
		Use:   "profile [RECORDING...] -o FILE",
		Short: "Sum recorded calls up into a cube file",
		Long: fmt.Sprintf(`profile reads recordings and writes their sums: a cube, a cell a day, track, feature, template, version, model, tier and
class of prompt length, of at most %s cells, however many calls there are. Cubes of recordings that do not
overlap are merged by traffic merge, and traffic inspect shows them. Nothing of a prompt is in a cube; users and sessions
are in it by hash, which hides no name that can be guessed: redact first what leaves the house.`, money.Count(cube.MaxCells).Exact()),
		Example: `  tokengate traffic profile -o traffic/october.cube
  tokengate traffic profile shards/*.jsonl.zst -o october.cube.zst
  tokengate traffic profile spans.json -o - | sha256sum`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), env, args) },
	}
	o.trafficOptions.flags(cmd)
	o.cubeFile.flags(cmd)
	return cmd
}

type profileOptions struct {
	trafficOptions
	cubeFile
}

func (o *profileOptions) run(ctx context.Context, env *Env, args []string) error {
	in, err := o.open(ctx, args)
	if err != nil {
		return err
	}
	defer in.close()
	out, err := o.create(env)
	if err != nil {
		return err
	}
	summed, err := in.profile(env)
	if err != nil {
		return errors.Join(err, out.discard())
	}
	return o.write(env, out, summed)
}

// profile reads the recordings whole and sums them.
func (in *trafficInput) profile(env *Env) (*cube.Cube, error) {
	s := cube.NewBuilder(in.sources)
	sum, err := in.stream(env, s.Begin)
	if err != nil {
		return nil, err
	}
	c := s.Cube(sum)
	return c, unusable(c)
}

// cubeFile is where a command writes a cube.
type cubeFile struct {
	out   string
	force bool
}

func (o *cubeFile) flags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&o.out, "out", "o", "", "file to write: .cube, .cube.gz or .cube.zst; - for standard output")
	cmd.Flags().BoolVar(&o.force, "force", false, "replace the file if it is there")
}

func (o *cubeFile) create(env *Env) (*wholeFile, error) {
	if o.out == "" {
		return nil, usageError{"there is no file to write", "name one with -o, such as -o traffic.cube, or -o - for standard output"}
	}
	return newWholeFile(env.Out, o.out, o.force)
}

// write writes the cube and says, beside the data, what is in it.
func (o *cubeFile) write(env *Env, out *wholeFile, c *cube.Cube) error {
	n, err := c.WriteTo(out)
	if err != nil {
		return errors.Join(err, out.discard())
	}
	if err := out.finish(); err != nil {
		return err
	}
	size := money.Count(n).Exact() + " bytes"
	if info, err := os.Stat(o.out); err == nil && o.out != "-" && info.Size() != n && info.Mode().IsRegular() {
		size += ", packed to " + money.Count(info.Size()).Exact()
	}
	calls, _ := c.Usage()
	fmt.Fprintf(env.Err, "wrote the sums of %s to %s: %s, %s, %s, %s\n", number(calls, "call"), o.out, number(int64(len(c.Keys())), "cell"),
		people(c.Users(), "user"), people(c.Sessions(), "session"), size)
	return nil
}

// people says how many users or sessions there are, and how surely that is known.
func people(c *cube.Census, what string) string {
	n, off := c.Distinct()
	if off == 0 {
		return number(int64(n), what)
	}
	return strings.Join([]string{"about", number(int64(n), what), fmt.Sprintf("±%.1f%%", 100*off)}, " ")
}
