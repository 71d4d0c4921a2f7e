package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// printStats prints one line per week and track: calls, tokens by class and the 95th percentile of latency.
func printStats(w io.Writer, calls []traffic.Call) {
	type key struct {
		week  int
		track string
	}
	groups := map[key][]traffic.Call{}
	for _, c := range calls {
		k := key{int(c.Time.Sub(firstDay) / (7 * 24 * time.Hour)), c.Track}
		groups[k] = append(groups[k], c)
	}
	keys := make([]key, 0, len(groups))
	for k := range groups {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Or(cmp.Compare(a.week, b.week), cmp.Compare(a.track, b.track)) })
	for _, k := range keys {
		var sum token.Usage
		var times []time.Duration
		for _, c := range groups[k] {
			sum = sum.Add(c.Usage)
			times = append(times, c.Latency)
		}
		slices.Sort(times)
		fmt.Fprintf(w, "week %d  %-15s %5d calls  input %8d  read %8d  written %7d  output %7d  p95 %s\n",
			k.week+1, k.track, len(times), sum.Input, sum.CacheRead, sum.CacheWrite5m, sum.Output, times[len(times)*95/100])
	}
}
