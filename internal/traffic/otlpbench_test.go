package traffic

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"testing/fstest"
)

// otlpLines makes n traces as a collector writes them, a line each: an agent, its call twice nested, and two spans of HTTP.
func otlpLines(n int) []byte {
	var b bytes.Buffer
	span := func(trace, id, parent int, name, attrs string) string {
		at := 1780000000000000000 + int64(trace)*1e9
		return fmt.Sprintf(`{"traceId":"%032x","spanId":"%016x","parentSpanId":"%016x","name":%q,"kind":3,"startTimeUnixNano":"%d","endTimeUnixNano":"%d","attributes":[%s],"status":{}}`,
			trace+1, id, parent, name, at+int64(id), at+9e8, attrs)
	}
	usage := func(more string) string {
		return `{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.request.model","value":{"stringValue":"gpt-5-mini"}},{"key":"gen_ai.usage.input_tokens","value":{"intValue":"2256"}},{"key":"gen_ai.usage.output_tokens","value":{"intValue":"13"}}` + more
	}
	for i := range n {
		id := fmt.Sprintf(`,{"key":"gen_ai.response.id","value":{"stringValue":"chatcmpl-%024x"}},{"key":"gen_ai.conversation.id","value":{"stringValue":"c-%d"}}`, i, i/5)
		http := `{"key":"http.request.method","value":{"stringValue":"POST"}},{"key":"url.full","value":{"stringValue":"https://example.com/v1/chat/completions"}}`
		fmt.Fprintf(&b, `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"svc"}}]},"scopeSpans":[{"scope":{"name":"x"},"spans":[%s,%s,%s,%s,%s]}]}]}`+"\n",
			span(i, 1, 0, "POST /ask", http), span(i, 2, 1, "invoke_agent", usage("")), span(i, 3, 2, "chat gpt-5-mini", usage("")),
			span(i, 4, 3, "openai.chat", usage(id)), span(i, 5, 4, "POST", http))
	}
	return b.Bytes()
}

// BenchmarkOTLP reads traces, and says how many bytes of memory a span takes until all files are known.
func BenchmarkOTLP(b *testing.B) {
	const traces = 20_000
	data := otlpLines(traces)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f := newFile(Source{FS: fstest.MapFS{"a": &fstest.MapFile{Data: data}}, Path: "a", Sampling: 1})
		f.turn = now()
		before := heap()
		f.read(newMeter(nil, nil))
		b.ReportMetric(float64(heap()-before)/(5*traces), "held-B/span")
		if resolveSignals([]*file{f}); len(f.records) != traces {
			b.Fatal(len(f.records))
		}
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
