package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// start times what a user waits for before the first count: a vocabulary, and a whole run of `tokengate count`.
func start(out io.Writer, root string, rounds int) error {
	if err := loads(out, rounds); err != nil {
		return err
	}
	return commands(out, root, 2*rounds+1)
}

// loads reads every contender's vocabularies, each in a process of its own, since a process reads them once.
func loads(out io.Writer, rounds int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "reading a vocabulary up to the first count, wall time in ms, a new process each")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, encoding := range []string{"o200k_base", "cl100k_base"} {
		times := make([][]float64, len(libraries))
		for range rounds {
			for i, l := range libraries {
				printed, err := exec.Command(self, "-load", l.name+":"+encoding).Output()
				if err != nil {
					return fmt.Errorf("%s, %s: %w", l.name, encoding, err)
				}
				ns, err := strconv.ParseInt(strings.TrimSpace(string(printed)), 10, 64)
				if err != nil {
					return err
				}
				times[i] = append(times[i], float64(ns)/1e6)
			}
		}
		for i, l := range libraries {
			fmt.Fprintf(w, "%s\t%s\t%s\n", encoding, l.name, spreadOf(times[i]))
		}
	}
	return w.Flush()
}

// printLoad is the other end of loads: it prints how long one contender takes to its first count, in nanoseconds.
func printLoad(out io.Writer, what string) error {
	name, encoding, _ := strings.Cut(what, ":")
	for _, l := range libraries {
		if l.name != name {
			continue
		}
		from := time.Now()
		count, err := l.open(encoding)
		if err != nil {
			return err
		}
		count("hello world")
		_, err = fmt.Fprintln(out, time.Since(from).Nanoseconds())
		return err
	}
	return fmt.Errorf("-load %s: no such contender", what)
}

// commands times the built program on a CLAUDE.md of about 10 KB: with nothing in the user's cache folder, again with
// what that run left there, and without counting anything.
func commands(out io.Writer, root string, runs int) (err error) {
	dir, err := os.MkdirTemp("", "tokengate-bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program := filepath.Join(dir, "tokengate")
	build := exec.Command("go", "build", "-o", program, "./cmd/tokengate")
	build.Dir = root
	if said, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, said)
	}
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		return err
	}
	text = text[:cutPoint(string(text), 10<<10)]
	if err := os.WriteFile(filepath.Join(dir, "CLAUDE.md"), text, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nfrom start to end of a process, CLAUDE.md of %d bytes, %d runs, ms\n", len(text), runs)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "command\twall\tprocessor")
	for _, c := range []struct {
		name string
		cold bool
		args []string
	}{
		{"tokengate count CLAUDE.md, empty cache folder", true, []string{"count", "CLAUDE.md"}},
		{"tokengate count CLAUDE.md, again", false, []string{"count", "CLAUDE.md"}},
		{"tokengate --help", false, []string{"--help"}},
	} {
		wall, cpu, err := command(program, dir, runs, c.cold, c.args)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.name, wall, cpu)
	}
	return w.Flush()
}

// command runs the program, once more than it is timed, so that its file is in memory.
func command(program, dir string, runs int, cold bool, args []string) (wall, cpu spread, err error) {
	cache := filepath.Join(dir, "cache")
	var walls, cpus []float64
	for i := range runs + 1 {
		if cold {
			if err := os.RemoveAll(cache); err != nil {
				return wall, cpu, err
			}
		}
		var said bytes.Buffer
		cmd := exec.Command(program, args...)
		cmd.Dir, cmd.Stderr = dir, &said
		cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+cache, "HOME="+dir)
		from := time.Now()
		if err := cmd.Run(); err != nil {
			return wall, cpu, errors.Join(fmt.Errorf("tokengate %s: %w", strings.Join(args, " "), err), errors.New(said.String()))
		}
		if i == 0 {
			continue
		}
		walls = append(walls, time.Since(from).Seconds()*1e3)
		cpus = append(cpus, (cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()).Seconds()*1e3)
	}
	return spreadOf(walls), spreadOf(cpus), nil
}
