package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/render"
	"github.com/tokengate/tokengate/internal/report"
)

type lintOptions struct {
	checkOptions
	format    string
	fix       bool
	dryRun    bool
	strict    bool
	noTraffic bool
}

func newLint(env *Env) *cobra.Command {
	o := &lintOptions{}
	cmd := &cobra.Command{
		Use:   "lint [PATH...]",
		Short: "Find what templates cost and need not, and budgets that are missing or contradict each other",
		Long: `lint looks at the templates, budget blocks and fixtures of the working tree: imports that load nothing, text that stands
twice or could be loaded when it is needed, what breaks the prompt cache, models that end, budgets without a ceiling or an
owner. Where recorded traffic is configured, findings say what the text costs per period. With PATHs, only what is found in
these files and folders is shown; a template that tokengate.yaml does not list is looked at as well when it is named.

A finding is accepted by a comment before the text it is about, <!-- tokengate-ignore RULE: reason -->, by a # comment of
the same words in YAML, or under lint.ignore in tokengate.yaml. Suppressions are counted in every output. Severities stand
under lint.rules. Both are taken from the base revision, so a change cannot silence what it is held against.

Exit codes: 0 nothing worse than a warning · 1 an error, or a warning with --strict · 2 bad flags or configuration · 4 could
not run`,
		Example: `  tokengate lint
  tokengate lint CLAUDE.md .claude
  tokengate lint --fix --dry-run
  tokengate lint --no-traffic --strict --format github
  tokengate lint --format sarif > lint.sarif`,
		Args: args(cobra.ArbitraryArgs),
		RunE: func(cmd *cobra.Command, paths []string) error { return runLint(cmd.Context(), env, o, paths) },
	}
	o.projectFlags(cmd)
	f := cmd.Flags()
	_ = f.MarkHidden("stage") // the flag is there: projectFlags has set it
	f.StringVarP(&o.format, "format", "f", "table", "output: "+strings.Join(lintFormats(), ", "))
	f.BoolVar(&o.fix, "fix", false, "mend what can only be meant one way, and show what is left")
	f.BoolVar(&o.dryRun, "dry-run", false, "with --fix: print the changes as a diff, and write nothing")
	f.BoolVar(&o.strict, "strict", false, "exit with 1 on warnings, too")
	f.BoolVar(&o.noTraffic, "no-traffic", false, "do not read recorded traffic: tokens alone, no money")
	return cmd
}

func lintFormats() []string {
	var names []string
	for _, f := range render.LintFormats {
		names = append(names, f.Name)
	}
	return names
}

func runLint(ctx context.Context, env *Env, o *lintOptions, paths []string) error {
	if err := o.validate(); err != nil {
		return err
	}
	only, err := o.inProject(paths)
	if err != nil {
		return err
	}
	in, done, err := o.input(ctx, env)
	if err != nil {
		return err
	}
	memo, save := remember(env)
	defer save()
	in.Memo = memo
	doc, changes, diags, err := gate.Lint(in, gate.LintOptions{Only: only, Traffic: !o.noTraffic && !o.dryRun, Fix: o.fix})
	done()
	if err != nil {
		return err
	}
	if doc == nil {
		return diagnosticsError{diags, contentOf(in.Head.FS)}
	}
	if o.dryRun {
		_, err := io.WriteString(env.Out, unified(changes))
		return err
	}
	if err := writeChanges(o.dir, changes); err != nil {
		return err
	}
	i := slices.Index(lintFormats(), o.format)
	if err := render.LintFormats[i].Render(env.Out, doc, render.Options{Width: env.Width, Color: env.Color}); err != nil {
		return err
	}
	if doc.Status == report.Fail || o.strict && doc.Status == report.Warn {
		return verdictError{report.Fail}
	}
	return nil
}

func (o *lintOptions) validate() error {
	o.checkOptions.format, o.stage = "table", config.PullRequest // neither is asked of a lint
	if err := o.checkOptions.validate(); err != nil {
		return err
	}
	switch {
	case !slices.Contains(lintFormats(), o.format):
		return usageError{fmt.Sprintf("format %q is not known", o.format), "write one of " + strings.Join(lintFormats(), ", ")}
	case o.dryRun && !o.fix:
		return usageError{"--dry-run says what --fix would change", "write --fix --dry-run"}
	}
	return nil
}

// inProject turns paths of the command line into paths of the project.
func (o *lintOptions) inProject(paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		if _, err := os.Stat(p); err != nil {
			return nil, usageError{fmt.Sprintf("%s is not there", p), "check the path"}
		}
		dir, err := filepath.Abs(o.dir)
		if err != nil {
			return nil, err
		}
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		rel, err := filepath.Rel(dir, abs)
		if err != nil || !filepath.IsLocal(rel) {
			return nil, usageError{fmt.Sprintf("%s is not in the project folder %s", p, o.dir), "name the project's folder with -C"}
		}
		out = append(out, filepath.ToSlash(rel))
	}
	return out, nil
}
