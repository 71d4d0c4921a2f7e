package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

// calibrationName is the file calibrate writes where neither a flag nor the configuration names another.
const calibrationName = "tokengate.calibration.json"

type calibrateOptions struct {
	traffic checkOptions // of which the project folder, the configuration and the recordings named by hand are used
	out     string
	format  string
	check   bool
	online  string
	model   string
}

func newCalibrate(env *Env) *cobra.Command {
	o := &calibrateOptions{traffic: checkOptions{stage: config.PullRequest, format: "table"}}
	cmd := &cobra.Command{
		Use:   "calibrate [FILE...]",
		Short: "Fit token counts to what was billed, for tokenizers that are not public",
		Long: fmt.Sprintf(`calibrate compares the input tokens of recorded calls with a count of their own prompt text, and fits a factor for every
tokenizer family and class of content (prose, Markdown, code, JSON, other scripts, other). It needs recordings that hold
prompt text, and %d calls that carry a class before that class is fitted; the others keep the published factor. The file
it writes is meant to be committed and named in tokengate.yaml under calibration:, so that check counts with it.

With --online, the templates given as FILE are sent to the provider's own counting endpoint, section by section, with
your key from ANTHROPIC_API_KEY (and ANTHROPIC_BASE_URL, if set). Nothing is sent without this flag.

Exit codes: 0 fitted, or --check holds · 2 bad flags, files or key · 3 nothing could be fitted or checked, or --check does
not hold · 4 could not run`, token.MinSamples),
		Example: `  tokengate calibrate
  tokengate calibrate --recording traffic/march.jsonl --recording spans.json=otlp
  tokengate calibrate --check
  tokengate calibrate --online anthropic --model claude-opus-4-7 CLAUDE.md prompts/answer.md`,
		RunE: func(cmd *cobra.Command, files []string) error { return runCalibrate(cmd.Context(), env, o, files) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.traffic.dir, "dir", "C", ".", "project folder")
	f.StringVar(&o.traffic.config, "config", "", "configuration, relative to the project folder (default "+config.Name+")")
	f.StringArrayVar(&o.traffic.recordings, "recording", nil, "recorded traffic instead of that of the configuration: a file, FILE=DIALECT, or a folder; repeatable")
	f.StringVar(&o.traffic.dialect, "dialect", "", "format of --recording files (default: detected from content)")
	f.StringToStringVar(&o.traffic.assume, "assume", nil, "what --recording files do not say: track, feature, model, template, day")
	f.StringVar(&o.out, "out", "", "calibration file to write, or to check (default: calibration: of the configuration, else "+calibrationName+")")
	f.StringVarP(&o.format, "format", "f", "table", "output: table or json")
	f.BoolVar(&o.check, "check", false, "write nothing; say whether the calibration still fits the traffic")
	f.StringVar(&o.online, "online", "", "count FILE at this provider instead of reading recordings: anthropic")
	f.StringVarP(&o.model, "model", "m", "", "model to count for, with --online")
	return cmd
}

func runCalibrate(ctx context.Context, env *Env, o *calibrateOptions, files []string) error {
	if err := o.validate(files); err != nil {
		return err
	}
	p, err := o.project(ctx)
	if err != nil {
		return err
	}
	if o.check {
		return o.checkFile(ctx, env, p, files)
	}
	evidence, err := o.gather(ctx, env, p, files)
	if err != nil {
		return err
	}
	doc, err := o.fit(env, p, evidence)
	if err != nil {
		return err
	}
	if err := doc.write(env, o.format); err != nil {
		return err
	}
	if doc.Written == "" {
		env.complain(exitInconclusive, "nothing could be fitted, and nothing was written", doc.missing())
		return verdictError{report.Inconclusive}
	}
	return nil
}

func (o *calibrateOptions) validate(files []string) error {
	switch {
	case o.format != "table" && o.format != "json":
		return usageError{fmt.Sprintf("format %q is not known", o.format), "write table or json"}
	case o.online == "" && len(files) > 0:
		return usageError{"files are counted with --online only", "name recordings with --recording, or add --online anthropic --model MODEL"}
	case o.online == "" && o.model != "":
		return usageError{"--model is for --online", "calls are sorted by the models they name"}
	case o.online == "":
		return o.traffic.validate()
	case o.online != "anthropic":
		return usageError{fmt.Sprintf("provider %q is not known", o.online), "write --online anthropic"}
	case o.model == "":
		return usageError{"--online needs the model to count for", "add --model, such as --model claude-opus-4-7"}
	case len(files) == 0:
		return usageError{"--online needs templates to count", "name files, such as CLAUDE.md"}
	case len(o.traffic.recordings) > 0:
		return usageError{"--online and --recording are two sources", "calibrate from one of them"}
	}
	return nil
}

// gather gives the samples, from recordings or from the provider.
func (o *calibrateOptions) gather(ctx context.Context, env *Env, p *calibrateProject, files []string) (*evidence, error) {
	if o.online != "" {
		return o.countOnline(ctx, env, p, files)
	}
	return o.readRecordings(env, p)
}

// fit fits every family that there are samples of, and writes the file if there is a factor in it. Families that an
// earlier run fitted and this one has no factor for are kept.
func (o *calibrateOptions) fit(env *Env, p *calibrateProject, e *evidence) (*calibrateDocument, error) {
	doc := &calibrateDocument{Calls: e.calls, Texts: e.texts, LeftOut: append([]token.LeftOut{}, e.leftOut...)}
	calibration, fitted := p.earlier(env), 0
	known := calibration.Families()
	for _, name := range e.families() {
		f, err := token.FitSamples(name, e.samples[name])
		if err != nil {
			return nil, err
		}
		f.Basis = e.basis(name)
		doc.add(f)
		if len(f.Factors) > 0 {
			calibration = calibration.With(name, f.Calibrated)
			fitted++
		}
	}
	doc.keep(known)
	if fitted == 0 {
		return doc, nil
	}
	doc.Written, doc.Digest = filepath.ToSlash(p.out), calibration.Digest()
	doc.declare = p.declare
	return doc, writeCalibration(p.out, calibration)
}

func writeCalibration(name string, c *token.Calibration) error {
	content, err := c.Write()
	if err == nil {
		err = replaceFile(name, content, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write calibration: %w", err)
	}
	return nil
}

// readCalibration reads the file from disk; content is what its diagnostics speak of.
func readCalibration(name string) (c *token.Calibration, diags source.Diagnostics, content []byte, err error) {
	content, err = os.ReadFile(name)
	if err != nil {
		return nil, nil, nil, err
	}
	c, diags = token.ReadCalibration(content, filepath.ToSlash(name))
	return c, diags, content, nil
}

// earlier is the calibration an earlier run wrote; nil without one. One that cannot be used is replaced, and is told.
func (p *calibrateProject) earlier(env *Env) *token.Calibration {
	c, diags, _, err := readCalibration(p.out)
	switch {
	case err == nil && !diags.HasErrors():
		return c
	case err == nil:
		env.complain(exitPass, "the calibration that is there cannot be used, and nothing of it is kept: "+diags[0].String(), "")
	case !errors.Is(err, fs.ErrNotExist):
		env.complain(exitPass, "the calibration that is there cannot be read: "+err.Error(), "")
	}
	return nil
}
