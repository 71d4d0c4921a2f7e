package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/render"
	"github.com/tokengate/tokengate/internal/repo"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/spendlogs"
	"github.com/tokengate/tokengate/internal/traffic"
)

type checkOptions struct {
	dir        string
	config     string
	base       string
	stage      string
	recordings []string
	dialect    string
	assume     map[string]string
	format     string
	save       string
	asOf       string
	text       bool // the recordings' prompts are wanted
}

func newCheck(env *Env) *cobra.Command {
	o := &checkOptions{}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Replay recorded traffic through the change and hold it against the ceilings",
		Long: `check loads tokengate.yaml and the budget blocks of the templates on the merge base and in the working tree, replays
the recorded calls under both, forecasts the period, and holds the forecast against the ceilings of the base revision.`,
		Example: `  tokengate check
  tokengate check --base origin/main --stage release
  tokengate check --base none --recording ~/.claude/projects/app/session.jsonl --assume track=coding
  tokengate check --format markdown > comment.md
  tokengate check --save report.json && tokengate report --in report.json --format markdown`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return runCheck(cmd.Context(), env, o) },
	}
	o.projectFlags(cmd)
	f := cmd.Flags()
	f.StringVarP(&o.format, "format", "f", "table", "output: "+strings.Join(formatNames(), ", "))
	f.StringVar(&o.save, "save", "", "also write the report as JSON to this file")
	return cmd
}

// projectFlags are the flags of every command that replays a project's traffic under two revisions.
func (o *checkOptions) projectFlags(cmd *cobra.Command) {
	o.inputFlags(cmd)
	cmd.Flags().StringVar(&o.base, "base", "", "revision to compare with; its merge base with HEAD is used; none for no comparison (default: the default branch)")
}

// inputFlags are those of every command that runs the gate: what is read, and as of when.
func (o *checkOptions) inputFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.dir, "dir", "C", ".", "project folder")
	f.StringVar(&o.config, "config", "", "configuration, relative to the project folder (default "+config.Name+")")
	f.StringVar(&o.stage, "stage", config.PullRequest, "stage: "+strings.Join(config.StageNames, ", "))
	f.StringArrayVar(&o.recordings, "recording", nil, "recorded traffic beside that of the configuration: a file, a folder, or a postgres:// address of LiteLLM's spend logs; repeatable")
	f.StringVar(&o.dialect, "dialect", "", "format of --recording files (default: detected from content)")
	f.StringToStringVar(&o.assume, "assume", nil, "what --recording files do not say: track, feature, model, template, day")
	f.StringVar(&o.asOf, "as-of", "", "day that prices and expiry dates are taken at: 2026-11-22 or RFC 3339 (default: now)")
}

func runCheck(ctx context.Context, env *Env, o *checkOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	rep, err := o.report(ctx, env)
	if err != nil {
		return err
	}
	if o.save != "" {
		if err := saveReport(o.save, rep); err != nil {
			return err
		}
	}
	if err := renderReport(env, o.format, rep); err != nil {
		return err
	}
	if rep.Verdict.Status == report.Fail || rep.Verdict.Status == report.Inconclusive {
		return verdictError{rep.Verdict.Status}
	}
	return nil
}

// report runs the gate.
func (o *checkOptions) report(ctx context.Context, env *Env) (*report.Report, error) {
	in, done, err := o.input(ctx, env)
	if err != nil {
		return nil, err
	}
	memo, save := remember(env)
	defer save()
	in.Memo = memo
	rep, diags, err := gate.Run(in)
	done() // before anything is printed: the progress line makes room for the report
	if err != nil {
		return nil, err
	}
	if rep == nil {
		return nil, diagnosticsError{diags, contentOf(in.Head.FS)}
	}
	return rep, nil
}

func (o *checkOptions) validate() error {
	if !slices.Contains(config.StageNames, o.stage) {
		return usageError{fmt.Sprintf("stage %q is not known", o.stage), "write one of " + strings.Join(config.StageNames, ", ")}
	}
	if _, err := formatNamed(o.format); err != nil {
		return err
	}
	known := []string{"track", "feature", "model", "template", "day"}
	for key := range o.assume {
		if !slices.Contains(known, key) {
			return usageError{fmt.Sprintf("--assume does not know %q", key), nearest(key, known, "write one of "+strings.Join(known, ", "))}
		}
	}
	_, err := o.assumed()
	return err
}

// assumed is what --assume says of the recordings named by hand.
func (o *checkOptions) assumed() (traffic.Defaults, error) {
	d := traffic.Defaults{Track: o.assume["track"], Feature: o.assume["feature"], Model: o.assume["model"], Template: o.assume["template"]}
	day, ok := o.assume["day"]
	if !ok {
		return d, nil
	}
	var err error
	if d.Day, err = time.Parse(time.DateOnly, day); err != nil {
		return d, usageError{fmt.Sprintf("--assume day=%s is not a day", day), "write it as day=2026-11-22"}
	}
	return d, nil
}

