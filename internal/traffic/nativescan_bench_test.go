package traffic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// fullLines makes n lines with every field a recorder writes, of 440 bytes or so.
func fullLines(tb testing.TB, n int) [][]byte {
	tb.Helper()
	var b bytes.Buffer
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		c := Call{
			Time: start.Add(time.Duration(i) * 731 * time.Millisecond), ID: fmt.Sprintf("req_01HXK%015d", i*7919), Track: []string{"retrieval", "reasoning", "answer"}[i*i%3],
			Feature: []string{"search", "chat"}[i/5%2], User: fmt.Sprintf("user-%06d", i*31%5000), Session: fmt.Sprintf("session-%07d", i/7), Template: "prompts/answer.md",
			TemplateVersion: "9f2c0d6b1a4e5f60718293a4b5c6d7e8f9012345", Model: []string{"gpt-5-mini", "claude-sonnet-5"}[i%2], Tier: []string{"", "priority"}[i%8/7],
			Latency: time.Duration(400_125+i%900_000) * time.Microsecond, FirstToken: time.Duration(80+i%90) * time.Millisecond, Status: "ok",
			Outcome: map[string]float64{"solved": float64(i % 2), "csat": float64(i%9) / 2},
		}
		c.Usage.Input, c.Usage.CacheRead, c.Usage.CacheWrite5m, c.Usage.Output, c.Usage.Reasoning = int64(200+i%1000), int64(1024*(1+i%3)), int64(i%5*64), int64(50+i%400), int64(i%50)
		if err := WriteNative(&b, &c); err != nil {
			tb.Fatal(err)
		}
	}
	return bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n"))
}

// promptLines puts a prompt of size bytes in front of the rest of each line.
func promptLines(lines [][]byte, prompt string) [][]byte {
	with := fmt.Appendf(nil, `{"messages":[{"role":"user","content":"%s"}],`, prompt)
	var out [][]byte
	for _, l := range lines {
		out = append(out, append(with[:len(with):len(with)], l[1:]...))
	}
	return out
}

// BenchmarkNativeLine reads lines on one core: at sight, by the decoder, and into a struct as encoding/json does, which
// checks less.
func BenchmarkNativeLine(b *testing.B) {
	full := fullLines(b, 20_000)
	fox := "The quick brown fox jumps over the lazy dog, and then it rests. "
	for _, set := range []struct {
		name  string
		lines [][]byte
	}{
		{"full", full},
		{"prose", promptLines(full[:1000], strings.Repeat(fox, 60))},
		{"escapes", promptLines(full[:1000], strings.Repeat(fox+`\n\"So?\"\n`, 50))},
		{"hindi", promptLines(full[:1000], strings.Repeat("नमस्ते दुनिया, यह एक पाठ है। ", 60))},
	} {
		n := newNativeLine(newFile(Source{}))
		for _, way := range []struct {
			name string
			read func(line []byte) (*Call, error)
		}{
			{"sight", n.read},
			{"decoder", n.judge},
			{"encoding-json", nativeStruct},
		} {
			b.Run(set.name+"/"+way.name, func(b *testing.B) {
				size := 0
				for _, l := range set.lines {
					size += len(l)
				}
				b.SetBytes(int64(size / len(set.lines)))
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if _, err := way.read(set.lines[i%len(set.lines)]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// nativeStruct decodes what encoding/json makes of a line.
func nativeStruct(line []byte) (*Call, error) {
	var l struct {
		TS, ID, Track, Feature, User, Session, Template, Model, Tier, Status string
		TemplateVersion                                                      string `json:"template_version"`
		Sources                                                              []string
		Usage                                                                struct {
			Input, Output, Reasoning int64
			CacheRead                int64 `json:"cache_read"`
			CacheWrite5m             int64 `json:"cache_write_5m"`
			CacheWrite1h             int64 `json:"cache_write_1h"`
		}
		Latency    float64 `json:"latency_ms"`
		FirstToken float64 `json:"ttft_ms"`
		Outcome    map[string]float64
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return nil, err
	}
	at, err := time.Parse(time.RFC3339Nano, l.TS)
	return &Call{Time: at}, err
}
