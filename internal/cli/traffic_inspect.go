package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

type inspectOptions struct {
	trafficOptions
	format, asOf string
}

func newTrafficInspect(env *Env) *cobra.Command {
	o := &inspectOptions{}
	cmd := &cobra.Command{
		Use:   "inspect [RECORDING|CUBE...]",
		Short: "Say what recorded traffic holds, costs and lacks",
		Long: `inspect reads recordings and cube files and says what is in them: when, how many calls, of which models, tracks, features
and templates, with which tokens, at what cost and latency; days on which calls are missing; records that were repeated
or cannot be read; and what the recordings do not say, with what that means for a gate.

Numbers are of the recorded calls, not scaled by the sampling share. Costs are exact, at the prices of one day for all
calls; calls without a price are listed and are in no cost.

Exit codes: 0 shown, bad lines included · 2 bad flags, or a file cannot be read (what can be read is still shown)`,
		Example: `  tokengate traffic inspect
  tokengate traffic inspect ~/.claude/projects --assume track=coding
  tokengate traffic inspect october.cube --format json
  tokengate traffic inspect spans.json --as-of 2026-10-01`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), env, args) },
	}
	o.flags(cmd)
	cmd.Flags().StringVarP(&o.format, "format", "f", "table", "output: table or json")
	cmd.Flags().StringVar(&o.asOf, "as-of", "", "day that prices are taken at: 2026-11-22 or RFC 3339 (default: now)")
	return cmd
}

func (o *inspectOptions) run(ctx context.Context, env *Env, args []string) error {
	if o.format != "table" && o.format != "json" {
		return usageError{fmt.Sprintf("format %q is not known", o.format), "write table or json"}
	}
	at, err := parseDay(o.asOf, env.Now())
	if err != nil {
		return err
	}
	in, cubes, err := o.openBoth(ctx, args)
	if err != nil {
		return err
	}
	defer in.close()
	catalog, err := in.project.prices()
	if err != nil {
		return err
	}
	seen, diags, err := in.inspect(env, cubes)
	if err != nil {
		return err
	}
	diags.Sort()
	if err := env.warn(diags); err != nil {
		return err
	}
	doc := seen.document(catalog, at, errorsIn(diags))
	if err := o.show(env, doc); err != nil {
		return err
	}
	if doc.Unread > 0 {
		return usageError{"not everything can be read; what is shown is the rest", "see the errors above"}
	}
	return nil
}

func (o *inspectOptions) show(env *Env, doc *inspectDocument) error {
	if o.format == "json" {
		return writeJSON(env.Out, doc)
	}
	return doc.writeTable(env)
}

// openBoth opens recordings and names the cube files among the arguments.
func (o *inspectOptions) openBoth(ctx context.Context, args []string) (*trafficInput, []string, error) {
	cubes, recordings := cubesAmong(args)
	if len(cubes) == 0 || len(recordings) > 0 {
		in, err := o.open(ctx, recordings)
		return in, cubes, err
	}
	p, err := loadProject(ctx, o.dir, o.config)
	return &trafficInput{project: p, close: func() {}}, cubes, err
}

func errorsIn(diags source.Diagnostics) (n int) {
	for _, d := range diags {
		if d.Severity == source.Error {
			n++
		}
	}
	return n
}

// inspected is what was read: recordings, cubes, and the sum of both.
type inspected struct {
	sum   *traffic.Summary // nil without recordings
	cubes []namedCube
	all   *cube.Cube
}

// inspect reads everything that can be read.
func (in *trafficInput) inspect(env *Env, names []string) (*inspected, source.Diagnostics, error) {
	seen := &inspected{all: cube.New()}
	var diags, more source.Diagnostics
	if len(in.sources) > 0 {
		s := cube.NewBuilder(in.sources)
		var err error
		if seen.sum, diags, err = in.read(env, in.options(env), s.Begin); err != nil {
			return nil, nil, err
		}
		seen.all = s.Cube(seen.sum)
	}
	seen.cubes, more = readCubes(names)
	for _, c := range seen.cubes {
		seen.all.Merge(c.cube)
	}
	return seen, append(diags, more...), unusable(seen.all)
}

// document puts what was read into numbers.
func (s *inspected) document(catalog *pricing.Catalog, at time.Time, unread int) *inspectDocument {
	c := s.all
	m := newMeasuring(c, catalog, at)
	days := newCalendar(c.Totals(cube.ByDay))
	doc := &inspectDocument{
		Schema: inspectSchema, AsOf: at, Files: s.files(), Cubes: s.cubeList(), Reading: s.reading(), Window: windowOf(c, days), Total: m.total(),
		Users: censusOf(c.Users()), Sessions: censusOf(c.Sessions()), Sampling: m.sampling(),
		Models: m.groups(cube.ByModel), Tracks: m.groups(cube.ByTrack), Features: m.groups(cube.ByFeature), Templates: m.groups(cube.ByTemplate),
		Unpriced: m.unpriced(), Days: days.list(), Gaps: days.findGaps(), Quantiles: inspectQuantiles{cube.SketchError}, Unread: unread, calendar: days,
	}
	doc.NotKnown = doc.notKnown(m.unversioned, days.whole())
	return doc
}
