package traffic

import "github.com/tokengate/tokengate/internal/source"

// oddities are what is wrong with the records of a file and yet no reason to leave them out.
type oddities struct {
	labels   listing // labels that cannot be read, or stand twice
	reversed int64   // requests that end before they start
	callless int64   // counter points, which do not tell how many calls they sum
	lone     int64   // spans of agents that stand without spans of their requests
	unpaired int64   // events that could not be told from the spans of their service
	repeated int64   // data points of a service whose calls are known
	ahead    ahead   // times that lie in the future
}

// absorb adds what was found in a part of the file that begins behind the given number of lines.
func (o *oddities) absorb(part *oddities, behind int) {
	o.labels.absorb(&part.labels, behind)
	o.reversed += part.reversed
	o.callless += part.callless
	o.lone += part.lone
	o.unpaired += part.unpaired
	o.repeated += part.repeated
	o.ahead.absorb(part.ahead)
}

// report gives what is odd about the file.
func (o *oddities) report(file string) source.Diagnostics {
	diags := append(o.labels.report(file, "odd labels"), o.ahead.report(file)...)
	at := source.Span{File: file}
	if o.reversed > 0 {
		diags.Warn(ruleReversed, at, "check the clock of the recorder", "%d requests end before they start; their latency is not known", o.reversed)
	}
	if o.callless > 0 {
		diags.Warn(ruleCallless, at, "record spans, or a histogram that counts calls", "%d data points of counters do not tell how many calls they sum; each was taken for one call, so that numbers per call mean nothing", o.callless)
	}
	if o.lone > 0 {
		diags.Warn(ruleCallless, at, "record the spans of requests, and propagate the trace's context", "%d spans of agents or workflows have no span of a request below them; each was counted as one call", o.lone)
	}
	if o.unpaired > 0 {
		diags.Warn(ruleSignals, at, "record the response id on both, or one signal alone", "%d events may repeat the spans of their service and were not counted; the spans were", o.unpaired)
	}
	if o.repeated > 0 {
		diags.Warn(ruleSignals, at, "record one signal alone", "%d metric points repeat the calls of their service and were not counted; spans and events were", o.repeated)
	}
	return diags
}
