package main

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners"

	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/traffic"
)

// options are what the command line says. Those of Beam and its runners stand beside them.
type options struct {
	inputs   []string
	output   string
	settings settings
}

// settings say how every file is read. They travel to the workers as JSON.
type settings struct {
	Dialect  string
	Sampling float64
	Defaults traffic.Defaults
	Now      time.Time // of the start: every worker then refuses the same calls from the future
}

func flags(f *flag.FlagSet) *options {
	o := &options{settings: settings{Sampling: 1}}
	f.Func("input", "files to read, as a path or a glob; may be repeated, and arguments are inputs too", func(s string) error {
		o.inputs = append(o.inputs, s)
		return nil
	})
	f.StringVar(&o.output, "output", "", "cube file to write (required)")
	f.StringVar(&o.settings.Dialect, "dialect", "", "format of the files (default: detected from content)")
	f.Func("sampling", "share of all traffic that the files hold, as 0.1 or 10% (default 1)", func(s string) (err error) {
		o.settings.Sampling, err = share(s)
		return err
	})
	f.Func("assume", "what the files do not say, as track=coding,model=…: track, feature, model, template, day", func(s string) error {
		return assume(&o.settings.Defaults, s)
	})
	return o
}

func share(s string) (float64, error) {
	number, percent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v > 0 && v <= 1) {
		return 0, fmt.Errorf("%q is no share above 0 and up to 1", s)
	}
	return v, nil
}

func assume(d *traffic.Defaults, list string) error {
	for pair := range strings.SplitSeq(list, ",") {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return fmt.Errorf("%q is not written as key=value", pair)
		}
		switch key {
		case "track":
			d.Track = value
		case "feature":
			d.Feature = value
		case "model":
			d.Model = value
		case "template":
			d.Template = value
		case "day":
			day, err := time.Parse(time.DateOnly, value)
			if err != nil {
				return fmt.Errorf("%q is not a day such as 2026-11-22", value)
			}
			d.Day = day
		default:
			return fmt.Errorf("%q is none of track, feature, model, template, day", key)
		}
	}
	return nil
}

// usageError is a command line that says what cannot be done.
type usageError struct{ text, hint string }

// Error gives what is wrong.
func (e usageError) Error() string { return e.text }

// pipeline checks what was asked for before anything is sent to an engine.
func (o *options) pipeline(args []string, now time.Time) (*beam.Pipeline, error) {
	o.inputs = append(o.inputs, args...)
	o.settings.Now = now
	if err := o.check(*runners.Runner); err != nil {
		return nil, err
	}
	p := beam.NewPipeline()
	build(p.Root(), o.inputs, o.output, o.settings)
	return p, nil
}

func (o *options) check(runner string) error {
	d := o.settings.Dialect
	switch i := slices.IndexFunc(o.inputs, func(s string) bool { return s == "" || strings.HasPrefix(s, "-") }); {
	case i >= 0:
		return usageError{fmt.Sprintf("%q is no input", o.inputs[i]), "write flags in front of the inputs"}
	case len(o.inputs) == 0:
		return usageError{"there is nothing to read", "name files: tokengate-beam --output all.cube 'traffic/*.jsonl.gz'"}
	case o.output == "":
		return usageError{"there is no file to write", "name one: --output all.cube"}
	case d != "" && !slices.Contains(traffic.Dialects(), d):
		return usageError{fmt.Sprintf("there is no dialect %q", d), source.DidYouMean(d, traffic.Dialects(), "write one of "+strings.Join(traffic.Dialects(), ", "))}
	case d != "" && !traffic.Spreads(d):
		return usageError{fmt.Sprintf("calls of the dialect %s cannot be told file by file", d), "read all of it on one machine, or convert it to the native form first"}
	case runner == "dataflow" && slices.ContainsFunc(append(o.inputs, o.output), isLocal):
		return usageError{"Dataflow's workers do not see the files of this machine", "name inputs and output as gs://bucket/…"}
	}
	return nil
}
