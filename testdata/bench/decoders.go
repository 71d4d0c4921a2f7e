package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing/fstest"
	"text/tabwriter"
	"time"

	"github.com/bytedance/sonic"
	gojson "github.com/goccy/go-json"
	"github.com/valyala/fastjson"

	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// line is a call as its line says it, for decoders into a struct. They pass over the prompt, which is not named.
type line struct {
	Time            string             `json:"ts"`
	ID              string             `json:"id"`
	Track           string             `json:"track"`
	Feature         string             `json:"feature"`
	User            string             `json:"user"`
	Session         string             `json:"session"`
	Template        string             `json:"template"`
	TemplateVersion string             `json:"template_version"`
	Model           string             `json:"model"`
	Tier            string             `json:"tier"`
	Usage           token.Usage        `json:"usage"`
	Latency         float64            `json:"latency_ms"`
	FirstToken      float64            `json:"ttft_ms"`
	Status          string             `json:"status"`
	Outcome         map[string]float64 `json:"outcome"`
}

// readers sum up the tokens of a recording, so that each shows that it read all of it. The product reads as it does in a
// run: with the lines split, every call checked, its labels shared, and its id held against all others. The peers only
// decode lines, and take what the product refuses: repeated and unknown keys, and fastjson some broken JSON as well.
var readers = []struct {
	name string
	sum  func(recording []byte) int64
}{
	{"tokengate", streamed},
	{"goccy/go-json", decoded(gojson.Unmarshal)},
	{"sonic", decoded(sonic.Unmarshal)},
	{"encoding/json", decoded(json.Unmarshal)},
	{"fastjson", looked},
}

func streamed(recording []byte) int64 {
	src := traffic.Source{FS: fstest.MapFS{"calls.jsonl": &fstest.MapFile{Data: recording}}, Path: "calls.jsonl"}
	sum := int64(0)
	_, diags, err := traffic.Stream([]traffic.Source{src}, traffic.Options{}, func() traffic.Consumer {
		sum = 0
		return func(c *traffic.Call) error {
			sum += c.Usage.Total()
			return nil
		}
	})
	if err != nil || len(diags) > 0 {
		panic(fmt.Sprint(diags, err)) // a reading that is not whole has no speed
	}
	return sum
}

func decoded(unmarshal func([]byte, any) error) func([]byte) int64 {
	return func(recording []byte) int64 {
		sum := int64(0)
		for text := range bytes.Lines(recording) {
			var r line
			if err := unmarshal(text, &r); err != nil {
				panic(err)
			}
			if _, err := time.Parse(time.RFC3339Nano, r.Time); err != nil {
				panic(err)
			}
			sum += r.Usage.Total()
		}
		return sum
	}
}

// looked reads with fastjson, which makes a tree of the line that is asked for its values.
func looked(recording []byte) int64 {
	var p fastjson.Parser
	sum := int64(0)
	for text := range bytes.Lines(recording) {
		v, err := p.ParseBytes(text)
		if err != nil {
			panic(err)
		}
		r := line{Latency: v.GetFloat64("latency_ms"), FirstToken: v.GetFloat64("ttft_ms")}
		for _, label := range [...]struct {
			key string
			to  *string
		}{
			{"ts", &r.Time}, {"id", &r.ID}, {"track", &r.Track}, {"feature", &r.Feature}, {"user", &r.User}, {"session", &r.Session},
			{"template", &r.Template}, {"template_version", &r.TemplateVersion}, {"model", &r.Model}, {"tier", &r.Tier}, {"status", &r.Status},
		} {
			*label.to = string(v.GetStringBytes(label.key))
		}
		u := v.Get("usage")
		r.Usage = token.Usage{Input: u.GetInt64("input"), CacheRead: u.GetInt64("cache_read"), CacheWrite5m: u.GetInt64("cache_write_5m"),
			CacheWrite1h: u.GetInt64("cache_write_1h"), Output: u.GetInt64("output"), Reasoning: u.GetInt64("reasoning")}
		if _, err := time.Parse(time.RFC3339Nano, r.Time); err != nil {
			panic(err)
		}
		v.GetObject("outcome").Visit(func(key []byte, value *fastjson.Value) {
			if r.Outcome == nil {
				r.Outcome = map[string]float64{}
			}
			r.Outcome[string(key)] = value.GetFloat64()
		})
		sum += r.Usage.Total()
	}
	return sum
}

// nativeLines are lines of the native dialect with all that a recorder writes, without the prompts' text and with it.
func nativeLines() (names []string, all [][]byte, err error) {
	const calls = 20_000
	text := strings.Repeat("The quick brown fox jumps over the lazy dog, and then it rests.", 60)
	var b, long bytes.Buffer
	for i := range int64(calls) {
		c := traffic.Call{
			Time: time.Unix(1_780_000_000+i, 731e6).UTC(), ID: fmt.Sprintf("req_01HXK%015d", i*7919), Track: []string{"retrieval", "reasoning", "answer"}[i*i%3],
			Feature: "search", User: fmt.Sprintf("user-%06d", i*31%5000), Session: fmt.Sprintf("session-%07d", i/7), Template: "prompts/answer.md",
			TemplateVersion: "9f2c0d6b1a4e5f60718293a4b5c6d7e8f9012345", Model: []string{"gpt-5-mini", "claude-sonnet-5"}[i%2], Tier: []string{"", "priority"}[i%8/7],
			Usage:   token.Usage{Input: 200 + i%1000, CacheRead: 1024 * (1 + i%3), CacheWrite5m: i % 5 * 64, Output: 50 + i%400, Reasoning: i % 50},
			Latency: time.Duration(400_125+i%900_000) * time.Microsecond, FirstToken: time.Duration(80+i%90) * time.Millisecond, Status: "ok",
			Outcome: map[string]float64{"solved": float64(i % 2), "csat": float64(i%9) / 2},
		}
		from := b.Len()
		if err := traffic.WriteNative(&b, &c); err != nil {
			return nil, nil, err
		}
		if i < calls/10 {
			fmt.Fprintf(&long, `{"messages":[{"role":"user","content":"%s"}],%s`, text, b.Bytes()[from+1:])
		}
	}
	return []string{"usage alone", "with prompts"}, [][]byte{b.Bytes(), long.Bytes()}, nil
}

// decoders compares readers of recorded traffic on one core.
func decoders(out io.Writer, _ string, rounds int) error {
	names, all, err := nativeLines()
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "MB of lines per second of processor time on one core; × is the product's speed over the peer's. The product reads and checks")
	fmt.Fprintln(out, "a whole recording; the peers only decode its lines, and are less strict.")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "lines\treader\tMB/s\t×\tallocations/line")
	for i, recording := range all {
		var passes []pass
		want := readers[0].sum(recording)
		for _, r := range readers {
			if got := r.sum(recording); got != want {
				return fmt.Errorf("%s: %s reads %d tokens, not %d", names[i], r.name, got, want)
			}
			passes = append(passes, pass{run: func() { r.sum(recording) }})
		}
		var times [][]float64
		onOneCore(func() { times = interleave(rounds, turn, cpuTime, passes) })
		for k, r := range readers {
			count, _ := allocations(passes[k].run)
			fmt.Fprintf(w, "%s, %d bytes\t%s\t%s\t%.2f\t%.1f\n", names[i], len(recording)/bytes.Count(recording, []byte("\n")), r.name,
				spreadOf(times[k]).inverse(float64(len(recording))/1e6), over(times[k], times[0]).median, float64(count)/float64(bytes.Count(recording, []byte("\n"))))
		}
	}
	return w.Flush()
}
