package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/cube"
)

func newTrafficMerge(env *Env) *cobra.Command {
	o := &cubeFile{}
	cmd := &cobra.Command{
		Use:   "merge CUBE... -o FILE",
		Short: "Add cube files up into one",
		Long: `merge reads cubes that traffic profile wrote, packed or not, and writes their sum. Their order does not matter, and
merging the cubes of two parts of a recording gives the cube of the whole, byte for byte.

A cube does not know its calls. A call that stands in the recordings of two cubes counts twice in their sum, and nothing
here can tell: merge cubes of recordings that do not overlap, such as days or shards of a log. Where copies are possible,
profile the recordings together instead, which counts each call once.`,
		Example: `  tokengate traffic merge october.cube november.cube -o autumn.cube
  tokengate traffic merge shards/*.cube.zst -o - | sha256sum`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, names []string) error { return o.merge(env, names) },
	}
	o.flags(cmd)
	return cmd
}

func (o *cubeFile) merge(env *Env, names []string) error {
	out, err := o.create(env)
	if err != nil {
		return err
	}
	all, shared, err := mergeCubes(names)
	if err != nil {
		return errors.Join(err, out.discard())
	}
	if err := o.write(env, out, all); err != nil || len(names) == 1 {
		return err
	}
	what := "no cell stands in two of them"
	if shared > 0 {
		what = number(int64(shared), "cell") + " stand in more than one of them"
	}
	fmt.Fprintf(env.Err, "calls that were recorded in two of these cubes count twice, as a cube does not know its calls: %s\n", what)
	return nil
}

// mergeCubes adds cube files up. shared is how many cells stand in more than one of them.
func mergeCubes(names []string) (all *cube.Cube, shared int, err error) {
	cubes, diags := readCubes(names)
	if diags.HasErrors() {
		return nil, 0, diagnosticsError{diags, nil}
	}
	all = cube.New()
	seen := map[cube.Key]int{}
	for _, c := range cubes {
		all.Merge(c.cube)
		for _, k := range c.cube.Keys() {
			if seen[k]++; seen[k] == 2 {
				shared++
			}
		}
	}
	return all, shared, unusable(all)
}