// input gathers the outside: time, prices, both revisions and the recordings named by hand.
func (o *checkOptions) input(ctx context.Context, env *Env) (in gate.Input, done func(), err error) {
	in = gate.Input{Version: version(), Stage: o.stage, Config: o.config, Named: o.config != ""}
	if in.Config == "" {
		in.Config = config.Name
	}
	if in.Now, err = parseDay(o.asOf, env.Now()); err != nil {
		return in, nil, err
	}
	if in.Catalog, err = pricing.Builtin(); err != nil {
		return in, nil, err
	}
	extra, closeExtra, err := o.extra()
	if err != nil {
		return in, nil, err
	}
	in.Extra = extra
	closeRepo, err := o.revisions(ctx, &in)
	if err != nil {
		closeExtra()
		return in, nil, err
	}
	progress, stop := newProgress(env)
	in.Progress, in.Scratch, in.Clock = progress, newScratch, env.Now()
	return in, func() { stop(); closeRepo(); closeExtra() }, nil
}

// revisions opens the working tree and the merge base. Outside git there is only the folder.
func (o *checkOptions) revisions(ctx context.Context, in *gate.Input) (func(), error) {
	if info, err := os.Stat(o.dir); err != nil || !info.IsDir() {
		return nil, usageError{fmt.Sprintf("%s is not a folder", o.dir), "name the project's folder with -C"}
	}
	r, err := repo.Open(ctx, o.dir)
	if errors.Is(err, repo.ErrNotGit) {
		if o.base != "" && o.base != "none" {
			return nil, usageError{"--base needs a git repository, and " + o.dir + " is in none", "pass --base none, or run inside the repository"}
		}
		in.Head.Revision = report.Revision{Ref: "folder"}
		in.Head.FS, err = repo.Folder(o.dir)
		return func() {}, err
	}
	if err != nil {
		return nil, err
	}
	closeRepo := func() { _ = r.Close() } // a helper process that already ended has nothing left to lose
	if in.Head.FS, err = r.WorkTree(); err != nil {
		return nil, err
	}
	in.Head.Revision = report.Revision{Ref: "working tree", Commit: r.Head(ctx)}
	if in.Head.Commit == "" { // no commit yet: nothing to compare with, unless it was asked for
		if o.base != "" && o.base != "none" {
			return nil, &repo.RefError{Ref: o.base, Reason: "the repository has no commits yet", Hint: "commit first, or pass --base none"}
		}
		return closeRepo, nil
	}
	in.History = r.History(ctx).Find
	if o.base == "none" {
		return closeRepo, nil
	}
	ref := o.base
	if ref == "" {
		if ref, err = r.DefaultBranch(ctx); err != nil {
			return nil, err
		}
	}
	base, err := r.MergeBase(ctx, ref)
	if err != nil {
		return nil, err
	}
	in.Base = &gate.Revision{Revision: report.Revision{Ref: ref, Commit: base.Commit, Time: base.Time}, FS: base.FS}
	return closeRepo, nil
}

// extra opens the recordings named by hand. They may lie anywhere: the person who runs the command chose them. They may be
// read until done is called.
func (o *checkOptions) extra() (out []traffic.Source, done func(), err error) {
	assumed, err := o.assumed()
	if err != nil {
		return nil, nil, err
	}
	var closers []func() error
	done = func() {
		for _, c := range closers {
			_ = c() // only read from: nothing can be lost by a failing close
		}
	}
	open := recordingSource
	if o.text {
		open = recordingWithText
	}
	for _, name := range o.recordings {
		files, err := o.files(name)
		if err != nil {
			done()
			return nil, nil, err
		}
		for _, f := range files {
			s, c, err := open(f)
			if err != nil {
				done()
				return nil, nil, err
			}
			closers = append(closers, c)
			s.Dialect = cmp.Or(s.Dialect, o.dialect)
			s.Defaults = assumed
			out = append(out, s)
		}
	}
	return out, done, nil
}

// files lists what a folder holds; anything else stands for itself.
func (o *checkOptions) files(name string) ([]string, error) {
	if spendlogs.IsAddress(name) {
		return []string{name}, nil
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, usageError{fmt.Sprintf("recording %s: %v", name, err), "check the path"}
	case info.IsDir():
		return recordingFiles(name)
	}
	return []string{name}, nil
}

var recordingSuffixes = []string{".jsonl", ".json", ".ndjson", ".csv", ".parquet"}

func recordingFiles(dir string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		plain := strings.TrimSuffix(strings.TrimSuffix(p, ".gz"), ".zst")
		if d.Type().IsRegular() && slices.Contains(recordingSuffixes, filepath.Ext(plain)) {
			out = append(out, p)
		}
		return nil
	})
	return out, err
}

func parseDay(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return now.UTC().Truncate(time.Second), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return now, usageError{fmt.Sprintf("--as-of %q is not a day", s), "write it as 2026-11-22 or 2026-11-22T12:00:00Z"}
}

func contentOf(files fs.FS) func(string) []byte {
	return func(name string) []byte {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil // the place is outside the project: the diagnostic is shown without its line
		}
		return content
	}
}

func formatNames() []string {
	var names []string
	for _, f := range render.Formats {
		names = append(names, f.Name)
	}
	return names
}

func formatNamed(name string) (render.Format, error) {
	for _, f := range render.Formats {
		if f.Name == name {
			return f, nil
		}
	}
	return render.Format{}, usageError{fmt.Sprintf("format %q is not known", name), "write one of " + strings.Join(formatNames(), ", ")}
}

func renderReport(env *Env, format string, rep *report.Report) error {
	f, err := formatNamed(format)
	if err != nil {
		return err
	}
	return f.Render(env.Out, rep, render.Options{Width: env.Width, Color: env.Color})
}
