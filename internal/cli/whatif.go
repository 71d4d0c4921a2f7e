package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/render"
	"github.com/tokengate/tokengate/internal/source"
)

type whatIfOptions struct {
	checkOptions
	format   string
	by       string
	only     []string
	variants sections
}

func newWhatIf(env *Env) *cobra.Command {
	o := &whatIfOptions{}
	cmd := &cobra.Command{
		Use:   "what-if",
		Short: "Price variants of the project side by side: model, volume, retrieval, caps, prices, text",
		Long: `what-if replays the recorded calls through the project as it is in the working tree and through variants of it, in one
pass, and puts them side by side: tokens and money of a period, the change on the same calls with its interval, latency,
and how each stands with the ceilings. It decides nothing and exits with 0, whatever the ceilings say.

Flags before the first --variant hold for all variants; those after one are its own. Without flags the variants that
tokengate.yaml lists under variants: are run.

Settings are model, fallback.model, max_output_tokens, max_input_tokens, max_retrieved_tokens, top_k and chunk_tokens, for
all tracks, or for one as track.NAME.KEY or template.PATH.KEY.`,
		Example: `  tokengate what-if --set track.generation.model=claude-haiku-4-5
  tokengate what-if --set top_k=4 --volume +30%
  tokengate what-if --variant small --set model=claude-haiku-4-5 --variant batch --tier track.summary=batch
  tokengate what-if --volume x2 --variant capped --set max_output_tokens=1k --variant short --template CLAUDE.md=drafts/short.md
  tokengate what-if --price offer.yaml --cache off --by track --format markdown
  tokengate what-if --only small`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return runWhatIf(cmd.Context(), env, o) },
	}
	o.projectFlags(cmd)
	f := cmd.Flags()
	v := &o.variants
	f.Var(v.flag("KEY=VALUE", v.set), "set", "replace a setting, such as track.generation.model or top_k; repeatable")
	f.Var(v.flag("CHANGE", v.volume), "volume", "more or fewer calls: +30%, -20%, x2, or track.NAME=+30%; repeatable")
	f.Var(v.flag("FILE", v.price), "price", "price file laid over the project's prices; repeatable")
	f.Var(v.flag("off|on", v.cache), "cache", "off: every prompt token is plain input; or track.NAME=off")
	f.Var(v.flag("TIER", v.tier), "tier", "service tier: "+strings.Join(config.Tiers, ", ")+"; or track.NAME=batch")
	f.Var(v.flag("PATH=FILE", v.template), "template", "another file's text in the place of a template's; repeatable")
	f.Var(v.flag("NAME", v.begin), "variant", "begin a variant: the flags after it are its own; repeatable")
	f.StringArrayVar(&o.only, "only", nil, "run only this variant of tokengate.yaml; repeatable")
	f.StringVar(&o.by, "by", "", "also by: track")
	f.StringVarP(&o.format, "format", "f", "table", "output: "+strings.Join(whatIfFormats(), ", "))
	return cmd
}

func whatIfFormats() []string {
	var names []string
	for _, f := range render.WhatIfFormats {
		names = append(names, f.Name)
	}
	return names
}

func runWhatIf(ctx context.Context, env *Env, o *whatIfOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	if err := o.anyVariant(ctx); err != nil {
		return err
	}
	rep, err := o.report(ctx, env, func(in *gate.Input) {
		in.Variants, in.Files, in.Only = o.variants.all(), anywhere{}, o.only
	})
	if err != nil {
		return err
	}
	i := slices.Index(whatIfFormats(), o.format)
	return render.WhatIfFormats[i].Render(env.Out, rep.WhatIfDocument(), render.Options{Width: env.Width, Color: env.Color, ByTrack: o.by == "track"})
}

func (o *whatIfOptions) validate() error {
	o.checkOptions.format = "table" // a check's formats are not a what-if's
	if err := o.checkOptions.validate(); err != nil {
		return err
	}
	switch {
	case !slices.Contains(whatIfFormats(), o.format):
		return usageError{fmt.Sprintf("format %q is not known", o.format), "write one of " + strings.Join(whatIfFormats(), ", ")}
	case o.by != "" && o.by != "track":
		return usageError{fmt.Sprintf("--by %q is not known", o.by), "write --by track"}
	case len(o.only) > 0 && o.variants.given():
		return usageError{"--only picks variants of tokengate.yaml, and other flags describe one", "leave out either"}
	}
	return nil
}

