package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/tokengate/tokengate/internal/traffic"
)

// recorded is a recording that is profiled: its files, and how many lines they hold.
type recorded struct {
	name  string
	files []string
	lines int
	glob  string // for the peers
}

// trafficLines is how many lines the large recordings have.
const trafficLines = 2_000_000

// readings times `tokengate traffic profile` beside `wc -l`, the floor, and beside DuckDB's read_json doing the same
// sums by day, track and model, once as they stand and once counting each id once. The product also samples users and
// sessions and sketches two latencies; DuckDB takes exact quantiles of one, and is timed without the start of its process.
// The files take 11 GB of disk while this runs.
func readings(out io.Writer, root string, rounds int) error {
	dir, err := os.MkdirTemp("", "tokengate-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "tokengate")
	build := exec.Command("go", "build", "-o", binary, "./cmd/tokengate")
	build.Dir = root
	if msg, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, msg)
	}
	duck, err := newDuck(root, dir)
	if err != nil {
		fmt.Fprintf(out, "DuckDB is left out: %v\n", err)
	}
	sets, err := recordings(dir)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "recording\tcontender\twall s\tCPU s\tpeak MiB\twall ÷ DuckDB\tCPU ÷ DuckDB\twall ÷ once\tCPU ÷ once\twall ÷ wc")
	for _, set := range sets {
		if err := compare(w, binary, duck, set, rounds); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return curve(out, binary, dir, rounds)
}

// usage is what a process took.
type usage struct{ wall, cpu, peak float64 }

func compare(w io.Writer, binary string, duck *duckDB, set recorded, rounds int) error {
	var ours, theirs, once, floor []usage
	for range rounds {
		u, err := profile(binary, set.files)
		if err != nil {
			return err
		}
		ours = append(ours, u)
		if u, err = process(exec.Command("wc", append([]string{"-l"}, set.files...)...)); err != nil {
			return err
		}
		floor = append(floor, u)
		if duck == nil {
			continue
		}
		if u, err = duck.aggregate(set.glob, ""); err != nil {
			return err
		}
		theirs = append(theirs, u)
		if u, err = duck.aggregate(set.glob, "once"); err != nil {
			return err
		}
		once = append(once, u)
	}
	pick := func(us []usage, f func(usage) float64) (out []float64) {
		for _, u := range us {
			out = append(out, f(u))
		}
		return out
	}
	wall, cpu, peak := func(u usage) float64 { return u.wall }, func(u usage) float64 { return u.cpu }, func(u usage) float64 { return u.peak }
	row := func(name string, us []usage, ratios ...string) {
		if len(us) == 0 {
			return
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.0f", set.name, name, spreadOf(pick(us, wall)), spreadOf(pick(us, cpu)), spreadOf(pick(us, peak)).median)
		for _, r := range ratios {
			fmt.Fprintf(w, "\t%s", r)
		}
		fmt.Fprintln(w)
	}
	against := func(us []usage, f func(usage) float64) string {
		if len(us) == 0 {
			return "-"
		}
		return over(pick(ours, f), pick(us, f)).String()
	}
	row("tokengate", ours, against(theirs, wall), against(theirs, cpu), against(once, wall), against(once, cpu), against(floor, wall))
	row("DuckDB", theirs)
	row("DuckDB, each id once", once)
	row("wc -l", floor)
	return nil
}

func profile(binary string, files []string) (usage, error) {
	return process(exec.Command(binary, append([]string{"traffic", "profile", "--force", "-o", os.DevNull}, files...)...))
}

// process runs a command and tells what it took.
func process(cmd *exec.Cmd) (usage, error) {
	begin := time.Now()
	if msg, err := cmd.CombinedOutput(); err != nil {
		return usage{}, fmt.Errorf("%s: %w\n%s", cmd.Args[0], err, msg)
	}
	s := cmd.ProcessState
	return usage{time.Since(begin).Seconds(), (s.UserTime() + s.SystemTime()).Seconds(), peakMiB(s)}, nil
}

// peakMiB is the largest memory that a process held.
func peakMiB(s *os.ProcessState) float64 {
	u, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return float64(u.Maxrss) / 1024
}

// promptText is the text of each prompt where lines hold one: 3 KB.
var promptText = strings.Repeat("Answer from the passages below, and name the one you used. ", 52)

// recordings writes the same calls in every form: 2 million lines in a file, in 16 packed ones, and lines that hold the
// text of their prompts.
func recordings(dir string) ([]recorded, error) {
	plain := recorded{name: "2 M lines", files: []string{filepath.Join(dir, "plain.jsonl")}, lines: trafficLines, glob: filepath.Join(dir, "plain.jsonl")}
	if err := writeCalls(plain.files[0], 0, trafficLines, "", false); err != nil {
		return nil, err
	}
	text := recorded{name: "with prompts", files: []string{filepath.Join(dir, "text.jsonl")}, lines: trafficLines / 8, glob: filepath.Join(dir, "text.jsonl")}
	if err := writeCalls(text.files[0], 0, text.lines, promptText, false); err != nil {
		return nil, err
	}
	packed := recorded{name: "16 gz shards", lines: trafficLines, glob: filepath.Join(dir, "shard-*.jsonl.gz")}
	for i := range 16 {
		name := filepath.Join(dir, fmt.Sprintf("shard-%02d.jsonl.gz", i))
		if err := writeCalls(name, i*trafficLines/16, (i+1)*trafficLines/16, "", true); err != nil {
			return nil, err
		}
		packed.files = append(packed.files, name)
	}
	return []recorded{plain, text, packed}, nil
}

// writeCalls writes the calls from one number to another, the same for the same numbers.
func writeCalls(name string, from, to int, text string, pack bool) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	var line io.Writer = w
	if pack {
		z := gzip.NewWriter(w)
		defer func() { err = errors.Join(err, z.Close(), w.Flush()) }()
		line = z
	} else {
		defer func() { err = errors.Join(err, w.Flush()) }()
	}
	for i := from; i < to; i++ {
		c := call(i)
		if text != "" {
			if _, err := io.WriteString(line, `{"messages":[{"role":"user","content":"`+text+`"}],`); err != nil {
				return err
			}
			if err := traffic.WriteNative(&afterBrace{w: line}, &c); err != nil {
				return err
			}
			continue
		}
		if err := traffic.WriteNative(line, &c); err != nil {
			return err
		}
	}
	return nil
}

