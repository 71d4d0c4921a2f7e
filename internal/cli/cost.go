package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/render"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

type costOptions struct {
	checkOptions
	format string
	by     string
	sort   string
	top    int
}

var (
	costBy    = []string{"section", "file", "change"}
	costSorts = []string{"cost", "place"}
)

func newCost(env *Env) *cobra.Command {
	o := &costOptions{}
	cmd := &cobra.Command{
		Use:   "cost [PATH|PATH#SECTION]...",
		Short: "Show what sending each file and section of the templates costs, from recorded traffic",
		Long: `A CLAUDE.md, a rule or a system prompt is sent again with every call. cost replays the recorded calls as check does, and
shows for every file and section how many of its tokens a period sends, in which price class the calls had them (read from
a cache, written to one, plain input), and what that comes to; and what changes against the base add.

It is the cost of the text's own tokens, not of the calls that carry it. A text is taken to stand at the front of its
prompt: its first tokens are read from the cache before its last ones. A period is the P50 of the forecast.

Names narrow the list: a file, a folder, or one section with what stands below its heading, by the anchor that GitHub links
to. It decides nothing: it ends with 0 whatever the ceilings, and with 3 where no recorded call sends any of the texts.`,
		Example: `  tokengate cost
  tokengate cost --by file --sort place
  tokengate cost --top 10 CLAUDE.md .claude/rules
  tokengate cost CLAUDE.md#testing
  tokengate cost --by change --base origin/main
  tokengate cost --recording ~/.claude/projects/app --assume template=CLAUDE.md --format csv > cost.csv`,
		RunE: func(cmd *cobra.Command, names []string) error { return o.run(cmd.Context(), env, names) },
	}
	o.projectFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.by, "by", costBy[0], "rows: "+strings.Join(costBy, ", "))
	f.StringVar(&o.sort, "sort", costSorts[0], "order: cost (dearest first) or place (path and line)")
	f.IntVar(&o.top, "top", 0, "show the dearest so many rows, and sum up the others; 0 shows all")
	f.StringVarP(&o.format, "format", "f", "table", "output: "+strings.Join(costFormats(), ", "))
	return cmd
}

func costFormats() []string {
	var names []string
	for _, f := range render.CostFormats {
		names = append(names, f.Name)
	}
	return names
}

func (o *costOptions) run(ctx context.Context, env *Env, names []string) error {
	if err := o.validate(); err != nil {
		return err
	}
	rep, err := o.report(ctx, env, nil)
	if err != nil {
		return err
	}
	if o.by == "change" && rep.Base == nil {
		return usageError{"--by change needs a base to compare with", "name one with --base, inside a git repository"}
	}
	doc, unknown := rep.Surface(report.SurfaceOptions{Sections: o.by == "section", ByPlace: o.sort == "place", Top: o.top, Only: names})
	if unknown != nil {
		return unknownText(rep, unknown[0])
	}
	i := slices.Index(costFormats(), o.format)
	if err := render.CostFormats[i].Render(env.Out, doc, render.Options{Width: env.Width, Color: env.Color, Changes: o.by == "change"}); err != nil {
		return err
	}
	if doc.Total == nil && o.by != "change" {
		return inconclusiveError{"no recorded call sends any of these texts", "record calls that name their template, or say it of a recording: --recording FILE --assume template=" + anyTemplate(rep)}
	}
	return nil
}

func (o *costOptions) validate() error {
	o.checkOptions.format = "table" // a check's formats are not a surface's
	if err := o.checkOptions.validate(); err != nil {
		return err
	}
	for _, choice := range []struct {
		flag, value string
		known       []string
	}{{"--by", o.by, costBy}, {"--sort", o.sort, costSorts}, {"format", o.format, costFormats()}} {
		if !slices.Contains(choice.known, choice.value) {
			return usageError{fmt.Sprintf("%s %q is not known", choice.flag, choice.value), nearest(choice.value, choice.known, "write one of "+strings.Join(choice.known, ", "))}
		}
	}
	if o.top < 0 {
		return usageError{fmt.Sprintf("--top %d is less than nothing", o.top), "write a number of rows, or 0 for all"}
	}
	return nil
}

// unknownText names the files and sections that there are.
func unknownText(rep *report.Report, name string) error {
	var known []string
	for _, f := range rep.Files {
		known = append(known, f.Path)
		for _, s := range f.Sections {
			if s.Anchor != "" {
				known = append(known, f.Path+"#"+s.Anchor)
			}
		}
	}
	hint := "the templates of head send no such file or section; tokengate cost lists those it knows"
	if near := source.Nearest(name, known); near != "" {
		hint = "did you mean " + near + "?"
	}
	return usageError{fmt.Sprintf("no template sends %s", name), hint}
}

func anyTemplate(rep *report.Report) string {
	if len(rep.Templates) == 0 {
		return "CLAUDE.md"
	}
	return rep.Templates[0].Path
}
