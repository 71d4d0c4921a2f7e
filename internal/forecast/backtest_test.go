package forecast

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tokengate/tokengate/internal/stats"
)

// backtest is one forecast of the past: what was known, and what came.
type backtest struct {
	daily   []float64
	horizon int
	actual  float64
}

// On recorded series the forecast must beat last week's level with normal noise where a gate looks (P90, P95), lose
// hardly anything at P50, and hold P90 and P95 about as often as they say.
func TestVolumeBacktest(t *testing.T) {
	tasks := backtests(t, sampleDir(t, "data/traces/bt"))
	at := []float64{0.5, 0.9, 0.95}
	held, ours, naive := make([]float64, 3), make([]float64, 3), make([]float64, 3)
	for _, b := range tasks {
		d, h := volume(t, b.daily, b.horizon, Uncertainty{}), float64(b.horizon)
		level := stats.Mean(b.daily[max(0, len(b.daily)-7):]) * h
		noise := stats.StdDev(b.daily) * math.Sqrt(h)
		scale := max(stats.Mean(b.daily)*h, b.actual/5)
		for i, p := range at {
			q := d.Quantile(p)
			ours[i] += pinball(q, b.actual, p) / scale
			naive[i] += pinball(level+noise*stats.NormalQuantile(p), b.actual, p) / scale
			if b.actual <= q {
				held[i] += 1 / float64(len(tasks))
			}
		}
	}
	loss := (ours[0]/naive[0] + ours[1]/naive[1] + ours[2]/naive[2]) / 3
	t.Logf("%d tasks: loss %.3f of the naive one (P50 %.3f, P90 %.3f, P95 %.3f); P90 held %.1f%%, P95 %.1f%%", len(tasks), loss, ours[0]/naive[0], ours[1]/naive[1], ours[2]/naive[2], 100*held[1], 100*held[2])
	if loss > 0.80 || ours[0] > 1.02*naive[0] || ours[2] > 0.65*naive[2] {
		t.Errorf("loss %.3f of the naive one, P50 %.3f, P95 %.3f", loss, ours[0]/naive[0], ours[2]/naive[2])
	}
	if held[1] < 0.82 || held[2] < 0.88 {
		t.Errorf("P90 held %.1f%% of the time, P95 %.1f%%", 100*held[1], 100*held[2])
	}
}

func pinball(q, actual, p float64) float64 {
	return max(p*(actual-q), (p-1)*(actual-q))
}

// sampleDir finds a directory of the samples that may lie beside the project, and skips the test where they do not.
func sampleDir(t *testing.T, name string) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			t.Fatal("no go.mod above the package")
		}
	}
	dir := filepath.Join(root, "..", "shared", filepath.FromSlash(name))
	if _, err := os.Stat(dir); err != nil {
		t.Skip("shared samples not present: " + name)
	}
	return dir
}

func backtests(t *testing.T, dir string) []*backtest {
	t.Helper()
	byID := map[string]*backtest{}
	var tasks []*backtest
	for _, r := range table(t, filepath.Join(dir, "tasks.csv")) {
		b := &backtest{horizon: int(number(t, r["horizon_days"]))}
		byID[r["task_id"]], tasks = b, append(tasks, b)
	}
	for _, r := range table(t, filepath.Join(dir, "histories.csv.gz")) {
		b := byID[r["task_id"]]
		b.daily = append(b.daily, number(t, r["tokens"]))
	}
	for _, r := range table(t, filepath.Join(dir, "actuals.csv")) {
		byID[r["task_id"]].actual = number(t, r["tokens"])
	}
	return tasks
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func table(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		out = append(out, m)
	}
	return out
}
