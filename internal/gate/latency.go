package gate

import (
	"time"

	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/stats"
	"github.com/tokengate/tokengate/internal/token"
)

// latencies predicts what a change does to latency, per model, from the recorded calls of that model.
type latencies struct {
	models map[string]forecast.LatencyModel
}

// fitLatencies fits every model that has recorded latencies.
func fitLatencies(res *replay.Result) *latencies {
	l := &latencies{models: map[string]forecast.LatencyModel{}}
	for _, name := range res.Names(replay.ByModel) {
		var samples []forecast.LatencySample
		for _, p := range res.Group(replay.ByModel, name).Points() {
			if p.Latency > 0 && p.BaseModel == name {
				samples = append(samples, sample(p.Base, p.Latency))
			}
		}
		if len(samples) > 0 {
			l.models[name], _ = forecast.FitLatency(samples)
		}
	}
	return l
}

func sample(u token.Usage, latency time.Duration) forecast.LatencySample {
	return forecast.LatencySample{
		Uncached: float64(u.Input + u.CacheWrite5m + u.CacheWrite1h), Cached: float64(u.CacheRead), Output: float64(u.Output),
		Millis: float64(latency) / float64(time.Millisecond),
	}
}

// move gives a call's latency on head: what was recorded, times what the models predict for head over base. A call that
// moves to a model without recorded latency has none.
func (l *latencies) move(p *replay.Point) (ms float64, ok bool) {
	base, head := sample(p.Base, p.Latency), sample(p.Head, p.Latency)
	was, known := l.models[p.BaseModel]
	next, knownHead := l.models[p.HeadModel]
	if !known || !knownHead {
		return base.Millis, p.BaseModel == p.HeadModel
	}
	if p.BaseModel == p.HeadModel {
		return base.Millis * was.Ratio(base, head), true
	}
	predicted := was.Predict(base)
	if predicted <= 0 {
		return 0, false
	}
	return base.Millis * next.Predict(head) / predicted, true
}

// values gives the latencies of a group's calls in milliseconds; none where nothing was recorded, or where head's model
// has no recorded latency.
func (l *latencies) values(g *replay.Group, onBase bool) []stats.Weighted {
	var values []stats.Weighted
	for _, p := range g.Points() {
		switch {
		case p.Latency <= 0:
		case onBase && p.BaseModel != "":
			values = append(values, stats.Weighted{Value: float64(p.Latency) / float64(time.Millisecond), Weight: p.Weight})
		case !onBase && p.HeadModel != "" && p.BaseModel == "":
			return nil // seen from its new model alone, the call has no latency of its own
		case !onBase && p.HeadModel != "":
			ms, known := l.move(p)
			if !known {
				return nil
			}
			values = append(values, stats.Weighted{Value: ms, Weight: p.Weight})
		}
	}
	return values
}

// method says how the latency of a model was learnt; "" where none was recorded.
func (l *latencies) method(model string) string {
	m, ok := l.models[model]
	if !ok {
		return ""
	}
	return m.Method()
}