// anyVariant looks for a variant before any traffic is read.
func (o *whatIfOptions) anyVariant(ctx context.Context) error {
	if o.variants.given() {
		return nil
	}
	p, err := loadProject(ctx, o.dir, o.config)
	if err != nil {
		return err
	}
	if len(p.config.Variants) == 0 {
		return usageError{"there is no variant to price", "write one, such as --set track.NAME.model=…, or list variants: in " + config.Name}
	}
	return nil
}

// anywhere reads the files that flags name, relative to the working folder: the person who runs the command chose them.
type anywhere struct{}

// Open implements fs.FS, for every path that the system takes.
func (anywhere) Open(name string) (fs.File, error) { return os.Open(name) }

// sections collects variants from flags in their order. Those before the first --variant are common to all.
type sections struct {
	common config.Variant
	own    []source.At[config.Variant]
	any    bool // a flag was given
}

// at gives the variant that the next flag belongs to.
func (s *sections) at() *config.Variant {
	s.any = true
	if n := len(s.own); n > 0 {
		return &s.own[n-1].Value
	}
	return &s.common
}

func (s *sections) given() bool { return s.any }

// all gives the variants, each with what is common to all; nil where no flag was given.
func (s *sections) all() []source.At[config.Variant] {
	if !s.any {
		return nil
	}
	if len(s.own) == 0 {
		one := s.common
		one.Name = source.Of("variant", source.Span{File: "the command line"})
		return []source.At[config.Variant]{source.Of(one, one.Name.Span)}
	}
	var out []source.At[config.Variant]
	for _, v := range s.own {
		c := s.common
		v.Value.Set, v.Value.Template = slices.Concat(c.Set, v.Value.Set), slices.Concat(c.Template, v.Value.Template)
		v.Value.Volume, v.Value.Cache, v.Value.Tier = slices.Concat(c.Volume, v.Value.Volume), slices.Concat(c.Cache, v.Value.Cache), slices.Concat(c.Tier, v.Value.Tier)
		v.Value.Prices = slices.Concat(c.Prices, v.Value.Prices)
		out = append(out, v)
	}
	return out
}

func (s *sections) begin(name string) error {
	s.any = true
	at := source.Span{File: "--variant " + name}
	s.own = append(s.own, source.Of(config.Variant{Name: source.Of(name, at)}, at))
	return nil
}

func (s *sections) set(text string) error { return assign(&s.at().Set, "--set ", text) }

func (s *sections) template(text string) error { return assign(&s.at().Template, "--template ", text) }

func (s *sections) price(file string) error {
	v := s.at()
	v.Prices = append(v.Prices, source.Of(file, source.Span{File: "--price " + file}))
	return nil
}

func (s *sections) volume(text string) error { return aim(&s.at().Volume, "--volume ", text) }
func (s *sections) cache(text string) error  { return aim(&s.at().Cache, "--cache ", text) }
func (s *sections) tier(text string) error   { return aim(&s.at().Tier, "--tier ", text) }

// assign reads KEY=VALUE.
func assign(into *config.Settings, flag, text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok || key == "" {
		return fmt.Errorf("write it as KEY=VALUE")
	}
	at := source.Span{File: flag + text}
	*into = append(*into, source.Entry[source.At[string]]{Key: source.Of(strings.TrimSpace(key), at), Value: source.Of(strings.TrimSpace(value), at)})
	return nil
}

// aim reads VALUE, or track.NAME=VALUE.
func aim(into *config.Scoped, flag, text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		key, value = "", text
	}
	at := source.Span{File: flag + text}
	*into = append(*into, source.Entry[source.At[string]]{Key: source.Of(key, at), Value: source.Of(value, at)})
	return nil
}

// flag makes a flag of a way to take its values, one by one and in the order of the command line.
func (s *sections) flag(what string, take func(string) error) sectionFlag {
	return sectionFlag{what, take}
}

type sectionFlag struct {
	what string
	take func(string) error
}

// String implements pflag.Value; there is no default to show.
func (f sectionFlag) String() string { return "" }

// Set implements pflag.Value.
func (f sectionFlag) Set(value string) error { return f.take(value) }

// Type implements pflag.Value.
func (f sectionFlag) Type() string { return f.what }
