package main

import (
	"fmt"
	"io"
	"sync"
	"text/tabwriter"
	"time"
)

// turn is how long one timing lasts at the least.
const turn = 100 * time.Millisecond

// speed compares the contenders on every corpus and encoding, one core each.
func speed(out io.Writer, root string, rounds int) error {
	all, err := readCorpora(root)
	if err != nil {
		return err
	}
	for _, c := range all {
		fmt.Fprintf(out, "%s: %s; %d bytes in %d documents\n", c.name, c.origin, c.bytes, len(c.documents))
	}
	fmt.Fprintln(out, "MB of text per second of processor time on one core. × is the product's speed over the peer's. Cold is the product's")
	fmt.Fprintln(out, "speed with an empty memory of the pieces it has met (peers keep none), and cold × that over the peer's speed.")
	for _, encoding := range []string{"o200k_base", "cl100k_base"} {
		if err := speedOf(out, encoding, all, rounds); err != nil {
			return err
		}
	}
	return nil
}

func speedOf(out io.Writer, encoding string, all []corpus, rounds int) error {
	contenders, err := open(encoding)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\n%s\tcontender\ttokens\tMB/s\t×\tallocations/MB\tallocated MB/MB\tcold MB/s\tcold ×\n", encoding)
	for _, c := range all {
		var passes []pass
		for _, x := range contenders {
			passes = append(passes, pass{run: func() { total(x, c.documents) }})
		}
		cold := len(passes)
		passes = append(passes, pass{passes[0].run, true})
		var times [][]float64
		onOneCore(func() { times = interleave(rounds, turn, cpuTime, passes) })
		mb := float64(c.bytes) / 1e6
		for i, x := range contenders {
			mallocs, bytes := allocations(passes[i].run)
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t", c.name, x.name, total(x, c.documents), spreadOf(times[i]).inverse(mb))
			fmt.Fprintf(w, "%.1f\t%.1f\t%.2f\t", over(times[i], times[0]).median, float64(mallocs)/mb, float64(bytes)/1e6/mb)
			if i == 0 {
				fmt.Fprint(w, spreadOf(times[cold]).inverse(mb))
			}
			fmt.Fprintf(w, "\t%.1f\n", over(times[i], times[cold]).median)
		}
	}
	return w.Flush()
}

func total(x contender, documents []string) int64 {
	n := int64(0)
	for _, d := range documents {
		n += x.count(d)
	}
	return n
}

// cores compares the product with itself: the documents counted by one goroutine, and shared between two.
func cores(out io.Writer, root string, rounds int) error {
	all, err := readCorpora(root)
	if err != nil {
		return err
	}
	count, err := openProduct("o200k_base")
	if err != nil {
		return err
	}
	product := contender{"tokengate", count}
	var documents []string
	size := 0
	for _, c := range all {
		documents, size = append(documents, c.documents...), size+c.bytes
	}
	began := time.Now()
	wall := func() time.Duration { return time.Since(began) }
	half := len(documents) / 2
	even := interleaved(documents)
	passes := []pass{
		{run: func() { total(product, even) }},
		{run: func() {
			var both sync.WaitGroup
			both.Go(func() { total(product, even[:half]) })
			both.Go(func() { total(product, even[half:]) })
			both.Wait()
		}},
	}
	times, work := interleave(rounds, 2*turn, wall, passes), interleave(rounds, 2*turn, cpuTime, passes)
	mb := float64(size) / 1e6
	fmt.Fprintf(out, "all four corpora, o200k_base, MB per second of wall time: one goroutine %s, two %s; two ÷ one %s\n",
		spreadOf(times[0]).inverse(mb), spreadOf(times[1]).inverse(mb), over(times[0], times[1]))
	fmt.Fprintf(out, "processor time of two ÷ one %.2f: on a machine with nothing else to do, two ÷ one in wall time is at most %.2f\n",
		over(work[1], work[0]).median, 2*over(work[0], work[1]).median)
	return nil
}

// interleaved puts the even documents before the odd ones, so that both halves hold as much of every corpus.
func interleaved(documents []string) []string {
	var even, odd []string
	for i, d := range documents {
		if i%2 == 0 {
			even = append(even, d)
		} else {
			odd = append(odd, d)
		}
	}
	return append(even, odd...)
}
