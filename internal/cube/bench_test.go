package cube

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// recorded are calls like those of a small fleet: n users, stages that alternate, and ids as long as real ones.
func recorded(n int) []traffic.Call {
	calls := make([]traffic.Call, n)
	for i := range calls {
		x := uint64(i) * 0x9e3779b97f4a7c15
		calls[i] = traffic.Call{
			Time: day.Add(time.Duration(i) * 731 * time.Millisecond), Track: []string{"retrieval", "reasoning", "reflection"}[i%3],
			Feature: []string{"search", "summary"}[i/3%2], User: fmt.Sprintf("user-%06d", x>>40%20_000), Session: fmt.Sprintf("3f2c0d6b-1a4e-5f60-7182-%012d", i/7),
			Template: "prompts/answer.md", TemplateVersion: "9f2c0d6b1a4e5f60718293a4b5c6d7e8f9012345", Model: []string{"gpt-5-mini", "claude-sonnet-5"}[i%2],
			Latency: time.Duration(400+x>>50) * time.Millisecond, FirstToken: time.Duration(80+x>>55) * time.Millisecond, Status: "ok",
			Usage: token.Usage{Input: int64(200 + i%1000), CacheRead: int64(1024 * (i % 3)), Output: int64(50 + i%400)},
		}
	}
	return calls
}

func BenchmarkAdd(b *testing.B) {
	for _, n := range []int{2000, 50_000} {
		calls := recorded(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := New()
			for i := range calls {
				c.Add(&calls[i], 1)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				c.Add(&calls[i], 1)
				if i++; i == n {
					i = 0
				}
			}
		})
	}
}

// many is a cube of n cells of a few calls each.
func many(n int) *Cube {
	calls := randomCalls(3, 4*n)
	for i := range calls {
		calls[i].Track = fmt.Sprint("track-", i%n)
		calls[i].Time, calls[i].Feature, calls[i].Template, calls[i].TemplateVersion, calls[i].Model, calls[i].Tier = day, "", "", "", "gpt-5-mini", ""
		calls[i].Usage.Input = 100
	}
	return fullOf(calls)
}

func BenchmarkMerge(b *testing.B) {
	o := many(10_000)
	b.ReportAllocs()
	for b.Loop() {
		c := New()
		c.Merge(o)
		c.Merge(o)
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(2*len(o.cells)), "ns/cell")
}

func BenchmarkMarshal(b *testing.B) {
	o := many(10_000)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(encoded(b, o))))
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(len(o.cells)), "ns/cell")
}

func BenchmarkRead(b *testing.B) {
	o := many(10_000)
	data := encoded(b, o)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(len(o.cells)), "ns/cell")
}

// BenchmarkSketch adds latencies as they are, log-normal about 1.2 s, to a full sketch, and says what it takes.
func BenchmarkSketch(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]time.Duration, 1<<14)
	var s Sketch
	for i := range values {
		values[i] = time.Duration(math.Exp(r.NormFloat64()*0.8+14)) * time.Microsecond
		s.Add(values[i], 1)
	}
	size := 8*cap(s.few) + octaves*8
	for _, page := range s.many {
		if page != nil {
			size += 4 * pageBins
		}
	}
	i := 0
	for b.Loop() {
		s.Add(values[i&(1<<14-1)], 1)
		i++
	}
	b.ReportMetric(float64(size), "B/sketch")
}
