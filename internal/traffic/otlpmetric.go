package traffic

import "strings"

type otlpMeasured struct {
	Resource       otlpOrigin          `json:"resource"`
	ScopeMetrics   []otlpMeasuredScope `json:"scopeMetrics"`
	LibraryMetrics []otlpMeasuredScope `json:"instrumentationLibraryMetrics"` // before OTLP 0.19
}

type otlpMeasuredScope struct {
	Metrics []otlpMetric `json:"metrics"`
}

type otlpMetric struct {
	Name        text        `json:"name"`
	Sum         *otlpSeries `json:"sum"`
	Histogram   *otlpSeries `json:"histogram"`
	Exponential *otlpSeries `json:"exponentialHistogram"`
}

type otlpSeries struct {
	Temporality text        `json:"aggregationTemporality"`
	Points      []otlpPoint `json:"dataPoints"`
}

// otlpPoint is a data point of a counter (asInt or asDouble) or of a histogram (sum and count; buckets are not read).
// Numbers are text until they are known to be tokens: other metrics have fractions.
type otlpPoint struct {
	Attributes []otlpAttribute `json:"attributes"`
	Start      text            `json:"startTimeUnixNano"`
	Time       text            `json:"timeUnixNano"`
	Int        text            `json:"asInt"`
	Double     text            `json:"asDouble"`
	Sum        text            `json:"sum"`
	Count      text            `json:"count"`
}

func (f *file) metricsOf(g *otlpMeasured, line int) {
	shared, err := everything(g.Resource.Attributes)
	for _, scope := range append(g.ScopeMetrics, g.LibraryMetrics...) {
		for i := range scope.Metrics {
			m := &scope.Metrics[i]
			at := metricNamed(string(m.Name))
			for _, s := range []*otlpSeries{m.Sum, m.Histogram, m.Exponential} {
				f.measure(at, s, shared, line, err)
			}
			if m.Sum == nil && m.Histogram == nil && m.Exponential == nil {
				f.skip(skipMetric)
			}
		}
	}
}

// measure keeps the data points of one metric, at its place among tokenMetrics.
func (f *file) measure(at int, s *otlpSeries, shared map[string]string, line int, wrong error) {
	if s == nil {
		return
	}
	for i := range s.Points {
		if at < 0 {
			f.skip(skipMetric)
			continue
		}
		f.usageSpans++
		err := wrong
		if err == nil {
			err = f.point(at, s, &s.Points[i], shared, line)
		}
		if err != nil {
			f.reject(line, err)
		}
	}
}

// point keeps one data point, until all files are read.
func (f *file) point(at int, s *otlpSeries, p *otlpPoint, shared map[string]string, line int) error {
	a, err := everything(p.Attributes)
	if err != nil {
		return err
	}
	out := tokenPoint{metric: byte(at), class: tokenMetrics[at].class, line: line, file: f}
	if key := tokenMetrics[at].attribute; key != "" {
		class, ok := tokenTypes[a[key]]
		if !ok {
			return bad(wrongType, "%s is %q", key, clip(a[key]))
		}
		out.class = class
		delete(a, key)
	}
	modality := a[modalityKey]
	delete(a, modalityKey)
	switch strings.TrimPrefix(string(s.Temporality), "AGGREGATION_TEMPORALITY_") {
	case "1", "DELTA":
	case "2", "CUMULATIVE":
		out.cumulative = true
	default:
		return bad(wrongType, "aggregationTemporality is %q, neither delta nor cumulative", clip(string(s.Temporality)))
	}
	if err := out.read(p); err != nil {
		return err
	}
	out.series = f.seriesOf(tokenMetrics[at].name == claudeCodeMetric, a, shared)
	out.part = f.strings.bytes([]byte(modality))
	f.points.add(out)
	return nil
}

// read takes the numbers of a data point.
func (t *tokenPoint) read(p *otlpPoint) error {
	for _, n := range []struct {
		name string
		text text
		to   *int64
	}{{"startTimeUnixNano", p.Start, &t.start}, {"timeUnixNano", p.Time, &t.time}, {"count", p.Count, &t.calls},
		{"the sum", text(either(string(p.Sum), either(string(p.Int), string(p.Double)))), &t.sum}} {
		if n.text == "" {
			continue
		}
		v, err := parseNumber(string(n.text))
		if err != nil {
			return inside(n.name, err)
		}
		if v.n < 0 || n.to == &t.sum && v.n > maxSum {
			return bad(impossible, "%s is %d", n.name, v.n)
		}
		*n.to = v.n
	}
	switch {
	case t.time == 0:
		return bad(noTime, "a data point without timeUnixNano")
	case p.Sum+p.Int+p.Double == "":
		return bad(noUsage, "a data point without a sum")
	}
	t.counted = p.Count != ""
	return nil
}

// maxSum is more tokens than one data point sums.
const maxSum = 10_000 * maxTokens
