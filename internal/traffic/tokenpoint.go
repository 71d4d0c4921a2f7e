package traffic

import (
	"cmp"
	"slices"
	"strings"
)

// tokenPoint is one data point of a metric that counts tokens.
type tokenPoint struct {
	series      *tokenSeries
	part        string // the modality: parts of one class add up
	metric      byte   // place among tokenMetrics
	class       tokenClass
	cumulative  bool
	counted     bool // calls is known
	start, time int64
	sum, calls  int64
	line        int
	file        *file
}

const (
	skipMeasured = "a data point of a service whose calls are recorded"
	skipTwice    = "a data point that repeats another"
	skipEmpty    = "a data point that adds no tokens"
	skipStarted  = "a first cumulative value, whose beginning is not known"
)

// resolvePoints turns data points into records, where no spans or events of the same service are calls. services are
// those that have some; a service that has no name may be any of them.
func resolvePoints(files []*file, services map[string]bool) {
	var points []*tokenPoint
	for _, f := range files {
		for p := range f.points.all() {
			if s := p.series.service; len(services) > 0 && (s == "" || services[s] || services[""]) {
				f.skip(skipMeasured)
				f.odd.repeated++
				continue
			}
			points = append(points, p)
		}
	}
	slices.SortFunc(points, comparePoints)
	cells := differences(points)
	slices.SortFunc(cells, func(a, b *tokenPoint) int {
		return cmp.Or(compareCells(a, b), cmp.Compare(a.class, b.class), cmp.Compare(a.metric, b.metric), comparePoints(a, b))
	})
	for len(cells) > 0 {
		n := 1
		for n < len(cells) && compareCells(cells[0], cells[n]) == 0 {
			n++
		}
		recordCell(cells[:n])
		cells = cells[n:]
	}
}

// compareStreams orders points so that those of one stream stand together.
func compareStreams(a, b *tokenPoint) int {
	return cmp.Or(strings.Compare(a.series.key, b.series.key), cmp.Compare(a.metric, b.metric), cmp.Compare(a.class, b.class),
		strings.Compare(a.part, b.part), compareBool(a.cumulative, b.cumulative), compareBool(a.counted, b.counted))
}

func comparePoints(a, b *tokenPoint) int {
	return cmp.Or(compareStreams(a, b), cmp.Compare(a.start, b.start), cmp.Compare(a.time, b.time), cmp.Compare(a.sum, b.sum),
		cmp.Compare(a.calls, b.calls), strings.Compare(a.file.name, b.file.name), cmp.Compare(a.line, b.line))
}

// compareCells brings the classes of one interval together. They end at one moment, when the metrics were collected;
// where they begin may differ, since some exporters start a series when it is first used.
func compareCells(a, b *tokenPoint) int {
	return cmp.Or(strings.Compare(a.series.key, b.series.key), cmp.Compare(a.time, b.time))
}

// differences makes deltas of all points, in their order. A cumulative value counts from the start of its series; one
// that falls began anew.
func differences(points []*tokenPoint) []*tokenPoint {
	var out []*tokenPoint
	var last *tokenPoint // of the same stream, as it was recorded
	for _, p := range points {
		d := *p
		same := last != nil && compareStreams(last, p) == 0 && last.start == p.start
		switch {
		case same && last.time == p.time && last.sum == p.sum && last.calls == p.calls:
			p.file.skip(skipTwice)
			continue
		case same && last.time == p.time && !p.cumulative:
			p.file.reject(p.line, bad(impossible, "two sums for one interval, %d and %d tokens", last.sum, p.sum))
			continue
		case p.cumulative && same && last.sum <= p.sum && last.calls <= p.calls:
			d.sum, d.calls, d.start = p.sum-last.sum, p.calls-last.calls, last.time
		case p.cumulative && same:
			d.start = last.time
		case p.cumulative && (p.start == 0 || p.start >= p.time):
			last = p
			p.file.skip(skipStarted)
			continue
		}
		last = p
		if d.sum == 0 && d.calls == 0 {
			p.file.skip(skipEmpty)
			continue
		}
		out = append(out, &d)
	}
	return out
}
