package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tokengate/tokengate/internal/forecast"
)

// The measured input: tracks whose level drifts and jumps, as recorded ones do.
const (
	tracks   = 200
	history  = 90
	horizon  = 28
	nominal  = 0.90
	peerName = "R forecast::ets"
)

// forecasts times the forecast of a month for 200 tracks of 90 days, beside exponential smoothing with the model chosen by
// AICc, the usual choice for such series (R's package forecast; Debian: r-cran-forecast). How often P90 held is printed
// beside it, since a forecast can be as fast as one likes.
func forecasts(out io.Writer, _ string, rounds int) error {
	if _, err := exec.LookPath("Rscript"); err != nil {
		fmt.Fprintln(out, "left out: Rscript is not installed (apt-get install r-cran-forecast)")
		return nil
	}
	dir, err := os.MkdirTemp("", "tokengate-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	series := drifting()
	file := filepath.Join(dir, "series.csv")
	if err := writeSeries(file, series); err != nil {
		return err
	}
	var ours, theirs []float64
	var held, heldPeer int
	for range rounds {
		from := time.Now()
		held = 0
		for _, s := range series {
			d, _, err := forecast.Volume(s[:history], horizon, forecast.Uncertainty{})
			if err != nil {
				return err
			}
			if came(s) <= d.Quantile(nominal) {
				held++
			}
		}
		ours = append(ours, time.Since(from).Seconds())
		seconds, n, err := smooth(file)
		if err != nil {
			return err
		}
		theirs, heldPeer = append(theirs, seconds), n
	}
	fmt.Fprintf(out, "forecast of %d days for %d tracks of %d days, wall time in s, one core\n", horizon, tracks, history)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "contender\ttime\t÷ %s\tP90 held\n", peerName)
	fmt.Fprintf(w, "tokengate\t%s\t%s\t%d of %d\n", spreadOf(ours), over(ours, theirs), held, tracks)
	fmt.Fprintf(w, "%s\t%s\t\t%d of %d\n", peerName, spreadOf(theirs), heldPeer, tracks)
	return w.Flush()
}

func came(s []float64) (sum float64) {
	for _, v := range s[history:] {
		sum += v
	}
	return sum
}

func drifting() [][]float64 {
	r := rand.New(rand.NewPCG(5, 5))
	out := make([][]float64, tracks)
	for i := range out {
		level := 100.0
		for range history + horizon {
			level *= math.Exp(0.1 * r.NormFloat64())
			if r.Float64() < 0.03 {
				level *= math.Exp(r.NormFloat64())
			}
			out[i] = append(out[i], level*math.Exp(0.4*r.NormFloat64()))
		}
	}
	return out
}

func writeSeries(name string, series [][]float64) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for _, s := range series {
		for i, v := range s {
			if i > 0 {
				fmt.Fprint(w, ",")
			}
			fmt.Fprint(w, strconv.FormatFloat(v, 'g', 17, 64))
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// smoothing prints the seconds that fitting and forecasting took and how often P90 of the total held. A total has no
// closed form, so its quantile is taken of simulated paths, as the package's manual advises.
const smoothing = `
suppressMessages(library(forecast))
x <- as.matrix(read.csv(%q, header = FALSE)); n <- %d; h <- %d
held <- 0; set.seed(1)
t <- system.time(for (i in seq_len(nrow(x))) {
  m <- ets(ts(x[i, 1:n], frequency = 7))
  total <- replicate(200, sum(pmax(0, simulate(m, nsim = h, future = TRUE))))
  if (sum(x[i, (n + 1):(n + h)]) <= quantile(total, %g)) held <- held + 1
})
cat(t[["elapsed"]], held, "\n")
`

func smooth(file string) (seconds float64, held int, err error) {
	got, err := exec.Command("Rscript", "-e", fmt.Sprintf(smoothing, file, history, horizon, nominal)).Output()
	if err != nil {
		return 0, 0, fmt.Errorf("Rscript: %w", err)
	}
	_, err = fmt.Sscan(strings.TrimSpace(string(got)), &seconds, &held)
	return seconds, held, err
}
