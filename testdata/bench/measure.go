package main

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// spread is what a measurement gave over its rounds.
type spread struct{ median, least, most float64 }

func spreadOf(values []float64) spread {
	s := slices.Sorted(slices.Values(values))
	n := len(s)
	return spread{(s[(n-1)/2] + s[n/2]) / 2, s[0], s[n-1]}
}

func (s spread) String() string { return fmt.Sprintf("%.4g [%.4g–%.4g]", s.median, s.least, s.most) }

// inverse applies a falling function, such as bytes over time: the most of one is the least of the other.
func (s spread) inverse(of float64) spread {
	return spread{of / s.median, of / s.most, of / s.least}
}

// cpuTime is what this process has used of the processors. Others on the machine do not count in it, but they do share
// the caches and the clock rate.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // the kernel refuses only arguments that are not these
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// onOneCore runs f with one processor for Go code, so that what the collector does counts against the contender.
func onOneCore(f func()) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	f()
}

// pass is what is timed. A single one is not repeated within its turn, so that it meets no memory of its own.
type pass struct {
	run    func()
	single bool
}

// interleave takes turns: in every round each pass is timed once, in seconds, and values holds its times by round. A turn
// lasts least or longer: a faster pass is repeated. Collections before a turn empty every pool.
func interleave(rounds int, least time.Duration, clock func() time.Duration, passes []pass) (values [][]float64) {
	repeats := make([]int, len(passes))
	for i, p := range passes {
		from := clock()
		p.run()
		once := max(clock()-from, time.Microsecond)
		if repeats[i] = int(least/once) + 1; p.single {
			repeats[i] = 1
		}
	}
	values = make([][]float64, len(passes))
	for range rounds {
		for i, p := range passes {
			for range 3 { // a pool outlives one collection
				runtime.GC()
			}
			from := clock()
			for range repeats[i] {
				p.run()
			}
			values[i] = append(values[i], (clock()-from).Seconds()/float64(repeats[i]))
		}
	}
	return values
}

// over is the spread of a's times over b's, round by round: both had the same moments of the machine.
func over(a, b []float64) spread {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = a[i] / b[i]
	}
	return spreadOf(ratios)
}

// allocations counts what f allocates when it runs once more, times and bytes.
func allocations(f func()) (times, bytes uint64) {
	f()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc
}
