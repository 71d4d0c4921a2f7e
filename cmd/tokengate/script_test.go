package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tokengate": main})
}

// TestScripts runs every command line of testdata/script as a user would: the program itself, real git, no network.
// Beside testscript's own commands there are
//
//	exits CODE PROGRAM ARGS…      runs a program and wants that very exit code
//	commit MESSAGE                commits everything in the working folder, making the repository first if need be
//	traffic FILE key=value…       writes a recording of equal calls in the native dialect: days, calls (a day), input,
//	                              cached, output, latency (ms), model, track, feature, template, sessions (a day), start
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   filepath.Join("..", "..", "testdata", "script"),
		Setup: setup,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "commit": commit, "traffic": traffic, "gzip": zip,
		},
	})
}

func setup(e *testscript.Env) error {
	for _, pair := range [][2]string{
		{"GIT_CONFIG_GLOBAL", os.DevNull}, {"GIT_CONFIG_SYSTEM", os.DevNull}, {"HOME", e.WorkDir}, {"NO_COLOR", "1"}, {"CI", "1"},
		{"GIT_AUTHOR_NAME", "t"}, {"GIT_AUTHOR_EMAIL", "t@example.com"}, {"GIT_COMMITTER_NAME", "t"}, {"GIT_COMMITTER_EMAIL", "t@example.com"},
		{"GIT_AUTHOR_DATE", "2026-11-01T12:00:00Z"}, {"GIT_COMMITTER_DATE", "2026-11-01T12:00:00Z"},
	} {
		e.Setenv(pair[0], pair[1])
	}
	return nil
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func commit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: commit MESSAGE")
	}
	if _, err := os.Stat(ts.MkAbs(".git")); err != nil {
		ts.Check(ts.Exec("git", "init", "-q", "-b", "main"))
	}
	ts.Check(ts.Exec("git", "add", "-A"))
	ts.Check(ts.Exec("git", "commit", "-q", "--allow-empty", "-m", args[0]))
}

func traffic(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: traffic FILE key=value…")
	}
	set := map[string]string{"days": "28", "calls": "10", "input": "1000", "cached": "0", "output": "100", "latency": "1500", "model": "gpt-5.6-sol", "sessions": "5", "start": "2026-10-25"}
	for _, a := range args[1:] {
		key, value, _ := strings.Cut(a, "=")
		set[key] = value
	}
	number := func(key string) int {
		n, err := strconv.Atoi(set[key])
		ts.Check(err)
		return n
	}
	start, err := time.Parse(time.DateOnly, set["start"])
	ts.Check(err)
	var b bytes.Buffer
	for d := range number("days") {
		for c := range number("calls") {
			at := start.AddDate(0, 0, d).Add(time.Duration(c) * 24 * time.Hour / time.Duration(number("calls")))
			if c == number("calls")-1 {
				at = start.AddDate(0, 0, d+1).Add(-time.Minute) // the last call of a day shows that the day is whole
			}
			fmt.Fprintf(&b, `{"ts":%q,"id":"%s-%d-%d","track":%q,"feature":%q,"session":"%d-%d","template":%q,"model":%q,"usage":{"input":%d,"cache_read":%d,"output":%d},"latency_ms":%d,"status":"ok"}`+"\n",
				at.Format(time.RFC3339), filepath.Base(args[0]), d, c, set["track"], set["feature"], d, c%number("sessions"), set["template"], set["model"],
				number("input"), number("cached"), number("output"), number("latency"))
		}
	}
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o755))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o644))
}

// zip compresses FILE to FILE.gz; with a number, only that many bytes of the result are written.
func zip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: gzip FILE [BYTES]")
	}
	content, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err = w.Write(content)
	ts.Check(err)
	ts.Check(w.Close())
	out := b.Bytes()
	if len(args) > 1 {
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		out = out[:n]
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".gz"), out, 0o644))
	ts.Check(os.Remove(ts.MkAbs(args[0])))
}
