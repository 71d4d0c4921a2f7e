// Command generate writes the recorded traffic of the example project testdata/projects/rag-assistant: a knowledge-base
// assistant that rewrites a question, embeds it, answers from the passages found and grades the answer.
//
// The traffic is synthetic, its shape is not: hours, weeks, prompt and output lengths follow distributions measured on
// public traces (parameters.go says which and what is assumed instead). Equal seeds and equal prompts give equal bytes.
// No text of a prompt is recorded, only its template, that template's git blob id and the tokens used.
//
//	go run ./testdata/generate -seed 1 -project testdata/projects/rag-assistant
//	go run ./testdata/generate -verify        # exit 1 when the files on disk are not what would be written
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/tokengate/tokengate/internal/traffic"
)

// firstDay is a Monday; weeks is how many whole weeks are recorded, one file each.
var firstDay = time.Date(2026, time.October, 26, 0, 0, 0, 0, time.UTC)

const weeks = 4

func main() {
	seed := flag.Uint64("seed", 1, "equal seeds give equal traffic")
	project := flag.String("project", "testdata/projects/rag-assistant", "project whose prompts are used")
	out := flag.String("out", "", "folder to write to (default: traffic in the project)")
	verify := flag.Bool("verify", false, "write nothing; fail when the files on disk differ")
	stats := flag.Bool("stats", false, "print calls and tokens per week and track")
	flag.Parse()
	if *out == "" {
		*out = filepath.Join(*project, "traffic")
	}
	if err := run(*seed, *project, *out, *verify, *stats); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(seed uint64, project, out string, verify, stats bool) error {
	prompts, err := readPrompts(project)
	if err != nil {
		return err
	}
	calls := newSimulation(seed, prompts).run()
	if stats {
		printStats(os.Stdout, calls)
	}
	for w := range weeks {
		from := firstDay.AddDate(0, 0, 7*w)
		content, err := encode(within(calls, from, from.AddDate(0, 0, 7)))
		if err != nil {
			return err
		}
		year, week := from.ISOWeek()
		name := filepath.Join(out, fmt.Sprintf("%d-W%02d.jsonl.gz", year, week))
		if err := put(name, content, verify); err != nil {
			return err
		}
	}
	return nil
}

// within picks the calls of one week; a session that crosses midnight on Sunday is split between two files.
func within(calls []traffic.Call, from, to time.Time) []traffic.Call {
	var out []traffic.Call
	for _, c := range calls {
		if !c.Time.Before(from) && c.Time.Before(to) {
			out = append(out, c)
		}
	}
	return out
}

func encode(calls []traffic.Call) ([]byte, error) {
	var b bytes.Buffer
	for i := range calls {
		if err := traffic.WriteNative(&b, &calls[i]); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// put writes lines compressed, or compares them with what the file holds. It compares the lines, not the compressed
// bytes: another release of the compressor may write those differently.
func put(name string, lines []byte, verify bool) error {
	if verify {
		have, err := unpack(name)
		if err != nil {
			return err
		}
		if !bytes.Equal(have, lines) {
			return fmt.Errorf("%s is not what the generator writes now; run go run ./testdata/generate", name)
		}
		return nil
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(lines); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}

func unpack(name string) ([]byte, error) {
	packed, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	lines, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return lines, nil
}
