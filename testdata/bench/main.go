// Command bench measures how fast tokens are counted, recordings read and tracks forecast: the product beside tiktoken-go
// and tiktoken-go/tokenizer, beside DuckDB and wc, and beside R's package forecast, in one run and on the same input. It is
// a module of its own, so that the peers stay out of the product's go.mod.
//
// Ratios are what to read: all contenders take turns within every round, so a slow moment of the machine meets all of
// them, and a ratio is the median of the rounds' ratios. A speed is the median over the rounds, with the least and the most. No time is asserted.
//
//	make bench                          # the product's Go benchmarks, then this
//	cd testdata/bench && go run .       # this alone
//	cd testdata/bench && go run . -rounds 11 -only speed
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// sections are the tables in the order of the output.
var sections = []struct {
	name string
	run  func(out io.Writer, root string, rounds int) error
}{
	{"speed", speed},
	{"cores", cores},
	{"start", start},
	{"adversarial", adversarial},
	{"traffic", readings},
	{"decoders", decoders},
	{"forecast", forecasts},
}

func main() {
	rounds := flag.Int("rounds", 7, "how often every measurement is taken")
	only := flag.String("only", "", "one table: speed, cores, start, adversarial, traffic, decoders or forecast")
	root := flag.String("root", "../..", "the product's folder")
	load := flag.String("load", "", "read one vocabulary, print the nanoseconds that took, and end (used by the table start)")
	flag.Parse()
	if err := run(*rounds, *only, *root, *load); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(rounds int, only, root, load string) error {
	if load != "" {
		return printLoad(os.Stdout, load)
	}
	if rounds < 1 {
		return fmt.Errorf("-rounds %d: one at least", rounds)
	}
	out := os.Stdout
	fmt.Fprintf(out, "%s %s/%s, %d cores; medians of %d rounds, least to most in brackets\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), rounds)
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Fprintf(out, "load averages before the start: %s\n", strings.Join(strings.Fields(string(load))[:3], ", "))
	}
	ran := false
	for _, s := range sections {
		if only != "" && only != s.name {
			continue
		}
		ran = true
		fmt.Fprintf(out, "\n%s\n", strings.ToUpper(s.name))
		if err := s.run(out, root, rounds); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if !ran {
		return fmt.Errorf("-only %s: no such table", only)
	}
	return nil
}
