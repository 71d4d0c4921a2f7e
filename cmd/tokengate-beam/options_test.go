package main

import (
	"errors"
	"flag"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/traffic"
)

func TestFlags(t *testing.T) {
	for _, c := range []struct{ args, wrong string }{
		{"--output x.cube --input a.jsonl --input b.jsonl --sampling 10% --assume track=coding,day=2026-11-22 --assume model=m --dialect native c.jsonl", ""},
		{"--sampling 0", "no share"},
		{"--sampling 110%", "no share"},
		{"--sampling NaN", "no share"},
		{"--assume track", "not written as key=value"},
		{"--assume trak=x", "none of track"},
		{"--assume day=yesterday", "not a day"},
	} {
		f := flag.NewFlagSet("tokengate-beam", flag.ContinueOnError)
		f.SetOutput(io.Discard)
		o := flags(f)
		err := f.Parse(strings.Fields(c.args))
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%s: %v, want %s", c.args, err, c.wrong)
			}
			continue
		}
		if _, err := o.pipeline(f.Args(), started); err != nil {
			t.Fatal(err)
		}
		want := &options{[]string{"a.jsonl", "b.jsonl", "c.jsonl"}, "x.cube", settings{"native", 0.1,
			traffic.Defaults{Track: "coding", Model: "m", Day: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}, started}}
		if diff := cmp.Diff(want, o, cmp.AllowUnexported(options{})); diff != "" {
			t.Error(diff)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		runner string
		o      options
		want   string
	}{
		{"", options{inputs: []string{"a"}, output: "b"}, ""},
		{"", options{output: "b"}, "nothing to read"},
		{"", options{inputs: []string{"a"}}, "no file to write"},
		{"", options{inputs: []string{"a", "--output"}, output: "b"}, `"--output" is no input`},
		{"", options{inputs: []string{"a"}, output: "b", settings: settings{Dialect: "nativ"}}, `no dialect "nativ"`},
		{"", options{inputs: []string{"a"}, output: "b", settings: settings{Dialect: "otlp"}}, "cannot be told file by file"},
		{"", options{inputs: []string{"a"}, output: "b", settings: settings{Dialect: "langfuse"}}, "cannot be told file by file"},
		{"dataflow", options{inputs: []string{"gs://a/b"}, output: "gs://a/c"}, ""},
		{"dataflow", options{inputs: []string{"gs://a/b", "c"}, output: "gs://a/c"}, "do not see the files"},
		{"dataflow", options{inputs: []string{"gs://a/b"}, output: "c"}, "do not see the files"},
	} {
		err := c.o.check(c.runner)
		if c.want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		var u usageError
		if !errors.As(err, &u) || u.hint == "" || !strings.Contains(u.text, c.want) {
			t.Errorf("%+v: %v, want %s", c.o, err, c.want)
		}
	}
}
