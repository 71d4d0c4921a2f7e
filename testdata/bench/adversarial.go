package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"text/tabwriter"
	"time"
)

const (
	hostileSize = 1 << 20
	// A peer gets a sixty-fourth of the text where its time grows with the square of a run, and is left out of the
	// table where even that takes longer than patience: the figure would only get worse with length.
	sampleSize = hostileSize / 64
	patience   = 3 * time.Second
)

// hostile is a text without a place to split, or with nothing but such places.
type hostile struct{ name, unit string }

var hostiles = []hostile{
	{"a", "a"}, {"spaces", " "}, {"base64", ""}, {"emoji joined by U+200D", "👩\u200d"}, {"combining marks", "\u0301"},
	{"digits", "7"}, {"=", "="}, {"newlines", "\n"}, {"ab", "ab"}, {"invalid UTF-8", "\xff"},
}

func (h hostile) text(size int) string {
	if h.unit != "" {
		return strings.Repeat(h.unit, size/len(h.unit))
	}
	rng := rand.New(rand.NewPCG(1, 0))
	raw := make([]byte, size*3/4)
	for i := range raw {
		raw[i] = byte(rng.UintN(256))
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// adversarial tells what a byte of each hostile text costs beside a byte of prose, by the same counter.
func adversarial(out io.Writer, root string, rounds int) error {
	all, err := readCorpora(root)
	if err != nil {
		return err
	}
	contenders, err := open("o200k_base")
	if err != nil {
		return err
	}
	prose := all[0]
	fmt.Fprintf(out, "o200k_base, one core: time per byte ÷ the same counter's time per byte of prose. The product counts %d KiB and\n", hostileSize>>10)
	fmt.Fprintf(out, "ten times as much (the last column: its time over ten times the time); peers count %d KiB, and a time that grows\n", sampleSize>>10)
	fmt.Fprintf(out, "with the square of the length would be 64 times worse on the product's text. \"–\" marks more than %s for that.\n", patience)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "text\ttokengate ns/byte\t÷ prose\ttiktoken-go ÷ prose\ttokenizer ÷ prose\t10× length ÷ 10× time")
	base := make([]float64, len(contenders))
	onOneCore(func() {
		for i, x := range contenders {
			base[i] = perByte(rounds, func() { total(x, prose.documents) }, prose.bytes).median
		}
		for _, h := range hostiles {
			row(w, h, contenders, base, rounds)
		}
	})
	return w.Flush()
}

func row(w io.Writer, h hostile, contenders []contender, base []float64, rounds int) {
	text, sample, ten := h.text(hostileSize), h.text(sampleSize), h.text(10*hostileSize)
	own := perByte(rounds, func() { contenders[0].count(text) }, len(text))
	fmt.Fprintf(w, "%s\t%s\t%.1f\t", h.name, own, own.median/base[0])
	for i := 1; i < len(contenders); i++ {
		from := cpuTime()
		contenders[i].count(sample)
		if cpuTime()-from > patience {
			fmt.Fprint(w, "–\t")
			continue
		}
		fmt.Fprintf(w, "%.1f\t", perByte(min(rounds, 3), func() { contenders[i].count(sample) }, len(sample)).median/base[i])
	}
	long := perByte(min(rounds, 3), func() { contenders[0].count(ten) }, len(ten))
	fmt.Fprintf(w, "%.2f\n", long.median/own.median)
}

// perByte is in nanoseconds.
func perByte(rounds int, f func(), bytes int) spread {
	s := spreadOf(interleave(rounds, turn/2, cpuTime, []pass{{run: f}})[0])
	return spread{s.median * 1e9 / float64(bytes), s.least * 1e9 / float64(bytes), s.most * 1e9 / float64(bytes)}
}
