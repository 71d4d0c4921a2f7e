package traffic

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// nativeLines makes n lines of the native dialect like those a recorder writes.
func nativeLines(tb testing.TB, n int) []byte {
	tb.Helper()
	var b bytes.Buffer
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		c := Call{
			Time: start.Add(time.Duration(i) * 731 * time.Millisecond), ID: fmt.Sprintf("req-%09d", i), Track: []string{"retrieval", "reasoning"}[i%2],
			Feature: "search", User: fmt.Sprintf("user-%03d", i%300), Session: fmt.Sprintf("session-%05d", i/7), Template: "prompts/answer.md",
			TemplateVersion: "9f2c0d6b1a4e5f60718293a4b5c6d7e8f9012345", Sources: []string{"kb"}, Model: []string{"gpt-5-mini", "claude-sonnet-5"}[i%2],
			Latency: time.Duration(400+i%900) * time.Millisecond, FirstToken: time.Duration(80+i%90) * time.Millisecond, Status: "ok",
		}
		c.Usage.Input, c.Usage.CacheRead, c.Usage.Output = int64(200+i%1000), int64(1024*(i%3)), int64(50+i%400)
		if err := WriteNative(&b, &c); err != nil {
			tb.Fatal(err)
		}
	}
	return b.Bytes()
}

func BenchmarkRead(b *testing.B) {
	data := nativeLines(b, 50_000)
	for _, split := range []int{1, 4} {
		b.Run(fmt.Sprintf("files=%d", split), func(b *testing.B) {
			root := fstest.MapFS{}
			var srcs []Source
			lines := bytes.SplitAfter(data, []byte("\n"))
			for i := range split {
				name := fmt.Sprintf("%d.jsonl", i)
				root[name] = &fstest.MapFile{Data: bytes.Join(lines[i*len(lines)/split:(i+1)*len(lines)/split], nil)}
				srcs = append(srcs, Source{FS: root, Path: name})
			}
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				rec, diags, err := Read(srcs, Options{})
				if err != nil || len(diags) > 0 || len(rec.Calls) != 50_000 {
					b.Fatal(len(rec.Calls), diags, err)
				}
			}
		})
	}
}

// BenchmarkReadText reads the text of prompts as well, of a few kilobytes each.
func BenchmarkReadText(b *testing.B) {
	prompt := strings.Repeat("The quick brown fox jumps over the lazy dog, and then it rests. ", 40)
	with := []byte(fmt.Sprintf(`{"messages":[{"role":"user","content":"%s"}],"ts"`, prompt))
	data := bytes.ReplaceAll(nativeLines(b, 200), []byte(`{"ts"`), with)
	root := fstest.MapFS{"a": &fstest.MapFile{Data: data}}
	for _, text := range []bool{false, true} {
		b.Run(fmt.Sprintf("text=%v", text), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				rec, _, err := Read([]Source{{FS: root, Path: "a"}}, Options{Text: text})
				if err != nil || len(rec.Calls) != 200 || (rec.Calls[0].Prompt != nil) != text {
					b.Fatal(err)
				}
			}
		})
	}
}
