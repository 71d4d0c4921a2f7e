package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/token"
)

// checkFile says how well the file that is there predicts the samples. It fails, with the code for "not known", where a
// family drifted, or where no family has enough samples to tell.
func (o *calibrateOptions) checkFile(ctx context.Context, env *Env, p *calibrateProject, files []string) error {
	c, diags, content, err := readCalibration(p.out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usageError{fmt.Sprintf("there is no calibration at %s", filepath.ToSlash(p.out)), "run tokengate calibrate first, or name the file with --out"}
	case err != nil:
		return err
	case diags.HasErrors():
		return diagnosticsError{diags, func(string) []byte { return content }}
	}
	e, err := o.gather(ctx, env, p, files)
	if err != nil {
		return err
	}
	return judgeCalibration(env, o.format, c, e)
}

func judgeCalibration(env *Env, format string, c *token.Calibration, e *evidence) error {
	var all []token.Fitness
	judged, drifted := 0, 0
	for _, name := range c.Families() {
		f := c.Check(name, e.samples[name])
		if all = append(all, f); f.Refused == "" {
			judged++
		}
		if f.Drifted {
			drifted++
		}
	}
	if err := writeFitness(env, format, all); err != nil {
		return err
	}
	switch {
	case drifted > 0:
		env.complain(exitInconclusive, fmt.Sprintf("the calibration does not hold for %s", number(int64(drifted), "tokenizer")), "run tokengate calibrate again")
	case judged == 0:
		env.complain(exitInconclusive, "there is too little traffic with text to check the calibration", fmt.Sprintf("%d requests of one tokenizer are needed", token.MinSamples))
	default:
		return nil
	}
	return verdictError{report.Inconclusive}
}

func writeFitness(env *Env, format string, all []token.Fitness) error {
	if format == "json" {
		return writeJSON(env.Out, all)
	}
	for _, f := range all {
		switch {
		case f.Refused != "":
			fmt.Fprintf(env.Out, "%s: not checked: %s\n", f.Family, f.Refused)
		default:
			word := "holds"
			if f.Drifted {
				word = "does not hold"
			}
			fmt.Fprintf(env.Out, "%s: %s: %d of %d requests are inside the stated error, and 9 in 10 should be; error of the text: median %.1f%%, P90 %.1f%%\n",
				f.Family, word, f.Within, f.Samples, 100*f.Median, 100*f.P90)
		}
	}
	return nil
}