// afterBrace drops the first byte of a line.
type afterBrace struct{ w io.Writer }

func (a *afterBrace) Write(b []byte) (int, error) {
	n, err := a.w.Write(b[1:])
	return n + 1, err
}

// call is one of a month of calls on four tracks and three models.
func call(i int) traffic.Call {
	spread := uint64(i+1) * 0x9e3779b97f4a7c15
	c := traffic.Call{
		Time: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i%trafficLines) * 1339 * time.Millisecond),
		ID:   fmt.Sprintf("req_%016x", spread), Track: []string{"ingestion", "retrieval", "reasoning", "answer"}[i%4], Feature: []string{"ask", "search", "digest"}[i%3],
		User: fmt.Sprintf("user-%05d", spread>>40%40_000), Session: fmt.Sprintf("session-%07d", i/6), Template: "prompts/answer.md",
		TemplateVersion: "9f2c0d6b1a4e5f60718293a4b5c6d7e8f9012345", Sources: []string{"kb"}, Model: []string{"gpt-5-mini", "claude-sonnet-5", "gpt-5"}[spread>>20%3], Status: "ok",
	}
	c.Latency = time.Duration(300+spread>>30%9000) * time.Millisecond
	c.FirstToken = time.Duration(80+spread>>34%700) * time.Millisecond
	c.Usage.Input, c.Usage.CacheRead, c.Usage.Output = int64(200+spread>>10%3000), int64(1024*(spread>>50%3)), int64(20+spread>>5%900)
	return c
}

// curve tells what a line costs from ten thousand lines to twenty million.
func curve(out io.Writer, binary, dir string, rounds int) error {
	fmt.Fprintln(out, "\nwhat a line costs, wall and CPU time in ns, by how many there are")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, lines := range []int{10_000, 100_000, 1_000_000, 2_000_000, 20_000_000} {
		name := filepath.Join(dir, "curve.jsonl")
		if err := writeCalls(name, 0, lines, "", false); err != nil {
			return err
		}
		var wall, cpu, peak []float64
		for range min(rounds, max(1, 20_000_000/lines)) {
			u, err := profile(binary, []string{name})
			if err != nil {
				return err
			}
			wall, cpu, peak = append(wall, u.wall*1e9/float64(lines)), append(cpu, u.cpu*1e9/float64(lines)), append(peak, u.peak)
		}
		fmt.Fprintf(w, "%s lines\t%.0f\t%.0f\t%.0f MiB\n", strconv.Itoa(lines), spreadOf(wall).median, spreadOf(cpu).median, spreadOf(peak).median)
	}
	fmt.Fprintf(w, "%d processors\n", runtime.NumCPU())
	return w.Flush()
}
